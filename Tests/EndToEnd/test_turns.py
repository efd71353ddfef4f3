"""Reasoning survives a round trip through an OpenAI client: what the first turn's answer carried goes back upstream in the
second, unchanged and in its place; and never to a provider that did not make it."""

from __future__ import annotations

import base64
import json
import random

import pytest

from chat_requests import WEATHER, result, tool, user
from meaning import of_chunks
from provider_answers import TARGETS, Block, call, reply, text
from provider_recordings import answered, named, recorded_request
from upstream_rules import check

ASK = [user("What is the weather?")]
STREAMING = pytest.mark.parametrize("streaming", [False, True])
DIALECT = {"anthropic": "anthropic", "gemini": "gemini", "vertex": "gemini", "bedrock": "bedrock"}


# --- what a client keeps of an answer ----------------------------------------------------------------------------------


def gathered(chunks) -> dict:
    """The assistant's message as a client puts it together from a stream's deltas: strings joined, lists by index."""
    of_chunks(chunks)
    message: dict = {"role": "assistant"}
    for choice in (x for c in chunks for x in c.choices):
        _merge(message, {k: v for k, v in choice.delta.to_dict().items() if k != "role"})
    for one in message.get("tool_calls", []):
        one.pop("index", None)
    return message


def _merge(into: dict, delta: dict) -> None:
    for name, value in delta.items():
        old = into.get(name)
        if value is None:
            continue
        if isinstance(value, list):
            kept = into.setdefault(name, [])
            for item in value:
                same = [k for k in kept if "index" in item and k.get("index") == item["index"]]
                if same:
                    _merge(same[0], item)
                else:
                    kept.append(dict(item))
        elif isinstance(value, dict):
            _merge(into.setdefault(name, {}), value)
        elif (
            isinstance(value, str)
            and isinstance(old, str)
            and name in ("content", "reasoning_content", "arguments", "text", "data", "refusal")
        ):
            into[name] = old + value
        else:
            into[name] = value


def first_turn(sdk, upstream, target: str, made, streaming: bool, tools=WEATHER) -> dict:
    """The assistant's message of the first turn, just as the SDK gave it."""
    upstream.script(target.partition("/")[2], made)
    if streaming:
        return gathered(list(sdk.chat.completions.create(model=target, messages=ASK, tools=tools, stream=True)))
    return sdk.chat.completions.create(model=target, messages=ASK, tools=tools).choices[0].message.model_dump(exclude_none=True)


def second_turn(sdk, upstream, target: str, message: dict, tools=WEATHER, **options) -> dict:
    """The body of the second turn upstream: the history with a result for every call, or with another question."""
    provider, _, model = target.partition("/")
    if provider in DIALECT:
        upstream.script(model, reply(DIALECT[provider], [text("Fine.")], False))
    calls = message.get("tool_calls") or []
    history = [*ASK, message, *(result(c["id"], f"result of {c['function']['name']}") for c in calls)]
    if not calls:
        history.append(user("And then?"))
    sdk.chat.completions.create(model=target, messages=history, tools=tools, **options)
    request = upstream.seen(model)[-1].request
    return check(request, target) if provider in DIALECT else request.json()


def loop_turn(body: dict) -> list[dict]:
    """The blocks of the assistant's turn in a body upstream."""
    turns = body.get("messages") or body.get("contents")
    turn = next(t for t in turns if t["role"] in ("assistant", "model"))
    return turn.get("content") or turn.get("parts")


def tools_for(names: list[str]) -> list[dict]:
    return [tool(name, {"type": "object", "properties": {}}) for name in names]


# --- Anthropic -------------------------------------------------------------------------------------------------------


def anthropic_blocks(name: str) -> list[dict]:
    """The assistant's first turn, as the recorded request of the second turn repeats it."""
    return next(m for m in recorded_request(name)["messages"] if m["role"] == "assistant")["content"]


