"""Streams of other dialects that are cut anywhere, in any manner, or damaged: none ends as a success.

Seeded samples; every byte of every recorded stream with TURNPIKE_FULL=1."""

from __future__ import annotations

import os
import random

import httpx
import openai
import pytest

from chat_requests import ASK
from provider_answers import DIALECTS, TARGETS, Block, Spent, as_stream, call, stream_body, text, whole
from provider_recordings import answered, frame_ends, native
from scripted_upstream import Reply, answer, cut

MANNERS = ["rst", "fin", "end"]
FRAMINGS = ["chunked", "close", "chunked", "length"]
FULL = os.environ.get("TURNPIKE_FULL") == "1"
SAMPLES = 8
KIND = {"bedrock": "application/vnd.amazon.eventstream"}


def read(sdk, target: str) -> str:
    """The text of a stream; raises what the SDK raises."""
    found = ""
    for part in sdk.chat.completions.create(model=target, messages=ASK, stream=True):
        for choice in part.choices:
            found += choice.delta.content or ""
    return found


def fails(sdk, upstream, target: str, scripted: Reply) -> bool:
    upstream.script(target.partition("/")[2], scripted)
    try:
        read(sdk, target)
    except openai.APIStatusError as problem:
        assert problem.status_code >= 500, f"a fault of the upstream's is called the client's: {problem}"
        return True
    except (openai.APIError, httpx.TransportError):
        return True
    return False


def places(body: bytes, seed: str, finished: int, count: int = SAMPLES) -> list[int]:
    if FULL:
        return list(range(len(body)))
    sampled = random.Random(seed).sample(range(len(body)), min(count, len(body)))
    # The last event's surroundings, where a cut is easiest to take for an end.
    near = [at for at in (finished - 40, finished - 2, finished - 1, finished) if 0 <= at < len(body)]
    return sorted({0, *sampled, *near})


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("recording", native(lambda r: r.stream and r.status == 200))
def test_a_cut_stream_is_an_error(sdk, upstream, recording, manner):
    target = f"{recording.provider}/{recording.model}"
    finished = recording.finished_from
    assert not fails(sdk, upstream, target, answered(recording)), "the whole stream is no success"
    for number, at in enumerate(places(recording.body, f"{recording.name} {manner}", finished)):
        framing = FRAMINGS[number % 4]
        kind = KIND.get(recording.dialect, "text/event-stream")
        failed = fails(sdk, upstream, target, cut(recording.body, at, manner, content_type=kind, framing=framing))
        assert failed or at >= finished, f"cut at byte {at} of {len(recording.body)} ({manner}, {framing}) ended as a success"


def blocks(dialect: str) -> list[Block]:
    return [
        Block("thinking", "Hm. Wéll.", "c2ln"),
        text("Hel"),
        text("lo 👋"),
        call("weather", '{"city":"Zürich"}'),
        call("clock", "{}"),
    ]


def made(dialect: str) -> bytes:
    return stream_body(dialect, blocks(dialect), "STOP" if dialect == "gemini" else "tool_use", Spent(), random.Random(dialect))


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_made_stream_cut_anywhere_is_an_error(sdk, upstream, dialect, manner):
    """Needs no recordings."""
    body = made(dialect)
    finished = len(body.rstrip()) if dialect != "bedrock" else len(body)
    for number, at in enumerate(places(body, f"{dialect}{manner}", finished, 30)):
        scripted = cut(body, at, manner, content_type=KIND.get(dialect, "text/event-stream"), framing=FRAMINGS[number % 4])
        assert fails(sdk, upstream, TARGETS[dialect], scripted) or at >= finished, (
            f"cut at byte {at} of {len(body)} ended as a success"
        )


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_stream_without_its_last_event_is_an_error(sdk, upstream, dialect, manner):
    """Cut between two events, where everything before is whole."""
    body = made(dialect)
    if dialect == "bedrock":
        ends = frame_ends(body)[:-1]
    else:
        blank = b"\r\n\r\n" if dialect == "gemini" else b"\n\n"
        ends = [i + len(blank) for i in range(len(body)) if body.startswith(blank, i)][:-1]
    for number, at in enumerate(ends):
        scripted = cut(body, at, manner, content_type=KIND.get(dialect, "text/event-stream"), framing=FRAMINGS[number % 4])
        assert fails(sdk, upstream, TARGETS[dialect], scripted), (
            f"{len(ends) - number} events are missing, and it ended as a success"
        )


@pytest.mark.parametrize("manner", ["rst", "fin"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_whole_answer_cut_anywhere_is_an_error(sdk, upstream, dialect, manner):
    body = whole(dialect, blocks(dialect), "STOP" if dialect == "gemini" else "tool_use")
    wire = b"".join(s for s in answer(body).steps if isinstance(s, bytes))
    rng = random.Random(f"{dialect}{manner}")
    for at in range(len(wire)) if FULL else sorted({0, len(wire) - 1, *rng.sample(range(len(wire)), 20)}):
        upstream.script(TARGETS[dialect].partition("/")[2], Reply((wire[:at], 0.001) if at else (), manner))
        with pytest.raises((openai.APIError, httpx.TransportError)):
            sdk.chat.completions.create(model=TARGETS[dialect], messages=ASK)


@pytest.mark.parametrize("part", ["prelude-crc", "message-crc", "payload", "headers", "length"])
def test_a_damaged_frame_is_an_error(sdk, upstream, part):
    body = made("bedrock")
    ends = frame_ends(body)
    starts = [0, *ends[:-1]]
    rng = random.Random(part)
    numbers = range(len(starts)) if FULL else sorted({0, 1, len(starts) - 2, len(starts) - 1, *rng.sample(range(len(starts)), 4)})
    for number in numbers:
        start, end = starts[number], ends[number]
        at = {
            "prelude-crc": start + 8, "message-crc": end - 1, "payload": end - 8, "headers": start + 14, "length": start + 3,
        }[part]  # fmt: skip
        damaged = bytearray(body)
        damaged[at] ^= 1 << rng.randrange(8)
        scripted = as_stream("bedrock", bytes(damaged), random.Random(number), ["chunked", "close"][number % 2])
        assert fails(sdk, upstream, TARGETS["bedrock"], scripted), (
            f"frame {number} of {len(starts)} with another {part} was taken as good"
        )


def test_the_undamaged_streams_are_successes(sdk, upstream):
    """So that the tests above fail for the cut and not for something else."""
    for dialect in DIALECTS:
        upstream.script(TARGETS[dialect].partition("/")[2], as_stream(dialect, made(dialect), random.Random(dialect)))
        assert read(sdk, TARGETS[dialect]) == "Hello 👋"
