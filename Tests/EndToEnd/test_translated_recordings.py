"""Recorded traffic of Anthropic, Gemini, Vertex AI and Bedrock replayed as the upstream, split at random: the openai
package sees through the gateway what the provider's own SDK makes of the same bytes."""

from __future__ import annotations

import json
import random

import pytest

from meaning import Direct, Meaning, Usage, exact, of_chunks, of_completion
from provider_answers import (
    DIALECTS,
    TARGETS,
    Block,
    Spent,
    anthropic_event,
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
)  # fmt: skip
from provider_recordings import NativeRecording, answered, native
from scripted_upstream import answer

QUESTION = [{"role": "user", "content": "Say hello."}]
SEEDS = range(3)
FRAMINGS = ["chunked", "length", "close"]


@pytest.fixture(scope="module")
def direct(upstream):
    return Direct(upstream.url)


def ask(sdk, target: str, streaming: bool, **options) -> Meaning:
    if streaming:
        return of_chunks(list(sdk.chat.completions.create(
            model=target, messages=QUESTION, stream=True, stream_options={"include_usage": True}, **options
        )))  # fmt: skip
    return of_completion(sdk.chat.completions.create(model=target, messages=QUESTION, **options))


def whole(recording: NativeRecording) -> bool:
    return recording.status == 200 and recording.name != "vertex/prompt-blocked"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("recording", native(whole))
def test_an_answer_means_what_the_providers_own_sdk_makes_of_it(sdk, upstream, direct, recording, seed):
    rng = random.Random(f"{recording.name}{seed}")
    upstream.script(recording.model, answered(recording, rng, FRAMINGS[seed]))
    expected = direct.read(recording.provider, recording.model, recording.stream)
    options = {"logprobs": True, "top_logprobs": 5} if expected.logprobs else {}
    got = ask(sdk, f"{recording.provider}/{recording.model}", recording.stream, **options)
    if recording.name == "anthropic/stream-compaction":
        # What the SDK shows is the last iteration; what is billed is all of them.
        assert got.usage in (expected.usage, Usage(100 + 55096 + 181, 83 + 8, 55096))
        got.usage = expected.usage
    assert got == expected


@pytest.mark.parametrize("recording", native(lambda r: whole(r) and r.stream))
def test_usage_is_shown_only_where_the_client_asked(sdk, upstream, recording):
    upstream.script(recording.model, answered(recording, random.Random(recording.name)))
    target = f"{recording.provider}/{recording.model}"
    got = list(sdk.chat.completions.create(model=target, messages=QUESTION, stream=True))
    assert of_chunks(got).usage is None and all(c.choices for c in got)


@pytest.mark.parametrize("recording", native(lambda r: whole(r) and not r.stream and r.hosts_tools))
def test_what_the_provider_did_by_itself_is_handed_on_or_named(sdk, upstream, recording):
    upstream.script(recording.model, answered(recording))
    raw = sdk.chat.completions.with_raw_response.create(model=f"{recording.provider}/{recording.model}", messages=QUESTION)
    message = raw.parse().choices[0].message
    assert not message.tool_calls, "a tool the provider ran itself is not the client's to run"
    kept = json.dumps((message.model_extra or {}).get("provider_specific_fields") or {})
    assert "server_tool_use" in kept or raw.headers.get("x-turnpike-dropped"), "server tool blocks are lost in silence"


# --- made answers: what the recordings do not hold ---------------------------------------------------------------------

ARGUMENTS = '{"b": 1.0, "a": [0.1000, 1e400, -0, 9223372036854775808], "é": {"n": 12345678901234567890.5}, "": "\\u00e9\\n"}'


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_text_reasoning_and_parallel_calls_arrive_in_order(sdk, upstream, dialect, seed, streaming):
    rng = random.Random(f"{dialect}{seed}{streaming}")
    blocks = [
        Block("thinking", "Two things:\nwéather and 👋 time.", "c2lnbmF0dXJl"), text("Let me see. "), text("Grüezi!"),
        call("weather", ARGUMENTS), call("clock", "{}"), call("weather_2", '{"city":"Zürich"}'),
    ]  # fmt: skip
    target = TARGETS[dialect]
    upstream.script(target.partition("/")[2], reply(dialect, blocks, streaming, rng=rng, framing=FRAMINGS[seed]))
    got = ask(sdk, target, streaming)
    assert got.text == "Let me see. Grüezi!" and got.reasoning == "Two things:\nwéather and 👋 time."
    assert got.calls == [("weather", exact(ARGUMENTS)), ("clock", {}), ("weather_2", {"city": "Zürich"})]
    assert got.stop == "tool_calls" and got.usage == Usage(11, 7)


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_cached_and_reasoning_tokens_are_counted_as_openai_counts_them(sdk, upstream, dialect, streaming):
    spent = Spent(100, 1000, 0 if dialect == "gemini" else 30, 50, 0 if dialect == "bedrock" else 20)
    target = TARGETS[dialect]
    upstream.script(target.partition("/")[2], reply(dialect, [text("Hi")], streaming, spent=spent))
    assert ask(sdk, target, streaming).usage == Usage(100 + 1000 + spent.written, 50, 1000, spent.reasoning)


