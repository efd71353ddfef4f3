"""What a correct but unusual HTTP/1.1 client does: pipelining, Expect, half-closing, resets, slow reading and writing."""

from __future__ import annotations

import json
import os
import random
import socket
import struct
import time

import httpx
import pytest

from answers import GOOD, completion, text_stream
from raw_http import chunked_request, connect, converse, parse, read_to_end, request
from scripted_upstream import Reply, answer, stream

FULL = os.environ.get("TURNPIKE_FULL") == "1"
BODY = json.dumps(GOOD).encode()
CODED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)


def content(response) -> str:
    return response.json()["choices"][0]["message"]["content"]


# --- allowed, if odd -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "coded",
    [
        CODED,
        b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n",
        CODED.replace(b"\r\n", b";name=value;other\r\n", 1),
        CODED[:-2] + b"X-Checksum: 1\r\nX-Other: 2\r\n\r\n",
        CODED.upper().replace(BODY.upper(), BODY),
        b"0" * 6 + CODED,
    ],
    ids=["one", "single-bytes", "extension", "trailers", "upper-case-size", "leading-zeros"],
)
def test_chunked_bodies_are_read(tight, coded):
    got = converse(tight.port, chunked_request(tight.key, coded, "Connection: close"))
    assert got.statuses == [200] and content(got.responses[0]) == "good" and got.closed


@pytest.mark.parametrize("seed", range(6))
def test_a_request_arrives_in_any_pieces(tight, seed):
    rng = random.Random(seed)
    sent = chunked_request(tight.key, CODED, "Connection: close") if seed % 2 else request(tight.key, GOOD, "Connection: close")
    cuts = [0, *sorted(rng.sample(range(1, len(sent)), 25)), len(sent)]
    steps = [step for a, b in zip(cuts, cuts[1:]) for step in (sent[a:b], rng.random() * 0.003)]
    assert converse(tight.port, *steps).statuses == [200]


def test_a_blank_line_before_a_request_is_ignored(tight):
    assert converse(tight.port, b"\r\n" + request(tight.key, GOOD, "Connection: close")).statuses == [200]


def test_the_absolute_form_is_understood_or_refused(tight):
    sent = request(tight.key, GOOD, "Connection: close", target="http://gateway.test/v1/chat/completions")
    assert converse(tight.port, sent).statuses in ([200], [400], [404])


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
def test_connection_close_is_honoured(tight, version):
    got = converse(tight.port, request(tight.key, GOOD, *(["Connection: close"] if version[-1] == "1" else []), version=version))
    assert got.statuses == [200] and got.closed and got.seconds < 2
    if version == "HTTP/1.1":
        assert got.responses[0].headers["connection"] == "close"


def test_a_stream_to_an_http_1_0_client_is_not_chunked(tight, upstream, model):
    upstream.script(model, stream(text_stream(["a", "b"])))
    body = {"model": f"house/{model}", "messages": [], "stream": True}
    got = converse(tight.port, request(tight.key, body, version="HTTP/1.0"))
    assert got.closed and got.statuses == [200]
    assert "transfer-encoding" not in got.responses[0].headers
    assert got.responses[0].body.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("field", ["Content-Length", "Authorization", "Host", "close, Transfer-Encoding", "x" * 2000])
def test_hop_by_hop_lists_cannot_remove_fields(tight, field):
    got = converse(tight.port, request(tight.key, GOOD, f"Connection: close, {field}"))
    assert got.statuses in ([200], [400]) and got.closed


