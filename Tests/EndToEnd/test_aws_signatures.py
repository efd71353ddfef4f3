"""Clients of Bedrock that sign their requests with a key's own AWS pair: an unmodified boto3 over plain HTTP, and requests no
client would send, signed here by hand."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import re
import urllib.parse
from dataclasses import dataclass

import boto3
import botocore.config
import botocore.exceptions
import httpx
import pytest

from conftest import AWS_KEY_ID, UPSTREAM_KEY
from gateway import Gateway, run
from provider_answers import reply, text
from raw_http import converse
from upstream_rules import signature_problems

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
ARN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456"
ASK = [{"role": "user", "content": [{"text": "Grüezi 👋"}]}]
BODY = json.dumps({"messages": ASK}, ensure_ascii=False).encode()


@dataclass(frozen=True)
class Pair:
    key_id: str
    secret: str
    id: str
    key: str


def make_pair(gateway: Gateway, **fields) -> Pair:
    status, made = gateway.admin("POST", "/admin/v1/keys", {"name": "bedrock", "account": "tests", "aws": True} | fields)
    assert status == 201, made
    gateway.secrets += [made["key"], made["aws_secret_access_key"]]
    return Pair(made["aws_access_key_id"], made["aws_secret_access_key"], made["id"], made["key"])


def bedrock(gateway: Gateway, key_id: str, secret: str, token: str | None = None, region: str = "us-east-1"):
    """boto3 as an application uses it, but for its endpoint."""
    return boto3.Session(key_id, secret, token, region).client(
        "bedrock-runtime", endpoint_url=gateway.url, config=botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=20)
    )  # fmt: skip


def refusal(call) -> tuple[int, str, str]:
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call()
    error = caught.value
    return error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"], error.response["Error"]["Message"]


@pytest.fixture(scope="module")
def pair(translating_gateway):
    return make_pair(translating_gateway)


@pytest.fixture
def client(translating, pair):
    return bedrock(translating, pair.key_id, pair.secret)


# --- boto3 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [CLAUDE, ARN])
def test_converse(client, upstream, pair, model):
    upstream.script(model, reply("bedrock", [text("Fine, thanks.")], False))
    answer = client.converse(modelId=f"bedrock/{model}", messages=ASK)
    assert answer["output"]["message"]["content"] == [{"text": "Fine, thanks."}]
    request = upstream.seen(model)[-1].request
    # Signed anew, by the gateway for the operator: nothing of the client's pair goes on.
    assert not signature_problems(request)
    assert AWS_KEY_ID in request.header("authorization") and pair.key_id.encode() not in request.head
    assert request.json()["messages"] == ASK


@pytest.mark.parametrize("model", [CLAUDE, ARN])
def test_converse_stream(client, upstream, model):
    upstream.script(model, reply("bedrock", [text("Fine, thanks.")], True))
    answer = client.converse_stream(modelId=f"bedrock/{model}", messages=ASK)
    events = list(answer["stream"])
    said = "".join(event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event)
    assert said == "Fine, thanks." and any("messageStop" in event for event in events)


@pytest.mark.parametrize("region", ["eu-central-1", "mars-north-1"])
def test_any_region_is_fine(translating, upstream, pair, region):
    upstream.script(CLAUDE, reply("bedrock", [text("Fine.")], False))
    assert bedrock(translating, pair.key_id, pair.secret, region=region).converse(modelId=f"bedrock/{CLAUDE}", messages=ASK)


def test_many_requests_on_one_connection_and_a_long_body(client, upstream):
    upstream.script(CLAUDE, reply("bedrock", [text("Fine.")], False))
    for size in (1, 100_000, 3_000_000, 7):
        said = "ä" * size
        assert client.converse(modelId=f"bedrock/{CLAUDE}", messages=[{"role": "user", "content": [{"text": said}]}])
        assert upstream.seen(CLAUDE)[-1].request.json()["messages"][0]["content"][0]["text"] == said


def test_the_key_itself_works_beside_its_pair(translating, upstream, pair):
    upstream.script(CLAUDE, reply("bedrock", [text("Fine.")], False))
    path = f"/model/{urllib.parse.quote(f'bedrock/{CLAUDE}', safe='')}/converse"
    answer = httpx.post(translating.url + path, content=BODY, headers={"authorization": f"Bearer {pair.key}"})
    assert answer.status_code == 200, answer.text


def test_a_wrong_secret(translating, upstream, pair):
    before = len(upstream.seen(CLAUDE))
    status, code, message = refusal(
        lambda: bedrock(translating, pair.key_id, pair.secret[::-1]).converse(modelId=f"bedrock/{CLAUDE}", messages=ASK)
    )
    assert (status, code) == (403, "InvalidSignatureException") and "secret access key" in message
    assert len(upstream.seen(CLAUDE)) == before


@pytest.mark.parametrize("key_id", ["AKTPAAAAAAAAAAAAAAAA", "AKIAIOSFODNN7EXAMPLE", "x"])
def test_an_unknown_access_key_id(translating, pair, key_id):
    status, code, message = refusal(
        lambda: bedrock(translating, key_id, pair.secret).converse(modelId=f"bedrock/{CLAUDE}", messages=ASK)
    )
    assert (status, code) == (403, "UnrecognizedClientException") and "--aws" in message and key_id not in message.split()


def test_a_session_token_is_refused(translating, pair):
    status, code, message = refusal(
        lambda: bedrock(translating, pair.key_id, pair.secret, "token").converse(modelId=f"bedrock/{CLAUDE}", messages=ASK)
    )
    assert (status, code) == (403, "InvalidSignatureException") and "x-amz-security-token" in message


def test_a_revoked_key(translating, upstream):
    made = make_pair(translating)
    upstream.script(CLAUDE, reply("bedrock", [text("Fine.")], False))
    client = bedrock(translating, made.key_id, made.secret)
    assert client.converse(modelId=f"bedrock/{CLAUDE}", messages=ASK)
    assert translating.admin("DELETE", f"/admin/v1/keys/{made.id}")[0] == 204
    status, code, message = refusal(lambda: client.converse(modelId=f"bedrock/{CLAUDE}", messages=ASK))
    assert (status, code) == (403, "UnrecognizedClientException") and "revoked" in message


def test_a_rotated_key(translating, upstream):
    made = make_pair(translating)
    upstream.script(CLAUDE, reply("bedrock", [text("Fine.")], False))
    status, fresh = translating.admin("POST", f"/admin/v1/keys/{made.id}/rotate")
    assert status == 200 and fresh["aws_access_key_id"] != made.key_id
    translating.secrets.append(fresh["aws_secret_access_key"])
    client = bedrock(translating, fresh["aws_access_key_id"], fresh["aws_secret_access_key"])
    assert client.converse(modelId=f"bedrock/{CLAUDE}", messages=ASK)
    old = bedrock(translating, made.key_id, made.secret)
    assert refusal(lambda: old.converse(modelId=f"bedrock/{CLAUDE}", messages=ASK))[1] == "UnrecognizedClientException"


def test_a_key_that_may_not_use_the_route(translating):
    made = make_pair(translating, routes=[])
    status, code, _ = refusal(
        lambda: bedrock(translating, made.key_id, made.secret).converse(modelId=f"bedrock/{CLAUDE}", messages=ASK)
    )
    assert (status, code) == (403, "AccessDeniedException")


def test_a_key_that_may_only_look(translating):
    made = make_pair(translating, role="viewer")
    status, code, _ = refusal(
        lambda: bedrock(translating, made.key_id, made.secret).converse(modelId=f"bedrock/{CLAUDE}", messages=ASK)
    )
    assert (status, code) == (403, "AccessDeniedException")


# --- signed by hand --------------------------------------------------------------------------------------------------


def stamp(seconds: int = 0) -> str:
    return (datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)).strftime("%Y%m%dT%H%M%SZ")


def sign(
    pair: Pair, path: str, body: bytes = BODY, *, date: str | None = None, encoding: str = "twice", service: str = "bedrock",
    payload: str | None = None, headers: dict[str, str] | None = None, host: str = "gateway.test", method: str = "POST",
    query: str = "",
) -> list[str]:  # fmt: skip
    """The header lines of a request signed as AWS documents it; `payload` stands in the place of the body's hash."""
    date = date or stamp()
    fields = {"host": host, "x-amz-date": date} | (headers or {})
    if payload:
        fields["x-amz-content-sha256"] = payload
    names = ";".join(sorted(fields))
    canonical_path = urllib.parse.quote(path, safe="/-_.~") if encoding == "twice" else path
    canonical = "\n".join(
        [method, canonical_path, query, *(f"{name}:{fields[name].strip()}" for name in sorted(fields)), "", names,
         payload or hashlib.sha256(body).hexdigest()]
    )  # fmt: skip
    scope = f"{date[:8]}/us-east-1/{service}/aws4_request"
    text_to_sign = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = b"AWS4" + pair.secret.encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text_to_sign.encode(), hashlib.sha256).hexdigest()
    lines = [f"{name}: {value}" for name, value in fields.items()]
    return [
        *lines,
        f"Authorization: AWS4-HMAC-SHA256 Credential={pair.key_id}/{scope}, SignedHeaders={names}, Signature={signature}",
    ]


