"""Answers and streams in the dialects of Anthropic, Gemini and Bedrock, made for scripts.

An answer is described once, as `Block`s, and written in any dialect, whole or as a stream whose deltas are cut at random
places. Arguments of calls are JSON texts and go out as they are written, so that number texts can be followed."""

from __future__ import annotations

import base64
import json
import random
import struct
import zlib
from dataclasses import dataclass

from scripted_upstream import Reply, answer, stream

DIALECTS = ("anthropic", "gemini", "bedrock")
# The entry of the test configuration through which a dialect is reached, and a model of it.
TARGETS = {
    "anthropic": "anthropic/claude-sonnet-4-20250514", "gemini": "gemini/gemini-2.5-flash",
    "bedrock": "bedrock/us.anthropic.claude-sonnet-4-20250514-v1:0", "vertex": "vertex/gemini-2.5-flash",
}  # fmt: skip


@dataclass(frozen=True)
class Block:
    """A part of an answer. `kind`: text, thinking, redacted, call. `text` holds the text, the redacted data or the call's
    arguments; `signature` is the provider's own."""

    kind: str
    text: str = ""
    signature: str | None = None
    name: str = ""
    id: str = ""


def text(value: str) -> Block:
    return Block("text", value)


def call(name: str, arguments: str, identity: str = "", signature: str | None = None) -> Block:
    return Block("call", arguments, signature, name, identity or f"toolu_{name}")


@dataclass(frozen=True)
class Spent:
    """Tokens of an answer: not cached, read from the cache, written to it, put out (reasoning included), reasoned."""

    fresh: int = 11
    read: int = 0
    written: int = 0
    output: int = 7
    reasoning: int = 0


_STOPS = {"anthropic": ("end_turn", "tool_use"), "bedrock": ("end_turn", "tool_use"), "gemini": ("STOP", "STOP")}


def reply(
    dialect: str, blocks: list[Block], streaming: bool, stop: str | None = None, spent: Spent = Spent(),
    rng: random.Random | None = None, framing: str | None = None,
) -> Reply:  # fmt: skip
    """The blocks as an answer of a dialect; without `stop` the reason that goes with them."""
    reason = stop or _STOPS[dialect][any(b.kind == "call" for b in blocks)]
    if not streaming:
        return answer(whole(dialect, blocks, reason, spent), rng=rng, framing=framing or "length")
    return as_stream(dialect, stream_body(dialect, blocks, reason, spent, rng), rng, framing or "chunked")


def as_stream(dialect: str, body: bytes, rng: random.Random | None = None, framing: str = "chunked", **options) -> Reply:
    kind = "application/vnd.amazon.eventstream" if dialect == "bedrock" else "text/event-stream"
    return stream(body, **({"content_type": kind, "framing": framing, "rng": rng} | options))


def whole(dialect: str, blocks: list[Block], stop: str, spent: Spent = Spent()) -> bytes:
    return {"anthropic": _anthropic, "gemini": _gemini, "bedrock": _bedrock}[dialect](blocks, stop, spent)


def stream_body(dialect: str, blocks: list[Block], stop: str, spent: Spent = Spent(), rng: random.Random | None = None) -> bytes:
    made = {"anthropic": _anthropic_stream, "gemini": _gemini_stream, "bedrock": _bedrock_stream}[dialect]
    return made(blocks, stop, spent, rng)


class _Raw:
    """JSON that keeps texts of its own: each is put where a marker stands."""

    def __init__(self):
        self.texts: list[str] = []

    def put(self, value: str) -> str:
        self.texts.append(value or "{}")
        return f"@raw{len(self.texts) - 1}@"

    def dump(self, value) -> bytes:
        found = json.dumps(value, ensure_ascii=False)
        for number, kept in enumerate(self.texts):
            found = found.replace(f'"@raw{number}@"', kept)
        return found.encode()


def _pieces(value: str, rng: random.Random | None) -> list[str]:
    if rng is None or len(value) < 2:
        return [value]
    cuts = sorted(rng.sample(range(1, len(value)), min(len(value) - 1, rng.randint(0, 5))))
    return [value[a:b] for a, b in zip([0, *cuts], [*cuts, len(value)])]


# --- Anthropic Messages ----------------------------------------------------------------------------------------------


def _anthropic_usage(spent: Spent) -> dict:
    return {
        "input_tokens": spent.fresh, "cache_read_input_tokens": spent.read, "cache_creation_input_tokens": spent.written,
        "output_tokens": spent.output,
    } | ({"output_tokens_details": {"thinking_tokens": spent.reasoning}} if spent.reasoning else {})  # fmt: skip


