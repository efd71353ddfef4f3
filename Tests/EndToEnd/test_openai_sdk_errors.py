"""Errors and deadlines as the official `openai` package shows them."""

from __future__ import annotations

import json
import time

import httpx
import openai
import pytest

from answers import chunk, completion, error, text_stream
from conftest import UPSTREAM_KEY
from gateway import Gateway
from scripted_upstream import Reply, answer, events, head, stream

QUESTION = [{"role": "user", "content": "Say hello."}]


def ask(client, model, **options):
    got = client.chat.completions.create(model=f"house/{model}", messages=QUESTION, **options)
    return list(got) if options.get("stream") else got


# --- the client's own mistakes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["tp-" + "A" * 43, "sk-nonsense", "tp-short"])
def test_a_wrong_key_is_an_authentication_error(gateway, key):
    with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=key, max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError) as caught:
            client.chat.completions.create(model="gpt-4o", messages=QUESTION)
    assert caught.value.status_code == 401 and key not in str(caught.value)


def test_no_key_is_an_authentication_error_in_the_same_shape(gateway):
    got = httpx.post(f"{gateway.url}/v1/chat/completions", json={"model": "gpt-4o", "messages": []})
    assert got.status_code == 401 and got.json()["error"]["message"]


@pytest.mark.parametrize("place", ["authorization", "x-api-key", "x-goog-api-key", "api-key", "query"])
def test_a_key_is_accepted_in_every_place(gateway, place):
    headers = {place: f"Bearer {gateway.key}" if place == "authorization" else gateway.key} if place != "query" else {}
    query = f"?key={gateway.key}" if place == "query" else ""
    body = {"model": "demo/chat", "messages": QUESTION}
    assert httpx.post(f"{gateway.url}/v1/chat/completions{query}", json=body, headers=headers).status_code == 200


def test_an_unknown_model_is_not_found_and_the_nearest_names_are_named(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="gpt-4oo", messages=QUESTION)
    assert caught.value.code == "model_not_found" and "gpt-4o" in caught.value.message.replace("gpt-4oo", "")


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"messages": []}, "model"),
        ({"model": 7, "messages": []}, "model"),
        ({"model": None, "messages": []}, "model"),
        ({"model": "", "messages": []}, "model"),
        ({"model": "gpt-4o", "messages": [], "stream": "yes"}, "stream"),
        ({"model": "gpt-4o", "messages": [], "stream": True, "stream_options": 3}, "stream_options"),
        ({"model": "gpt-4o", "messages": "hello"}, "messages"),
        ({"model": "gpt-4o"}, "messages"),
    ],
)
def test_bad_input_names_the_field(gateway, body, names):
    headers = {"authorization": f"Bearer {gateway.key}"}
    got = httpx.post(f"{gateway.url}/v1/chat/completions", json=body, headers=headers)
    assert got.status_code == 400, got.text
    shown = got.json()["error"]
    assert set(shown) >= {"message", "type", "param", "code"}
    assert names in (shown["param"] or "") or names in shown["message"]


# --- the upstream's errors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "expected", "statuses"),
    [
        (400, error("bad temperature", param="temperature"), openai.BadRequestError, {400}),
        (404, error("no such model", code="model_not_found"), openai.NotFoundError, {404}),
        (422, error("unprocessable"), openai.APIStatusError, {400, 422}),
        (429, error("slow down", "requests", "rate_limit_exceeded"), openai.RateLimitError, {429}),
        (429, error("You exceeded your current quota", "insufficient_quota", "insufficient_quota"), openai.RateLimitError, {429}),
        (500, error("boom", "server_error"), openai.InternalServerError, {500, 502}),
        (502, b"<html>bad gateway</html>", openai.InternalServerError, {502}),
        (503, error("overloaded", "server_error"), openai.InternalServerError, {503}),
        (529, error("overloaded", "overloaded_error"), openai.InternalServerError, {503}),
        (524, b"", openai.InternalServerError, {502, 504}),
        (401, error("Incorrect API key provided", code="invalid_api_key"), openai.InternalServerError, {500, 502}),
        (403, error("no access"), openai.InternalServerError, {500, 502}),
        (301, b"", openai.InternalServerError, {502}),
    ],
)
@pytest.mark.parametrize("streaming", [False, True])
def test_a_status_becomes_the_right_exception(client, upstream, model, status, body, expected, statuses, streaming):
    upstream.script(model, answer(body, status=status, headers={"location": "http://169.254.169.254/"} if status == 301 else {}))
    with pytest.raises(expected) as caught:
        ask(client, model, stream=streaming)
    assert caught.value.status_code in statuses
    assert {"message", "type", "param", "code"} <= set(caught.value.body)
    if status in (401, 403):
        assert caught.value.code == "upstream_auth"


