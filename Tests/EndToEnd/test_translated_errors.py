"""Errors of Anthropic, Gemini, Vertex AI, Bedrock and Azure as the openai package shows them: recorded ones, and those no
recording holds. The caller's mistakes keep their class; the gateway's credential is never the caller's fault."""

from __future__ import annotations

import json
import random

import httpx
import openai
import pytest

from answers import error
from chat_requests import ASK
from conftest import ACCESS_TOKEN, ANTHROPIC_KEY, AZURE_KEY, BEDROCK_TOKEN, GEMINI_KEY, PROJECT, SECRETS
from provider_answers import (
    TARGETS,
    anthropic_event,
    anthropic_start,
    anthropic_text,
    as_stream,
    bedrock_event,
    bedrock_exception,
    frame,
    gemini_chunk,
    gemini_event,
    reply,
    stream_body,
    text,
)  # fmt: skip
from provider_recordings import answered, named, native
from recordings import exchanges
from scripted_upstream import Reply, answer, head

STREAMING = pytest.mark.parametrize("streaming", [False, True])


def ask(sdk, target: str, streaming: bool = False, **options):
    got = sdk.chat.completions.create(model=target, messages=ASK, stream=streaming, **options)
    return list(got) if streaming else got


def failure(sdk, upstream, target: str, scripted: Reply, streaming: bool = False) -> openai.APIStatusError:
    """The exception of a request that must fail; its body is in OpenAI's shape and shows nothing it must not."""
    upstream.script(target.partition("/")[2], scripted)
    with pytest.raises(openai.APIStatusError) as caught:
        ask(sdk, target, streaming)
    problem = caught.value
    shape_and_silence(problem.body, problem.response.text + str(problem.response.headers), upstream)
    return problem


def shape_and_silence(body, shown: str, upstream) -> None:
    assert {"message", "type", "param", "code"} <= set(body)
    assert isinstance(body["message"], str) and body["message"].strip()
    assert body["code"] is None or isinstance(body["code"], str)
    leaked = [s[:12] for s in (*SECRETS, str(upstream.port), "/v1/messages", "streamGenerateContent", PROJECT) if s in shown]
    assert not leaked, f"shown to the client: {leaked}"


def retried(problem: openai.APIStatusError) -> bool:
    """Whether the SDK, left to itself, would try again."""
    wish = problem.response.headers.get("x-should-retry")
    return wish == "true" or (wish != "false" and (problem.status_code in (408, 409, 429) or problem.status_code >= 500))


# --- recorded errors -------------------------------------------------------------------------------------------------

# Status, exception and code of each. A model Bedrock calls invalid may be the caller's 400 or a 404.
RECORDED = {
    "anthropic/err-400-effort": ({400}, openai.BadRequestError, None),
    "anthropic/err-404-model": ({404}, openai.NotFoundError, "model_not_found"),
    "bedrock/err-400-input-too-long": ({400}, openai.BadRequestError, "context_length_exceeded"),
    "bedrock/err-400-invalid-model-stream": ({400, 404}, openai.APIStatusError, None),
    "gemini/err-400-api-key": ({500, 502}, openai.InternalServerError, "upstream_auth"),
    "gemini/err-404-model": ({404}, openai.NotFoundError, "model_not_found"),
    "vertex/err-400-token-count": ({400}, openai.BadRequestError, "context_length_exceeded"),
}


@STREAMING
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("recording", native(lambda r: r.status != 200))
def test_a_recorded_error_keeps_its_class(sdk, upstream, recording, seed, streaming):
    statuses, kind, code = RECORDED[recording.name]
    rng = random.Random(f"{recording.name}{seed}")
    problem = failure(
        sdk, upstream, f"{recording.provider}/{recording.model}", answered(recording, rng, ["length", "chunked"][seed]), streaming
    )
    assert problem.status_code in statuses and isinstance(problem, kind), problem
    assert code is None or problem.code == code
    assert retried(problem) is False or code == "upstream_auth"


def test_every_recorded_error_is_expected(sdk):
    native(lambda r: True)
    assert {r.values[0].name for r in native(lambda r: r.status != 200) if r.values[0]} in (set(RECORDED), set())


