"""Requests that break HTTP/1.1 or the API's own rules, on raw sockets.

Each gets a clear 4xx or a closed connection: never a 5xx, never a hang, never the answer to another request; a request
hidden in its body or behind it never reaches an upstream; and the gateway answers the next good request."""

from __future__ import annotations

import gzip
import json

import pytest

from answers import GOOD
from raw_http import chunked_request, converse, request

HEAD_LIMIT, BODY_LIMIT = 16 * 1024, 1024 * 1024


BODY = json.dumps(GOOD).encode()
CODED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
SIZE = b"%x" % len(BODY)


def smuggled(key: str) -> bytes:
    return request(key, {"model": "house/smuggled", "messages": []})


def check_refused(got, only: set[int] | None = None) -> None:
    assert got.closed, f"the connection is still open after {got.seconds:.1f} s; answers so far: {got.statuses}"
    assert len(got.responses) <= 1, f"more than one answer: {got.statuses}"
    for response in got.responses:
        assert 400 <= response.status <= 499, got.raw[:500]
        assert only is None or response.status in only, got.raw[:500]
        assert response.json()["error"]["message"]
    assert only is None or got.responses, "closed without an answer"


# --- framing: how long the body is -----------------------------------------------------------------------------------

# name → header lines that stand in for the framing, the body as sent follows
AMBIGUOUS = {
    "length-then-chunked": (f"Content-Length: {len(CODED)}", "Transfer-Encoding: chunked"),
    "chunked-then-length": ("Transfer-Encoding: chunked", f"Content-Length: {len(CODED)}"),
    "chunked-with-length-0": ("Transfer-Encoding: chunked", "Content-Length: 0"),
    "two-different-lengths": (f"Content-Length: {len(BODY)}", "Content-Length: 0"),
    "list-of-different-lengths": (f"Content-Length: {len(BODY)}, 0",),
    "space-before-the-colon-of-length": (f"Content-Length : {len(BODY)}",),
    "space-before-the-colon-of-coding": ("Transfer-Encoding : chunked",),
    "tab-before-the-colon-of-coding": ("Transfer-Encoding\t: chunked",),
    "xchunked": ("Transfer-Encoding: xchunked",),
    "chunked-then-identity": ("Transfer-Encoding: chunked, identity",),
    "identity": ("Transfer-Encoding: identity",),
    "identity-then-chunked": ("Transfer-Encoding: identity, chunked",),
    "gzip-then-chunked": ("Transfer-Encoding: gzip, chunked",),
    "chunked-twice-in-a-list": ("Transfer-Encoding: chunked, chunked",),
    "chunked-in-two-fields": ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
    "coding-in-two-fields": ("Transfer-Encoding: identity", "Transfer-Encoding: chunked"),
    "vertical-tab-in-coding": ("Transfer-Encoding: \x0bchunked",),
    "quoted-coding": ('Transfer-Encoding: "chunked"',),
    "coding-with-parameter": ("Transfer-Encoding: chunked;q=1",),
    "coding-with-nul": ("Transfer-Encoding: chunked\0",),
    "coding-with-dot": ("Transfer-Encoding: chunked.",),
    "empty-coding": ("Transfer-Encoding: ",),
    "folded-coding": ("Transfer-Encoding:\r\n chunked",),
    "folded-length": (f"Content-Length:\r\n {len(BODY)}",),
    "bare-lf-hides-a-coding": (f"X: y\nTransfer-Encoding: chunked\r\nContent-Length: {len(BODY)}",),
    "bare-cr-hides-a-coding": (f"X: y\rTransfer-Encoding: chunked\r\nContent-Length: {len(BODY)}",),
    "length-with-plus": (f"Content-Length: +{len(BODY)}",),
    "length-with-minus": (f"Content-Length: -{len(BODY)}",),
    "length-minus-1": ("Content-Length: -1",),
    "length-in-hex": (f"Content-Length: 0x{len(BODY):x}",),
    "length-with-a-space-inside": ("Content-Length: 3 7",),
    "length-empty": ("Content-Length: ",),
    "length-as-a-fraction": (f"Content-Length: {len(BODY)}.0",),
    "length-with-an-exponent": ("Content-Length: 1e2",),
    "length-with-underscore": ("Content-Length: 3_7",),
    "length-beyond-64-bits": (f"Content-Length: {2**64 + len(BODY)}",),
    "length-beyond-63-bits": (f"Content-Length: {2**63}",),
    "length-of-200-digits": ("Content-Length: " + "9" * 200,),
    "length-in-other-digits": ("Content-Length: \xb2\xb3",),
}