STOP_REASONS = [
    ("anthropic", "end_turn", "stop"), ("anthropic", "stop_sequence", "stop"), ("anthropic", "max_tokens", "length"),
    ("anthropic", "pause_turn", "stop"), ("anthropic", "model_context_window_exceeded", "length"),
    ("anthropic", "refusal", "stop"), ("anthropic", "some_new_reason", "stop"),
    ("gemini", "STOP", "stop"), ("gemini", "MAX_TOKENS", "length"), ("gemini", "SAFETY", "content_filter"),
    ("gemini", "RECITATION", "content_filter"), ("gemini", "BLOCKLIST", "content_filter"), ("gemini", "SPII", "content_filter"),
    ("gemini", "PROHIBITED_CONTENT", "content_filter"), ("gemini", "IMAGE_SAFETY", "content_filter"),
    ("gemini", "OTHER", "stop"), ("gemini", "LANGUAGE", "stop"), ("gemini", "SOME_NEW_REASON", "stop"),
    ("bedrock", "end_turn", "stop"), ("bedrock", "stop_sequence", "stop"), ("bedrock", "max_tokens", "length"),
    ("bedrock", "model_context_window_exceeded", "length"), ("bedrock", "guardrail_intervened", "content_filter"),
    ("bedrock", "content_filtered", "content_filter"), ("bedrock", "some_new_reason", "stop"),
]  # fmt: skip


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize(("dialect", "reason", "expected"), STOP_REASONS)
def test_every_stop_reason_has_its_name(sdk, upstream, dialect, reason, expected, streaming):
    target = TARGETS[dialect]
    upstream.script(target.partition("/")[2], reply(dialect, [text("Hel")], streaming, stop=reason))
    got = ask(sdk, target, streaming)
    assert got.stop == expected and got.text == "Hel"


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_calls_decide_the_stop_reason_whatever_the_provider_says(sdk, upstream, dialect, streaming):
    target = TARGETS[dialect]
    reason = "STOP" if dialect == "gemini" else "end_turn"
    upstream.script(target.partition("/")[2], reply(dialect, [call("clock", "{}")], streaming, stop=reason))
    got = ask(sdk, target, streaming)
    assert got.stop == "tool_calls" and got.calls == [("clock", {})]


def test_events_and_parts_of_a_later_version_are_skipped(sdk, upstream):
    body = anthropic_start() + anthropic_event({"type": "weather_report", "sunny": True})
    body += anthropic_event({"type": "content_block_start", "index": 0, "content_block": {"type": "hologram", "data": "x"}})
    body += anthropic_event({"type": "content_block_delta", "index": 0, "delta": {"type": "hologram_delta", "data": "y"}})
    body += anthropic_event({"type": "content_block_stop", "index": 0}) + anthropic_text("Hi", 1)
    body += anthropic_event({"type": "content_block_delta", "index": 1, "delta": {"type": "sparkle_delta", "x": 1}})
    body += anthropic_event({"type": "content_block_stop", "index": 1})
    body += anthropic_event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}})
    body += anthropic_event({"type": "message_stop"})
    upstream.script("claude-sonnet-4-20250514", as_stream("anthropic", body))
    got = ask(sdk, TARGETS["anthropic"], True)
    assert got.text == "Hi" and got.stop == "stop" and got.usage == Usage(11, 3)

    chunk = gemini_chunk([{"hologram": {"data": "x"}}, {"text": "Hi", "sparkle": 1}], "STOP") | {"weather": {"sunny": True}}
    upstream.script("gemini-2.5-flash", as_stream("gemini", gemini_event(chunk)))
    assert ask(sdk, TARGETS["gemini"], True).text == "Hi"
    upstream.script("gemini-2.5-flash", answer(chunk))
    assert ask(sdk, TARGETS["gemini"], False).text == "Hi"

    whole_body = stream_body("bedrock", [text("Hi")], "end_turn")
    strange = bedrock_event("weatherReport", {"sunny": True})
    strange += bedrock_event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"hologram": {"x": 1}}})
    at = len(bedrock_event("messageStart", {"role": "assistant"}))
    model = TARGETS["bedrock"].partition("/")[2]
    upstream.script(model, as_stream("bedrock", whole_body[:at] + strange + whole_body[at:]))
    assert ask(sdk, TARGETS["bedrock"], True).text == "Hi"