def ask(gateway: Gateway, lines: list[str], path: str, body: bytes = BODY, method: str = "POST"):
    head = [f"{method} {path} HTTP/1.1", *lines, f"Content-Length: {len(body)}", "Connection: close"]
    return converse(gateway.port, "\r\n".join(head).encode() + b"\r\n\r\n" + body).responses[0]


def outcome(response) -> tuple[int, str | None]:
    return response.status, response.headers.get("x-amzn-errortype")


PATH = f"/model/{urllib.parse.quote(f'bedrock/{CLAUDE}', safe='')}/converse"
WRONG = (403, "InvalidSignatureException")


@pytest.fixture
def answered(upstream):
    """The upstream answers; after the test, how often it was asked is compared with what the test expects."""
    upstream.script(CLAUDE, reply("bedrock", [text("Fine.")], False))
    before = len(upstream.seen(CLAUDE))
    return lambda: len(upstream.seen(CLAUDE)) - before


@pytest.mark.parametrize("encoding", ["twice", "once"])
def test_both_encodings_of_the_path(translating, pair, answered, encoding):
    assert outcome(ask(translating, sign(pair, PATH, encoding=encoding), PATH)) == (200, None)
    assert answered() == 1


def test_a_path_that_is_not_encoded(translating, pair, answered):
    path = f"/model/bedrock/{CLAUDE}/converse"
    assert outcome(ask(translating, sign(pair, path), path)) == (200, None)
    assert answered() == 1


