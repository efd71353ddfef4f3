"""A stream or an answer that is cut anywhere, in any manner, never ends as a success.

Every byte of one small recorded stream and seeded samples of the others; every byte of all with TURNPIKE_FULL=1."""

from __future__ import annotations

import os
import random

import httpx
import openai
import pytest

from answers import completion, text_stream
from recordings import RECORDINGS, Recording, parameters
from scripted_upstream import Reply, answer, cut, stream

QUESTION = [{"role": "user", "content": "Say hello."}]
MANNERS = ["rst", "fin", "end"]
FULL = os.environ.get("TURNPIKE_FULL") == "1"
SMALL = "openai/chat-stream-usage"
SAMPLES = 10


def read(client, model: str) -> str:
    """The text of a stream; raises what the SDK raises."""
    text = ""
    for part in client.chat.completions.create(model=model, messages=QUESTION, stream=True):
        for choice in part.choices or []:
            text += (choice.delta.content if choice.delta else None) or ""
    return text


def places(recording: Recording, manner: str) -> list[int]:
    if FULL or recording.name == SMALL:
        return list(range(len(recording.body)))
    rng = random.Random(f"{recording.name} {manner}")
    sampled = rng.sample(range(len(recording.body)), SAMPLES)
    # The last event's surroundings, where a cut is easiest to take for an end.
    return sorted({*sampled, *(len(recording.body) - n for n in (1, 2, 3, 13, 14, 15, 16))})


def check(client, upstream, model: str, recording: Recording, at: int, manner: str, framing: str) -> None:
    upstream.script(model, cut(recording.body, at, manner, framing=framing))
    try:
        read(client, f"{recording.provider}/{model}")
    except (openai.APIError, httpx.TransportError):
        return
    assert at >= recording.finished_from, f"cut at byte {at} of {len(recording.body)} ({manner}, {framing}) ended as a success"


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("recording", parameters(lambda r: r.stream and r.status == 200))
def test_a_cut_stream_is_an_error(client, upstream, model, recording, manner):
    for number, at in enumerate(places(recording, manner)):
        check(client, upstream, model, recording, at, manner, ["chunked", "close", "chunked", "length"][number % 4])


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
@pytest.mark.parametrize("manner", MANNERS)
def test_a_made_stream_cut_at_every_byte_is_an_error(client, upstream, model, manner, framing):
    """Needs no recordings."""
    body = text_stream(["Hel", "lo"])
    whole = body.rfind(b"data: [DONE]") + len(b"data: [DONE]")
    for at in range(0, len(body), 1 if FULL else 5):
        upstream.script(model, cut(body, at, manner, framing=framing))
        try:
            text = read(client, f"house/{model}")
        except (openai.APIError, httpx.TransportError):
            continue
        assert at >= whole and text == "Hello", f"cut at byte {at} ended as a success"


@pytest.mark.parametrize("manner", ["rst", "fin"])
@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("framing", ["chunked", "length"])
def test_an_answer_cut_at_any_byte_of_its_wire_form_is_an_error(client, upstream, model, manner, streaming, framing):
    """Head and framing included."""
    whole = stream(text_stream(["Hello"]), framing=framing) if streaming else answer(completion("Hello"), framing=framing)
    wire = b"".join(step for step in whole.steps if isinstance(step, bytes))
    done = wire.find(b"data: [DONE]") + len(b"data: [DONE]") if streaming else len(wire) - (7 if framing == "chunked" else 0)
    rng = random.Random(f"{manner}{streaming}{framing}")
    for at in sorted({0, len(wire) - 1, *rng.sample(range(len(wire)), 60)}):
        steps = (wire[:at], 0.001) if at else ()
        upstream.script(model, Reply(steps, manner))
        try:
            if streaming:
                read(client, f"house/{model}")
            else:
                client.chat.completions.create(model=f"house/{model}", messages=QUESTION)
        except (openai.APIError, httpx.TransportError):
            continue
        assert at >= done, f"cut at byte {at} of {len(wire)} ended as a success"


def test_the_small_stream_is_among_the_recordings():
    if not RECORDINGS:
        pytest.skip("recordings absent")
    assert SMALL in [r.name for r in RECORDINGS], "the exhaustive test has lost its recording"
