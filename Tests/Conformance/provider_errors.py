"""The errors of every provider dialect, whole and inside a stream, and streams that break off."""

from __future__ import annotations

import json

import provider_answers
from provider_answers import Block
from provider_replies import FAMILY, STOPS, body_of, NOT_TOLD, framed
from scripted_upstream import Reply, answer, chunks, events, head

# Status and body of each kind, as each provider words it. The texts are told apart by their marks.
MARK = "mark-7d41"
_GOOGLE = {"bad": (400, "INVALID_ARGUMENT"), "auth": (401, "UNAUTHENTICATED"), "missing": (404, "NOT_FOUND"),
           "rate": (429, "RESOURCE_EXHAUSTED"), "overloaded": (503, "UNAVAILABLE"), "context": (400, "INVALID_ARGUMENT")}  # fmt: skip
_ANTHROPIC = {"bad": (400, "invalid_request_error"), "auth": (401, "authentication_error"), "missing": (404, "not_found_error"),
              "rate": (429, "rate_limit_error"), "overloaded": (529, "overloaded_error"), "context": (400, "invalid_request_error")}  # fmt: skip
_AWS = {"bad": (400, "ValidationException"), "auth": (403, "AccessDeniedException"), "missing": (404, "ResourceNotFoundException"),
        "rate": (429, "ThrottlingException"), "overloaded": (503, "ServiceUnavailableException"), "context": (400, "ValidationException")}  # fmt: skip
_OPENAI = {"bad": (400, "invalid_request_error", None), "auth": (401, "invalid_request_error", "invalid_api_key"),
           "missing": (404, "invalid_request_error", "model_not_found"), "rate": (429, "requests", "rate_limit_exceeded"),
           "overloaded": (503, "server_error", None), "context": (400, "invalid_request_error", "context_length_exceeded")}  # fmt: skip
_PLAIN = {"bad": 400, "auth": 401, "missing": 404, "rate": 429, "overloaded": 503, "context": 400}

_CONTEXT = {
    "openai-chat": "This model's maximum context length is 128000 tokens. However, your messages resulted in 128123 tokens.",
    "openai-responses": "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "anthropic": "prompt is too long: 200123 tokens > 200000 maximum",
    "gemini": "The input token count (1048580) exceeds the maximum number of tokens allowed (1048576).",
    "bedrock": "Input is too long for requested model.",
    "ollama": "the input length exceeds the context length",
    "cohere": "too many tokens: the total number of tokens in the prompt exceeds the limit of 256000 tokens",
}  # fmt: skip
KINDS = tuple(_PLAIN)


def error(dialect: str, kind: str) -> Reply:
    family = "bedrock" if dialect == "invoke" else FAMILY.get(dialect, dialect)
    status, body = _body(family, kind)
    headers = {"Retry-After": "7"} if kind == "rate" else {}
    if family == "bedrock":
        headers["x-amzn-ErrorType"] = _AWS[kind][1]
    return answer(body, status=status, headers=headers)


def _message(family: str, kind: str) -> str:
    return _CONTEXT[family] if kind == "context" else f"The upstream says {kind} {MARK}"


def _body(family: str, kind: str) -> tuple[int, dict]:
    message = _message(family, kind)
    if family in ("openai-chat", "openai-responses"):
        status, name, code = _OPENAI[kind]
        return status, {"error": {"message": message, "type": name, "param": None, "code": code}}
    if family == "anthropic":
        status, name = _ANTHROPIC[kind]
        return status, {"type": "error", "error": {"type": name, "message": message}, "request_id": "req_011"}
    if family == "gemini":
        status, name = _GOOGLE[kind]
        return status, {"error": {"code": status, "message": message, "status": name}}
    if family == "bedrock":
        return _AWS[kind][0], {"message": message}
    return _PLAIN[kind], {"error": message} if family == "ollama" else {"message": message, "id": "e1"}


def broken_stream(dialect: str, manner: str) -> Reply:
    """A stream that says "Once upon " and then fails: `error` in the provider's own shape, `cut` without any end, its
    framing finished as if nothing were missing."""
    family = FAMILY.get(dialect, dialect)
    if family == "invoke":
        first, failure = framed(_beginning("anthropic")), _stream_error("bedrock")
    else:
        first, failure = _beginning(family), _stream_error(family)
    kind = {"invoke": "application/vnd.amazon.eventstream", "bedrock": "application/vnd.amazon.eventstream", "ollama": "application/x-ndjson"}.get(family, "text/event-stream")
    # A moment between the content and the failure, so that the answer has begun when it comes.
    fields = head(200, {"Content-Type": kind, "Transfer-Encoding": "chunked"})
    rest = failure if manner == "error" else b""
    return Reply((fields + chunks(first, finish=False), 0.05, chunks(rest, finish=True)), "keep")


def _beginning(family: str) -> bytes:
    blocks = [Block("text", "Once upon ")]
    if family == "anthropic":
        return provider_answers.anthropic_start() + provider_answers.anthropic_text("Once upon ")
    if family == "gemini":
        return provider_answers.gemini_event(provider_answers.gemini_chunk([{"text": "Once upon "}]))
    if family == "bedrock":
        delta = {"contentBlockIndex": 0, "delta": {"text": "Once upon "}}
        return provider_answers.bedrock_event("messageStart", {"role": "assistant"}) + provider_answers.bedrock_event("contentBlockDelta", delta)
    whole = body_of(family, blocks, True, STOPS[family]["stop"], NOT_TOLD)
    # Up to the last piece of the text: what follows it is the end.
    mark = {"openai-chat": b'"finish_reason": "stop"', "openai-responses": b"event: response.output_text.done",
            "ollama": b'"done": true', "cohere": b"event: content-end"}[family]  # fmt: skip
    cut = whole.rindex(b"\n", 0, whole.index(mark)) + 1
    return whole[:cut]


def _stream_error(family: str) -> bytes:
    if family == "bedrock":
        return provider_answers.bedrock_exception("serviceUnavailableException", _message(family, "overloaded"))
    if family == "anthropic":
        return provider_answers.anthropic_event(_body(family, "overloaded")[1])
    if family == "openai-responses":
        told = {"type": "server_error", "code": "server_error", "message": _message(family, "overloaded"), "param": None}
        return b"event: error\ndata: %s\n\n" % json.dumps({"type": "error", "sequence_number": 9, "error": told}).encode()
    body = _body(family, "overloaded")[1]
    if family == "ollama":
        return json.dumps(body).encode() + b"\n"
    if family == "cohere":
        # Cohere ends a failed stream with a message-end whose reason says so.
        end = {"type": "message-end", "delta": {"finish_reason": "ERROR", "error": _message(family, "overloaded")}}
        return b"event: message-end\ndata: %s\n\n" % json.dumps(end).encode()
    return events(body)