def as_blocks(content: list[dict]) -> list[Block]:
    made = []
    for b in content:
        if b["type"] == "text":
            made.append(text(b["text"]))
        elif b["type"] == "thinking":
            made.append(Block("thinking", b["thinking"], b["signature"]))
        elif b["type"] == "redacted_thinking":
            made.append(Block("redacted", b["data"]))
        else:
            made.append(call(b["name"], json.dumps(b["input"]), b["id"]))
    return made


@STREAMING
@pytest.mark.parametrize("name", ["anthropic/stream-thinking-tool-turn2", "anthropic/stream-multi-tool-turn2"])
def test_anthropics_recorded_first_turn_goes_back_as_it_was(sdk, upstream, name, streaming):
    recorded = anthropic_blocks(name)
    tools = tools_for([b["name"] for b in recorded if b["type"] == "tool_use"])
    target = TARGETS["anthropic"]
    made = reply("anthropic", as_blocks(recorded), streaming, rng=random.Random(name))
    message = first_turn(sdk, upstream, target, made, streaming, tools)
    if any(b["type"] == "thinking" for b in recorded):
        assert message["reasoning_content"] == "".join(b.get("thinking", "") for b in recorded)
        detail = message["reasoning_details"][0]
        assert detail["type"] == "reasoning.text" and detail["signature"].startswith("tp1.anthropic")
    body = second_turn(sdk, upstream, target, message, tools, reasoning_effort="high")
    sent = loop_turn(body)
    assert [b["type"] for b in sent] == [b["type"] for b in recorded]
    for got, expected in zip(sent, recorded, strict=True):
        for field in ("thinking", "signature", "text", "name", "input"):
            assert got.get(field) == expected.get(field)
    ids = [b["id"] for b in sent if b["type"] == "tool_use"]
    turns = body["messages"]
    assert ids == [b["tool_use_id"] for b in turns[-1]["content"] if b["type"] == "tool_result"]
    if body.get("thinking") is not None:
        assert body["thinking"]["type"] != "disabled", "signed thinking goes back, but thinking is off"


def redacted_of_recording() -> list[str]:
    body = named("anthropic/stream-redacted-thinking").body.decode()
    events = [json.loads(line[6:]) for line in body.splitlines() if line.startswith("data: ")]
    return [e["content_block"]["data"] for e in events if e.get("content_block", {}).get("type") == "redacted_thinking"]


def test_anthropics_redacted_thinking_goes_back_unread(sdk, upstream):
    data = redacted_of_recording()
    target = TARGETS["anthropic"]
    message = first_turn(sdk, upstream, target, answered(named("anthropic/stream-redacted-thinking"), random.Random(1)), True)
    assert [d["type"] for d in message["reasoning_details"]] == ["reasoning.encrypted"] * len(data)
    sent = loop_turn(second_turn(sdk, upstream, target, message, reasoning_effort="high"))
    assert [b["type"] for b in sent] == ["redacted_thinking"] * len(data) + ["text"]
    assert [b["data"] for b in sent[: len(data)]] == data


@STREAMING
def test_anthropics_thinking_without_text_keeps_its_signature(sdk, upstream, streaming):
    """Newer models leave the text out; the block must go back all the same."""
    blocks = [Block("thinking", "", "c2lnbmF0dXJl"), call("weather", '{"city":"Bern"}')]
    target = "anthropic/claude-opus-4-8"
    message = first_turn(sdk, upstream, target, reply("anthropic", blocks, streaming), streaming)
    sent = loop_turn(second_turn(sdk, upstream, target, message, reasoning_effort="high"))
    assert sent[0] == {"type": "thinking", "thinking": "", "signature": "c2lnbmF0dXJl"}


