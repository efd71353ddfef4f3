"""What once went wrong, or nearly did: slow readers, clients and upstreams that break off, and secrets in error texts."""

from __future__ import annotations

import json
import re
import signal
import socket
import struct
import time

import httpx
import pytest

from answers import chunk, completion, error, text_stream
from gateway import Gateway
from raw_http import Conversation, connect, converse, parse, request
from scripted_upstream import Reply, answer, cut, events, head, stream

SECRET = "house-secret-xyz"
MEGABYTE = 1_000_000


def house(upstream, more: str = "") -> str:
    return f"providers:\n  demo: {{}}\n  house: {{ kind: openai, base_url: {upstream.url}/house/v1, api_key: {SECRET} }}\n{more}"


@pytest.fixture
def fresh(upstream, tmp_path):
    """A gateway of this test's own; it must end cleanly and leave no secret in its output."""
    made = Gateway(tmp_path / "gateway", house(upstream), secrets=(SECRET,))
    yield made
    if made.alive():
        made.stop()


def ask(gateway, model: str = "demo/chat", key: str | None = None, **fields) -> httpx.Response:
    """One request; `key=""` sends none."""
    headers = {} if key == "" else {"authorization": f"Bearer {key or gateway.key}"}
    body = {"model": model, "messages": [{"role": "user", "content": "hello"}]} | fields
    return httpx.post(f"{gateway.url}/v1/chat/completions", json=body, headers=headers, timeout=20)


def leave(connection: socket.socket, manner: str) -> None:
    """Ends the connection as seen from the other side: `close` (FIN) or `reset` (RST)."""
    if manner == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


# --- switching auth off while others can reach the port --------------------------------------------------------------


class Listening(Gateway):
    """A gateway whose file names `address` as its data port and ends with `auth`."""

    address = "0.0.0.0"
    auth = ""

    def write(self, configuration: str) -> None:
        super().write(configuration + self.auth)
        self.config.write_text(self.config.read_text().replace("listen: 127.0.0.1", f"listen: {self.address}", 1))


def bound_address(port: int) -> str:
    """The local address of the listening IPv4 socket, from the kernel's table."""
    with open("/proc/net/tcp") as table:
        rows = [line.split() for line in table]
    (found,) = [row[1].split(":")[0] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "0A"]
    return socket.inet_ntoa(bytes.fromhex(found)[::-1])


@pytest.mark.parametrize("address, status", [("0.0.0.0", 401), ("127.0.0.1", 200)])
def test_auth_is_not_switched_off_where_others_can_reach_the_port(upstream, tmp_path, address, status):
    """The file may name loopback by then: what counts is where the port is bound. On loopback the same edit is obeyed."""
    made = type("Bound", (Listening,), {"address": address})(tmp_path, house(upstream), secrets=(SECRET,))
    assert bound_address(made.port) == address
    assert ask(made, key="").status_code == 401
    made.address, made.auth = "127.0.0.1", "auth: none\n"
    made.write(house(upstream))
    made.process.send_signal(signal.SIGHUP)
    end = time.monotonic() + 5
    while not re.search(r"configuration reloaded|the old one stays", made.output):
        assert time.monotonic() < end, f"the reload left no trace:\n{made.output[-2000:]}"
        assert status == 200 or ask(made, key="").status_code == 401
        time.sleep(0.02)
    assert [ask(made, key="").status_code for _ in range(5)] == [status] * 5
    assert ask(made).status_code == 200
    made.stop()


# --- slow readers ----------------------------------------------------------------------------------------------------


def read_slowly(connection: socket.socket, rate: int = 4 * MEGABYTE, patience: float = 30) -> tuple[bytes, float]:
    """Reads to the end in pieces of at most 16 kB, no faster than `rate` bytes a second. Also the seconds it took."""
    data = bytearray()
    begun = time.monotonic()
    connection.settimeout(patience)
    while piece := connection.recv(16384):
        data += piece
        ahead = len(data) / rate - (time.monotonic() - begun)
        if ahead > 0:
            time.sleep(ahead)
        assert time.monotonic() - begun < patience, f"{len(data)} bytes in {patience} s"
    return bytes(data), time.monotonic() - begun


