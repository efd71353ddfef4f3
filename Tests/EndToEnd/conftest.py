"""Fixtures: one gateway and one scripted upstream for the whole run (of one worker), and a tight one for abuse."""

from __future__ import annotations

import os
import pathlib
import uuid

import httpx
import openai
import pytest

from answers import GOOD, completion
from gateway import Gateway, binary, free_port
from scripted_upstream import ScriptedUpstream, answer

UPSTREAM_KEY = "sk-upstream-7f1c2e9d4b6a80535e"

# Provider entries of the test configuration: name → kind.
KINDS = {
    "house": "openai", "deepseek": "deepseek", "groq": "groq", "mistral": "mistral", "openrouter": "openrouter",
    "perplexity": "perplexity", "together": "together", "xai": "xai", "fireworks": "fireworks", "cerebras": "cerebras",
}  # fmt: skip


def provider_lines(upstream_url: str) -> str:
    return "".join(
        f"  {name}: {{ kind: {kind}, base_url: {upstream_url}/{name}/v1, api_key: {UPSTREAM_KEY} }}\n"
        for name, kind in KINDS.items()
    )


@pytest.fixture(scope="session")
def upstream():
    with ScriptedUpstream() as server:
        yield server


@pytest.fixture(scope="session")
def shared_gateway(upstream, tmp_path_factory):
    dead = free_port()
    gateway = Gateway(
        tmp_path_factory.mktemp("gateway"),
        f"""
providers:
  demo: {{}}
{provider_lines(upstream.url)}
  unreachable: {{ kind: openai, base_url: "http://127.0.0.1:{dead}/v1", api_key: {UPSTREAM_KEY} }}
models:
  house/catalogued: {{ context: 128000, output: 16384, capabilities: [tools, vision, json_schema], price: {{ input: 0.15, output: 0.60 }} }}
routes:
  gpt-4o: house/gpt-4o
  chat: demo/chat
reliability:
  timeouts: {{ connect: 2s, first_content: 3s, between_chunks: 2s, response: 3s, total: 20s }}
""",
        secrets=(UPSTREAM_KEY,),
    )
    yield gateway
    gateway.stop()


@pytest.fixture
def gateway(shared_gateway):
    """The shared gateway, which must have survived the test."""
    yield shared_gateway
    shared_gateway.check_health()


@pytest.fixture
def client(gateway):
    with openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=gateway.key, max_retries=0, timeout=20) as made:
        yield made


@pytest.fixture
def model():
    """A model name no other test uses, so that its script is this test's own; ask for `house/` + it."""
    return "m-" + uuid.uuid4().hex[:12]


@pytest.fixture(scope="session")
def tight_gateway(upstream, tmp_path_factory):
    """Small limits, so that reaching them takes no time."""
    made = Gateway(
        tmp_path_factory.mktemp("tight"),
        f"""
providers:
  house: {{ kind: openai, base_url: {upstream.url}/house/v1, api_key: {UPSTREAM_KEY} }}
server: {{ head: 16KB, body: 1MB, idle: 3s, drain: 5s }}
""",
        secrets=(UPSTREAM_KEY,),
    )
    upstream.script("good", answer(completion("good")))
    upstream.script("smuggled", answer(completion("smuggled")))
    yield made
    made.stop()


@pytest.fixture
def tight(tight_gateway, upstream):
    """The gateway; after the test it is alive, has let nothing through and answers a good request."""
    before = len(upstream.seen("smuggled"))
    yield tight_gateway
    tight_gateway.check_health()
    assert len(upstream.seen("smuggled")) == before, "a hidden request reached the upstream"
    good = httpx.post(
        f"{tight_gateway.url}/v1/chat/completions", json=GOOD, headers={"authorization": f"Bearer {tight_gateway.key}"}
    )
    assert good.status_code == 200 and good.json()["choices"][0]["message"]["content"] == "good"


def recordings_folder() -> pathlib.Path | None:
    named = os.environ.get("TURNPIKE_RECORDINGS")
    folder = pathlib.Path(named) if named else pathlib.Path(__file__).resolve().parents[3] / "shared/wire/recordings"
    return folder if folder.is_dir() else None


def pytest_report_header(config):
    try:
        return f"turnpike: {binary()}; recordings: {recordings_folder() or 'absent'}"
    except FileNotFoundError as problem:
        return str(problem)
