"""Recorded exchanges with Anthropic, Gemini, Vertex AI and Bedrock in their own dialects, read from outside the
repository; none is kept in it."""

from __future__ import annotations

import json
import re
import struct
from dataclasses import dataclass

import pytest

from recordings import Recording, exchanges
from scripted_upstream import Reply, answer

APIS = ("messages", "generateContent", "streamGenerateContent", "converse", "converse-stream")


@dataclass(frozen=True)
class NativeRecording(Recording):
    """One exchange in a provider's own dialect; `provider` is anthropic, gemini, vertex or bedrock, and the entry of the
    test configuration that it is replayed through."""

    model: str
    request: dict | None
    tags: tuple[str, ...]

    @property
    def dialect(self) -> str:
        return "gemini" if self.provider == "vertex" else self.provider

    @property
    def hosts_tools(self) -> bool:
        """The provider ran tools of its own in this exchange."""
        marks = (b"server_tool_use", b"executableCode", b"codeExecutionResult", b"_tool_result")
        return any(mark in self.body for mark in marks)

    @property
    def finished_from(self) -> int:
        """From this many bytes on, a stream that ends may count as finished: its terminal event is whole."""
        if self.dialect == "anthropic":
            return self.body.rindex(b"}") + 1
        if self.dialect == "gemini":
            last = re.search(rb'data: [^\r\n]*"finishReason"[^\r\n]*', self.body)
            assert last, f"{self.name} has no finishReason"
            return last.end()
        return len(self.body)


def frame_ends(body: bytes) -> list[int]:
    """Where the frames of an event stream end."""
    ends, at = [], 0
    while at < len(body):
        at += struct.unpack_from(">I", body, at)[0]
        ends.append(at)
    return ends


def load() -> list[NativeRecording]:
    found = []
    for name, data, body in exchanges(*APIS):
        response = data["response"]
        found.append(
            NativeRecording(
                name=name,
                provider=data["provider"],
                stream=bool(data["stream"]),
                status=response["status"],
                headers=response.get("headers") or {},
                body=body,
                failed=response["status"] != 200,
                model=data["model"],
                request=(data.get("request") or {}).get("body"),
                tags=tuple(data.get("tags") or ()),
            )
        )
    return found


NATIVE = load()
ABSENT = "recordings absent: set TURNPIKE_RECORDINGS to their folder"


def native(chosen) -> list:
    """pytest parameters; one skipped parameter with the reason where the recordings are absent."""
    if not NATIVE:
        return [pytest.param(None, marks=pytest.mark.skip(reason=ABSENT))]
    return [pytest.param(r, id=r.name) for r in NATIVE if chosen(r)]


def named(name: str) -> NativeRecording:
    """One recording; skips the test where there are none."""
    if not NATIVE:
        pytest.skip(ABSENT)
    return next(r for r in NATIVE if r.name == name)


def recorded_request(name: str) -> dict:
    """The request body of one recording."""
    body = named(name).request
    assert isinstance(body, dict), f"{name} has no request"
    return body


def answered(recording: NativeRecording, rng=None, framing: str = "chunked") -> Reply:
    """The recording as a reply, cut into pieces at random."""
    skipped = ("content-type", "transfer-encoding", "content-length", "content-encoding", "connection")
    extra = {k: v for k, v in recording.headers.items() if k.lower() not in skipped}
    return answer(
        recording.body, status=recording.status, content_type=recording.content_type, framing=framing, headers=extra, rng=rng
    )


def pretty(body: bytes) -> str:
    """A body for a failure's text."""
    try:
        return json.dumps(json.loads(body), indent=1)[:4000]
    except ValueError:
        return repr(body[:2000])