def open_slow(port: int) -> socket.socket:
    """A connection whose receive buffer holds little, so that the gateway feels how slowly it is read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    connection.connect(("127.0.0.1", port))
    return connection


def assert_whole(raw: bytes, text: str) -> None:
    (response,) = parse(raw)
    assert response.status == 200, response.body[:300]
    if "content-length" in response.headers:
        assert len(response.body) == int(response.headers["content-length"]), "the body breaks off"
    assert response.json()["choices"][0]["message"]["content"] == text


@pytest.mark.parametrize("version, lines", [("HTTP/1.1", ("Connection: close",)), ("HTTP/1.0", ())], ids=["close", "http-1.0"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_slow_reader_gets_8_MB_whole_before_the_connection_closes(fresh, upstream, model, version, lines, framing):
    text = "x" * (8 * MEGABYTE)
    upstream.script(model, answer(completion(text), framing=framing))
    with open_slow(fresh.port) as connection:
        connection.sendall(request(fresh.key, {"model": f"house/{model}", "messages": []}, *lines, version=version))
        raw, seconds = read_slowly(connection)
    assert_whole(raw, text)
    assert seconds > 1.5, "read too fast to prove anything"


def test_sigterm_waits_for_a_slow_reader(fresh, upstream, model):
    text = "x" * (8 * MEGABYTE)
    upstream.script(model, answer(completion(text)))
    with open_slow(fresh.port) as connection:
        connection.sendall(request(fresh.key, {"model": f"house/{model}", "messages": []}))
        first = connection.recv(16384)
        fresh.process.send_signal(signal.SIGTERM)
        rest, seconds = read_slowly(connection)
    assert_whole(first + rest, text)
    assert seconds > 1.5, "read too fast to prove anything"
    assert fresh.terminate() == 0


def resident(pid: int) -> int:
    """The process's resident memory in bytes."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))