def test_context_length_keeps_its_code(client, upstream, model):
    text = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens."
    upstream.script(model, answer(error(text, param="messages", code=None), status=400))
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, model)
    assert caught.value.code == "context_length_exceeded"


def test_retry_after_is_passed_on(client, upstream, model):
    upstream.script(model, answer(error("slow down", code="rate_limit_exceeded"), status=429, headers={"retry-after": "7"}))
    with pytest.raises(openai.RateLimitError) as caught:
        ask(client, model)
    assert 1 <= float(caught.value.response.headers["retry-after"]) <= 7


@pytest.mark.parametrize("status", [400, 401, 500])
@pytest.mark.parametrize("shape", ["openai", "text", "detail"])
def test_the_upstream_credential_is_never_shown(gateway, client, upstream, model, status, shape):
    text = f"Incorrect API key provided: {UPSTREAM_KEY}, see {upstream.url}/house/v1/chat/completions?key={UPSTREAM_KEY}"
    body = {"openai": error(text), "text": text.encode(), "detail": {"detail": text}}[shape]
    upstream.script(model, answer(body, status=status, headers={"x-echo": UPSTREAM_KEY}))
    with pytest.raises(openai.APIStatusError) as caught:
        ask(client, model)
    response = caught.value.response
    assert UPSTREAM_KEY not in response.text and UPSTREAM_KEY not in str(response.headers)
    assert str(upstream.port) not in response.text


@pytest.mark.parametrize("streaming", [False, True])
def test_an_unreachable_upstream_is_a_502(client, streaming):
    with pytest.raises(openai.InternalServerError) as caught:
        got = client.chat.completions.create(model="unreachable/m", messages=QUESTION, stream=streaming)
        list(got)
    assert caught.value.status_code == 502