def test_a_call_without_deltas_has_empty_arguments(sdk, upstream):
    body = anthropic_start()
    block = {"type": "tool_use", "id": "toolu_1", "name": "clock", "input": {}}
    body += anthropic_event({"type": "content_block_start", "index": 0, "content_block": block})
    body += anthropic_event({"type": "content_block_stop", "index": 0})
    body += anthropic_event({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 3}})
    body += anthropic_event({"type": "message_stop"})
    upstream.script("claude-sonnet-4-20250514", as_stream("anthropic", body))
    got = list(sdk.chat.completions.create(model=TARGETS["anthropic"], messages=QUESTION, stream=True))
    arguments = "".join(d.function.arguments or "" for c in got for x in c.choices for d in x.delta.tool_calls or [])
    assert json.loads(arguments) == {}, "the SDK's users parse arguments as JSON"
    assert of_chunks(got).stop == "tool_calls"


def test_the_sdks_stream_helper_understands_every_dialect(sdk, upstream):
    for dialect in DIALECTS:
        blocks = [
            Block("thinking", "Hm.", "c2ln"),
            text("Now: "),
            call("weather", '{"city":"Bern"}'),
            call("clock", '{"zone":1.0}'),
        ]
        target = TARGETS[dialect]
        upstream.script(target.partition("/")[2], reply(dialect, blocks, True, rng=random.Random(dialect)))
        with sdk.chat.completions.stream(model=target, messages=QUESTION) as running:
            message = running.get_final_completion().choices[0].message
        assert message.content == "Now: "
        assert [(c.function.name, c.function.arguments) for c in message.tool_calls] == [
            ("weather", '{"city":"Bern"}'), ("clock", '{"zone":1.0}'),
        ]  # fmt: skip


@pytest.mark.parametrize("streaming", [False, True])
def test_several_candidates_become_several_choices(sdk, upstream, streaming):
    first, second = (gemini_chunk([{"text": t}], "STOP", index=i) for i, t in enumerate(("one", "two")))
    if streaming:
        upstream.script("gemini-2.5-flash", as_stream("gemini", gemini_event(first) + gemini_event(second)))
        got = sdk.chat.completions.create(model=TARGETS["gemini"], messages=QUESTION, n=2, stream=True)
        texts: dict[int, str] = {}
        for choice in (x for c in got for x in c.choices):
            texts[choice.index] = texts.get(choice.index, "") + (choice.delta.content or "")
    else:
        upstream.script("gemini-2.5-flash", answer(first | {"candidates": first["candidates"] + second["candidates"]}))
        made = sdk.chat.completions.create(model=TARGETS["gemini"], messages=QUESTION, n=2)
        texts = {c.index: c.message.content for c in made.choices}
    assert texts == {0: "one", 1: "two"}
    assert upstream.seen("gemini-2.5-flash")[-1].request.json()["generationConfig"]["candidateCount"] == 2


@pytest.mark.parametrize("name", ["azure", "dated"])
@pytest.mark.parametrize("streaming", [False, True])
def test_azure_is_asked_at_its_own_paths(sdk, upstream, model, name, streaming):
    from answers import completion, text_stream
    from conftest import AZURE_KEY
    from scripted_upstream import stream

    upstream.script(model, stream(text_stream(["Hel", "lo"])) if streaming else answer(completion("Hello")))
    got = ask(sdk, f"{name}/{model}", streaming)
    assert got.text == "Hello" and got.stop == "stop" and got.usage == Usage(17, 5)
    request = upstream.seen(model)[-1].request
    path, _, query = request.target.partition("?")
    if name == "azure":
        assert path == "/azure/openai/v1/chat/completions" and request.json()["model"] == model
    else:
        assert path == f"/dated/openai/deployments/{model}/chat/completions" and query == "api-version=2024-10-21"
    assert request.header("api-key") == AZURE_KEY and request.header("authorization") is None