def _anthropic_block(block: Block, raw: _Raw) -> dict:
    return {
        "text": {"type": "text", "text": block.text},
        "thinking": {"type": "thinking", "thinking": block.text, "signature": block.signature or ""},
        "redacted": {"type": "redacted_thinking", "data": block.text},
        "call": {
            "type": "tool_use",
            "id": block.id,
            "name": block.name,
            "input": raw.put(block.text) if block.kind == "call" else 0,
        },
    }[block.kind]


def _anthropic(blocks: list[Block], stop: str, spent: Spent) -> bytes:
    raw = _Raw()
    return raw.dump(
        {
            "id": "msg_01ABC", "type": "message", "role": "assistant", "model": "upstream-name",
            "content": [_anthropic_block(b, raw) for b in blocks], "stop_reason": stop, "stop_sequence": None,
            "usage": _anthropic_usage(spent),
        }
    )  # fmt: skip


def anthropic_event(data: dict) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (data["type"].encode(), json.dumps(data, ensure_ascii=False).encode())


def anthropic_start(spent: Spent = Spent()) -> bytes:
    usage = _anthropic_usage(spent) | {"output_tokens": 1}
    message = {
        "id": "msg_01ABC", "type": "message", "role": "assistant", "model": "upstream-name", "content": [],
        "stop_reason": None, "stop_sequence": None, "usage": usage,
    }  # fmt: skip
    return anthropic_event({"type": "message_start", "message": message})