@STREAMING
def test_interleaved_thinking_keeps_its_order(sdk, upstream, streaming):
    blocks = [Block("thinking", "First.", "c2lnMQ=="), Block("redacted", "cmVkYWN0ZWQ="), Block("thinking", "Second.", "c2lnMg=="),
              text("So:"), call("weather", "{}"), call("clock", "{}")]  # fmt: skip
    target = TARGETS["anthropic"]
    message = first_turn(sdk, upstream, target, reply("anthropic", blocks, streaming, rng=random.Random(2)), streaming)
    sent = loop_turn(second_turn(sdk, upstream, target, message, reasoning_effort="high"))
    assert [b["type"] for b in sent] == ["thinking", "redacted_thinking", "thinking", "text", "tool_use", "tool_use"]
    assert [b.get("signature") or b.get("data") for b in sent[:3]] == ["c2lnMQ==", "cmVkYWN0ZWQ=", "c2lnMg=="]


# --- Bedrock ---------------------------------------------------------------------------------------------------------


def test_bedrocks_recorded_first_turn_goes_back_as_it_was(sdk, upstream):
    recording = named("bedrock/converse-tool-thinking-turn1")
    recorded = json.loads(recording.body)["output"]["message"]["content"]
    target, tools = f"bedrock/{recording.model}", tools_for(["get_user_country"])
    message = first_turn(sdk, upstream, target, answered(recording, random.Random(1)), False, tools)
    assert message["reasoning_details"][0]["signature"].startswith("tp1.")
    body = second_turn(sdk, upstream, target, message, tools, reasoning_effort="high")
    sent = loop_turn(body)
    assert sent[0] == recorded[0] and sent[1] == recorded[1]
    assert sent[2]["toolUse"]["name"] == "get_user_country" and sent[2]["toolUse"]["input"] == {}
    assert body["messages"][-1]["content"][0]["toolResult"]["toolUseId"] == sent[2]["toolUse"]["toolUseId"]


@pytest.mark.parametrize("name", ["bedrock/converse-stream-reasoning", "bedrock/converse-stream-redacted"])
def test_bedrocks_recorded_streams_go_back_as_they_were(sdk, upstream, name):
    from botocore.eventstream import EventStreamBuffer

    recording = named(name)
    buffer = EventStreamBuffer()
    buffer.add_data(recording.body)
    deltas = [json.loads(m.payload).get("delta", {}).get("reasoningContent", {}) for m in buffer]
    signatures = [d["signature"] for d in deltas if "signature" in d]
    redacted = [d["redactedContent"] for d in deltas if "redactedContent" in d]
    target = f"bedrock/{recording.model}"
    message = first_turn(sdk, upstream, target, answered(recording, random.Random(1)), True)
    sent = [
        b["reasoningContent"]
        for b in loop_turn(second_turn(sdk, upstream, target, message, reasoning_effort="high"))
        if "reasoningContent" in b
    ]
    assert [b["reasoningText"]["signature"] for b in sent if "reasoningText" in b] == signatures
    shown = [b["reasoningText"]["text"] for b in sent if "reasoningText" in b]
    assert "".join(shown) == "".join(d.get("text", "") for d in deltas)
    assert [base64.b64decode(b["redactedContent"]) for b in sent if "redactedContent" in b] == [
        base64.b64decode(d) for d in redacted
    ]
    assert signatures or redacted


# --- Gemini ----------------------------------------------------------------------------------------------------------


def gemini_parts() -> list[dict]:
    contents = recorded_request("gemini/stream-multi-tool-turn2")["contents"]
    return next(c for c in contents if c["role"] == "model")["parts"]


@STREAMING
@pytest.mark.parametrize("entry", ["gemini", "vertex"])
def test_geminis_recorded_first_turn_goes_back_as_it_was(sdk, upstream, entry, streaming):
    recorded = gemini_parts()
    assert any(p.get("thoughtSignature") for p in recorded)
    calls = [p["functionCall"] for p in recorded]
    blocks = [call(c["name"], json.dumps(c["args"]), c["id"], p.get("thoughtSignature")) for c, p in zip(calls, recorded)]
    target = f"{entry}/gemini-3-pro-preview"
    tools = tools_for([b.name for b in blocks])
    message = first_turn(sdk, upstream, target, reply("gemini", blocks, streaming), streaming, tools)
    shown = message["tool_calls"][0]["extra_content"]["google"]["thought_signature"]
    assert shown
    sent = loop_turn(second_turn(sdk, upstream, target, message, tools))
    assert [p["functionCall"]["name"] for p in sent] == [b.name for b in blocks]
    assert [p["functionCall"]["args"] for p in sent] == [c["args"] for c in calls]
    assert [p["functionCall"].get("id") for p in sent] in ([c["id"] for c in calls], [None] * len(calls))
    assert [decoded(p.get("thoughtSignature")) for p in sent] == [decoded(p.get("thoughtSignature")) for p in recorded]


