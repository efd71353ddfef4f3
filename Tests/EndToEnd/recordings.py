"""Recorded exchanges with OpenAI-compatible providers, read from outside the repository; none is kept in it."""

from __future__ import annotations

import base64
import json
import pathlib
import re
from dataclasses import dataclass

import pytest

from conftest import KINDS, recordings_folder

# Providers without a kind of their own are reached as `house`, any OpenAI-compatible server.
FALLBACK = "house"


@dataclass(frozen=True)
class Recording:
    """One exchange; `provider` is the entry of the test configuration that it is replayed through."""

    name: str
    provider: str
    stream: bool
    status: int
    headers: dict[str, str]
    body: bytes
    failed: bool

    @property
    def content_type(self) -> str | None:
        return {k.lower(): v for k, v in self.headers.items()}.get("content-type")

    @property
    def finished_from(self) -> int:
        """From this many bytes on, a stream that ends may count as finished: its terminal event is whole. Where there
        is none (an error inside the stream), never."""
        done = self.body.rfind(b"data: [DONE]")
        if done >= 0:
            return done + len(b"data: [DONE]")
        if self.failed:
            return len(self.body) + 1
        return len(self.body.rstrip())

    def without_hidden_usage(self) -> bytes:
        """What a client sees that did not ask for usage: without the event of an empty choice list that only carries it."""
        kept = []
        for event in re.split(rb"(?<=\n\n)", self.body):
            data = re.match(rb"data: ?(\{.*\})\s*$", event)
            shown = json.loads(data[1]) if data else {"choices": True}
            if not (shown.get("choices") == [] and shown.get("usage")):
                kept.append(event)
        return b"".join(kept)


def exchanges(*apis: str) -> list[tuple[str, dict, bytes]]:
    """The recorded exchanges with these APIs: name, what the file holds, and the answer's bytes."""
    folder = recordings_folder()
    found = []
    for path in sorted(folder.rglob("*.json")) if folder else []:
        data = json.loads(path.read_text())
        if data.get("api") in apis:
            response = data["response"]
            body = base64.b64decode(response["body_base64"]) if "body_base64" in response else response["body"].encode()
            found.append((str(path.relative_to(folder)).removesuffix(".json"), data, body))
    return found


def load() -> list[Recording]:
    found = []
    for name, data, body in exchanges("chat.completions"):
        response = data["response"]
        found.append(
            Recording(
                name=name,
                provider=data["provider"] if data["provider"] in KINDS and data["provider"] != "openai" else FALLBACK,
                stream=bool(data["stream"]),
                status=response["status"],
                headers=response.get("headers") or {},
                body=body,
                failed=data.get("kind") == "error" or pathlib.Path(name).name.startswith("err-"),
            )
        )
    return found


RECORDINGS = load()


def parameters(chosen) -> list:
    """pytest parameters; one skipped parameter with the reason where the recordings are absent."""
    if not RECORDINGS:
        reason = "recordings absent: set TURNPIKE_RECORDINGS to their folder"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]
    return [pytest.param(r, id=r.name) for r in RECORDINGS if chosen(r)]