def test_a_model_the_account_may_not_use_is_the_gateways_trouble(sdk, upstream):
    """Recorded at another operation of Bedrock; the error is the same."""
    found = {name: (data, body) for name, data, body in exchanges("invoke")}
    if not found:
        pytest.skip("recordings absent")
    data, body = found["bedrock/err-403-access-denied"]
    scripted = answer(body, status=403, headers={"x-amzn-errortype": data["response"]["headers"]["x-amzn-errortype"]})
    problem = failure(sdk, upstream, TARGETS["bedrock"], scripted)
    assert problem.status_code in (500, 502) and problem.code == "upstream_auth"


@STREAMING
def test_a_blocked_prompt_says_that_a_filter_blocked_it(sdk, upstream, streaming):
    """As an error, or as an answer without content; the provider's explanation is handed on."""
    recording = named("vertex/prompt-blocked")
    body = json.dumps(json.loads(recording.body)).encode()
    upstream.script(recording.model, as_stream("gemini", gemini_event(body)) if streaming else answer(body))
    try:
        got = ask(sdk, f"vertex/{recording.model}", streaming)
    except openai.BadRequestError as refused:
        assert refused.code in ("content_filter", "content_policy_violation") and not retried(refused)
        assert "Jailbreak filters" in refused.message
        return
    chunks = got if streaming else [got]
    shown = [c.delta if streaming else c.message for part in chunks for c in part.choices]
    assert [c.finish_reason for part in chunks for c in part.choices if c.finish_reason] == ["content_filter"]
    assert not any(s.content for s in shown)
    assert "Jailbreak filters" in "".join(s.refusal or "" for s in shown)


def test_a_blocked_answer_is_an_answer_that_says_so(sdk, upstream):
    recording = named("gemini/safety-block")
    upstream.script(recording.model, answered(recording))
    choice = ask(sdk, f"gemini/{recording.model}").choices[0]
    assert choice.finish_reason == "content_filter" and not choice.message.content


@pytest.mark.parametrize("name", ["azure/err-429", "azure/err-content-policy"])
@pytest.mark.parametrize("entry", ["azure", "dated"])
@STREAMING
def test_a_recorded_error_of_azure_keeps_its_class(sdk, upstream, model, name, entry, streaming):
    found = {n: (data, body) for n, data, body in exchanges("chat.completions")}
    if not found:
        pytest.skip("recordings absent")
    data, body = found[name]
    headers = {k: v for k, v in data["response"]["headers"].items() if k.startswith("retry")}
    problem = failure(
        sdk, upstream, f"{entry}/{model}", answer(body, status=data["response"]["status"], headers=headers), streaming
    )
    if name == "azure/err-429":
        assert isinstance(problem, openai.RateLimitError)
    else:
        assert isinstance(problem, openai.BadRequestError) and problem.code in ("content_filter", "content_policy_violation")


# --- errors no recording holds ---------------------------------------------------------------------------------------


def anthropic_error(kind: str, message: str = "Something.", **more) -> dict:
    return {"type": "error", "error": {"type": kind, "message": message} | more, "request_id": "req_011"}


def google_error(code: int, status: str, message: str = "Something.", *details: dict) -> dict:
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


def aws(kind: str, status: int, message: str = "Something.", **more) -> Reply:
    headers = {"x-amzn-errortype": f"{kind}:http://internal.amazon.com/coral/com.amazon.bedrock/"}
    return answer({"message": message} | more, status=status, headers=headers)


