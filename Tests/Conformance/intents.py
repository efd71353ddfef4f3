"""What a client means, whatever the dialect: the vocabulary in which a request is described once, written by every client's
SDK, and read back from what arrives at a provider."""

from __future__ import annotations

import json
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Picture:
    """Image bytes, base64."""

    data: str
    kind: str = "image/png"


@dataclass(frozen=True)
class PictureURL:
    url: str


@dataclass(frozen=True)
class Document:
    """PDF bytes, base64. The name may be changed on the way: not every provider takes every character."""

    data: str
    name: str = field(default="report", compare=False)


@dataclass(frozen=True)
class Call:
    """A call of a tool; `arguments` is decoded JSON. Ids are translated, so only their pairing is compared."""

    name: str
    arguments: object
    id: str = field(default="", compare=False)


@dataclass(frozen=True)
class Result:
    """What a tool said; `name` is the tool's, resolved by the id of the call it answers."""

    name: str
    text: str
    failed: bool = False
    id: str = field(default="", compare=False)


@dataclass(frozen=True)
class Thinking:
    """Reasoning; `signature` is the provider's proof that it made it (or the encrypted reasoning)."""

    text: str
    signature: str | None = None


@dataclass(frozen=True)
class Native:
    """An assistant's turn as the client's SDK handed it out, to be sent back untouched."""

    value: object


@dataclass(frozen=True)
class Turn:
    """`role`: user, assistant, tool or system."""

    role: str
    parts: tuple

    @staticmethod
    def user(*parts) -> Turn:
        return Turn("user", tuple(Text(p) if isinstance(p, str) else p for p in parts))

    @staticmethod
    def assistant(*parts) -> Turn:
        return Turn("assistant", tuple(Text(p) if isinstance(p, str) else p for p in parts))


@dataclass(frozen=True)
class Tool:
    name: str
    description: str
    schema: str

    @property
    def parameters(self) -> dict:
        return json.loads(self.schema)


@dataclass(frozen=True)
class Intent:
    """One request. `choice`: auto, none, required, or the name of a tool. None means not said."""

    turns: tuple[Turn, ...]
    system: str | None = None
    tools: tuple[Tool, ...] = ()
    choice: str | None = None
    parallel: bool | None = None
    schema: dict | None = field(default=None, hash=False)
    json_object: bool = False
    effort: str | None = None
    stop: tuple[str, ...] = ()
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    limit: int | None = None
    stream: bool = False


@dataclass
class Usage:
    """Tokens: not cached, read from the cache, written to it, put out (reasoning included), reasoned; None: not shown."""

    fresh: int | None = None
    read: int | None = None
    written: int | None = None
    output: int | None = None
    reasoning: int | None = None


@dataclass
class Got:
    """What the client's SDK shows of an answer. `stop`: stop, stop_sequence, length, tool_calls, content_filter."""

    text: str = ""
    thinking: str = ""
    calls: list[Call] = field(default_factory=list)
    stop: str | None = None
    usage: Usage | None = None
    turn: Native | None = None
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The SDK raised an error that it had from the server. `status` is None for an error inside a stream that has none."""

    def __init__(self, status: int | None, message: str, kind: str = "", headers: dict[str, str] | None = None):
        super().__init__(f"{status} {kind}: {message}")
        self.status, self.message, self.kind, self.headers = status, message, kind, headers or {}


class Broken(Exception):
    """The SDK failed on its own: it could not read what it was sent, or the connection ended."""


class NotExpressible(Exception):
    """The client's dialect has no way to say it."""