@pytest.mark.parametrize("lines", AMBIGUOUS.values(), ids=AMBIGUOUS)
@pytest.mark.parametrize("body", ["plain", "chunked"])
def test_doubtful_framing_is_refused(tight, lines, body):
    sent = request(tight.key, b"", *lines, length=False) + (BODY if body == "plain" else CODED) + smuggled(tight.key)
    check_refused(converse(tight.port, sent))


@pytest.mark.parametrize("coding", ["chunked", "identity", "gzip"])
def test_a_transfer_coding_in_http_1_0_is_refused(tight, coding):
    head = request(tight.key, b"", f"Transfer-Encoding: {coding}", length=False, version="HTTP/1.0")
    check_refused(converse(tight.port, head + CODED + smuggled(tight.key)))


CHUNKS = {
    "size-is-no-number": b"zz\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size-is-empty": b"\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size-overflows-64-bits": b"1" + b"0" * 14 + SIZE + b"\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size-fills-64-bits": b"ffffffffffffffff\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size-fills-63-bits": b"7fffffffffffffff\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size-of-a-thousand-digits": b"0" * 1000 + SIZE + b"\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size-negative": b"-" + SIZE + b"\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size-with-plus": b"+" + SIZE + b"\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size-with-0x": b"0x" + SIZE + b"\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size-after-a-space": b" " + SIZE + b"\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size-with-garbage": SIZE + b"g\r\n" + BODY + b"\r\n0\r\n\r\n",
    "line-feed-after-the-size": SIZE + b"\n" + BODY + b"\r\n0\r\n\r\n",
    "carriage-return-after-the-size": SIZE + b"\r" + BODY + b"\r\n0\r\n\r\n",
    "nothing-after-the-data": SIZE + b"\r\n" + BODY + b"0\r\n\r\n",
    "line-feed-after-the-data": SIZE + b"\r\n" + BODY + b"\n0\r\n\r\n",
    "two-bytes-of-rubbish-after-the-data": SIZE + b"\r\n" + BODY + b"XX0\r\n\r\n",
    "line-feeds-at-the-end": SIZE + b"\r\n" + BODY + b"\r\n0\n\n",
    "bare-line-feed-in-an-extension": SIZE + b";a\nb\r\n" + BODY + b"\r\n0\r\n\r\n",
    "nul-in-an-extension": SIZE + b";a\0b\r\n" + BODY + b"\r\n0\r\n\r\n",
    "extension-of-100-kB": SIZE + b";" + b"a" * 100_000 + b"\r\n" + BODY + b"\r\n0\r\n\r\n",
    "trailers-of-100-kB": SIZE + b"\r\n" + BODY + b"\r\n0\r\n" + b"x: y\r\n" * 17_000 + b"\r\n",
    "trailer-without-colon": SIZE + b"\r\n" + BODY + b"\r\n0\r\nnonsense\r\n\r\n",
    "folded-trailer": SIZE + b"\r\n" + BODY + b"\r\n0\r\nx: y\r\n z\r\n\r\n",
}


@pytest.mark.parametrize("coded", CHUNKS.values(), ids=CHUNKS)
def test_bad_chunks_are_refused(tight, coded):
    check_refused(converse(tight.port, chunked_request(tight.key, coded) + smuggled(tight.key)))


# --- the head --------------------------------------------------------------------------------------------------------