def decoded(signature: str | None) -> bytes | None:
    """Signatures are bytes; both base64 alphabets spell them."""
    return base64.b64decode(signature.replace("-", "+").replace("_", "/")) if signature else None


def test_vertexs_recorded_stream_goes_back_as_it_was(sdk, upstream):
    recording = named("vertex/stream-multi-tool")
    parts = json.loads(recording.body.removeprefix(b"data: "))["candidates"][0]["content"]["parts"]
    target, tools = f"vertex/{recording.model}", tools_for(["add", "multiply"])
    message = first_turn(sdk, upstream, target, answered(recording, random.Random(1)), True, tools)
    assert loop_turn(second_turn(sdk, upstream, target, message, tools)) == parts


@STREAMING
def test_geminis_signature_on_text_goes_back_on_text(sdk, upstream, streaming):
    """Recommended, not demanded: it may stand on the text part or on an empty one after it."""
    blocks = [Block("thinking", "Hm."), Block("text", "It is noon.", "c2lnbmF0dXJl")]
    target = "gemini/gemini-3-pro-preview"
    message = first_turn(sdk, upstream, target, reply("gemini", blocks, streaming), streaming)
    assert message["reasoning_content"] == "Hm."
    sent = loop_turn(second_turn(sdk, upstream, target, message))
    assert [decoded(p["thoughtSignature"]) for p in sent if "thoughtSignature" in p] == [b"signature"]
    assert "".join(p.get("text", "") for p in sent if not p.get("thought")) == "It is noon."


def test_a_history_without_signatures_gets_the_documented_placeholder_at_gemini_3(sdk, upstream):
    message = {"role": "assistant", "tool_calls": [
        {"id": f"call_{n}", "type": "function", "function": {"name": n, "arguments": "{}"}} for n in ("weather", "clock")
    ]}  # fmt: skip
    sent = loop_turn(second_turn(sdk, upstream, "gemini/gemini-3-pro-preview", message))
    assert sent[0]["thoughtSignature"] in (
        "skip_thought_signature_validator", base64.b64encode(b"skip_thought_signature_validator").decode(),
        "context_engineering_is_the_way_to_go",
    )  # fmt: skip


# --- other providers -------------------------------------------------------------------------------------------------

SECRET_SIGNATURE = base64.b64encode(b"a signature of one provider alone").decode()
REDACTED = base64.b64encode(b"what nobody else can read").decode()
ELSEWHERE = ["anthropic/claude-sonnet-4-20250514", "anthropic/claude-opus-4-8", "gemini/gemini-2.5-flash", "gemini/gemini-3-pro-preview",
             "vertex/gemini-2.5-flash", "bedrock/us.anthropic.claude-sonnet-4-20250514-v1:0", "bedrock/us.amazon.nova-2-lite-v1:0"]  # fmt: skip


FOREIGN = [
    (origin, target) for origin in ("anthropic", "gemini", "bedrock") for target in ELSEWHERE
    if ("gemini" if origin == "gemini" else "claude") not in target
]  # fmt: skip