ERROR_INFO = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "domain": "googleapis.com"}
QUOTA = {"@type": "type.googleapis.com/google.rpc.QuotaFailure"}
PER_DAY = QUOTA | {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}
CONTEXT = openai.BadRequestError, {400}, "context_length_exceeded", False
AUTH = openai.InternalServerError, {500, 502}, "upstream_auth", None
BAD = openai.BadRequestError, {400}, None, False
LIMIT = openai.RateLimitError, {429}, None, True
SPENT = openai.RateLimitError, {429}, None, False
BUSY = openai.InternalServerError, {503}, None, True
BROKEN = openai.InternalServerError, {500, 502}, None, None
LATE = openai.InternalServerError, {502, 504}, None, None
# Dialect, what is scripted, and: exception, statuses, code, whether the SDK may try again (None: either).
SCRIPTED = {
    "anthropic-overloaded": ("anthropic", answer(anthropic_error("overloaded_error", "Overloaded"), status=529), BUSY),
    "anthropic-rate": ("anthropic", answer(anthropic_error("rate_limit_error"), status=429, headers={"retry-after": "7"}), LIMIT),
    "anthropic-spend": ("anthropic", answer(anthropic_error("rate_limit_error", details={"error_code": "enforced_spend_limit_reached"}), status=429), SPENT),
    "anthropic-billing": ("anthropic", answer(anthropic_error("billing_error", "Your credit balance is too low"), status=402), (openai.APIStatusError, {429, 500, 502, 503}, None, False)),
    "anthropic-auth": ("anthropic", answer(anthropic_error("authentication_error", "invalid x-api-key"), status=401), AUTH),
    "anthropic-permission": ("anthropic", answer(anthropic_error("permission_error"), status=403), AUTH),
    "anthropic-too-long": ("anthropic", answer(anthropic_error("invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum"), status=400), CONTEXT),
    "anthropic-exceed": ("anthropic", answer(anthropic_error("invalid_request_error", "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000"), status=400), CONTEXT),
    "anthropic-bad": ("anthropic", answer(anthropic_error("invalid_request_error", "messages.0.content: Input should be valid"), status=400), BAD),
    "anthropic-large": ("anthropic", answer(anthropic_error("request_too_large", "Request exceeds the maximum size"), status=413), (openai.APIStatusError, {400, 413}, None, False)),
    "anthropic-api": ("anthropic", answer(anthropic_error("api_error", "Internal server error"), status=500), BROKEN),
    "anthropic-timeout": ("anthropic", answer(anthropic_error("timeout_error"), status=504), LATE),
    "anthropic-html": ("anthropic", answer(b"<html><body>502 Bad Gateway cloudflare</body></html>", status=502, content_type="text/html"), BROKEN),
    "anthropic-nothing": ("anthropic", answer(b"", status=520), BROKEN),
    "gemini-rate": ("gemini", answer(google_error(429, "RESOURCE_EXHAUSTED", "Quota exceeded", {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "48s"}), status=429), LIMIT),
    "gemini-day": ("gemini", answer(google_error(429, "RESOURCE_EXHAUSTED", "Quota exceeded for the day", PER_DAY), status=429), SPENT),
    "gemini-busy": ("gemini", answer(google_error(503, "UNAVAILABLE", "The model is overloaded."), status=503), BUSY),
    "gemini-internal": ("gemini", answer(google_error(500, "INTERNAL"), status=500), BROKEN),
    "gemini-late": ("gemini", answer(google_error(504, "DEADLINE_EXCEEDED"), status=504), LATE),
    "gemini-bad": ("gemini", answer(google_error(400, "INVALID_ARGUMENT", "Invalid JSON payload received."), status=400), BAD),
    "gemini-wrapped": ("gemini", answer([google_error(400, "INVALID_ARGUMENT", "Invalid JSON payload received.")], status=400), BAD),
    "gemini-key": ("gemini", answer(google_error(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers"), status=403), AUTH),
    "gemini-expired": ("gemini", answer(google_error(400, "INVALID_ARGUMENT", "API key expired.", ERROR_INFO | {"reason": "API_KEY_INVALID"}), status=400), AUTH),
    "gemini-too-long": ("gemini", answer(google_error(400, "INVALID_ARGUMENT", "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576)."), status=400), CONTEXT),
    "vertex-auth": ("vertex", answer(google_error(403, "PERMISSION_DENIED", f"Permission 'aiplatform.endpoints.predict' denied on resource '//aiplatform.googleapis.com/projects/{PROJECT}'"), status=403), AUTH),
    "bedrock-throttled": ("bedrock", aws("ThrottlingException", 429, "Too many requests, please wait before trying again."), LIMIT),
    "bedrock-throttled-as-400": ("bedrock", aws("ThrottlingException", 400, "Too many tokens per day, please wait before trying again."), (openai.RateLimitError, {429}, None, None)),
    "bedrock-not-ready": ("bedrock", aws("ModelNotReadyException", 429), (openai.APIStatusError, {429, 503}, None, True)),
    "bedrock-denied": ("bedrock", aws("AccessDeniedException", 403), AUTH),
    "bedrock-expired": ("bedrock", aws("ExpiredTokenException", 403, "The security token included in the request is expired"), AUTH),
    "bedrock-signature": ("bedrock", aws("InvalidSignatureException", 403, "The request signature we calculated does not match"), AUTH),
    "bedrock-unknown-client": ("bedrock", aws("UnrecognizedClientException", 403), AUTH),
    "bedrock-not-found": ("bedrock", aws("ResourceNotFoundException", 404, "Model not found"), (openai.NotFoundError, {404}, None, False)),
    "bedrock-bad": ("bedrock", aws("ValidationException", 400, "The text field in the ContentBlock object is blank."), BAD),
    "bedrock-body-type": ("bedrock", answer({"__type": "com.amazon.bedrock#ThrottlingException", "message": "Slow down"}, status=400), LIMIT),
    "bedrock-too-long": ("bedrock", aws("ValidationException", 400, "Input is too long for requested model."), CONTEXT),
    "bedrock-unavailable": ("bedrock", aws("ServiceUnavailableException", 503), BUSY),
    "bedrock-internal": ("bedrock", aws("InternalServerException", 500), BROKEN),
    "bedrock-model-late": ("bedrock", aws("ModelTimeoutException", 408), (openai.APIStatusError, {408, 502, 504}, None, None)),
    "bedrock-model-error": ("bedrock", aws("ModelErrorException", 424, "boom", originalStatusCode=500), (openai.InternalServerError, {500, 502, 503}, None, None)),
    "azure-filter": ("azure", answer({"error": {"message": "The response was filtered", "type": None, "param": "prompt", "code": "content_filter", "status": 400, "innererror": {"code": "ResponsibleAIPolicyViolation"}}}, status=400), (openai.BadRequestError, {400}, "content_filter", False)),
    "azure-auth": ("azure", answer(error("Access denied due to invalid subscription key", code="401"), status=401), AUTH),
    "azure-deployment": ("azure", answer(error("The API deployment for this resource does not exist.", code="DeploymentNotFound"), status=404), (openai.NotFoundError, {404}, None, False)),
    "azure-rate": ("azure", answer(error("Requests have exceeded call rate limit", code="429"), status=429, headers={"retry-after": "3"}), LIMIT),
}  # fmt: skip


@STREAMING
@pytest.mark.parametrize("name", SCRIPTED)
def test_an_error_becomes_the_exception_that_helps(sdk, upstream, model, name, streaming):
    dialect, scripted, (kind, statuses, code, again) = SCRIPTED[name]
    target = TARGETS.get(dialect, f"{dialect}/{model}")
    problem = failure(sdk, upstream, target, scripted, streaming)
    assert isinstance(problem, kind) and problem.status_code in statuses, f"{problem.status_code}: {problem}"
    assert problem.status_code not in (401, 403)
    assert code is None or problem.code == code
    if code != "context_length_exceeded":
        assert problem.code != "context_length_exceeded"
    assert again is None or retried(problem) == again, dict(problem.response.headers)


@pytest.mark.parametrize(("target", "scripted", "seconds"), [
    ("anthropic", answer(anthropic_error("rate_limit_error"), status=429, headers={"retry-after": "7"}), 7),
    ("gemini", SCRIPTED["gemini-rate"][1], 48),
    ("azure", answer(error("wait", code="429"), status=429, headers={"retry-after": "5", "retry-after-ms": "4800"}), 5),
], ids=["anthropic", "gemini", "azure"])  # fmt: skip
def test_how_long_to_wait_is_passed_on(sdk, upstream, model, target, scripted, seconds):
    problem = failure(sdk, upstream, TARGETS.get(target, f"{target}/{model}"), scripted)
    assert seconds - 1 <= float(problem.response.headers["retry-after"]) <= seconds


@pytest.mark.parametrize(
    ("target", "secret"),
    [
        (TARGETS["anthropic"], ANTHROPIC_KEY),
        (TARGETS["gemini"], GEMINI_KEY),
        (TARGETS["vertex"], ACCESS_TOKEN),
        ("bearer/us.amazon.nova-2-lite-v1:0", BEDROCK_TOKEN),
        ("azure/gpt-4o", AZURE_KEY),
    ],
)
def test_the_upstreams_credential_and_address_are_never_shown(sdk, upstream, target, secret):
    words = f"the key {secret} at {upstream.url}/v1/messages?key={secret} for req"
    provider = target.partition("/")[0]
    bodies = {"anthropic": anthropic_error("invalid_request_error", words), "bearer": {"message": words}, "azure": error(words)}
    body = bodies.get(provider, google_error(400, "INVALID_ARGUMENT", words))
    problem = failure(sdk, upstream, target, answer(body, status=400, headers={"x-echo": secret, "set-cookie": "a=b"}))
    assert problem.status_code == 400 and "set-cookie" not in problem.response.headers


# --- answers that are none -------------------------------------------------------------------------------------------

RUBBISH = {
    "nothing": answer(b""), "no-json": answer(b"not json"), "empty-object": answer({}), "list": answer([]), "null": answer(b"null"),
    "html": answer(b"<html>", content_type="text/html"), "cut-json": answer(b'{"type":"message","content":[{"type":"te'),
    "closed": Reply((), "fin"), "reset": Reply((), "rst"), "half-head": Reply((b"HTTP/1.1 200 OK\r\nContent-Ty",), "fin"),
    "short": Reply((head(200, {"Content-Length": "500", "Content-Type": "application/json"}) + b'{"content":[',), "fin"),
    "no-content": Reply((head(204, {}),)),
    "error-in-200": answer({"error": {"message": "inside a 200", "type": "server_error", "code": 500, "status": "INTERNAL"}}),
    "wrong-types": answer({"content": 7, "candidates": "x", "output": [], "stop_reason": [], "usage": "many"}),
}  # fmt: skip


@STREAMING
@pytest.mark.parametrize("dialect", ["anthropic", "gemini", "bedrock"])
@pytest.mark.parametrize("name", RUBBISH)
def test_rubbish_is_the_upstreams_fault(sdk, upstream, dialect, name, streaming):
    problem = failure(sdk, upstream, TARGETS[dialect], RUBBISH[name], streaming)
    assert problem.status_code >= 500, problem


# --- streams that fail -----------------------------------------------------------------------------------------------

_ANTHROPIC_OVERLOADED = anthropic_event({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
_GEMINI_ERROR = google_error(503, "UNAVAILABLE", "The model is overloaded.")
FAILURES = {
    # What follows the start (and perhaps content) of a stream.
    "anthropic-error": ("anthropic", _ANTHROPIC_OVERLOADED),
    "anthropic-error-without-name": ("anthropic", _ANTHROPIC_OVERLOADED.partition(b"\n")[2]),
    "anthropic-nothing": ("anthropic", b""),
    "anthropic-bad-json": ("anthropic", b'event: content_block_delta\ndata: {"type": "content_bl\n\n'),
    "anthropic-another-message": ("anthropic", anthropic_start().replace(b"msg_01ABC", b"msg_02XYZ") + anthropic_text("spliced")),
    "gemini-error": ("gemini", gemini_event(_GEMINI_ERROR)),
    "gemini-bare-error": ("gemini", json.dumps(_GEMINI_ERROR, indent=2).encode()),
    "gemini-nothing": ("gemini", b""),
    "gemini-bad-json": ("gemini", b'data: {"candidates": [{"conte\r\n\r\n'),
    "bedrock-throttled": ("bedrock", bedrock_exception("throttlingException", "Too many requests")),
    "bedrock-model-error": ("bedrock", bedrock_exception("modelStreamErrorException", "boom", originalStatusCode=500, originalMessage="x")),
    "bedrock-internal": ("bedrock", bedrock_exception("internalServerException", "boom")),
    "bedrock-invalid": ("bedrock", bedrock_exception("validationException", "no")),
    "bedrock-error-frame": ("bedrock", frame(b"", error_code="InternalFailure", error_message="boom", message_type="error")),
    "bedrock-unknown-exception": ("bedrock", bedrock_exception("someNewException", "boom")),
    "bedrock-nothing": ("bedrock", b""),
    "bedrock-rubbish": ("bedrock", b"\x00\x00\x00\x10not a frame at all"),
    "bedrock-bad-json": ("bedrock", frame(b'{"contentBlo', event_type="contentBlockDelta", content_type="application/json", message_type="event")),
    "bedrock-stop-without-metadata": ("bedrock", b""),
}  # fmt: skip
_OPENING = {"anthropic": anthropic_start(), "gemini": b"", "bedrock": bedrock_event("messageStart", {"role": "assistant"})}
_HEL = {
    "anthropic": anthropic_text("Hel"), "gemini": gemini_event(gemini_chunk([{"text": "Hel"}])),
    "bedrock": bedrock_event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hel"}}),
}  # fmt: skip


@pytest.mark.parametrize("framing", ["chunked", "close"])
@pytest.mark.parametrize("name", FAILURES)
def test_a_stream_that_fails_before_its_content_is_a_plain_error(sdk, upstream, name, framing):
    dialect, tail = FAILURES[name]
    problem = failure(sdk, upstream, TARGETS[dialect], as_stream(dialect, _OPENING[dialect] + tail, framing=framing), True)
    if name in ("anthropic-error", "gemini-error", "gemini-bare-error"):
        assert problem.status_code == 503
    elif name == "bedrock-throttled":
        assert problem.status_code == 429
    elif name == "bedrock-invalid":
        assert problem.status_code == 400
    else:
        assert problem.status_code >= 500


@pytest.mark.parametrize("framing", ["chunked", "close"])
@pytest.mark.parametrize("name", FAILURES)
def test_a_stream_that_fails_later_never_ends_as_a_success(sdk, upstream, name, framing):
    dialect, tail = FAILURES[name]
    if name == "bedrock-stop-without-metadata":
        tail = bedrock_event("contentBlockStop", {"contentBlockIndex": 0})
    upstream.script(
        TARGETS[dialect].partition("/")[2], as_stream(dialect, _OPENING[dialect] + _HEL[dialect] + tail, framing=framing)
    )
    got = []
    with pytest.raises((openai.APIError, httpx.TransportError)) as caught:
        got.extend(sdk.chat.completions.create(model=TARGETS[dialect], messages=ASK, stream=True))
        assert not got, "the stream ended as a success"
    if isinstance(caught.value, openai.APIError) and not isinstance(caught.value, openai.APIStatusError):
        shape_and_silence(caught.value.body, json.dumps(caught.value.body), upstream)


@pytest.mark.parametrize("dialect", ["anthropic", "gemini", "bedrock"])
@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_an_empty_stream_is_an_error(sdk, upstream, dialect, framing):
    problem = failure(sdk, upstream, TARGETS[dialect], as_stream(dialect, b"", framing=framing), True)
    assert problem.status_code >= 500


@pytest.mark.parametrize("dialect", ["anthropic", "gemini", "bedrock"])
@pytest.mark.parametrize("content_type", ["application/json", "application/octet-stream", None])
def test_a_stream_is_recognised_under_any_content_type(sdk, upstream, dialect, content_type):
    body = stream_body(dialect, [text("Hello")], "STOP" if dialect == "gemini" else "end_turn")
    upstream.script(TARGETS[dialect].partition("/")[2], as_stream(dialect, body, content_type=content_type))
    got = ask(sdk, TARGETS[dialect], True)
    assert "".join(x.delta.content or "" for c in got for x in c.choices) == "Hello"


@pytest.mark.parametrize("dialect", ["anthropic", "gemini", "bedrock"])
def test_a_whole_answer_where_a_stream_was_asked_is_an_error_or_an_answer(sdk, upstream, dialect):
    """A server that ignores the wish may be understood; it must not end as an empty success."""
    upstream.script(TARGETS[dialect].partition("/")[2], reply(dialect, [text("Hello")], False))
    try:
        got = ask(sdk, TARGETS[dialect], True)
    except openai.InternalServerError:
        return
    assert "".join(x.delta.content or "" for c in got for x in c.choices) == "Hello"


@STREAMING
@pytest.mark.parametrize("dialect", ["anthropic", "gemini", "bedrock"])
def test_the_clients_deadline_is_a_504(sdk, upstream, dialect, streaming):
    upstream.script(TARGETS[dialect].partition("/")[2], Reply((), "stall"))
    with pytest.raises(openai.InternalServerError) as caught:
        ask(sdk, TARGETS[dialect], streaming, extra_headers={"x-turnpike-timeout": "300ms"})
    assert caught.value.status_code == 504
