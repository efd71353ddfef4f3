"""What an OpenAI client's request costs at a provider of another dialect, beside the same request at one that speaks OpenAI's."""

from __future__ import annotations

import json
import pathlib
import statistics
import struct
import zlib

import bodies
from stand import UPSTREAM_KEY, Stand

# Names of routes, which are the names of providers as well, and the models behind them.
MODELS = {
    "anthropic": "claude-sonnet-4-5-20250929", "gemini": "gemini-2.5-flash", "bedrock": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
}  # fmt: skip
TEXT = ("a gateway carries words it did not write " * 18)[:700]
EVENTS = 48
SCENES = {"1 KB": ("small", False), "50 events at once": ("burst", True)}


def _http(kind: str, body: bytes, streaming: bool = False) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nx-request-id: req_bench000000000000000000000001\r\n"
    if not streaming:
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    return f"{head}Transfer-Encoding: chunked\r\n\r\n{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"


def _json(value: dict) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _sse(*events: dict) -> bytes:
    return b"".join((f"event: {event['type']}\n" if "type" in event else "").encode() + b"data: " + _json(event) + b"\n\n" for event in events)


def _message(kind: str, payload: dict) -> bytes:
    """A message of an AWS event stream."""
    fields = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(bytes([len(n)]) + n.encode() + b"\x07" + struct.pack(">H", len(v)) + v.encode() for n, v in fields.items())
    body = _json(payload)
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + body
    return message + struct.pack(">I", zlib.crc32(message))


def _anthropic() -> tuple[bytes, bytes]:
    usage = {"input_tokens": 210, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 140}
    message = {"id": "msg_bench00000000000001", "type": "message", "role": "assistant", "model": MODELS["anthropic"]}
    whole = message | {"content": [{"type": "text", "text": TEXT}], "stop_reason": "end_turn", "stop_sequence": None, "usage": usage}
    events = [
        {"type": "message_start", "message": message | {"content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " token"}} for _ in range(EVENTS)),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 48}},
        {"type": "message_stop"},
    ]
    return _http("application/json", _json(whole)), _http("text/event-stream; charset=utf-8", _sse(*events), True)


def _gemini() -> tuple[bytes, bytes]:
    def answer(text: str, finish: str | None = None) -> dict:
        candidate: dict = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}
        if finish:
            candidate["finishReason"] = finish
        usage = {"promptTokenCount": 210, "candidatesTokenCount": 48, "totalTokenCount": 258}
        return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": MODELS["gemini"], "responseId": "bench0001"}

    events = [answer(" token") for _ in range(EVENTS - 1)] + [answer(" token", "STOP")]
    return _http("application/json; charset=UTF-8", _json(answer(TEXT, "STOP"))), _http("text/event-stream", _sse(*events), True)


def _bedrock() -> tuple[bytes, bytes]:
    usage = {"inputTokens": 210, "outputTokens": 48, "totalTokens": 258}
    whole = {
        "metrics": {"latencyMs": 900}, "output": {"message": {"content": [{"text": TEXT}], "role": "assistant"}},
        "stopReason": "end_turn", "usage": usage,
    }  # fmt: skip
    stream = _message("messageStart", {"p": "abcdefgh", "role": "assistant"})
    for _ in range(EVENTS):
        stream += _message("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": " token"}, "p": "abcdefghijkl"})
    stream += _message("contentBlockStop", {"contentBlockIndex": 0, "p": "abc"})
    stream += _message("messageStop", {"p": "abcdef", "stopReason": "end_turn"})
    stream += _message("metadata", {"metrics": {"latencyMs": 900}, "p": "ab", "usage": usage})
    return _http("application/json", _json(whole)), _http("application/vnd.amazon.eventstream", stream, True)


def prepare(stand: Stand) -> tuple[pathlib.Path, str]:
    """The folder of answers, and the lines of the configuration that name the routes."""
    folder = stand.folder / "answers"
    folder.mkdir()
    for name, (whole, stream) in {"anthropic": _anthropic(), "gemini": _gemini(), "bedrock": _bedrock()}.items():
        (folder / f"{name}.whole").write_bytes(whole)
        (folder / f"{name}.stream").write_bytes(stream)
        for body, streaming in SCENES.values():
            path = stand.folder / f"{body}-{name}.json"
            path.write_bytes(bodies.request("whole", 1000, streaming, model=name))
            stand.bodies[f"{body}-{name}"] = path
    routes = "".join(f"  {name}: {name}/{model}\n" for name, model in MODELS.items())
    return folder, routes


def providers(port: int) -> str:
    url = f"http://127.0.0.1:{port}"
    return (
        f'  anthropic: {{ base_url: "{url}/anthropic", api_key: {UPSTREAM_KEY} }}\n'
        f'  gemini: {{ base_url: "{url}/gemini", api_key: {UPSTREAM_KEY} }}\n'
        f'  bedrock: {{ base_url: "{url}/bedrock", region: us-east-1, access_key_id: AKIABENCH, secret_access_key: {UPSTREAM_KEY} }}\n'
    )


def compare(stand: Stand, rounds: int, seconds: float, connections: int = 16) -> dict:
    """CPU microseconds per request of each dialect in the gateway, and their ratio to OpenAI's own in the same run."""
    folder, routes = prepare(stand)
    port, _ = stand.upstream(answers=folder)
    gateway = stand.gateway(port, providers=providers(port), routes=routes)
    runs: dict[tuple[str, str], list[dict]] = {}
    for number in range(rounds):
        for scene, (body, _) in SCENES.items():
            for name in ("openai", *MODELS):
                of = body if name == "openai" else f"{body}-{name}"
                shown = stand.load(
                    gateway.port, gateway.key, of, connections=connections, seconds=seconds, measured=(gateway.pid,), seed=number + 1
                )
                if shown["errors"]:
                    raise RuntimeError(f"{scene} to {name}: {shown['errors']} requests failed: {shown['complaints']}")
                runs.setdefault((scene, name), []).append(shown)
    gateway.check_health()
    gateway.terminate(40)
    scenes = {}
    for scene in SCENES:

        def median(name: str, field: str) -> float:
            return statistics.median(run[field] for run in runs[scene, name])

        for name in MODELS:
            ours, same = median(name, "cpu_us"), median("openai", "cpu_us")
            scenes[f"{scene}, {name}"] = {
                "same_us": round(same, 2), "gateway_us": round(ours, 2), "ratio": round(ours / same, 3), "p50_us": median(name, "p50"),
                "errors": 0, "done": median(name, "done"), "same_events": True,
            }  # fmt: skip
    return {"scenes": scenes}


def show(result: dict) -> None:
    print("\ntranslation, one event loop, 16 connections: CPU per request or stream, beside OpenAI's dialect passed through")
    print(f"{'scene':38} {'passed µs':>10} {'translated µs':>14} {'ratio':>6} {'p50':>7}")
    for name, row in result["scenes"].items():
        print(f"{name:38} {row['same_us']:10.2f} {row['gateway_us']:14.2f} {row['ratio']:6.2f} {row['p50_us']:7.0f}")