HEADS = {
    "folded-line": "X-Note: one\r\n two",
    "fold-before-the-first-field": None,
    "bare-line-feed": "X-Note: one\nX-Other: two",
    "bare-carriage-return": "X-Note: one\rtwo",
    "double-carriage-return": "X-Note: one\r",
    "nul-in-a-value": "X-Note: o\0ne",
    "nul-in-a-name": "X-No\0te: one",
    "control-in-a-value": "X-Note: o\x01ne",
    "delete-in-a-value": "X-Note: o\x7fne",
    "space-before-the-colon": "X-Note : one",
    "space-in-a-name": "X Note: one",
    "high-byte-in-a-name": "X-N\xf6te: one",
    "separator-in-a-name": "X-Note(a): one",
    "no-colon": "X-Note",
    "no-name": ": one",
    "second-host": "Host: other.test",
}


@pytest.mark.parametrize("name", HEADS)
def test_a_broken_head_is_refused(tight, name):
    line = HEADS[name]
    sent = request(tight.key, BODY, *([line] if line else []))
    if line is None:
        sent = sent.replace(b"Host:", b" Host:", 1)
    check_refused(converse(tight.port, sent + smuggled(tight.key)))


@pytest.mark.parametrize("host", ["", "a b", "a/b", "a\tb", "user@host", "[::1"])
def test_a_missing_or_broken_host_is_refused(tight, host):
    check_refused(converse(tight.port, request(tight.key, BODY, host=host)), {400})