def test_the_hash_of_the_body_in_a_header_of_its_own(translating, pair, answered):
    lines = sign(pair, PATH, payload=hashlib.sha256(BODY).hexdigest())
    assert outcome(ask(translating, lines, PATH)) == (200, None)
    assert outcome(ask(translating, lines, PATH, BODY + b" ")) == WRONG
    assert answered() == 1


@pytest.mark.parametrize("payload", ["UNSIGNED-PAYLOAD", hashlib.sha256(b"{}").hexdigest(), "STREAMING-UNSIGNED-PAYLOAD-TRAILER"])
def test_a_body_that_is_not_signed(translating, pair, answered, payload):
    assert outcome(ask(translating, sign(pair, PATH, payload=payload), PATH)) == WRONG
    assert answered() == 0


@pytest.mark.parametrize("at", [0, 17, len(BODY) - 1])
def test_a_body_that_was_changed_on_the_way(translating, pair, answered, at):
    body = bytearray(BODY)
    body[at] ^= 1
    response = ask(translating, sign(pair, PATH), PATH, bytes(body))
    assert outcome(response) == WRONG, "before anything reads what it says"
    assert answered() == 0


@pytest.mark.parametrize("body", [BODY[:-1], BODY + b"\n", b""])
def test_a_body_of_another_length(translating, pair, answered, body):
    assert outcome(ask(translating, sign(pair, PATH), PATH, body)) == WRONG
    assert answered() == 0


def test_a_path_or_header_that_was_changed_on_the_way(translating, pair, answered):
    lines = sign(pair, PATH, headers={"x-turnpike-tags": "team=a"})
    assert outcome(ask(translating, lines, PATH)) == (200, None)
    assert outcome(ask(translating, lines, PATH + "?a=1")) == WRONG
    assert outcome(ask(translating, lines, PATH.replace("20250929", "20250930"))) == WRONG
    assert outcome(ask(translating, [line.replace("team=a", "team=b") for line in lines], PATH)) == WRONG
    assert outcome(ask(translating, [line for line in lines if "team" not in line], PATH)) == WRONG
    assert outcome(ask(translating, [line.replace("gateway.test", "other.test") for line in lines], PATH)) == WRONG
    assert answered() == 1


