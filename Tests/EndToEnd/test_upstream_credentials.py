"""How the gateway makes itself known upstream: AWS signatures that botocore makes again, bearer keys, Google tokens whose
assertion google-auth verifies, and the header each provider wants."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
import urllib.parse

import google.auth.jwt
import openai
import pytest

import conftest
from chat_requests import ASK
from conftest import ACCESS_TOKEN, make_service_account, translated_providers
from gateway import Gateway
from provider_answers import reply, text
from scripted_upstream import Reply, answer
from upstream_rules import check, signature_problems

ARN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456"


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("model", ["amazon.nova-lite-v1:0", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", ARN])
def test_the_signature_is_the_one_botocore_makes(sdk, upstream, model, streaming):
    upstream.script(model, reply("bedrock", [text("Fine.")], streaming))
    got = sdk.chat.completions.create(
        model=f"bedrock/{model}", messages=[{"role": "user", "content": "Grüezi 👋"}], stream=streaming
    )
    assert not streaming or list(got)
    request = upstream.seen(model)[-1].request
    check(request, f"bedrock/{model}")
    assert not signature_problems(request)
    assert request.header("x-amz-security-token") is None


def test_the_check_of_signatures_can_fail(sdk, upstream):
    model = "amazon.nova-lite-v1:0"
    upstream.script(model, reply("bedrock", [text("Fine.")], False))
    sdk.chat.completions.create(model=f"bedrock/{model}", messages=ASK)
    request = upstream.seen(model)[-1].request
    request.body += b" "
    assert signature_problems(request)


def test_a_session_token_is_sent_and_signed(upstream, tmp_path, model):
    made = Gateway(tmp_path, f"""
providers:
  bedrock: {{ base_url: {upstream.url}/bedrock, region: {conftest.REGION}, access_key_id: {conftest.AWS_KEY_ID}, secret_access_key: {conftest.AWS_SECRET}, session_token: SESSION+TOKEN/abc== }}
