"""Answers and streams in OpenAI's Chat shape, made for scripts."""

from __future__ import annotations

import json

from scripted_upstream import events

# A request that the abuse tests' gateway answers with "good".
GOOD = {"model": "house/good", "messages": []}

USAGE = {"prompt_tokens": 17, "completion_tokens": 5, "total_tokens": 22}


def completion(content: str | None = "Hello.", finish: str = "stop", **message) -> dict:
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1763685600, "model": "upstream-name",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content} | message, "finish_reason": finish}],
        "usage": USAGE,
    }  # fmt: skip


def tool_call(identity: str, name: str, arguments: dict) -> dict:
    return {"id": identity, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}


def chunk(delta: dict | None, finish: str | None = None, **more) -> dict:
    """One stream chunk; `delta=None` leaves the choices empty."""
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1763685600, "model": "upstream-name",
        "choices": choices,
    } | more  # fmt: skip


def text_stream(words: list[str], usage: bool = True, done: bool = True) -> bytes:
    """A whole stream as OpenAI sends it: role, words, finish, usage, [DONE]."""
    parts: list[dict | str] = [chunk({"role": "assistant", "content": ""})]
    parts += [chunk({"content": word}) for word in words]
    parts.append(chunk({}, "stop"))
    if usage:
        parts.append(chunk(None, usage=USAGE))
    if done:
        parts.append("[DONE]")
    return events(*parts)


def parallel_tool_stream() -> bytes:
    """Two calls whose arguments arrive in interleaved fragments."""

    def part(index: int, text: str, identity: str | None = None, name: str | None = None) -> dict:
        call: dict = {"index": index, "function": {"arguments": text}}
        if identity:
            call |= {"id": identity, "type": "function"}
            call["function"]["name"] = name
        return chunk({"tool_calls": [call]})

    return events(
        chunk({"role": "assistant", "content": None}),
        part(0, "", "call_a", "weather"), part(1, "", "call_b", "clock"),
        part(0, '{"city":'), part(1, '{"zone":'), part(0, ' "Zürich"}'), part(1, ' "CET"}'),
        chunk({}, "tool_calls"), chunk(None, usage=USAGE), "[DONE]",
    )  # fmt: skip


def error(message: str, kind: str = "invalid_request_error", code: str | None = None, param: str | None = None) -> dict:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