def anthropic_text(value: str, index: int = 0) -> bytes:
    """One text block of one delta, without its end."""
    start = {"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}}
    delta = {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": value}}
    return anthropic_event(start) + anthropic_event(delta)


def _anthropic_stream(blocks: list[Block], stop: str, spent: Spent, rng: random.Random | None) -> bytes:
    out = anthropic_start(spent)
    for index, block in enumerate(blocks):
        started = {
            "text": {"type": "text", "text": ""}, "thinking": {"type": "thinking", "thinking": "", "signature": ""},
            "redacted": {"type": "redacted_thinking", "data": block.text},
            "call": {"type": "tool_use", "id": block.id, "name": block.name, "input": {}},
        }[block.kind]  # fmt: skip
        out += anthropic_event({"type": "content_block_start", "index": index, "content_block": started})
        if index == 0:
            out += anthropic_event({"type": "ping"})
        deltas: list[dict] = []
        if block.kind == "text":
            deltas = [{"type": "text_delta", "text": p} for p in _pieces(block.text, rng)]
        elif block.kind == "thinking":
            deltas = [{"type": "thinking_delta", "thinking": p} for p in _pieces(block.text, rng) if p]
            deltas.append({"type": "signature_delta", "signature": block.signature or ""})
        elif block.kind == "call":
            deltas = [{"type": "input_json_delta", "partial_json": p} for p in ["", *_pieces(block.text, rng)]]
        for delta in deltas:
            out += anthropic_event({"type": "content_block_delta", "index": index, "delta": delta})
        out += anthropic_event({"type": "content_block_stop", "index": index})
    out += anthropic_event(
        {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": _anthropic_usage(spent)}
    )
    return out + anthropic_event({"type": "message_stop"})


# --- Gemini and Vertex AI --------------------------------------------------------------------------------------------


def gemini_usage(spent: Spent = Spent()) -> dict:
    prompt = spent.fresh + spent.read
    found = {
        "promptTokenCount": prompt, "candidatesTokenCount": spent.output - spent.reasoning,
        "totalTokenCount": prompt + spent.output,
    }  # fmt: skip
    if spent.read:
        found["cachedContentTokenCount"] = spent.read
    if spent.reasoning:
        found["thoughtsTokenCount"] = spent.reasoning
    return found


def gemini_chunk(parts: list[dict], finish: str | None = None, spent: Spent = Spent(), index: int = 0) -> dict:
    candidate: dict = {"content": {"role": "model", "parts": parts}, "index": index}
    if finish:
        candidate["finishReason"] = finish
    return {
        "candidates": [candidate], "usageMetadata": gemini_usage(spent), "modelVersion": "upstream-name", "responseId": "r1",
    }  # fmt: skip


def gemini_event(data: dict | bytes) -> bytes:
    return b"data: %s\r\n\r\n" % (data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode())


def _gemini_part(block: Block, raw: _Raw) -> dict:
    if block.kind == "call":
        made = {"name": block.name, "args": raw.put(block.text)}
        # An id only where the script has one of Gemini's.
        part: dict = {"functionCall": made if block.id.startswith("toolu_") else made | {"id": block.id}}
    else:
        part = {"text": block.text} | ({"thought": True} if block.kind == "thinking" else {})
    return part | ({"thoughtSignature": block.signature} if block.signature else {})


def _gemini(blocks: list[Block], stop: str, spent: Spent) -> bytes:
    raw = _Raw()
    return raw.dump(gemini_chunk([_gemini_part(b, raw) for b in blocks], stop, spent))


def _gemini_stream(blocks: list[Block], stop: str, spent: Spent, rng: random.Random | None) -> bytes:
    out = b""
    for block in blocks:
        fragments = [block.text] if block.kind == "call" else _pieces(block.text, rng)
        for number, fragment in enumerate(fragments):
            last = number == len(fragments) - 1
            raw = _Raw()
            part = _gemini_part(Block(block.kind, fragment, block.signature if last else None, block.name, block.id), raw)
            out += gemini_event(raw.dump(gemini_chunk([part], None, spent)))
    return out + gemini_event(gemini_chunk([{"text": ""}], stop, spent))


# --- Bedrock Converse ------------------------------------------------------------------------------------------------


def frame(payload: dict | bytes, **headers: str) -> bytes:
    """One event-stream message: prelude, string headers (`_` of their names is `-`, a colon goes before), payload, CRCs."""
    coded = b""
    for name, value in headers.items():
        key, data = b":" + name.replace("_", "-").encode(), value.encode()
        coded += struct.pack(">B", len(key)) + key + b"\x07" + struct.pack(">H", len(data)) + data
    body = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()
    prelude = struct.pack(">II", 16 + len(coded) + len(body), len(coded))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + coded + body
    return message + struct.pack(">I", zlib.crc32(message))


def bedrock_event(kind: str, payload: dict) -> bytes:
    return frame(payload | {"p": "abcdef"}, event_type=kind, content_type="application/json", message_type="event")


def bedrock_exception(kind: str, message: str, **more) -> bytes:
    return frame({"message": message} | more, exception_type=kind, content_type="application/json", message_type="exception")


def bedrock_usage(spent: Spent = Spent()) -> dict:
    total = spent.fresh + spent.read + spent.written + spent.output
    return {
        "inputTokens": spent.fresh, "outputTokens": spent.output, "totalTokens": total, "cacheReadInputTokens": spent.read,
        "cacheWriteInputTokens": spent.written,
    }  # fmt: skip


def _bedrock(blocks: list[Block], stop: str, spent: Spent) -> bytes:
    raw = _Raw()
    content = []
    for block in blocks:
        if block.kind == "text":
            content.append({"text": block.text})
        elif block.kind == "thinking":
            content.append({"reasoningContent": {"reasoningText": {"text": block.text, "signature": block.signature or ""}}})
        elif block.kind == "redacted":
            content.append({"reasoningContent": {"redactedContent": base64.b64encode(block.text.encode()).decode()}})
        else:
            content.append({"toolUse": {"toolUseId": block.id, "name": block.name, "input": raw.put(block.text)}})
    return raw.dump(
        {
            "output": {"message": {"role": "assistant", "content": content}}, "stopReason": stop, "usage": bedrock_usage(spent),
            "metrics": {"latencyMs": 5},
        }
    )  # fmt: skip


def _bedrock_stream(blocks: list[Block], stop: str, spent: Spent, rng: random.Random | None) -> bytes:
    out = bedrock_event("messageStart", {"role": "assistant"})
    for index, block in enumerate(blocks):
        if block.kind == "call":
            started = {"toolUse": {"toolUseId": block.id, "name": block.name}}
            out += bedrock_event("contentBlockStart", {"contentBlockIndex": index, "start": started})
            deltas: list[dict] = [{"toolUse": {"input": p}} for p in _pieces(block.text, rng)]
        elif block.kind == "thinking":
            deltas = [{"reasoningContent": {"text": p}} for p in _pieces(block.text, rng)]
            deltas.append({"reasoningContent": {"signature": block.signature or ""}})
        elif block.kind == "redacted":
            data = base64.b64encode(block.text.encode()).decode()
            deltas = [{"reasoningContent": {"redactedContent": data}}]
        else:
            deltas = [{"text": p} for p in _pieces(block.text, rng)]
        for delta in deltas:
            out += bedrock_event("contentBlockDelta", {"contentBlockIndex": index, "delta": delta})
        out += bedrock_event("contentBlockStop", {"contentBlockIndex": index})
    out += bedrock_event("messageStop", {"stopReason": stop})
    return out + bedrock_event("metadata", {"usage": bedrock_usage(spent), "metrics": {"latencyMs": 5}})
