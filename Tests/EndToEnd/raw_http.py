"""An HTTP client on a raw socket, for requests no library would send, and a strict reader of what comes back."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self):
        return json.loads(self.body)


@dataclass(frozen=True)
class Conversation:
    """Everything that came back on one connection. `closed`: the peer ended it; otherwise the reader gave up waiting."""

    responses: list[Response]
    closed: bool
    seconds: float
    raw: bytes

    @property
    def statuses(self) -> list[int]:
        return [r.status for r in self.responses]


def connect(port: int, timeout: float = 8) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def converse(port: int, *pieces: bytes | float, half_close: bool = False, patience: float = 8, bodiless: bool = False) -> Conversation:
    """Sends the pieces (floats are pauses) on a new connection and reads until the peer closes or `patience` seconds
    pass. A peer that closes while being sent to is no error: its answer is still read. `bodiless`: answers to HEAD."""
    started = time.monotonic()
    with connect(port, patience) as connection:
        try:
            for piece in pieces:
                if isinstance(piece, bytes):
                    connection.sendall(piece)
                else:
                    time.sleep(piece)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            pass
        raw, closed = read_to_end(connection, started + patience)
    return Conversation(parse(raw, bodiless), closed, time.monotonic() - started, raw)


def read_to_end(connection: socket.socket, deadline: float) -> tuple[bytes, bool]:
    data = bytearray()
    while (left := deadline - time.monotonic()) > 0:
        connection.settimeout(left)
        try:
            piece = connection.recv(65536)
        except TimeoutError:
            return bytes(data), False
        except ConnectionResetError:
            return bytes(data), True
        if not piece:
            return bytes(data), True
        data += piece
    return bytes(data), False


def parse(raw: bytes, bodiless: bool = False) -> list[Response]:
    """The final responses in `raw` (1xx are skipped); ValueError where they are not well-formed HTTP. A last body that
    breaks off is kept as far as it came."""
    found = []
    rest = raw
    while rest:
        head, blank, rest = rest.partition(b"\r\n\r\n")
        if not blank:
            raise ValueError(f"a head that breaks off: {head[:200]!r}")
        lines = head.decode("latin-1").split("\r\n")
        version, _, status = lines[0].partition(" ")
        if version != "HTTP/1.1":
            raise ValueError(f"not a status line: {lines[0][:100]!r}")
        code = int(status[:3])
        fields: dict[str, str] = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon or not name or name != name.strip() or "\n" in line or "\r" in line:
                raise ValueError(f"not a header line: {line[:100]!r}")
            fields[name.lower()] = value.strip()
        if code < 200:
            continue
        if bodiless or code in (204, 304):
            body = b""
        elif fields.get("transfer-encoding", "").lower() == "chunked":
            body, rest = _dechunk(rest)
        elif "content-length" in fields:
            length = int(fields["content-length"])
            body, rest = rest[:length], rest[length:]
        else:
            body, rest = rest, b""
        found.append(Response(code, fields, body))
    return found


def _dechunk(data: bytes) -> tuple[bytes, bytes]:
    body = b""
    while True:
        line, end, after = data.partition(b"\r\n")
        if not end:
            return body, b""
        size = int(line.split(b";")[0], 16)
        if size == 0:
            return body, after[2:]
        body += after[:size]
        data = after[size + 2 :]


def request(
    key: str, body: bytes | dict, *extra: str, method: str = "POST", target: str = "/v1/chat/completions", version: str = "HTTP/1.1",
    length: bool = True, host: str = "gateway.test",
) -> bytes:  # fmt: skip
    """A well-formed request, but for what the caller changes; `extra` are further header lines."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"{method} {target} {version}", *([f"Host: {host}"] if host else []), f"Authorization: Bearer {key}"]
    lines += ["Content-Type: application/json", *extra]
    if length:
        lines.append(f"Content-Length: {len(data)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + data


def chunked_request(key: str, coded: bytes, *extra: str) -> bytes:
    return request(key, b"", "Transfer-Encoding: chunked", *extra, length=False) + coded