def test_a_query_is_signed(translating, pair, answered):
    assert outcome(ask(translating, sign(pair, PATH, query="a=1&b=2"), PATH + "?b=2&a=1")) == (200, None)
    assert answered() == 1


@pytest.mark.parametrize("seconds, accepted", [(-270, True), (270, True), (-330, False), (330, False), (-86_400, False)])
def test_the_clock_may_be_off_by_five_minutes(translating, pair, answered, seconds, accepted):
    response = ask(translating, sign(pair, PATH, date=stamp(seconds)), PATH)
    assert outcome(response) == ((200, None) if accepted else WRONG)
    if not accepted:
        assert "clock" in response.json()["message"]
        # By which clients set their clock.
        assert response.headers["date"]
    assert answered() == accepted


def test_a_date_changed_to_the_present(translating, pair, answered):
    now, old = stamp(), stamp(-600)
    lines = [line.replace(f"x-amz-date: {old}", f"x-amz-date: {now}") for line in sign(pair, PATH, date=old)]
    assert outcome(ask(translating, lines, PATH)) == WRONG
    assert answered() == 0


@pytest.mark.parametrize("missing", ["host", "x-amz-date"])
def test_a_field_that_must_be_signed(translating, pair, answered, missing):
    lines = [re.sub(rf"(SignedHeaders=\S*?){missing};?", r"\1", line).replace(";,", ",") for line in sign(pair, PATH)]
    response = ask(translating, lines, PATH)
    assert outcome(response) == WRONG and missing in response.json()["message"]
    assert answered() == 0


@pytest.mark.parametrize(
    "value",
    ["AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=", "AWS4-ECDSA-P256-SHA256 Credential=a/b/c/d/e", "aws4-hmac-sha256 x",
     "AWS4-HMAC-SHA256 " + "Credential=" * 600],
)  # fmt: skip
def test_a_signature_that_cannot_be_read(translating, value):
    lines = ["Host: gateway.test", f"x-amz-date: {stamp()}", f"Authorization: {value}"]
    assert outcome(ask(translating, lines, PATH)) == WRONG


def test_a_signature_for_another_service(translating, pair, answered):
    response = ask(translating, sign(pair, PATH, service="s3"), PATH)
    assert outcome(response) == WRONG and "bedrock" in response.json()["message"]
    assert answered() == 0


def test_an_unknown_key_is_refused_before_the_body_is_there(translating):
    lines = sign(Pair("AKTPAAAAAAAAAAAAAAAA", "x", "", ""), PATH)
    head = [f"POST {PATH} HTTP/1.1", *lines, "Content-Length: 1000000"]
    got = converse(translating.port, "\r\n".join(head).encode() + b"\r\n\r\n{", patience=3)
    assert got.statuses == [403] and got.seconds < 2


@pytest.mark.parametrize(
    "method, path",
    [("POST", "/v1/chat/completions"), ("GET", "/v1/models"), ("POST", "/v1/messages"),
     ("POST", "/v1beta/models/gemini-2.5-flash:generateContent")],
)  # fmt: skip
def test_signatures_are_taken_on_bedrock_paths_only(translating, pair, method, path):
    body = b"" if method == "GET" else b'{"model": "x"}'
    response = ask(translating, sign(pair, path, body, method=method), path, body, method)
    shown = response.json()["error"]["message"]
    assert "/model/" in shown and "Bearer" in shown
    assert response.status == 401


# --- the master key --------------------------------------------------------------------------------------------------


def configuration(upstream) -> str:
    return f"""
providers:
  demo: {{}}
  house: {{ kind: openai, base_url: {upstream.url}/house/v1, api_key: {UPSTREAM_KEY} }}
routes: {{ chat: demo/chat, "{ARN}": demo/chat, "{CLAUDE}": demo/chat }}
"""


@pytest.mark.parametrize("model", ["chat", "demo/chat", CLAUDE, ARN])
def test_an_unmodified_client_is_answered_by_the_demo(upstream, tmp_path_factory, demo_gateway, model):
    gateway, made = demo_gateway
    client = bedrock(gateway, made.key_id, made.secret)
    answer = client.converse(modelId=model, messages=ASK)
    assert answer["output"]["message"]["content"][0]["text"] and answer["stopReason"] == "end_turn"
    events = list(client.converse_stream(modelId=model, messages=ASK)["stream"])
    assert "messageStart" in events[0] and any("contentBlockDelta" in event for event in events)