@pytest.mark.parametrize(("origin", "target"), FOREIGN)
@STREAMING
def test_no_signature_goes_to_a_family_of_models_that_did_not_make_it(sdk, upstream, origin, target, streaming):
    blocks = [Block("thinking", "My own thoughts.", None if origin == "gemini" else SECRET_SIGNATURE), text("Let me see."),
              call("weather", '{"city":"Bern"}', signature=SECRET_SIGNATURE if origin == "gemini" else None), call("clock", "{}")]  # fmt: skip
    if origin != "gemini":
        blocks.insert(1, Block("redacted", REDACTED))
    message = first_turn(sdk, upstream, TARGETS[origin], reply(origin, blocks, streaming), streaming)
    body = second_turn(sdk, upstream, target, message, reasoning_effort="low")
    shown = json.dumps(body)
    for foreign in (SECRET_SIGNATURE, REDACTED, base64.b64encode(REDACTED.encode()).decode(), "tp1."):
        assert foreign not in shown
    assert "Let me see." in shown and "result of weather" in shown and "result of clock" in shown and "Bern" in shown


@STREAMING
@pytest.mark.parametrize(("origin", "elsewhere"), [("anthropic", "bedrock"), ("bedrock", "anthropic")])
def test_claudes_signatures_are_good_at_both_its_providers(sdk, upstream, origin, elsewhere, streaming):
    """Anthropic documents them as compatible between its API and Bedrock; Bedrock spells redacted data in base64."""
    blocks = [Block("thinking", "Hm.", SECRET_SIGNATURE), Block("redacted", REDACTED), call("weather", "{}")]
    message = first_turn(sdk, upstream, TARGETS[origin], reply(origin, blocks, streaming), streaming)
    sent = loop_turn(second_turn(sdk, upstream, TARGETS[elsewhere], message, reasoning_effort="high"))
    if elsewhere == "anthropic":
        assert sent[0] == {"type": "thinking", "thinking": "Hm.", "signature": SECRET_SIGNATURE}
        assert sent[1] == {"type": "redacted_thinking", "data": REDACTED}
    else:
        assert sent[0] == {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": SECRET_SIGNATURE}}}
        assert sent[1] == {"reasoningContent": {"redactedContent": base64.b64encode(REDACTED.encode()).decode()}}


@pytest.mark.parametrize("origin", ["anthropic", "gemini", "bedrock"])
def test_an_openai_server_gets_a_history_it_understands(sdk, upstream, model, origin):
    from answers import completion
    from scripted_upstream import answer

    blocks = [Block("thinking", "My own thoughts.", None if origin == "gemini" else SECRET_SIGNATURE),
              call("weather", '{"city":"Bern"}', signature=SECRET_SIGNATURE if origin == "gemini" else None)]  # fmt: skip
    message = first_turn(sdk, upstream, TARGETS[origin], reply(origin, blocks, True), True)
    upstream.script(model, answer(completion("Fine.")))
    body = second_turn(sdk, upstream, f"house/{model}", message)
    assert body["messages"][1]["tool_calls"][0]["function"] == {"name": "weather", "arguments": '{"city":"Bern"}'}
    assert body["messages"][2]["tool_call_id"] == body["messages"][1]["tool_calls"][0]["id"]


@pytest.mark.parametrize(
    "target", ["anthropic/claude-sonnet-4-20250514", "gemini/gemini-3-pro-preview", "bedrock/us.anthropic.claude-sonnet-5"]
)
@pytest.mark.parametrize(
    "damage", ["tp1.anthropic.!!!", "tp1..", "tp1.mars.AAAA", "not wrapped at all", "", "tp1.anthropic." + "A" * 100_000]
)
def test_a_damaged_signature_is_left_out_or_refused_and_never_a_fault(sdk, upstream, target, damage):
    import openai

    message = {
        "role": "assistant", "content": "Let me see.", "reasoning_content": "Hm.",
        "reasoning_details": [{"type": "reasoning.text", "text": "Hm.", "signature": damage, "index": 0},
                              {"type": "reasoning.encrypted", "data": damage, "index": 1}, {"type": "odd"}, 7],
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"},
                        "extra_content": {"google": {"thought_signature": damage}}}],
    }  # fmt: skip
    try:
        body = second_turn(sdk, upstream, target, message)
    except openai.BadRequestError as refused:
        assert "messages[1]" in (refused.param or refused.message)
        return
    assert "tp1." not in json.dumps(body)
