"""Fixtures: one scripted upstream for the whole run (of one worker), and gateways before it: the shared one, one whose
providers speak other dialects than OpenAI's, and a tight one for abuse."""

from __future__ import annotations

import json
import os
import pathlib
import uuid
from dataclasses import dataclass

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


# --- providers of other dialects -------------------------------------------------------------------------------------

ANTHROPIC_KEY = "sk-ant-api03-upstream-5d0b7e21c94f6a83"
GEMINI_KEY = "AIzaSyUpstream-7c31e0b9d25f48a6174e"
AZURE_KEY = "azure-upstream-0f6e2d8c4b1a9753"
AWS_KEY_ID = "AKIDTURNPIKETEST"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiTESTSECRET"
BEDROCK_TOKEN = "bedrock-api-key-upstream-3e9a1f7c5b2d8046"
ACCESS_TOKEN = "ya29.upstream-access-token-6b4d8f0e2a1c9735"
SECRETS = (ANTHROPIC_KEY, GEMINI_KEY, AZURE_KEY, AWS_SECRET, BEDROCK_TOKEN, ACCESS_TOKEN)
REGION, PROJECT, LOCATION = "us-east-1", "my-project", "us-central1"


@dataclass(frozen=True)
class ServiceAccount:
    """A service account's key file, made for the run, and what verifies its signatures."""

    file: pathlib.Path
    email: str
    public_key: bytes
    private_key: str
    token_uri: str


def make_service_account(folder: pathlib.Path, token_uri: str) -> ServiceAccount:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    email = f"turnpike@{PROJECT}.iam.gserviceaccount.com"
    content = {
        "type": "service_account", "project_id": PROJECT, "private_key_id": "0123456789abcdef0123456789abcdef01234567",
        "private_key": private, "client_email": email, "client_id": "100000000000000000001", "token_uri": token_uri,
    }  # fmt: skip
    file = folder / "service-account.json"
    file.write_text(json.dumps(content, indent=2))
    return ServiceAccount(file, email, public, private, token_uri)


def translated_providers(upstream_url: str, account: ServiceAccount) -> str:
    """Provider entries of every kind that is not simply OpenAI's, each below a path of its own."""
    return f"""
  anthropic: {{ base_url: {upstream_url}/anthropic, api_key: {ANTHROPIC_KEY} }}
  gemini: {{ base_url: {upstream_url}/gemini, api_key: {GEMINI_KEY} }}
  vertex: {{ base_url: {upstream_url}/vertex, project: {PROJECT}, location: {LOCATION}, credentials: {account.file} }}
  bedrock: {{ base_url: {upstream_url}/bedrock, region: {REGION}, access_key_id: {AWS_KEY_ID}, secret_access_key: {AWS_SECRET} }}
  bearer: {{ kind: bedrock, base_url: {upstream_url}/bearer, region: {REGION}, api_key: {BEDROCK_TOKEN} }}
  azure: {{ kind: azure-openai, base_url: {upstream_url}/azure, api_version: v1, api_keys: [ {AZURE_KEY} ] }}
  dated: {{ kind: azure-openai, base_url: {upstream_url}/dated, api_version: "2024-10-21", api_keys: [ {AZURE_KEY} ] }}
  house: {{ kind: openai, base_url: {upstream_url}/house/v1, api_key: {UPSTREAM_KEY} }}
"""


def token_answer():
    return answer({"access_token": ACCESS_TOKEN, "expires_in": 3600, "token_type": "Bearer"})


@pytest.fixture(scope="session")
def service_account(upstream, tmp_path_factory):
    return make_service_account(tmp_path_factory.mktemp("account"), f"{upstream.url}/token")


@pytest.fixture(scope="session")
def translating_gateway(upstream, service_account, tmp_path_factory):
    """A gateway with every provider kind, all of them served by the scripted upstream."""
    upstream.script("/token", token_answer())
    made = Gateway(
        tmp_path_factory.mktemp("translating"),
        f"""
providers:{translated_providers(upstream.url, service_account)}
reliability:
  timeouts: {{ connect: 2s, first_content: 3s, between_chunks: 2s, response: 3s, total: 20s }}
""",
        secrets=(*SECRETS, UPSTREAM_KEY),
    )
    yield made
    made.stop()


@pytest.fixture
def translating(translating_gateway):
    """The gateway before the providers of other dialects, which must have survived the test; what it says is read when it
    ends."""
    yield translating_gateway
    assert translating_gateway.alive(), translating_gateway.output[-3000:]


@pytest.fixture(scope="session")
def translating_client(translating_gateway):
    url = f"{translating_gateway.url}/v1"
    with openai.OpenAI(base_url=url, api_key=translating_gateway.key, max_retries=0, timeout=20) as made:
        yield made


@pytest.fixture
def sdk(translating, translating_client):
    """The unmodified `openai` package, pointed at it."""
    return translating_client


def recordings_folder() -> pathlib.Path | None:
    named = os.environ.get("TURNPIKE_RECORDINGS")
    folder = pathlib.Path(named) if named else pathlib.Path(__file__).resolve().parents[3] / "shared/wire/recordings"
    return folder if folder.is_dir() else None


def pytest_report_header(config):
    try:
        return f"turnpike: {binary()}; recordings: {recordings_folder() or 'absent'}"
    except FileNotFoundError as problem:
        return str(problem)
