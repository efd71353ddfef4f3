"""Recorded traffic replayed as the upstream, split at random: what the SDK makes of it through the gateway is what it
makes of the same bytes directly."""

from __future__ import annotations

import json
import random
import re

import httpx
import openai
import pytest

from conftest import UPSTREAM_KEY
from recordings import Recording, parameters
from scripted_upstream import answer

QUESTION = [{"role": "user", "content": "Say hello."}]
SEEDS = range(3)


def replay(recording: Recording, rng: random.Random, framing: str = "chunked"):
    extra = {k: v for k, v in recording.headers.items() if k.lower() not in ("content-type", "transfer-encoding", "content-length")}
    return answer(
        recording.body, status=recording.status, content_type=recording.content_type, framing=framing, headers=extra, rng=rng
    )


def direct_client(upstream):
    return openai.OpenAI(base_url=f"{upstream.url}/direct/v1", api_key="direct", max_retries=0, timeout=20)


def watch(client, model: str, usage: bool = True) -> tuple[list[dict], BaseException | None]:
    """All chunks of a stream, and how it ended."""
    got = []
    options = {"stream_options": {"include_usage": True}} if usage else {}
    try:
        for part in client.chat.completions.create(model=model, messages=QUESTION, stream=True, **options):
            got.append(part.to_dict())
    except openai.APIError as problem:
        return got, problem
    return got, None


def outcome(chunks: list[dict]) -> dict:
    """Text, reasoning, calls, stop reasons and usage, put together over all choices."""
    texts, calls, stops, usage = {}, {}, {}, None
    for part in chunks:
        usage = part.get("usage") or usage
        for choice in part.get("choices") or []:
            at, delta = choice.get("index", 0), choice.get("delta") or {}
            for field in ("content", "reasoning", "reasoning_content", "refusal"):
                if isinstance(delta.get(field), str):
                    texts[at, field] = texts.get((at, field), "") + delta[field]
            for call in delta.get("tool_calls") or []:
                key = (at, call.get("index"), call.get("id")) if call.get("id") else None
                if key:
                    calls[key] = [call["function"].get("name"), ""]
                last = key or next(k for k in reversed(calls) if k[:2] == (at, call.get("index")))
                calls[last][1] += call["function"].get("arguments") or ""
            stops.setdefault(at, []).append(choice.get("finish_reason")) if choice.get("finish_reason") else None
    return {"texts": texts, "calls": calls, "stops": stops, "usage": usage}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("recording", parameters(lambda r: r.stream and r.status == 200))
def test_a_stream_means_the_same_through_the_gateway(client, upstream, model, recording, seed):
    rng = random.Random(f"{recording.name}{seed}")
    upstream.script(model, replay(recording, rng, ["chunked", "length", "close"][seed % 3]))
    with direct_client(upstream) as plain:
        expected, failure = watch(plain, model)
    got, problem = watch(client, f"{recording.provider}/{model}")
    assert got == expected
    assert type(problem) is type(failure)
    meaning = outcome(got)
    assert meaning == outcome(expected)
    if not recording.failed:
        assert problem is None
        assert meaning["usage"] or "web-search" in recording.name or not any(c.get("usage") for c in expected)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("recording", parameters(lambda r: r.stream and r.status == 200 and not r.failed))
@pytest.mark.parametrize("usage", [True, False])
def test_the_bytes_of_a_stream_are_forwarded_unchanged(gateway, upstream, model, recording, usage, seed):
    """But for the usage event, where the client did not ask for it, and for comments, which only keep a connection awake
    and may fall away while nothing can be sent yet."""
    upstream.script(model, replay(recording, random.Random(f"{recording.name}{usage}{seed}")))
    body = {"model": f"{recording.provider}/{model}", "messages": QUESTION, "stream": True}
    if usage:
        body["stream_options"] = {"include_usage": True}
    got = httpx.post(f"{gateway.url}/v1/chat/completions", json=body, headers={"authorization": f"Bearer {gateway.key}"})
    assert got.status_code == 200
    assert got.headers["content-type"].startswith("text/event-stream")
    expected = recording.body if usage else recording.without_hidden_usage()
    assert without_comments(got.content) == without_comments(expected)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("recording", parameters(lambda r: not r.stream and r.status == 200 and not r.failed))
def test_an_answer_means_the_same_through_the_gateway(client, upstream, model, recording, seed):
    rng = random.Random(f"{recording.name}{seed}")
    upstream.script(model, replay(recording, rng, ["length", "chunked", "close"][seed % 3]))
    with direct_client(upstream) as plain:
        expected = plain.chat.completions.create(model=model, messages=QUESTION)
    got = client.chat.completions.with_raw_response.create(model=f"{recording.provider}/{model}", messages=QUESTION)
    assert got.parse().to_dict() == expected.to_dict()
    assert got.http_response.content == recording.body


def without_comments(stream: bytes) -> bytes:
    return re.sub(rb"^(?::[^\r\n]*\r?\n)+\r?\n", b"", stream, flags=re.MULTILINE)


# What the client sees of a recorded error: its own mistakes keep their status, the gateway's credential is never its fault.
def expected_statuses(recording: Recording) -> set[int]:
    text = recording.body.lower()
    if recording.status in (401, 403) or b"incorrect api key" in text:
        return {500, 502}
    if recording.status == 200:
        return {400} if b"content_filter" in text else set(range(400, 600))
    return {recording.status}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("recording", parameters(lambda r: not r.stream and r.failed))
def test_an_error_keeps_its_class_and_gets_openais_shape(client, upstream, model, recording, seed):
    rng = random.Random(f"{recording.name}{seed}")
    upstream.script(model, replay(recording, rng, ["length", "chunked", "close"][seed % 3]))
    with pytest.raises(openai.APIStatusError) as caught:
        client.chat.completions.create(model=f"{recording.provider}/{model}", messages=QUESTION)
    problem = caught.value
    assert problem.status_code in expected_statuses(recording)
    assert {"message", "type", "param", "code"} <= set(problem.body)
    assert isinstance(problem.body["message"], str) and problem.body["message"]
    assert problem.body["code"] is None or isinstance(problem.body["code"], str)
    assert UPSTREAM_KEY not in json.dumps(problem.body)
    if b"too long" in recording.body or b"context_length" in recording.body:
        assert problem.body["code"] == "context_length_exceeded"


@pytest.mark.parametrize("streaming", [False, True])
def test_a_bad_key_at_a_provider_that_says_400_is_the_gateways_fault(client, upstream, model, streaming):
    body = {"code": "invalid-argument", "error": "Incorrect API key provided. You can obtain an API key from the console."}
    upstream.script(model, answer(body, status=400))
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model=f"xai/{model}", messages=QUESTION, stream=streaming)
    assert caught.value.code == "upstream_auth"