LINES = {
    "lower-case-method": "post /v1/chat/completions HTTP/1.1",
    "unknown-method": "BREW /v1/chat/completions HTTP/1.1",
    "empty-method": " /v1/chat/completions HTTP/1.1",
    "method-with-control": "PO\x01ST /v1/chat/completions HTTP/1.1",
    "connect": "CONNECT gateway.test:443 HTTP/1.1",
    "trace": "TRACE /v1/chat/completions HTTP/1.1",
    "http-2.0": "POST /v1/chat/completions HTTP/2.0",
    "http-3": "POST /v1/chat/completions HTTP/3",
    "http-1.10": "POST /v1/chat/completions HTTP/1.10",
    "http-1": "POST /v1/chat/completions HTTP/1",
    "http-0.9": "POST /v1/chat/completions HTTP/0.9",
    "lower-case-version": "POST /v1/chat/completions http/1.1",
    "other-protocol": "POST /v1/chat/completions ICAP/1.0",
    "version-missing": "POST /v1/chat/completions",
    "version-with-garbage": "POST /v1/chat/completions HTTP/1.1x",
    "two-spaces": "POST  /v1/chat/completions HTTP/1.1",
    "two-spaces-before-the-version": "POST /v1/chat/completions  HTTP/1.1",
    "tabs": "POST\t/v1/chat/completions\tHTTP/1.1",
    "space-at-the-end": "POST /v1/chat/completions HTTP/1.1 ",
    "space-in-the-target": "POST /v1/chat /completions HTTP/1.1",
    "authority-form": "POST gateway.test:80 HTTP/1.1",
    "asterisk-form": "POST * HTTP/1.1",
    "relative-target": "POST v1/chat/completions HTTP/1.1",
    "control-in-the-target": "POST /v1/chat/\x02completions HTTP/1.1",
    "nul-in-the-target": "POST /v1/chat/completions\0 HTTP/1.1",
    "high-byte-in-the-target": "POST /v1/ch\xe4t/completions HTTP/1.1",
    "fragment": "POST /v1/chat/completions#x HTTP/1.1",
    "bad-percent-encoding": "POST /v1/chat%zz/completions HTTP/1.1",
    "half-percent-encoding": "POST /v1/chat/completions% HTTP/1.1",
    "encoded-nul": "POST /v1/chat/completions%00 HTTP/1.1",
    "encoded-line-end": "POST /v1/chat/completions%0d%0a HTTP/1.1",
    "dot-segments": "POST /v1/../../etc/passwd HTTP/1.1",
    "double-slash": "POST //v1/chat/completions HTTP/1.1",
    "long-target": "POST /v1/chat/completions?" + "a" * 100_000 + " HTTP/1.1",
    "long-method": "P" * 100_000 + " /v1/chat/completions HTTP/1.1",
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_broken_request_line_is_refused(tight, line):
    sent = line.encode("latin-1") + request(tight.key, BODY, "Connection: close").partition(b" HTTP/1.1")[2]
    check_refused(converse(tight.port, sent))


def test_a_field_of_100_kB_is_too_large(tight):
    check_refused(converse(tight.port, request(tight.key, BODY, "X-Note: " + "a" * 100_000)))


def test_thousands_of_fields_are_too_many(tight):
    check_refused(converse(tight.port, request(tight.key, BODY, *[f"X-{i}: y" for i in range(5_000)])))


def test_a_head_just_above_its_limit_says_so(tight):
    """Small enough to be read whole, so that the answer is not lost in a reset."""
    check_refused(converse(tight.port, request(tight.key, BODY, "X-Note: " + "a" * (HEAD_LIMIT + 10))), {431})


@pytest.mark.parametrize("unit", [b"X-Note: aaaaaaaaaaaaaaaaaaaaa\r\n", b"a", b"\r\n", b"\0" * 64], ids=["fields", "line", "blank", "nul"])
@pytest.mark.parametrize("opening", [b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n", b""], ids=["after-the-line", "from-the-start"])
def test_an_endless_head_is_cut_off(tight, unit, opening):
    if unit == b"\r\n" and opening:
        pytest.skip("a blank line ends the head")
    block = unit * (65536 // len(unit))
    check_refused(converse(tight.port, opening, *[block] * 200))


# --- bodies ----------------------------------------------------------------------------------------------------------


def test_a_body_above_the_limit_is_refused_before_it_is_sent(tight):
    got = converse(tight.port, request(tight.key, b"", f"Content-Length: {BODY_LIMIT + 1}", length=False))
    check_refused(got, {413})
    assert got.seconds < 2


def test_a_body_above_the_limit_is_refused_while_it_is_sent(tight):
    check_refused(converse(tight.port, request(tight.key, b" " * (2 * BODY_LIMIT))))


def test_an_endless_chunked_body_is_cut_off(tight):
    piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
    check_refused(converse(tight.port, chunked_request(tight.key, b""), *[piece] * 400))


def test_an_endless_row_of_tiny_chunks_is_cut_off(tight):
    check_refused(converse(tight.port, chunked_request(tight.key, b""), *[b"1\r\n \r\n" * 10_000] * 400))


def test_a_body_that_never_ends_because_the_client_left(tight):
    got = converse(tight.port, request(tight.key, b"", "Content-Length: 500", length=False) + b'{"model"', half_close=True)
    check_refused(got)


DEPTH = 100_000
BODIES = {
    "empty": b"",
    "blank": b"  \r\n",
    "array": b"[]",
    "string": b'"model"',
    "number": b"1",
    "null": b"null",
    "truncated-object": BODY[:-1],
    "truncated-string": b'{"model":"house/smuggled',
    "truncated-escape": b'{"model":"house/smuggled\\',
    "text-after-the-end": BODY + b"x",
    "two-values": BODY + b" {}",
    "missing-comma": b'{"model":"house/smuggled" "messages":[]}',
    "missing-colon": b'{"model" "house/smuggled","messages":[]}',
    "trailing-comma": b'{"model":"house/smuggled","messages":[],}',
    "single-quotes": b"{'model':'house/smuggled','messages':[]}",
    "bare-word": b'{"model":"house/smuggled","messages":[],"x":nope}',
    "wrong-bracket": b'{"model":"house/smuggled","messages":[}}',
    "control-in-a-string": b'{"model":"house/smuggled\x01","messages":[]}',
    "bad-escape": b'{"model":"house/smuggled\\x","messages":[]}',
    "bad-unicode-escape": b'{"model":"house/smuggled\\u12g4","messages":[]}',
    "bad-utf-8": b'{"model":"house/smuggled","messages":[],"x":"\xff\xfe"}',
    "cut-utf-8": b'{"model":"house/smuggled","messages":[],"x":"\xe2\x82"}',
    "overlong-utf-8": b'{"model":"house/smuggled","messages":[],"x":"\xc0\xaf"}',
    "surrogate-in-utf-8": b'{"model":"house/smuggled","messages":[],"x":"\xed\xa0\x80"}',
    "utf-16": '{"model":"house/smuggled","messages":[]}'.encode("utf-16"),
    "gzip-without-saying-so": gzip.compress(BODY),
    "array-bomb": b"[" * DEPTH,
    "object-bomb": b'{"a":' * DEPTH,
    "bomb-in-a-field": b'{"model":"house/smuggled","messages":' + b"[" * DEPTH + b"]" * DEPTH + b"}",
    "bomb-in-an-unknown-field": b'{"model":"house/smuggled","messages":[],"x":' + b'{"a":' * DEPTH + b"1" + b"}" * DEPTH + b"}",
    "model-missing": b'{"messages":[]}',
    "model-is-an-object": b'{"model":{"house":"smuggled"},"messages":[]}',
    "stream-is-text": b'{"model":"house/smuggled","messages":[],"stream":"true"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_bad_body_is_a_400(tight, body, framing):
    if framing == "length":
        sent = request(tight.key, body, "Connection: close")
    else:
        coded = b"%x\r\n%s\r\n" % (len(body), body) if body else b""
        sent = chunked_request(tight.key, coded + b"0\r\n\r\n", "Connection: close")
    check_refused(converse(tight.port, sent), {400})


@pytest.mark.parametrize("inside", [b'"messages":[,]', b'"messages":[],"x":"a\nb"', b'"messages":[],"x":01', b'"messages":[],"x":{"a" 1}'])
def test_a_fault_deep_inside_is_refused_here_or_upstream(tight, upstream, inside):
    """Values the gateway has no interest in are skipped, not parsed; then the provider refuses them."""
    sent = request(tight.key, b'{"model":"house/strict",' + inside + b"}", "Connection: close")
    check_refused(converse(tight.port, sent))


def test_a_compressed_body_is_refused_with_a_reason(tight):
    sent = request(tight.key, gzip.compress(BODY), "Content-Encoding: gzip", "Connection: close")
    check_refused(converse(tight.port, sent), {400, 415})


def test_a_model_name_cannot_write_header_lines(tight):
    body = {"model": "house/x\r\nset-cookie: a=b\r\n\r\nHTTP/1.1 200 OK", "messages": []}
    got = converse(tight.port, request(tight.key, body, "Connection: close"))
    assert got.closed and len(got.responses) == 1
    assert "set-cookie" not in got.responses[0].headers


# --- other protocols on the port -------------------------------------------------------------------------------------

STRANGERS = {
    "http-2-preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0",
    "tls-client-hello": bytes.fromhex("16030100c8010000c40303") + bytes(range(189)),
    "ssh": b"SSH-2.0-OpenSSH_9.2\r\n",
    "proxy-protocol": b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n",
    "http-0.9": b"GET /\r\n\r\n",
    "redis": b"*1\r\n$4\r\nPING\r\n",
    "random": bytes((i * 197 + 31) % 256 for i in range(5000)),
    "zeroes": bytes(5000),
}


@pytest.mark.parametrize("sent", STRANGERS.values(), ids=STRANGERS)
def test_another_protocol_is_turned_away(tight, sent):
    check_refused(converse(tight.port, sent))


def test_the_number_of_refused_cases_is_as_promised():
    tables = (AMBIGUOUS, CHUNKS, HEADS, LINES, BODIES, STRANGERS)
    assert sum(len(table) for table in tables) >= 60