def test_pipelining_without_reading_takes_no_memory(fresh):
    one = request(fresh.key, b"", method="GET", target="/healthz", length=False)
    for _ in range(3):
        assert ask(fresh).status_code == 200
    converse(fresh.port, one * 50 + request(fresh.key, b"", "Connection: close", method="GET", target="/healthz", length=False))
    before = peak = resident(fresh.pid)
    block, sent, stuck = one * 200, 0, None
    with open_slow(fresh.port) as connection:
        connection.setblocking(False)
        begun = time.monotonic()
        closed = False
        # Until the gateway has taken nothing for a second, at most 300,000 requests.
        while sent < len(one) * 300_000 and time.monotonic() - begun < 20:
            try:
                sent += connection.send(block[sent % len(one) :])
                stuck = None
            except BlockingIOError:
                stuck = stuck or time.monotonic()
                if time.monotonic() - stuck > 1:
                    break
                time.sleep(0.01)
            except (BrokenPipeError, ConnectionResetError):
                closed = True
                break
            peak = max(peak, resident(fresh.pid))
        raw, ended = (b"", True) if closed else read_until_count(connection, b"HTTP/1.1 200", sent // len(one))
        peak = max(peak, resident(fresh.pid))
    assert sent // len(one) > 2000, "too few to prove anything"
    assert peak - before < 20 * MEGABYTE, f"{(peak - before) / MEGABYTE:.1f} MB more after {sent // len(one)} requests"
    assert ended or raw.count(b"HTTP/1.1 200") == sent // len(one), "neither served nor closed"
    assert raw.count(b"HTTP/1.1 ") == raw.count(b"HTTP/1.1 200")
    assert ask(fresh).status_code == 200


def read_until_count(connection: socket.socket, mark: bytes, count: int, seconds: float = 20) -> tuple[bytes, bool]:
    """Reads until `mark` has come `count` times, the peer closes (true) or nothing more comes for 3 s."""
    data, seen, end = bytearray(), 0, time.monotonic() + seconds
    connection.settimeout(3)
    while seen < count and time.monotonic() < end:
        try:
            piece = connection.recv(65536)
        except TimeoutError:
            return bytes(data), False
        except ConnectionResetError:
            return bytes(data), True
        if not piece:
            return bytes(data), True
        start = max(0, len(data) - len(mark) + 1)
        data += piece
        seen += data.count(mark, start)
    return bytes(data), False


# --- broken-off conversations ----------------------------------------------------------------------------------------


def gauges(gateway) -> dict[str, float]:
    status, text = gateway.admin("GET", "/metrics", key="")
    assert status == 200
    names = ("turnpike_open_requests", "turnpike_open_connections")
    return {line.split()[0]: float(line.split()[1]) for line in text.splitlines() if line.startswith(names)}


def wait_for_gauges(gateway, count: int, seconds: float = 1) -> None:
    wanted = {"turnpike_open_requests": count, "turnpike_open_connections": count}
    end = time.monotonic() + seconds
    while (found := gauges(gateway)) != wanted:
        assert time.monotonic() < end, found
        time.sleep(0.02)


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
def test_broken_off_streams_leave_nothing_open(fresh, upstream, model, version):
    """Fifty of them: 25 left by the client, 25 by the upstream."""
    opening = events(chunk({"role": "assistant", "content": "one"}), chunk({"content": "two"}))
    left, broken = f"{model}-left", f"{model}-broken"
    unfinished = Reply((head(200, {"Content-Type": "text/event-stream", "Connection": "close"}) + opening,), "stall")
    upstream.script(left, unfinished)
    whole = text_stream(["three"] * 20)
    upstream.script(broken, *[cut(whole, len(whole) // 2, "rst" if number % 2 else "fin") for number in range(25)])
    for number in range(25):
        connection = connect(fresh.port)
        connection.sendall(request(fresh.key, {"model": f"house/{left}", "messages": [], "stream": True}, version=version))
        raw, _ = read_until_count(connection, b"data:", 1, 5)
        assert b"200 OK" in raw and b"data:" in raw, raw[:500]
        if number == 0:
            wait_for_gauges(fresh, 1)
        leave(connection, "reset" if number % 2 else "close")
    for _ in range(25):
        connection = connect(fresh.port)
        connection.sendall(request(fresh.key, {"model": f"house/{broken}", "messages": [], "stream": True}, version=version))
        raw, closed = read_until_count(connection, b"0\r\n\r\n" if version == "HTTP/1.1" else b"no such text", 1, 5)
        assert (closed or raw.endswith(b"0\r\n\r\n")) and b"[DONE]" not in raw, raw[-500:]
        connection.close()
    assert len(upstream.seen(left)) == 25 and upstream.seen(broken)
    wait_for_gauges(fresh, 0)


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("manner", ["close", "reset"])
@pytest.mark.parametrize("delay", [0, 0.005])
def test_a_client_that_leaves_with_its_last_byte_costs_no_upstream_request(fresh, upstream, model, streaming, manner, delay):
    """At once, and so late that the upstream has been asked. The last client stays until a request arrived."""
    upstream.script(model, Reply((), "stall"))
    sent = request(fresh.key, {"model": f"house/{model}", "messages": [], "stream": streaming})
    cut_at = sent.index(b"\r\n\r\n") + 4
    for left in reversed(range(8)):
        connection = connect(fresh.port)
        connection.sendall(sent[:cut_at])
        time.sleep(0.1)
        connection.sendall(sent[cut_at:])
        if delay:
            time.sleep(delay)
        if left == 0:
            upstream.wait(model)
        leave(connection, manner)
    time.sleep(1)
    late = [e for e in upstream.seen(model) if e.peer_closed_at is None or e.peer_closed_at > e.request.at + 1]
    assert not late, f"{len(late)} of {len(upstream.seen(model))} upstream requests run on without a client"
    wait_for_gauges(fresh, 0)


@pytest.mark.parametrize("framing", ["close", "length", "chunked"])
def test_an_upstream_that_answers_1_MB_and_closes_at_once(fresh, upstream, model, framing):
    text = "y" * MEGABYTE
    more = {} if framing == "close" else {"headers": {"Connection": "close"}}
    upstream.script(model, answer(completion(text), framing=framing, end="fin", **more))
    for number in range(20):
        got = ask(fresh, f"house/{model}")
        assert got.status_code == 200, (number, got.text[:500])
        assert got.json()["choices"][0]["message"]["content"] == text
    assert len(upstream.seen(model)) == 20, "some were asked twice"


# --- what errors say -------------------------------------------------------------------------------------------------

BAD_KEY = {"error": {"message": f"bad key {SECRET}", "type": "invalid_request_error", "code": None, "param": None}}
BARE_BAD_KEY = {"error": {"message": f"bad key {SECRET}"}}
BEGUN = chunk({"role": "assistant", "content": "one"})


@pytest.mark.parametrize("shape", [BAD_KEY, BARE_BAD_KEY], ids=["full", "bare"])
@pytest.mark.parametrize("place", ["whole", "first-event", "mid-stream", "status-401", "status-400"])
def test_an_upstreams_error_never_shows_the_configured_key(fresh, upstream, model, place, shape):
    upstream.script(
        model,
        {
            "whole": answer(shape), "first-event": stream(events(shape)), "mid-stream": stream(events(BEGUN, shape)),
            "status-401": answer(shape, 401), "status-400": answer(shape, 400),
        }[place],
    )  # fmt: skip
    body = {"model": f"house/{model}", "messages": [], "stream": place in ("first-event", "mid-stream")}
    got: Conversation = converse(fresh.port, request(fresh.key, body, "Connection: close"))
    assert upstream.seen(model)[0].request.header("authorization") == f"Bearer {SECRET}"
    assert SECRET.encode() not in got.raw, got.raw
    (response,) = got.responses
    if place == "mid-stream":
        last = [json.loads(line[6:]) for line in response.body.split(b"\n") if line.startswith(b"data: {")][-1]
        assert response.status == 200 and last["error"]["message"] and b"[DONE]" not in response.body
    else:
        assert response.status >= 400 and response.json()["error"]["message"]
    fresh.stop()
    assert SECRET not in fresh.output


def test_a_spent_quota_says_that_trying_again_is_pointless(fresh, upstream, model):
    upstream.script(model, answer(error("You exceeded your current quota", "insufficient_quota", "insufficient_quota"), 429))
    got = ask(fresh, f"house/{model}")
    assert got.status_code == 429 and got.headers.get("x-should-retry") == "false", dict(got.headers)


@pytest.mark.parametrize("code", ["context_length_exceeded", "unsupported_value", "a_code_of_its_own"])
def test_an_upstreams_400_keeps_its_code(fresh, upstream, model, code):
    upstream.script(model, answer(error("Something is wrong with it", code=code, param="messages"), 400))
    got = ask(fresh, f"house/{model}")
    assert got.status_code == 400 and got.json()["error"]["code"] == code, got.text


@pytest.mark.parametrize("name", ["house/" + "m" * 294, "é" * 150], ids=["ascii", "two-byte-letters"])
def test_a_model_name_of_300_bytes_is_refused(fresh, upstream, name):
    assert len(name.encode()) == 300
    got = ask(fresh, name)
    assert got.status_code == 400, got.text
    assert got.json()["error"]["param"] == "model" and "model" in got.json()["error"]["message"], got.text
    assert not upstream.seen(name.removeprefix("house/"))
