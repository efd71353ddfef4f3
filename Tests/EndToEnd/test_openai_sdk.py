"""The official `openai` package, unmodified, through the gateway to a scripted upstream."""

from __future__ import annotations

import asyncio
import base64
import json
import random

import httpx
import openai
import pydantic
import pytest

from answers import USAGE, chunk, completion, parallel_tool_stream, text_stream, tool_call
from conftest import UPSTREAM_KEY
from scripted_upstream import answer, events, stream

QUESTION = [{"role": "user", "content": "Say hello."}]
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": f"Tells the {name}.",
            "parameters": {"type": "object", "properties": {field: {"type": "string"}}, "required": [field]},
        },
    }
    for name, field in (("weather", "city"), ("clock", "zone"))
]


# --- whole answers ---------------------------------------------------------------------------------------------------


def test_a_completion_arrives_as_the_upstream_gave_it(client, upstream, model):
    upstream.script(model, answer(completion("Grüezi 👋")))
    got = client.chat.completions.create(model=f"house/{model}", messages=QUESTION)
    assert got.choices[0].message.content == "Grüezi 👋"
    assert got.choices[0].finish_reason == "stop"
    assert got.usage.total_tokens == 22


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("seed", range(4))
def test_both_framings_and_any_splitting_give_the_same_answer(client, upstream, model, framing, seed):
    upstream.script(model, answer(completion("x" * 3000), framing=framing, rng=random.Random(seed)))
    got = client.chat.completions.create(model=f"house/{model}", messages=QUESTION)
    assert got.choices[0].message.content == "x" * 3000


def test_the_upstream_sees_its_own_model_and_credential_and_the_body_otherwise_unchanged(gateway, upstream, model):
    upstream.script(model, answer(completion()))
    body = (
        '{ "messages" : [{"role":"user","content":"caf\\u00e9 \\ud83d\\ude00"}],\n\t"temperature":1.0e-1, "seed":12345678901234567890,'
        f'"model":"house/{model}", "unknown_field":{{"b":[1,2.50,null],"a":true}}, "unknown_field":2}}'
    ).encode()
    got = httpx.post(
        f"{gateway.url}/v1/chat/completions", content=body,
        headers={"authorization": f"Bearer {gateway.key}", "content-type": "application/json", "x-turnpike-tags": "use_case=test"},
    )  # fmt: skip
    assert got.status_code == 200
    request = upstream.seen(model)[0].request
    assert request.body == body.replace(f'"house/{model}"'.encode(), f'"{model}"'.encode())
    assert request.target == "/house/v1/chat/completions"
    assert request.header("authorization") == f"Bearer {UPSTREAM_KEY}"
    assert gateway.key.encode() not in request.head + request.body
    assert b"x-turnpike-" not in request.head.lower()
    assert got.headers["x-turnpike-target"] == f"house/{model}"
    assert got.headers["x-turnpike-request"]


@pytest.mark.parametrize("spelling", ["\\u006dodel", "model"])
def test_a_duplicate_model_key_cannot_reach_another_model(gateway, upstream, model, spelling):
    """The last one wins, and no upstream gets to see another name."""
    upstream.script(model, answer(completion()))
    body = f'{{"model":"house/other","messages":[],"{spelling}":"house/{model}"}}'.encode()
    got = httpx.post(f"{gateway.url}/v1/chat/completions", content=body, headers={"authorization": f"Bearer {gateway.key}"})
    assert got.status_code == 200
    pairs = json.loads(upstream.seen(model)[0].request.body, object_pairs_hook=list)
    assert {value for key, value in pairs if key == "model"} == {model}


def test_a_route_name_is_answered_by_its_target(client, upstream):
    upstream.script("gpt-4o", answer(completion("from the route")))
    raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=QUESTION)
    assert raw.parse().choices[0].message.content == "from the route"
    assert raw.headers["x-turnpike-target"] == "house/gpt-4o"
    assert raw.headers["x-turnpike-route"] == "gpt-4o"


def test_images_reach_the_upstream_unchanged(client, upstream, model):
    upstream.script(model, answer(completion("a picture")))
    url = "data:image/png;base64," + base64.b64encode(random.Random(1).randbytes(40_000)).decode()
    content = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": url, "detail": "low"}}]
    got = client.chat.completions.create(model=f"house/{model}", messages=[{"role": "user", "content": content}])
    assert got.choices[0].message.content == "a picture"
    assert upstream.seen(model)[0].request.json()["messages"][0]["content"] == content


