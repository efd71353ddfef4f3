"""The built-in demo provider and `turnpike simulate`, used with the official `openai` package."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import struct
import time
import zlib

import httpx
import openai
import pydantic
import pytest

from gateway import Gateway, Process, free_port

SAID = "The quick brown fox, naïve & 鳥"
QUESTION = [{"role": "user", "content": SAID}]
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather in a city.",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string"},
                    "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                    "days": {"type": "integer", "minimum": 1, "maximum": 7},
                },
                "required": ["city", "unit", "days"],
                "additionalProperties": False,
            },
        },
    }
]


def png(width: int, height: int) -> str:
    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x40\x80\xc0" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(data).decode()


@pytest.fixture(scope="module")
def simulator(tmp_path_factory):
    port = free_port()
    process = Process(tmp_path_factory.mktemp("simulate"), "simulate", "--listen", f"127.0.0.1:{port}")
    process.wait_for_port(port)
    yield f"http://127.0.0.1:{port}/v1"
    process.check_health()
    assert process.terminate() == 0


@pytest.fixture(scope="module")
def before_simulator(simulator, tmp_path_factory):
    gateway = Gateway(
        tmp_path_factory.mktemp("before"),
        f"providers:\n  demo: {{}}\n  sim: {{ kind: openai, base_url: {simulator}, api_key: sk-simulated-key-0001 }}\n"
        "reliability: { timeouts: { first_content: 3s, between_chunks: 3s, response: 3s, total: 20s } }\n",
        secrets=("sk-simulated-key-0001",),
    )
    yield gateway
    gateway.stop()


@pytest.fixture(params=["built-in", "simulate", "gateway-before-simulate"])
def demo(request, simulator, before_simulator):
    """A client, and the prefix of the demo's model names: the provider in the gateway, `simulate` asked directly, and
    `simulate` as the gateway's upstream."""
    base, prefix, key = {
        "built-in": (f"{before_simulator.url}/v1", "demo/", before_simulator.key),
        "simulate": (simulator, "demo/", "anything"),
        "gateway-before-simulate": (f"{before_simulator.url}/v1", "sim/demo/", before_simulator.key),
    }[request.param]
    with openai.OpenAI(base_url=base, api_key=key, max_retries=0, timeout=20) as client:
        yield client, prefix


def text_of(stream) -> str:
    return "".join(c.delta.content or "" for part in stream for c in part.choices)


def test_the_text_echoes_what_was_asked_and_is_the_same_each_time(demo):
    client, prefix = demo
    answers = [client.chat.completions.create(model=prefix + "chat", messages=QUESTION) for _ in range(2)]
    assert SAID in answers[0].choices[0].message.content
    assert answers[0].choices[0].message.content == answers[1].choices[0].message.content
    assert answers[0].choices[0].finish_reason == "stop"
    usage = answers[0].usage
    assert usage.prompt_tokens > 0 and usage.completion_tokens > 0
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


def test_a_stream_has_the_same_text_in_several_parts(demo):
    client, prefix = demo
    whole = client.chat.completions.create(model=prefix + "chat", messages=QUESTION)
    options = {"include_usage": True}
    parts = list(client.chat.completions.create(model=prefix + "chat", messages=QUESTION, stream=True, stream_options=options))
    assert text_of(parts) == whole.choices[0].message.content
    assert sum(1 for p in parts for c in p.choices if c.delta.content) > 1
    assert [p.usage for p in parts if p.usage] == [whole.usage]
    assert [c.finish_reason for p in parts for c in p.choices if c.finish_reason] == ["stop"]


@pytest.mark.parametrize("streaming", [False, True])
def test_tools_are_called_with_arguments_that_fit_and_the_results_are_used(demo, streaming):
    client, prefix = demo
    messages: list = [{"role": "user", "content": "What is the weather in Bern?"}]

    def turn():
        if streaming:
            with client.chat.completions.stream(model=prefix + "chat", messages=messages, tools=TOOLS) as running:
                return running.get_final_completion().choices[0]
        return client.chat.completions.create(model=prefix + "chat", messages=messages, tools=TOOLS).choices[0]

    first = turn()
    assert first.finish_reason == "tool_calls"
    for call in first.message.tool_calls:
        assert call.function.name == "get_weather" and call.id
        arguments = json.loads(call.function.arguments)
        assert set(arguments) == {"city", "unit", "days"}
        assert isinstance(arguments["city"], str) and arguments["unit"] in ("celsius", "fahrenheit")
        assert isinstance(arguments["days"], int) and 1 <= arguments["days"] <= 7
    messages.append({
        "role": "assistant",
        "tool_calls": [
            {"id": c.id, "type": "function", "function": {"name": c.function.name, "arguments": c.function.arguments}}
            for c in first.message.tool_calls
        ],
    })  # fmt: skip
    messages.extend({"role": "tool", "tool_call_id": c.id, "content": "22 degrees, sunny"} for c in first.message.tool_calls)
    second = turn()
    assert second.finish_reason == "stop" and "22 degrees, sunny" in second.message.content


def test_images_are_described_by_their_size(demo):
    client, prefix = demo
    content = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": png(37, 19)}}]
    got = client.chat.completions.create(model=prefix + "chat", messages=[{"role": "user", "content": content}])
    assert re.search(r"37\D{1,6}19", got.choices[0].message.content)