@pytest.fixture(scope="module")
def demo_gateway(upstream, tmp_path_factory):
    gateway = Gateway(tmp_path_factory.mktemp("signing"), configuration(upstream))
    yield gateway, make_pair(gateway)
    gateway.stop()


def serve_again(folder, upstream, env=None) -> Gateway:
    return Gateway(folder, configuration(upstream), env=env)


def test_pairs_outlive_a_restart_and_the_key_file_is_private(upstream, tmp_path):
    first = serve_again(tmp_path, upstream)
    master = tmp_path / "turnpike.master"
    assert not master.exists(), "made at first need"
    made = make_pair(first)
    assert master.stat().st_mode & 0o777 == 0o600
    first.secrets.append(master.read_text().strip())
    first.stop()
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("turnpike.db*") if file.is_file())
    assert made.key_id.encode() in stored and made.secret.encode() not in stored
    second = serve_again(tmp_path, upstream)
    assert bedrock(second, made.key_id, made.secret).converse(modelId="chat", messages=ASK)
    second.secrets.append(made.secret)
    second.stop()


def test_a_start_under_another_master_key_says_what_is_wrong(upstream, tmp_path):
    first = serve_again(tmp_path, upstream, env={"TURNPIKE_MASTER_KEY": "a" * 40})
    made = make_pair(first)
    assert not (tmp_path / "turnpike.master").exists()
    first.stop()
    for key, words in [("b" * 40, "another master key"), ("", "turnpike.master"), ("short", "5 characters")]:
        ended = run(tmp_path, "serve", "--config", "turnpike.yaml", env={"TURNPIKE_MASTER_KEY": key})
        assert ended.returncode == 78 and words in ended.stderr, ended.stderr
        assert key not in ended.stderr.split() or not key
    # The way out that the message names.
    assert run(tmp_path, "keys", "revoke", made.id, "--config", "turnpike.yaml").returncode == 0
    third = serve_again(tmp_path, upstream, env={"TURNPIKE_MASTER_KEY": "b" * 40})
    status, code, _ = refusal(lambda: bedrock(third, made.key_id, made.secret).converse(modelId="chat", messages=ASK))
    assert (status, code) == (403, "UnrecognizedClientException")
    third.stop()


def test_the_command_makes_a_pair_for_the_next_start(upstream, tmp_path):
    first = serve_again(tmp_path, upstream)
    first.stop()
    ended = run(tmp_path, "keys", "create", "--name", "cli", "--aws", "--json", "--config", "turnpike.yaml")
    assert ended.returncode == 0, ended.stderr
    made = json.loads(ended.stdout)
    second = serve_again(tmp_path, upstream)
    # And through the running server, which holds the database.
    ended = run(tmp_path, "keys", "create", "--name", "cli", "--aws", "--json", "--config", "turnpike.yaml")
    for key in (made, json.loads(ended.stdout)):
        second.secrets.append(key["aws_secret_access_key"])
        assert bedrock(second, key["aws_access_key_id"], key["aws_secret_access_key"]).converse(modelId="chat", messages=ASK)
    second.stop()


def test_the_master_key_may_stand_in_the_file(upstream, tmp_path):
    text = configuration(upstream)
    gateway = Gateway(tmp_path, text)
    gateway.stop()
    file = gateway.config.read_text().replace("turnpike.db }", "turnpike.db, master_key: '${MASTER}' }")
    assert "master_key" in file
    gateway.config.write_text(file)
    key = "0123456789abcdef" * 4
    env = {"MASTER": key}
    ended = run(tmp_path, "keys", "create", "--name", "cli", "--aws", "--json", "--config", "turnpike.yaml", env=env)
    assert ended.returncode == 0 and not (tmp_path / "turnpike.master").exists(), ended.stderr
    assert run(tmp_path, "check", "--config", "turnpike.yaml", env=env).returncode == 0
    short = run(tmp_path, "check", "--config", "turnpike.yaml", env={"MASTER": "short"})
    assert short.returncode == 78 and "5 characters" in short.stderr + short.stdout