""", secrets=(conftest.AWS_SECRET, "SESSION+TOKEN/abc=="))  # fmt: skip
    upstream.script(model, reply("bedrock", [text("Fine.")], False))
    with openai.OpenAI(base_url=f"{made.url}/v1", api_key=made.key, max_retries=0, timeout=20) as client:
        client.chat.completions.create(model=f"bedrock/{model}", messages=ASK)
    request = upstream.seen(model)[-1].request
    assert request.header("x-amz-security-token") == "SESSION+TOKEN/abc=="
    assert "x-amz-security-token" in request.header("authorization") and not signature_problems(request)
    made.stop()


@pytest.mark.parametrize("streaming", [False, True])
def test_a_bearer_key_takes_the_place_of_the_signature(sdk, upstream, streaming):
    model = "us.amazon.nova-2-lite-v1:0"
    upstream.script(model, reply("bedrock", [text("Fine.")], streaming))
    got = sdk.chat.completions.create(model=f"bearer/{model}", messages=ASK, stream=streaming)
    assert not streaming or list(got)
    check(upstream.seen(model)[-1].request, f"bearer/{model}")


@pytest.mark.parametrize("target", ["anthropic/claude-sonnet-4-20250514", "gemini/gemini-2.5-flash", "vertex/gemini-2.5-flash"])
def test_each_credential_stands_in_its_own_header_and_never_in_the_address(sdk, upstream, translating, target):
    provider, _, model = target.partition("/")
    upstream.script(model, reply("anthropic" if provider == "anthropic" else "gemini", [text("Fine.")], False))
    sdk.chat.completions.create(model=target, messages=ASK)
    request = upstream.seen(model)[-1].request
    check(request, target)
    assert "key=" not in request.target and translating.key.encode() not in request.head


# --- Google's tokens -------------------------------------------------------------------------------------------------


class Vertex:
    """A gateway of its own with a Vertex provider, whose tokens come from `/token-<name>`."""

    def __init__(self, upstream, folder, name: str, *tokens: Reply):
        self.path = f"/token-{name}"
        self.upstream = upstream
        upstream.script(self.path, *tokens)
        self.account = make_service_account(folder, f"{upstream.url}{self.path}")
        self.gateway = Gateway(folder, f"providers:{translated_providers(upstream.url, self.account)}", secrets=conftest.SECRETS)
        self.client = openai.OpenAI(base_url=f"{self.gateway.url}/v1", api_key=self.gateway.key, max_retries=0, timeout=20)

    @property
    def asked(self):
        return [e.request for e in self.upstream.seen(self.path)]


def slowly(body: dict, seconds: float = 0.2) -> Reply:
    made = answer(body)
    return Reply((seconds, *made.steps), made.end)


TOKEN = {"access_token": ACCESS_TOKEN, "expires_in": 3600, "token_type": "Bearer"}


def test_one_token_serves_many_parallel_calls_and_its_assertion_verifies(upstream, tmp_path, model):
    vertex = Vertex(upstream, tmp_path, model, slowly(TOKEN))
    upstream.script(model, reply("gemini", [text("Fine.")], False))

    async def everyone():
        async with openai.AsyncOpenAI(
            base_url=f"{vertex.gateway.url}/v1", api_key=vertex.gateway.key, max_retries=0, timeout=20
        ) as client:
            asked = (client.chat.completions.create(model=f"vertex/{model}", messages=ASK) for _ in range(30))
            return await asyncio.gather(*asked)

    answers = asyncio.run(everyone())
    assert {a.choices[0].message.content for a in answers} == {"Fine."}
    assert vertex.client.chat.completions.create(model=f"vertex/{model}", messages=ASK).choices
    assert len(upstream.seen(model)) == 31 and len(vertex.asked) == 1
    assert {e.request.header("authorization") for e in upstream.seen(model)} == {f"Bearer {ACCESS_TOKEN}"}

    request = vertex.asked[0]
    assert request.method == "POST" and request.header("content-type").startswith("application/x-www-form-urlencoded")
    form = dict(urllib.parse.parse_qsl(request.body.decode(), strict_parsing=True))
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    claims = google.auth.jwt.decode(form["assertion"], certs=vertex.account.public_key, audience=vertex.account.token_uri)
    assert claims["iss"] == vertex.account.email and claims["scope"] == "https://www.googleapis.com/auth/cloud-platform"
    assert claims["sub"] == vertex.account.email if "sub" in claims else True
    assert 0 < claims["exp"] - claims["iat"] <= 3600 and abs(claims["iat"] - time.time()) < 60
    coded = form["assertion"].partition(".")[0]
    header = json.loads(base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)))
    assert header["alg"] == "RS256" and header["typ"] == "JWT" and header["kid"]
    vertex.gateway.stop()


def test_a_token_near_its_end_is_replaced_while_it_is_still_good(upstream, tmp_path, model):
    vertex = Vertex(upstream, tmp_path, model, answer(TOKEN | {"expires_in": 6}), answer(TOKEN | {"access_token": "ya29.second"}))
    upstream.script(model, reply("gemini", [text("Fine.")], False))
    for _ in range(30):
        assert vertex.client.chat.completions.create(model=f"vertex/{model}", messages=ASK).choices
        if upstream.seen(model)[-1].request.header("authorization") == "Bearer ya29.second":
            break
        time.sleep(0.3)
    assert len(vertex.asked) == 2 and upstream.seen(model)[-1].request.header("authorization") == "Bearer ya29.second"
    vertex.gateway.stop()


@pytest.mark.parametrize(
    "failure",
    [
        answer({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}, status=400),
        answer({"error": "unauthorized_client"}, status=401),
        answer(b"<html>oops</html>", status=500),
        answer(b"not json"),
        answer({"token_type": "Bearer"}),
        Reply((), "fin"),
    ],
    ids=["invalid-grant", "unauthorized", "html", "no-json", "no-token", "closed"],
)
def test_a_token_that_cannot_be_had_is_the_gateways_fault(upstream, tmp_path, model, failure):
    vertex = Vertex(upstream, tmp_path, model, failure)
    upstream.script(model, reply("gemini", [text("Fine.")], False))
    with pytest.raises(openai.InternalServerError) as caught:
        vertex.client.chat.completions.create(model=f"vertex/{model}", messages=ASK)
    assert caught.value.status_code in (500, 502, 503, 504)
    shown = caught.value.response.text
    assert str(upstream.port) not in shown and "PRIVATE KEY" not in shown and not upstream.seen(model)
    vertex.gateway.stop()


@pytest.mark.slow
def test_a_token_service_that_failed_is_asked_again_and_not_at_every_request(upstream, tmp_path, model):
    vertex = Vertex(upstream, tmp_path, model, answer(b"oops", status=503), answer(TOKEN))
    upstream.script(model, reply("gemini", [text("Fine.")], False))
    for _ in range(3):
        with pytest.raises(openai.InternalServerError):
            vertex.client.chat.completions.create(model=f"vertex/{model}", messages=ASK)
    assert len(vertex.asked) == 1
    time.sleep(5.5)
    assert vertex.client.chat.completions.create(model=f"vertex/{model}", messages=ASK).choices[0].message.content == "Fine."
    vertex.gateway.stop()


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("TURNPIKE_FULL") != "1", reason="takes half a minute: TURNPIKE_FULL=1")
def test_a_refused_token_is_thrown_away(upstream, tmp_path, model):
    """A 401 with a token of some age: the call after it (or it itself) uses a new one."""
    vertex = Vertex(upstream, tmp_path, model, answer(TOKEN), answer(TOKEN | {"access_token": "ya29.second"}))
    upstream.script(model, reply("gemini", [text("Fine.")], False))
    assert vertex.client.chat.completions.create(model=f"vertex/{model}", messages=ASK).choices
    time.sleep(31)
    refused = answer(
        {"error": {"code": 401, "message": "Request had invalid authentication credentials.", "status": "UNAUTHENTICATED"}},
        status=401,
    )
    upstream.script(model, refused, reply("gemini", [text("Fine.")], False))
    try:
        vertex.client.chat.completions.create(model=f"vertex/{model}", messages=ASK)
    except openai.InternalServerError as caught:
        assert caught.status_code == 502 and caught.code == "upstream_auth"
        vertex.client.chat.completions.create(model=f"vertex/{model}", messages=ASK)
    assert upstream.seen(model)[-1].request.header("authorization") == "Bearer ya29.second"
    vertex.gateway.stop()