class Person(pydantic.BaseModel):
    name: str
    age: int


def test_structured_output_is_parsed(client, upstream, model):
    upstream.script(model, answer(completion('{"name":"Ada","age":36}')))
    got = client.chat.completions.parse(model=f"house/{model}", messages=QUESTION, response_format=Person)
    assert got.choices[0].message.parsed == Person(name="Ada", age=36)
    sent = upstream.seen(model)[0].request.json()["response_format"]
    assert sent["type"] == "json_schema" and sent["json_schema"]["strict"] is True


def test_structured_output_is_parsed_from_a_stream(client, upstream, model):
    upstream.script(model, stream(text_stream(['{"name":', '"Ada",', '"age":36}'])))
    with client.chat.completions.stream(model=f"house/{model}", messages=QUESTION, response_format=Person) as running:
        assert running.get_final_completion().choices[0].message.parsed == Person(name="Ada", age=36)


def test_legacy_completions(client, upstream, model):
    reply = {
        "id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m", "usage": USAGE,
        "choices": [{"index": 0, "text": " once upon", "logprobs": None, "finish_reason": "length"}],
    }  # fmt: skip
    upstream.script(model, answer(reply))
    got = client.completions.create(model=f"house/{model}", prompt="Tell")
    assert got.choices[0].text == " once upon" and got.choices[0].finish_reason == "length"
    request = upstream.seen(model)[0].request
    assert request.target == "/house/v1/completions" and request.json()["prompt"] == "Tell"


def test_legacy_completion_streams(client, upstream, model):
    def part(text, finish=None):
        return {"id": "cmpl-1", "object": "text_completion", "choices": [{"index": 0, "text": text, "finish_reason": finish}]}

    upstream.script(model, stream(events(part("one "), part("two"), part("", "stop"), "[DONE]"), rng=random.Random(5)))
    got = list(client.completions.create(model=f"house/{model}", prompt="Count", stream=True))
    assert "".join(c.choices[0].text for c in got) == "one two"
    assert got[-1].choices[0].finish_reason == "stop"


def test_models_are_listed_and_found(client):
    names = [m.id for m in client.models.list()]
    assert "gpt-4o" in names and "chat" in names
    assert client.models.retrieve("gpt-4o").id == "gpt-4o"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("no-such-model")


