"""TLS on the data port and towards upstreams, with certificates of a private authority."""

from __future__ import annotations

import shutil
import signal
import socket
import ssl
import time

import httpx
import openai
import pytest

from answers import completion, text_stream
from certificates import authority, issue
from conftest import UPSTREAM_KEY
from gateway import Gateway
from scripted_upstream import ScriptedUpstream, answer, stream

QUESTION = [{"role": "user", "content": "hello"}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def trusted(folder):
    return authority(folder)


def serial(port: int, trusted) -> int:
    """The serial number of the certificate that a new connection is shown."""
    context = ssl.create_default_context(cafile=str(trusted[0]))
    with socket.create_connection(("127.0.0.1", port), 5) as plain, context.wrap_socket(plain, server_hostname="localhost") as secured:
        return int(secured.getpeercert()["serialNumber"], 16)


@pytest.fixture
def secured(trusted, folder, tmp_path):
    """A gateway with TLS on the data port."""
    certificate, key = issue(folder, "first", trusted)
    shutil.copy(certificate, tmp_path / "cert.pem")
    shutil.copy(key, tmp_path / "key.pem")
    made = Gateway(
        tmp_path, f"providers: {{ demo: {{}} }}\ntls: {{ certificate: {tmp_path}/cert.pem, key: {tmp_path}/key.pem }}\nserver: {{ idle: 3s }}\n"
    )
    yield made
    made.stop()


def test_the_sdk_is_answered_over_tls(secured, trusted):
    context = ssl.create_default_context(cafile=str(trusted[0]))
    with openai.OpenAI(
        base_url=f"https://localhost:{secured.port}/v1", api_key=secured.key, max_retries=0, http_client=openai.DefaultHttpxClient(verify=context)
    ) as client:
        assert client.chat.completions.create(model="demo/chat", messages=QUESTION).choices[0].message.content
        assert len(list(client.chat.completions.create(model="demo/long", messages=QUESTION, stream=True))) > 1000
        assert client.chat.completions.create(model="demo/huge", messages=QUESTION).choices[0].message.content


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\0" * 100, b"\x16\x03\x01\x00\x05hello"])
def test_rubbish_on_the_tls_port_ends_the_connection_only(secured, trusted, sent):
    with socket.create_connection(("127.0.0.1", secured.port), 5) as plain:
        plain.sendall(sent)
        plain.shutdown(socket.SHUT_WR)
        while plain.recv(4096):
            pass
    assert serial(secured.port, trusted)


def test_a_client_that_never_greets_is_cut_off(secured):
    with socket.create_connection(("127.0.0.1", secured.port), 15) as plain:
        assert plain.recv(1) == b""


def test_old_protocol_versions_are_refused(secured):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", secured.port), 5) as plain, pytest.raises((ssl.SSLError, OSError)):
        context.wrap_socket(plain).close()


@pytest.mark.parametrize("sign", ["SIGHUP", "file"])
def test_a_renewed_certificate_is_shown_to_new_connections(secured, trusted, folder, tmp_path, sign):
    before = serial(secured.port, trusted)
    certificate, key = issue(folder, f"second-{sign}", trusted)
    shutil.copy(key, tmp_path / "key.pem")
    shutil.copy(certificate, tmp_path / "cert.pem")
    if sign == "SIGHUP":
        secured.process.send_signal(signal.SIGHUP)
    end = time.monotonic() + (4 if sign == "SIGHUP" else 20)
    while serial(secured.port, trusted) == before:
        assert time.monotonic() < end, "the old certificate is still shown"
        time.sleep(0.1)


def test_a_broken_renewal_keeps_the_old_certificate(secured, trusted, tmp_path):
    before = serial(secured.port, trusted)
    (tmp_path / "cert.pem").write_text("not a certificate")
    secured.process.send_signal(signal.SIGHUP)
    time.sleep(1)
    assert serial(secured.port, trusted) == before


# --- upstream --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def upstreams(trusted, folder):
    """Upstreams with certificates: good, of a stranger, for another name, and expired in all but trust."""
    stranger = authority(folder, "stranger")
    made = {
        "good": issue(folder, "good", trusted),
        "stranger": issue(folder, "stranger-upstream", stranger),
        "other-name": issue(folder, "other-name", trusted, names="DNS:elsewhere.test"),
    }
    servers = {}
    for name, (certificate, key) in made.items():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        servers[name] = ScriptedUpstream(context)
        servers[name].script("m", answer(completion("over tls")))
        servers[name].script("s", stream(text_stream(["over ", "tls"])))
    yield servers
    for server in servers.values():
        server.__exit__()


@pytest.fixture(scope="module")
def before_tls(upstreams, trusted, tmp_path_factory):
    lines = "".join(
        f"  {name}: {{ kind: openai, base_url: {server.url}/v1, api_key: {UPSTREAM_KEY}, ca_certificate: {trusted[0]} }}\n"
        for name, server in upstreams.items()
    )
    lines += f"  system: {{ kind: openai, base_url: {upstreams['good'].url}/v1, api_key: {UPSTREAM_KEY} }}\n"
    lines += f"  named: {{ kind: openai, base_url: https://localhost:{upstreams['good'].port}/v1, api_key: {UPSTREAM_KEY}, ca_certificate: {trusted[0]} }}\n"
    made = Gateway(tmp_path_factory.mktemp("before-tls"), "providers:\n" + lines, secrets=(UPSTREAM_KEY,))
    yield made
    made.stop()


def post(gateway, model: str, **more) -> httpx.Response:
    body = {"model": model, "messages": QUESTION} | more
    return httpx.post(f"{gateway.url}/v1/chat/completions", json=body, headers={"authorization": f"Bearer {gateway.key}"}, timeout=20)


@pytest.mark.parametrize("provider", ["good", "named"])
def test_an_upstream_of_a_private_authority_is_reached(before_tls, provider):
    for _ in range(3):
        got = post(before_tls, f"{provider}/m")
        assert got.status_code == 200 and got.json()["choices"][0]["message"]["content"] == "over tls"
    got = post(before_tls, f"{provider}/s", stream=True)
    assert got.status_code == 200 and got.content.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("provider", ["stranger", "other-name", "system"])
def test_an_upstream_that_cannot_be_trusted_is_a_502_and_gets_no_credential(before_tls, upstreams, provider):
    server = upstreams["good" if provider == "system" else provider]
    before = len(server.exchanges)
    got = post(before_tls, f"{provider}/m")
    assert got.status_code == 502 and got.json()["error"]["message"]
    assert len(server.exchanges) == before