class Step(pydantic.BaseModel):
    title: str
    minutes: int


class Recipe(pydantic.BaseModel):
    name: str
    steps: list[Step]
    vegan: bool
    rating: float | None


def test_structured_output_fits_the_schema(demo):
    client, prefix = demo
    got = client.chat.completions.parse(model=prefix + "chat", messages=QUESTION, response_format=Recipe)
    assert isinstance(got.choices[0].message.parsed, Recipe)


def test_legacy_completions(demo):
    client, prefix = demo
    whole = client.completions.create(model=prefix + "chat", prompt=SAID)
    assert SAID in whole.choices[0].text
    parts = client.completions.create(model=prefix + "chat", prompt=SAID, stream=True)
    assert "".join(c.text for p in parts for c in p.choices) == whole.choices[0].text


def test_models_are_listed(demo):
    client, _ = demo
    assert "demo/chat" in [m.id for m in client.models.list()]


@pytest.mark.parametrize("status", [400, 429, 500, 503])
@pytest.mark.parametrize("streaming", [False, True])
def test_the_demo_gives_the_status_it_is_asked_for(demo, status, streaming):
    client, prefix = demo
    expected = {400: openai.BadRequestError, 429: openai.RateLimitError}.get(status, openai.InternalServerError)
    with pytest.raises(expected) as caught:
        client.chat.completions.create(model=f"{prefix}status-{status}", messages=QUESTION, stream=streaming)
    assert caught.value.status_code == status or (status, caught.value.status_code) == (500, 502)
    assert caught.value.body["message"]


@pytest.mark.parametrize("fault", ["cut", "error-in-stream"])
def test_a_faulty_stream_raises(demo, fault):
    client, prefix = demo
    got = []
    with pytest.raises((openai.APIError, httpx.TransportError)):
        got.extend(client.chat.completions.create(model=prefix + fault, messages=QUESTION, stream=True))
    assert got, "the fault comes after some content"


@pytest.mark.parametrize("fault", ["cut", "reset", "html"])
def test_a_faulty_answer_raises(demo, fault):
    client, prefix = demo
    with pytest.raises((openai.APIError, httpx.TransportError)):
        client.chat.completions.create(model=prefix + fault, messages=QUESTION)


# Faults that the SDK by itself would take for an answer, or stumble over.
FAULTS = ["no-done", "empty-stream", "error-first", "error-in-200", "bad-first-event", "reset"]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("prefix", ["demo/", "sim/demo/"])
@pytest.mark.parametrize("streaming", [True, False])
def test_the_gateway_sees_faults_the_sdk_would_not(before_simulator, prefix, fault, streaming):
    if not streaming and fault in ("no-done", "empty-stream"):
        pytest.skip("a fault of streams")
    with openai.OpenAI(base_url=f"{before_simulator.url}/v1", api_key=before_simulator.key, max_retries=0, timeout=20) as client:
        with pytest.raises((openai.APIError, httpx.TransportError)):
            list(client.chat.completions.create(model=prefix + fault, messages=QUESTION, stream=streaming))


@pytest.mark.parametrize("oddity", ["comments", "crlf", "long", "huge"])
def test_odd_but_good_streams_arrive_whole(demo, oddity):
    client, prefix = demo
    text = text_of(client.chat.completions.create(model=prefix + oddity, messages=QUESTION, stream=True))
    assert len(text) > {"long": 5_000, "huge": 1_000_000}.get(oddity, 20)


def test_a_slow_stream_arrives_whole(demo):
    client, prefix = demo
    started = time.monotonic()
    text = text_of(client.chat.completions.create(model=prefix + "slow", messages=QUESTION, stream=True, timeout=60))
    assert SAID in text
    assert time.monotonic() - started > 0.2


@pytest.mark.parametrize("streaming", [False, True])
def test_a_stalled_demo_meets_the_clients_deadline(before_simulator, streaming):
    for name in ("demo/stall", "sim/demo/stall"):
        with openai.OpenAI(base_url=f"{before_simulator.url}/v1", api_key=before_simulator.key, max_retries=0) as client:
            with pytest.raises((openai.APIError, httpx.TransportError)) as caught:
                options = {"extra_headers": {"x-turnpike-timeout": "500ms"}, "stream": streaming, "timeout": 10}
                got = client.chat.completions.create(model=name, messages=QUESTION, **options)
                list(got)
        if isinstance(caught.value, openai.APIStatusError):
            assert caught.value.status_code == 504
        assert not isinstance(caught.value, openai.APITimeoutError), "the gateway missed its own deadline"


def test_fifty_streams_at_once(before_simulator):
    async def one(client, i):
        messages = [{"role": "user", "content": f"number-{i}-here"}]
        running = await client.chat.completions.create(model="demo/chat", messages=messages, stream=True)
        text = "".join([c.delta.content or "" async for part in running for c in part.choices])
        assert f"number-{i}-here" in text

    async def everyone():
        async with openai.AsyncOpenAI(base_url=f"{before_simulator.url}/v1", api_key=before_simulator.key, max_retries=0) as client:
            await asyncio.gather(*(one(client, i) for i in range(50)))

    asyncio.run(everyone())