# --- streams ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("seed", range(4))
def test_a_stream_arrives_whatever_the_splitting(client, upstream, model, framing, seed):
    words = [f"wörd{i} " for i in range(40)]
    upstream.script(model, stream(text_stream(words), framing=framing, rng=random.Random(seed)))
    got = list(client.chat.completions.create(model=f"house/{model}", messages=QUESTION, stream=True))
    assert [c.choices[0].delta.content for c in got if c.choices[0].delta.content] == words
    assert got[-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize("wanted", [True, False])
def test_usage_is_asked_for_upstream_and_shown_only_where_the_client_asked(client, upstream, model, wanted):
    upstream.script(model, stream(text_stream(["a", "b"])))
    options = {"stream_options": {"include_usage": True}} if wanted else {}
    got = list(client.chat.completions.create(model=f"house/{model}", messages=QUESTION, stream=True, **options))
    assert upstream.seen(model)[0].request.json()["stream_options"]["include_usage"] is True
    assert [c.usage.total_tokens for c in got if c.usage] == ([22] if wanted else [])
    assert all(c.choices for c in got) is not wanted


def test_an_explicit_no_to_usage_is_still_hidden_from_the_client(client, upstream, model):
    upstream.script(model, stream(text_stream(["a"])))
    options = {"include_usage": False}
    got = list(client.chat.completions.create(model=f"house/{model}", messages=QUESTION, stream=True, stream_options=options))
    assert all(c.choices for c in got)
    assert upstream.seen(model)[0].request.json()["stream_options"]["include_usage"] is True


def test_events_are_passed_on_as_they_come(client, upstream, model):
    """The second word comes 0.5 s after the first; the first must not wait for it."""
    first = events(chunk({"role": "assistant", "content": "now"}))
    rest = events(chunk({"content": "later"}), chunk({}, "stop"), "[DONE]")
    whole = stream(first + rest, framing="close")
    at = whole.steps[0].index(rest)
    upstream.script(model, type(whole)((whole.steps[0][:at], 0.5, whole.steps[0][at:]), whole.end))
    running = iter(client.chat.completions.create(model=f"house/{model}", messages=QUESTION, stream=True))
    assert next(running).choices[0].delta.content == "now"
    assert upstream.seen(model)[0].finished_at is None
    assert next(running).choices[0].delta.content == "later"


def test_parallel_tools_over_several_turns(client, upstream, model):
    second = completion(None, "tool_calls", tool_calls=[tool_call("call_c", "weather", {"city": "Bern"})])
    upstream.script(model, stream(parallel_tool_stream(), rng=random.Random(3)), answer(second), answer(completion("Sunny.")))
    messages: list = [{"role": "user", "content": "Weather and time?"}]
    with client.chat.completions.stream(model=f"house/{model}", messages=messages, tools=TOOLS) as running:
        turn = running.get_final_completion().choices[0].message
    assert [(c.id, c.function.name, json.loads(c.function.arguments)) for c in turn.tool_calls] == [
        ("call_a", "weather", {"city": "Zürich"}),
        ("call_b", "clock", {"zone": "CET"}),
    ]
    messages.append({"role": "assistant", "tool_calls": [tool_call("call_a", "weather", {}), tool_call("call_b", "clock", {})]})
    messages += [{"role": "tool", "tool_call_id": c.id, "content": "…"} for c in turn.tool_calls]
    turn = client.chat.completions.create(model=f"house/{model}", messages=messages, tools=TOOLS).choices[0]
    assert turn.finish_reason == "tool_calls" and turn.message.tool_calls[0].id == "call_c"
    messages += [turn.message.model_dump(exclude_none=True), {"role": "tool", "tool_call_id": "call_c", "content": "sun"}]
    turn = client.chat.completions.create(model=f"house/{model}", messages=messages, tools=TOOLS).choices[0]
    assert turn.message.content == "Sunny."
    sent = upstream.seen(model)[2].request.json()["messages"]
    assert [m["role"] for m in sent] == ["user", "assistant", "tool", "tool", "assistant", "tool"]


def test_comments_and_foreign_line_ends_do_not_disturb(client, upstream, model):
    body = b"\xef\xbb\xbf: hello\r\n\r\n" + text_stream(["a", "b"]).replace(b"\n", b"\r\n").replace(b"data: ", b"data:", 1)
    upstream.script(model, stream(body, rng=random.Random(9)))
    got = list(client.chat.completions.create(model=f"house/{model}", messages=QUESTION, stream=True))
    assert "".join(c.choices[0].delta.content or "" for c in got) == "ab"


@pytest.mark.parametrize("content_type", ["text/event-stream", "application/json", "application/octet-stream", None])
def test_a_stream_is_recognised_under_any_content_type(client, upstream, model, content_type):
    upstream.script(model, stream(text_stream(["a", "b"]), content_type=content_type))
    got = list(client.chat.completions.create(model=f"house/{model}", messages=QUESTION, stream=True))
    assert "".join(c.choices[0].delta.content or "" for c in got) == "ab"


# --- many at once ----------------------------------------------------------------------------------------------------


def test_many_concurrent_requests_get_their_own_answers(gateway, upstream, model):
    names = [f"{model}-{i}" for i in range(60)]
    for i, name in enumerate(names):
        rng = random.Random(i)
        upstream.script(name, stream(text_stream([name, " ", "end"]), rng=rng) if i % 2 else answer(completion(name), rng=rng))

    async def one(client: openai.AsyncOpenAI, i: int, name: str) -> str:
        if i % 2:
            running = await client.chat.completions.create(model=f"house/{name}", messages=QUESTION, stream=True)
            return "".join([c.choices[0].delta.content or "" async for c in running]).removesuffix(" end")
        return (await client.chat.completions.create(model=f"house/{name}", messages=QUESTION)).choices[0].message.content

    async def everyone():
        async with openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=gateway.key, max_retries=0, timeout=20) as client:
            for _ in range(3):
                assert await asyncio.gather(*(one(client, i, name) for i, name in enumerate(names))) == names

    asyncio.run(everyone())


def test_upstream_connections_are_used_again(client, upstream, model):
    upstream.script(model, answer(completion()))
    for _ in range(12):
        client.chat.completions.create(model=f"house/{model}", messages=QUESTION)
    assert len({e.request.connection for e in upstream.seen(model)}) < 6


def test_an_upstream_that_closed_an_idle_connection_is_no_error(client, upstream, model):
    """Every answer is followed by a silent close; the next request must not fail on the dead connection."""
    whole = answer(completion())
    upstream.script(model, type(whole)(whole.steps, "fin"))
    for _ in range(10):
        assert client.chat.completions.create(model=f"house/{model}", messages=QUESTION).choices[0].message.content == "Hello."