@pytest.mark.parametrize(
    "reply",
    [
        Reply((), "fin"),
        Reply((), "rst"),
        Reply((b"HTTP/1.1 200 OK\r\nContent-Ty",), "fin"),
        Reply((b"SSH-2.0-OpenSSH_9.2\r\n",), "fin"),
        Reply((b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}",), "fin"),
        Reply((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",), "fin"),
        Reply((b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 100_000,), "fin"),
        answer(b"not json"),
        answer(b""),
        answer({}),
        answer({"choices": []}),
        answer([]),
        answer(b'{"choices":[{"index":0,"message":{"content":"cut'),
        answer(error("inside a 200", "server_error")),
        answer(b"<html>", content_type="text/html"),
        Reply((head(200, {"Content-Length": "500"}) + b'{"choices":[{"index":0',), "fin"),
        Reply((head(204, {}),)),
    ],
    ids=lambda r: repr(r.steps[0][:60] if r.steps else r.end),
)
@pytest.mark.parametrize("streaming", [False, True])
def test_rubbish_from_the_upstream_is_an_error(client, upstream, model, reply, streaming):
    upstream.script(model, reply)
    with pytest.raises(openai.APIError) as caught:
        ask(client, model, stream=streaming)
    assert isinstance(caught.value, openai.APIStatusError) and caught.value.status_code >= 500, caught.value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        events("[DONE]"),
        events(chunk({"role": "assistant", "content": ""}), "[DONE]"),
        b": only a comment\n\n",
        events(error("overloaded", "server_error", "overloaded")),
        b'event: error\ndata: {"error":{"message":"tool failed","type":"x","code":"y"}}\n\n',
    ],
    ids=["nothing", "done", "role-and-done", "comment", "error", "named-error"],
)
def test_a_stream_that_fails_before_its_content_is_a_plain_error(client, upstream, model, body):
    """Headers wait for the first content, so the failure still has a status."""
    upstream.script(model, stream(body))
    with pytest.raises(openai.APIStatusError) as caught:
        ask(client, model, stream=True)
    assert caught.value.status_code >= 400


@pytest.mark.parametrize("framing", ["chunked", "close"])
@pytest.mark.parametrize(
    "tail",
    [
        b"",
        events(error("overloaded", "server_error", "overloaded")),
        b'event: error\ndata: {"error":{"message":"tool failed","type":"x","code":"y"}}\n\n',
        b"data: {not json}\n\n",
        b'data: {"id":"x","choices":[{"index":0,"del',
    ],
    ids=["cut", "error", "named-error", "bad-json", "half-event"],
)
def test_a_stream_that_fails_later_never_ends_as_a_success(client, upstream, model, tail, framing):
    upstream.script(model, stream(events(chunk({"role": "assistant", "content": "Hel"})) + tail, framing=framing))
    got = []
    with pytest.raises((openai.APIError, httpx.TransportError)):
        got.extend(client.chat.completions.create(model=f"house/{model}", messages=QUESTION, stream=True))
    assert "".join(c.choices[0].delta.content or "" for c in got) in ("", "Hel")


# --- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("streaming", [False, True])
def test_the_clients_deadline_is_a_504(client, upstream, model, streaming):
    upstream.script(model, Reply((), "stall"))
    started = time.monotonic()
    with pytest.raises(openai.InternalServerError) as caught:
        ask(client, model, stream=streaming, extra_headers={"x-turnpike-timeout": "400ms"})
    assert caught.value.status_code == 504
    assert 0.3 < time.monotonic() - started < 1.5
    assert upstream.wait(model)[0].peer_closed.wait(1)


@pytest.mark.slow
@pytest.mark.parametrize("streaming", [False, True])
def test_a_stalled_upstream_is_a_504(client, upstream, model, streaming):
    upstream.script(model, Reply((head(200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"}),), "stall"))
    with pytest.raises(openai.InternalServerError) as caught:
        ask(client, model, stream=streaming)
    assert caught.value.status_code == 504


@pytest.mark.slow
def test_a_stream_that_stalls_after_its_content_ends_with_an_error(client, upstream, model):
    body = events(chunk({"role": "assistant", "content": "Hel"}))
    reply = stream(body, framing="close")
    upstream.script(model, Reply(reply.steps, "stall"))
    running = client.chat.completions.create(model=f"house/{model}", messages=QUESTION, stream=True)
    got = []
    with pytest.raises((openai.APIError, httpx.TransportError)):
        got.extend(running)
    assert got[0].choices[0].delta.content == "Hel"
    assert upstream.seen(model)[0].peer_closed.wait(1)


@pytest.mark.parametrize("moment", ["before-the-head", "in-the-stream"])
def test_a_client_that_goes_away_closes_the_upstream_within_100_ms(gateway, upstream, model, moment):
    if moment == "in-the-stream":
        upstream.script(model, Reply(stream(events(chunk({"content": "Hel"})), framing="close").steps, "stall"))
    else:
        upstream.script(model, Reply((), "stall"))
    body = json.dumps({"model": f"house/{model}", "messages": QUESTION, "stream": moment == "in-the-stream"})
    client = httpx.Client(headers={"authorization": f"Bearer {gateway.key}"})
    if moment == "in-the-stream":
        with client.stream("POST", f"{gateway.url}/v1/chat/completions", content=body) as response:
            next(response.iter_bytes())
            exchange = upstream.seen(model)[0]
            left = time.monotonic()
    else:
        with pytest.raises(httpx.ReadTimeout):
            client.post(f"{gateway.url}/v1/chat/completions", content=body, timeout=0.3)
        exchange = upstream.seen(model)[0]
        left = time.monotonic()
    client.close()
    assert exchange.peer_closed.wait(2), "the upstream was never closed"
    assert exchange.peer_closed_at - left < 0.1


def test_a_provider_may_carry_its_own_deadlines(upstream, model, tmp_path):
    gateway = Gateway(
        tmp_path,
        f"""
providers:
  hasty:
    kind: openai
    base_url: {upstream.url}/hasty/v1
    api_key: {UPSTREAM_KEY}
    reliability: {{ timeouts: {{ response: 300ms, first_content: 300ms }} }}
""",
        secrets=(UPSTREAM_KEY,),
    )
    upstream.script(model, Reply((), "stall"))
    with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=gateway.key, max_retries=0, timeout=10) as client:
        started = time.monotonic()
        with pytest.raises(openai.InternalServerError) as caught:
            client.chat.completions.create(model=f"hasty/{model}", messages=QUESTION)
    assert caught.value.status_code == 504 and time.monotonic() - started < 3
    gateway.stop()


def test_back_pressure_holds_a_fast_upstream(gateway, upstream, model):
    """A client that does not read must not make the gateway swallow 64 MB of stream."""
    event = events(chunk({"content": "x" * 1000}))
    body = event * (64_000_000 // len(event)) + text_stream([])
    upstream.script(model, stream(body, framing="close"))
    request = json.dumps({"model": f"house/{model}", "messages": QUESTION, "stream": True})
    with httpx.Client(headers={"authorization": f"Bearer {gateway.key}"}) as client:
        with client.stream("POST", f"{gateway.url}/v1/chat/completions", content=request) as response:
            assert response.status_code == 200
            time.sleep(1)
            exchange = upstream.seen(model)[0]
            assert exchange.finished_at is None, "64 MB were taken from the upstream though the client reads nothing"


def test_the_answer_after_an_error_on_the_same_connection_is_right(client, upstream, model):
    upstream.script(model, answer(error("bad"), status=400), answer(completion("good")))
    with pytest.raises(openai.BadRequestError):
        ask(client, model)
    assert ask(client, model).choices[0].message.content == "good"
