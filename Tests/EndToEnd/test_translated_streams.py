"""How translated streams behave in time: they flow, they stop with the client, they hold a fast upstream back; and the
paths and shapes around them."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time

import httpx
import openai
import pytest

from chat_requests import ASK, WEATHER
from meaning import of_chunks
from provider_answers import (
    DIALECTS,
    TARGETS,
    anthropic_start,
    anthropic_text,
    as_stream,
    bedrock_event,
    call,
    gemini_chunk,
    gemini_event,
    reply,
    stream_body,
    text,
)
from provider_recordings import frame_ends
from scripted_upstream import Reply

STARTED = {
    "anthropic": anthropic_start() + anthropic_text("now"),
    "gemini": gemini_event(gemini_chunk([{"text": "now"}])),
    "bedrock": bedrock_event("messageStart", {"role": "assistant"})
    + bedrock_event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "now"}}),
}


def model_of(dialect: str) -> str:
    return TARGETS[dialect].partition("/")[2]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_events_are_passed_on_as_they_come(sdk, upstream, dialect):
    """The rest comes 0.5 s after the first word; the word must not wait for it."""
    body = stream_body(dialect, [text("now"), text("later")], "STOP" if dialect == "gemini" else "end_turn")
    made = as_stream(dialect, body, framing="close")
    said = body.index(b"now")
    ends = frame_ends(body) if dialect == "bedrock" else [m.end() for m in re.finditer(rb"\r?\n\r?\n", body)]
    at = len(made.steps[0]) - len(body) + next(end for end in ends if end > said)
    upstream.script(model_of(dialect), Reply((made.steps[0][:at], 0.5, made.steps[0][at:]), made.end))
    running = iter(sdk.chat.completions.create(model=TARGETS[dialect], messages=ASK, stream=True))
    while not (next(running).choices[0].delta.content or ""):
        pass
    assert upstream.seen(model_of(dialect))[-1].finished_at is None, "the first word waited for the rest"
    assert "later" in "".join(c.choices[0].delta.content or "" for c in running)


@pytest.mark.parametrize("dialect", ["anthropic", "bedrock"])
def test_arguments_are_passed_on_in_fragments(sdk, upstream, dialect):
    arguments = json.dumps({"city": "x" * 500})
    upstream.script(model_of(dialect), reply(dialect, [call("weather", arguments)], True, rng=random.Random(4)))
    got = list(sdk.chat.completions.create(model=TARGETS[dialect], messages=ASK, tools=WEATHER, stream=True))
    fragments = [t.function.arguments for c in got for x in c.choices for t in x.delta.tool_calls or [] if t.function.arguments]
    assert "".join(fragments) == arguments and len(fragments) > 1


@pytest.mark.parametrize("moment", ["before-the-head", "in-the-stream"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_client_that_goes_away_closes_the_upstream_within_100_ms(translating, upstream, dialect, moment):
    streaming = moment == "in-the-stream"
    steps = as_stream(dialect, STARTED[dialect], framing="close").steps if streaming else ()
    upstream.script(model_of(dialect), Reply(steps, "stall"))
    before = len(upstream.seen(model_of(dialect)))
    body = json.dumps({"model": TARGETS[dialect], "messages": ASK, "stream": streaming})
    client = httpx.Client(headers={"authorization": f"Bearer {translating.key}"})
    url = f"{translating.url}/v1/chat/completions"
    if streaming:
        with client.stream("POST", url, content=body) as response:
            next(response.iter_bytes())
            left = time.monotonic()
    else:
        with pytest.raises(httpx.ReadTimeout):
            client.post(url, content=body, timeout=0.3)
        left = time.monotonic()
    client.close()
    exchange = upstream.seen(model_of(dialect))[before]
    assert exchange.peer_closed.wait(2), "the upstream was never closed"
    assert exchange.peer_closed_at - left < 0.1


@pytest.mark.parametrize("dialect", DIALECTS)
def test_back_pressure_holds_a_fast_upstream(translating, upstream, dialect):
    """A client that does not read must not make the gateway swallow 48 MB of stream."""
    long = "x" * 4000
    event = {
        "anthropic": anthropic_text(long).partition(b"\n\n")[2],
        "gemini": gemini_event(gemini_chunk([{"text": long}])),
        "bedrock": bedrock_event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": long}}),
    }[dialect]
    body = STARTED[dialect] + event * (48_000_000 // len(event))
    upstream.script(model_of(dialect), as_stream(dialect, body, framing="close"))
    before = len(upstream.seen(model_of(dialect)))
    request = json.dumps({"model": TARGETS[dialect], "messages": ASK, "stream": True})
    headers = {"authorization": f"Bearer {translating.key}"}
    with httpx.stream("POST", f"{translating.url}/v1/chat/completions", content=request, headers=headers) as response:
        assert response.status_code == 200
        time.sleep(0.7)
        exchange = upstream.seen(model_of(dialect))[before]
        assert exchange.finished_at is None, "48 MB were taken from the upstream though the client reads nothing"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_many_small_deltas_cost_as_much_each_as_few(sdk, upstream, dialect):
    """Four times the stream takes about four times as long: nothing is gathered and copied again."""

    def seconds(count: int) -> float:
        delta = {
            "anthropic": anthropic_text("abc").partition(b"\n\n")[2],
            "gemini": gemini_event(gemini_chunk([{"text": "abc"}])),
            "bedrock": bedrock_event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "abc"}}),
        }[dialect]
        end = stream_body(dialect, [text("abc")], "STOP" if dialect == "gemini" else "end_turn")
        body = end.replace(delta, delta * count, 1)
        upstream.script(model_of(dialect), as_stream(dialect, body))
        started = time.monotonic()
        with sdk.chat.completions.with_streaming_response.create(model=TARGETS[dialect], messages=ASK, stream=True) as response:
            data = b"".join(response.iter_bytes())
        assert data.count(b"abc") >= count and data.endswith(b"data: [DONE]\n\n")
        return time.monotonic() - started

    seconds(100)
    few, many = min(seconds(500) for _ in range(3)), min(seconds(4000) for _ in range(2))
    assert many < 8 * few * 3 + 0.2, f"500 deltas took {few:.3f} s, 4000 took {many:.3f} s"


def test_many_concurrent_requests_of_all_dialects_get_their_own_answers(translating, upstream, model):
    entries = {"anthropic": "anthropic", "gemini": "gemini", "vertex": "gemini", "bedrock": "bedrock", "bearer": "bedrock"}
    targets = [f"{entry}/{model}-{i}" for i in range(10) for entry in entries]
    for i, target in enumerate(targets):
        entry, _, name = target.partition("/")
        # One script for each model name, so the names differ by entry.
        upstream.script(f"{name}-{entry}", reply(entries[entry], [text(target), text("|end")], i % 2 == 1, rng=random.Random(i)))

    async def one(client: openai.AsyncOpenAI, i: int, target: str) -> str:
        asked = f"{target}-{target.partition('/')[0]}"
        if i % 2:
            chunks = [c async for c in await client.chat.completions.create(model=asked, messages=ASK, stream=True)]
            return of_chunks(chunks).text
        return (await client.chat.completions.create(model=asked, messages=ASK)).choices[0].message.content

    async def everyone():
        url = f"{translating.url}/v1"
        async with openai.AsyncOpenAI(base_url=url, api_key=translating.key, max_retries=0, timeout=20) as client:
            for _ in range(2):
                got = await asyncio.gather(*(one(client, i, target) for i, target in enumerate(targets)))
                assert got == [f"{target}|end" for target in targets]

    asyncio.run(everyone())


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("streaming", [False, True])
def test_the_answers_head_says_who_answered(sdk, upstream, dialect, streaming):
    upstream.script(model_of(dialect), reply(dialect, [text("Fine.")], streaming))
    raw = sdk.chat.completions.with_raw_response.create(model=TARGETS[dialect], messages=ASK, stream=streaming)
    assert not streaming or list(raw.parse())
    assert raw.headers["x-turnpike-target"] == TARGETS[dialect] and raw.headers["x-turnpike-request"]
    kind = "text/event-stream" if streaming else "application/json"
    assert raw.headers["content-type"].startswith(kind)
    shown = [n for n in raw.headers if n.startswith(("anthropic-", "x-amzn", "x-goog"))]
    assert not shown, f"headers of the provider's own dialect: {shown}"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("path", ["completions", "embeddings"])
def test_what_a_provider_does_not_offer_here_is_a_plain_error(sdk, upstream, dialect, path):
    before = len(upstream.exchanges)
    with pytest.raises(openai.APIStatusError) as caught:
        if path == "completions":
            sdk.completions.create(model=TARGETS[dialect], prompt="Tell")
        else:
            sdk.embeddings.create(model=TARGETS[dialect], input="Tell")
    assert caught.value.status_code in (400, 404) and caught.value.body["message"]
    assert len(upstream.exchanges) == before


def test_the_models_of_every_provider_can_be_asked_for(sdk):
    names = {m.id for m in sdk.models.list()}
    for entry in ("anthropic", "gemini", "vertex", "bedrock"):
        mine = sorted(n for n in names if n.startswith(f"{entry}/"))
        assert mine, f"no model of {entry} is listed"
        assert sdk.models.retrieve(mine[0]).id == mine[0]


def test_a_catalogue_name_is_answered_by_the_provider_that_has_it(sdk, upstream):
    upstream.script("claude-sonnet-4-5", reply("anthropic", [text("From Claude.")], False))
    got = sdk.chat.completions.with_raw_response.create(model="claude-sonnet-4-5", messages=ASK)
    assert got.parse().choices[0].message.content == "From Claude."
    assert got.headers["x-turnpike-target"] == "anthropic/claude-sonnet-4-5"
