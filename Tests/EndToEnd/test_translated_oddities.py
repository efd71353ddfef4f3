"""Requests and answers with members of the wrong kind, seeded: the gateway refuses or translates them, and what it then
sends, either way, is valid. `TURNPIKE_FULL=1` tries many more."""

from __future__ import annotations

import copy
import json
import os
import random

import httpx
import openai
import pytest

from chat_requests import ASK, REQUESTS
from meaning import of_chunks, of_completion
from provider_answers import (
    TARGETS,
    Block,
    anthropic_event,
    as_stream,
    bedrock_event,
    call,
    gemini_event,
    reply,
    stream_body,
    text,
    whole,
)
from published_types import bedrock_problems
from scripted_upstream import answer
from upstream_rules import check

ROUNDS = 2000 if os.environ.get("TURNPIKE_FULL") == "1" else 60
STRANGE = [None, True, False, 0, -1, 1.5, 1e300, 2**70, "", " ", "x" * 300, "null", "é\u0000👋", [], {}, [[]], [None], {"": None}, {"type": "text"}]  # fmt: skip


# Values without sense stay the caller's: the provider says what is wrong with them.
CALLERS = (
    "two tools share a name", "the schema of", "temperature ", "body.inferenceConfig.", "Invalid value for parameter inferenceConfig.", "bytes ", "a blob that is no base64",
    "allowedFunctionNames ", "toolChoice names", "tool_choice names", "seed ", "stopSequences ", "body.temperature", "body.top_p",
)  # fmt: skip


def places(value, path=()) -> list[tuple]:
    """Every member and element below `value`, as paths."""
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += places(item, (*path, key))
    return found


def disturbed(value, rng: random.Random):
    """A copy with one to three members replaced, removed, doubled or wrapped."""
    made = copy.deepcopy(value)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        known = places(made)
        if not known:
            return made
        *before, last = rng.choice(known)
        parent = made
        for key in before:
            parent = parent[key]
        kind = rng.randrange(5)
        if kind == 0:
            del parent[last]
        elif kind == 1 and isinstance(parent, list):
            parent.insert(last, copy.deepcopy(parent[last]))
        elif kind == 2:
            parent[last] = [parent[last]]
        else:
            parent[last] = copy.deepcopy(rng.choice(STRANGE))
    return made


@pytest.mark.parametrize("target", TARGETS.values())
@pytest.mark.parametrize("part", range(4))
def test_a_disturbed_request_is_refused_or_sent_valid(translating, upstream, target, part):
    provider, _, model = target.partition("/")
    dialect = "gemini" if provider == "vertex" else provider
    upstream.script(model, reply(dialect, [text("Fine.")], False))
    names = sorted(name for name in REQUESTS if name != "long")
    with httpx.Client(headers={"authorization": f"Bearer {translating.key}"}, timeout=20) as client:
        for number in range(part * ROUNDS, (part + 1) * ROUNDS):
            rng = random.Random(f"{target}{number}")
            body = disturbed({"max_completion_tokens": 50} | REQUESTS[rng.choice(names)], rng) | {"model": target, "stream": False}
            before = len(upstream.seen(model))
            got = client.post(f"{translating.url}/v1/chat/completions", content=json.dumps(body))
            shown = f"seed {number}: {got.status_code} {got.text[:300]}\n{json.dumps(body)[:3000]}"
            assert got.status_code in (200, 400, 404), shown
            if got.status_code == 200:
                try:
                    check(upstream.seen(model)[-1].request, target, CALLERS)
                except AssertionError as problem:
                    raise AssertionError(f"{problem}\n{shown}") from None
            else:
                assert got.json()["error"]["message"] and len(upstream.seen(model)) == before, shown


BLOCKS = [Block("thinking", "Hm.", "c2ln"), text("Let me see."), call("weather", '{"city":"Bern","n":1.0}'), call("clock", "{}")]


def stream_events(dialect: str) -> list[dict]:
    """The events of a made stream as JSON; Bedrock's with their kind."""
    body = stream_body(dialect, BLOCKS, "STOP" if dialect == "gemini" else "tool_use")
    if dialect == "bedrock":
        from botocore.eventstream import EventStreamBuffer

        buffer = EventStreamBuffer()
        buffer.add_data(body)
        return [{"kind": m.headers[":event-type"], "payload": json.loads(m.payload)} for m in buffer]
    return [json.loads(line[6:]) for line in body.decode().splitlines() if line.startswith("data: ")]


def framed(dialect: str, events: list[dict]) -> bytes:
    if dialect == "bedrock":
        return b"".join(bedrock_event(e["kind"], e["payload"]) for e in events)
    if dialect == "gemini":
        return b"".join(gemini_event(e) for e in events)
    return b"".join(anthropic_event(e) for e in events)


@pytest.mark.parametrize("dialect", ["anthropic", "gemini", "bedrock"])
@pytest.mark.parametrize("part", range(2))
def test_a_disturbed_stream_is_an_error_or_well_formed(sdk, upstream, dialect, part):
    made = stream_events(dialect)
    target = TARGETS[dialect]
    for number in range(part * ROUNDS, (part + 1) * ROUNDS):
        rng = random.Random(f"{dialect}{number}")
        events = copy.deepcopy(made)
        at = rng.randrange(len(events))
        kind = rng.randrange(4)
        if kind == 0:
            events.insert(at, copy.deepcopy(rng.choice(made)))
        elif kind == 1:
            events[at], events[at - 1] = events[at - 1], events[at]
        else:
            where = "payload" if dialect == "bedrock" else None
            changed = disturbed(events[at]["payload"] if where else events[at], rng)
            if dialect == "anthropic" and not isinstance(changed.get("type"), str):
                changed["type"] = events[at]["type"]
            events[at] = events[at] | {"payload": changed} if where else changed
        upstream.script(target.partition("/")[2], as_stream(dialect, framed(dialect, events)))
        try:
            of_chunks(list(sdk.chat.completions.create(model=target, messages=ASK, stream=True)), odd=True)
        except openai.APIError as problem:
            status = getattr(problem, "status_code", 500)
            assert status >= 500, f"seed {number}: {problem}"
        except httpx.TransportError:
            pass
        except (AssertionError, ValueError) as problem:
            raise AssertionError(f"seed {number}: {problem}\n{json.dumps(events)[:3000]}") from problem


@pytest.mark.parametrize("dialect", ["anthropic", "gemini", "bedrock"])
def test_a_disturbed_answer_is_an_error_or_well_formed(sdk, upstream, dialect):
    made = json.loads(whole(dialect, BLOCKS, "STOP" if dialect == "gemini" else "tool_use"))
    target = TARGETS[dialect]
    for number in range(ROUNDS * 2):
        changed = disturbed(made, random.Random(f"{dialect}{number}"))
        upstream.script(target.partition("/")[2], answer(changed))
        try:
            of_completion(sdk.chat.completions.create(model=target, messages=ASK), odd=True)
        except openai.APIStatusError as problem:
            assert problem.status_code >= 500, f"seed {number}: {problem}\n{json.dumps(changed)[:2000]}"
        except (AssertionError, ValueError, TypeError) as problem:
            raise AssertionError(f"seed {number}: {problem!r}\n{json.dumps(changed)[:2000]}") from problem


def test_the_check_itself_finds_what_is_wrong():
    """The service model's problems, so that a quiet validator is noticed."""
    assert bedrock_problems({"messages": [{"role": "tool", "content": [{"text": 7}]}], "x": 1}, "m", "Converse")