def test_an_upgrade_to_http_2_is_ignored(tight):
    sent = request(tight.key, GOOD, "Connection: Upgrade, HTTP2-Settings, close", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")
    assert converse(tight.port, sent).statuses == [200]


@pytest.mark.parametrize(
    ("method", "target", "allowed"),
    [
        ("GET", "/v1/chat/completions", "POST"), ("PUT", "/v1/chat/completions", "POST"), ("HEAD", "/v1/chat/completions", "POST"),
        ("OPTIONS", "/v1/chat/completions", "POST"), ("DELETE", "/v1/chat/completions", "POST"), ("PATCH", "/v1/completions", "POST"),
        ("POST", "/v1/models", "GET"), ("DELETE", "/v1/models/gpt-4o", "GET"),
    ],
)  # fmt: skip
def test_a_wrong_method_is_a_405_that_names_the_right_one(tight, method, target, allowed):
    sent = request(tight.key, b"", "Connection: close", method=method, target=target)
    got = converse(tight.port, sent, bodiless=method == "HEAD")
    assert got.closed and got.statuses == [405], got.raw[:300]
    assert allowed in got.responses[0].headers["allow"]
    assert method == "HEAD" or got.responses[0].json()["error"]["message"]


@pytest.mark.parametrize("target", ["/v1", "/v1/nothing", "/v1/chat", "/favicon.ico", "/V1/chat/completions", "/v1%2Fchat%2Fcompletions"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_is_a_404_in_openais_shape(tight, target, method):
    got = converse(tight.port, request(tight.key, b"{}" if method == "POST" else b"", "Connection: close", method=method, target=target))
    assert got.statuses == [404], got.raw[:300]
    assert {"message", "type", "param", "code"} <= set(got.responses[0].json()["error"])


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_needs_no_key(tight, path):
    assert httpx.get(tight.url + path).status_code == 200


# --- Expect ----------------------------------------------------------------------------------------------------------


def test_expect_gets_its_100_and_then_the_answer(tight):
    sent = request(tight.key, GOOD, "Expect: 100-continue", "Connection: close")
    head, _, body = sent.partition(b"\r\n\r\n")
    with connect(tight.port) as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        raw, closed = read_to_end(connection, time.monotonic() + 5)
    assert closed and [r.status for r in parse(raw)] == [200]


@pytest.mark.parametrize("spelling", ["100-continue", "100-Continue"])
def test_expect_with_the_body_at_once(tight, spelling):
    assert converse(tight.port, request(tight.key, GOOD, f"Expect: {spelling}", "Connection: close")).statuses == [200]


def test_expect_without_a_body(tight):
    got = converse(tight.port, request(tight.key, b"", "Expect: 100-continue", "Connection: close", method="GET", target="/v1/models"))
    assert got.statuses == [200]


@pytest.mark.parametrize("expectation", ["200-ok", "100-continue, other"])
def test_an_unknown_expectation_is_a_417(tight, expectation):
    got = converse(tight.port, request(tight.key, GOOD, f"Expect: {expectation}", "Connection: close"))
    assert got.statuses == [417]


@pytest.mark.parametrize("reason", ["too-large", "no-key"])
def test_expect_is_refused_before_the_body(tight, reason):
    key, length = (tight.key, 1 << 30) if reason == "too-large" else ("tp-wrong", 100)
    head = request(key, b"", "Expect: 100-continue", f"Content-Length: {length}", length=False)
    with connect(tight.port) as connection:
        connection.sendall(head)
        first = connection.recv(65536)
    assert first.startswith(b"HTTP/1.1 413" if reason == "too-large" else b"HTTP/1.1 401")


# --- pipelining ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_pipelined_requests_are_answered_in_order(tight, upstream, model, seed):
    """Slow and fast answers, streams and errors mixed; each answer is the one of its own request."""
    rng = random.Random(seed)
    sent, expected = [], []
    for number in range(12):
        name = f"{model}-{number}"
        kind = rng.choice(["slow", "fast", "stream", "error", "unknown"])
        if kind == "slow":
            upstream.script(name, Reply((0.05 + rng.random() * 0.15, *answer(completion(name)).steps)))
        elif kind == "fast":
            upstream.script(name, answer(completion(name)))
        elif kind == "stream":
            upstream.script(name, stream(text_stream([name]), rng=rng))
        elif kind == "error":
            upstream.script(name, answer({"error": {"message": name, "type": "invalid_request_error"}}, status=400))
        provider = "nowhere" if kind == "unknown" else "house"
        body = {"model": f"{provider}/{name}", "messages": [], "stream": kind == "stream"}
        last = ["Connection: close"] if number == 11 else []
        if number % 3 == 2:
            data = json.dumps(body).encode()
            sent.append(chunked_request(tight.key, b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data), *last))
        else:
            sent.append(request(tight.key, body, *last))
        expected.append(({"error": 400, "unknown": 404}.get(kind, 200), name))
    got = converse(tight.port, b"".join(sent), patience=15)
    assert got.closed and got.statuses == [status for status, _ in expected]
    for response, (_, name) in zip(got.responses, expected):
        assert name.encode() in response.body, (name, response.body[:200])


def test_a_bad_request_behind_a_good_one_does_not_spoil_it(tight):
    got = converse(tight.port, request(tight.key, GOOD) + request(tight.key, GOOD, "Bad Name: x"))
    assert got.closed and got.statuses in ([200, 400], [200])
    assert content(got.responses[0]) == "good"


def test_nothing_behind_connection_close_is_answered(tight, upstream, model):
    upstream.script(model, answer(completion("late")))
    got = converse(tight.port, request(tight.key, GOOD, "Connection: close") + request(tight.key, {"model": f"house/{model}", "messages": []}))
    assert got.statuses == [200] and got.closed and not upstream.seen(model)


def test_a_thousand_pipelined_requests(tight):
    sent = request(tight.key, b"", method="GET", target="/healthz", length=False)
    got = converse(tight.port, sent * 999 + request(tight.key, b"", "Connection: close", method="GET", target="/healthz", length=False))
    assert got.statuses == [200] * 1000


def test_many_requests_on_one_connection(tight):
    with httpx.Client(headers={"authorization": f"Bearer {tight.key}"}) as client:
        for _ in range(100):
            assert client.post(f"{tight.url}/v1/chat/completions", json=GOOD).status_code == 200


# --- clients that leave, and slow ones -------------------------------------------------------------------------------


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("delay", [0, 0.3])
def test_a_half_closed_client_gets_its_own_answer_or_none(tight, upstream, model, streaming, delay):
    """On the wire it looks like one that has gone away, for which the upstream must be closed at once; so both are right,
    but never a half answer that looks whole, or another's."""
    whole = stream(text_stream([model])) if streaming else answer(completion(model))
    upstream.script(model, Reply((float(delay), *whole.steps)))
    body = {"model": f"house/{model}", "messages": [], "stream": streaming}
    got = converse(tight.port, request(tight.key, body), half_close=True)
    assert got.closed and got.seconds < 3
    if got.responses and streaming:
        assert not got.raw.endswith(b"0\r\n\r\n") or b"data: [DONE]" in got.responses[0].body
    elif got.responses:
        assert got.statuses == [200] and content(got.responses[0]) == model


@pytest.mark.parametrize("moment", ["connect", "head", "body", "waiting", "stream"])
@pytest.mark.parametrize("manner", ["reset", "close"])
def test_a_client_that_leaves_does_no_harm(tight, upstream, model, moment, manner):
    upstream.script(model, Reply(stream(text_stream(["x" * 1000] * 50), framing="close").steps if moment == "stream" else (), "stall"))
    body = {"model": f"house/{model}", "messages": [], "stream": moment == "stream"}
    sent = request(tight.key, body)
    head = sent.index(b"\r\n\r\n") + 4
    size = {"connect": 0, "head": head - 10, "body": head + 5}.get(moment, len(sent))
    for _ in range(5):
        connection = connect(tight.port)
        connection.sendall(sent[:size])
        if moment in ("waiting", "stream"):
            exchange = upstream.wait(model)[-1]
        if moment == "stream":
            connection.recv(100)
        if manner == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        if moment == "waiting":
            assert exchange.peer_closed.wait(2), "the upstream was not closed"


@pytest.mark.slow
@pytest.mark.parametrize("where", ["silence", "head", "body", "chunked-body"])
def test_a_client_that_falls_silent_is_cut_off(tight, where):
    sent = request(tight.key, GOOD)
    head = sent.index(b"\r\n\r\n") + 4
    pieces = {"silence": b"", "head": sent[: head - 10], "body": sent[: head + 5], "chunked-body": chunked_request(tight.key, CODED[:10])}
    got = converse(tight.port, pieces[where], patience=12)
    assert got.closed, "still open 12 s after the last byte (idle: 3s)"
    assert got.statuses in ([], [408])


@pytest.mark.slow
@pytest.mark.parametrize("where", ["head", pytest.param("body", marks=pytest.mark.skipif(not FULL, reason="takes a minute"))])
def test_a_client_that_sends_a_byte_now_and_then_is_cut_off(tight, where):
    """A head has the idle time in all, a body a minute."""
    limit = 12 if where == "head" else 75
    sent = request(tight.key, {"model": "house/good", "messages": [], "user": "u" * 600})
    start = 20 if where == "head" else sent.index(b"\r\n\r\n") + 6
    with connect(tight.port) as connection:
        connection.sendall(sent[:start])
        begun = time.monotonic()
        try:
            for byte in sent[start:]:
                time.sleep(0.25)
                connection.sendall(bytes([byte]))
                assert time.monotonic() - begun < limit, f"still accepted after {limit} s"
        except (BrokenPipeError, ConnectionResetError):
            return
        raw, closed = read_to_end(connection, time.monotonic() + 2)
        assert closed and [r.status for r in parse(raw)] in ([], [408]), raw[:200]


@pytest.mark.slow
def test_an_idle_connection_is_closed(tight):
    got = converse(tight.port, request(tight.key, GOOD), patience=12)
    assert got.statuses == [200] and got.closed and 2 < got.seconds < 10


def test_a_slow_reader_gets_the_whole_stream(tight, upstream, model):
    upstream.script(model, stream(text_stream(["x" * 2000] * 500)))
    body = {"model": f"house/{model}", "messages": [], "stream": True}
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.connect(("127.0.0.1", tight.port))
        connection.sendall(request(tight.key, body, "Connection: close"))
        data = b""
        for _ in range(20):
            time.sleep(0.02)
            data += connection.recv(2000)
        rest, closed = read_to_end(connection, time.monotonic() + 20)
    responses = parse(data + rest)
    assert closed and responses[0].body.endswith(b"data: [DONE]\n\n") and responses[0].body.count(b"x" * 2000) == 500
