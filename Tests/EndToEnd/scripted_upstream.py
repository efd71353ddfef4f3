"""An HTTP/1.1 upstream on raw sockets that does exactly what its script says.

A test registers replies under a model name (`upstream.script("some-model", reply, ...)`); a request whose JSON body asks
for that model gets them in turn, and the last one again and again. Where the body names none, the path does, as Gemini's
and Bedrock's do; a request that names no model at all (for a token, say) is scripted by its path. A reply is a sequence of byte strings, each one
`send` call, and of pauses (floats, seconds), followed by what becomes of the connection:

- `keep`   the answer was well formed, the next request may follow
- `fin`    close (FIN)
- `rst`    close with SO_LINGER 0 (RST)
- `stall`  say nothing more and wait until the peer goes away

Everything received is kept in `upstream.exchanges` with the number of its connection.
"""

from __future__ import annotations

import json
import random
import select
import socket
import ssl
import struct
import threading
import time
import urllib.parse
from dataclasses import dataclass, field

REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}


@dataclass(frozen=True)
class Reply:
    """What one request gets: pieces (bytes) and pauses (seconds), then the fate of the connection."""

    steps: tuple[bytes | float, ...]
    end: str = "keep"


@dataclass
class Request:
    """One request as it arrived; `connection` and `number` count from 0."""

    connection: int
    number: int
    method: str
    target: str
    headers: list[tuple[str, str]]
    head: bytes
    body: bytes
    at: float

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return found[0] if found else None

    def json(self):
        return json.loads(self.body)


@dataclass
class Exchange:
    """A request and what became of it. Times are `time.monotonic()`."""

    request: Request
    model: str = ""
    sent: int = 0
    finished_at: float | None = None
    peer_closed: threading.Event = field(default_factory=threading.Event)
    peer_closed_at: float | None = None

    def closed(self) -> None:
        if self.peer_closed_at is None:
            self.peer_closed_at = time.monotonic()
            self.peer_closed.set()


# --- making replies --------------------------------------------------------------------------------------------------


def split(data: bytes, rng: random.Random | None, most: int = 24) -> list[bytes]:
    """`data` cut at random places into 1 to `most` pieces; whole without a generator."""
    if rng is None or len(data) < 2:
        return [data]
    cuts = sorted(rng.sample(range(1, len(data)), min(len(data) - 1, rng.randint(0, most - 1))))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)])]


def chunks(data: bytes, rng: random.Random | None = None, finish: bool = True) -> bytes:
    """`data` in chunked coding, in one chunk or in chunks of random sizes."""
    coded = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in split(data, rng, 12) if piece)
    return coded + (b"0\r\n\r\n" if finish else b"")


def head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}", *(f"{key}: {value}" for key, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def with_pauses(pieces: list[bytes], rng: random.Random | None) -> tuple[bytes | float, ...]:
    """The pieces with a pause of up to a millisecond between some of them, so that they arrive in several reads."""
    steps: list[bytes | float] = []
    for piece in pieces:
        steps.append(piece)
        if rng is not None and rng.random() < 0.3:
            steps.append(rng.random() * 0.001)
    return tuple(steps)


def answer(
    body: bytes | dict | list,
    status: int = 200,
    content_type: str | None = "application/json",
    framing: str = "length",
    headers: dict[str, str] | None = None,
    rng: random.Random | None = None,
    end: str | None = None,
) -> Reply:
    """A whole answer. `framing`: `length`, `chunked`, or `close` (the end of the connection ends the body)."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"Content-Type": content_type} if content_type else {}
    fields |= headers or {}
    if framing == "length":
        fields["Content-Length"] = str(len(data))
    elif framing == "chunked":
        fields["Transfer-Encoding"] = "chunked"
        data = chunks(data, rng)
    else:
        fields["Connection"] = "close"
    last = end or ("fin" if framing == "close" else "keep")
    return Reply(with_pauses(split(head(status, fields) + data, rng), rng), last)


def stream(body: bytes, **options) -> Reply:
    """Server-sent events, chunked unless said otherwise."""
    return answer(body, **({"content_type": "text/event-stream; charset=utf-8", "framing": "chunked"} | options))


def cut(body: bytes, at: int, manner: str, content_type: str = "text/event-stream", framing: str = "chunked") -> Reply:
    """The first `at` bytes of `body`, then the end in one of these manners: `rst`, `fin` (inside the framing), `end`
    (the framing is finished as if nothing were missing)."""
    fields = {"Content-Type": content_type}
    if framing == "chunked":
        fields["Transfer-Encoding"] = "chunked"
        data = chunks(body[:at], finish=manner == "end")
    elif framing == "length":
        fields["Content-Length"] = str(at if manner == "end" else len(body))
        data = body[:at]
    else:
        fields["Connection"] = "close"
        data = body[:at]
    steps: tuple[bytes | float, ...] = (head(200, fields) + data,)
    if manner == "rst":
        # Long enough for the bytes to be read before the reset discards them.
        return Reply((*steps, 0.001), "rst")
    return Reply(steps, "keep" if manner == "end" and framing != "close" else "fin")


def events(*data: dict | str) -> bytes:
    """Server-sent events with these payloads."""
    return b"".join(b"data: %s\n\n" % (item if isinstance(item, str) else json.dumps(item)).encode() for item in data)


# --- the server ------------------------------------------------------------------------------------------------------


class ScriptedUpstream:
    """Listens on a free loopback port. Use as a context manager."""

    def __init__(self, tls: ssl.SSLContext | None = None):
        self.tls = tls
        self.exchanges: list[Exchange] = []
        self.default = answer({"error": {"message": "no script for this request", "type": "script", "code": None}}, status=418)
        self._scripts: dict[str, list[Reply]] = {}
        self._lock = threading.Lock()
        self._connections = 0
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()
        with self._lock:
            still_open = list(self._open)
        for connection in still_open:
            connection.close()

    def script(self, model: str, *replies: Reply) -> None:
        with self._lock:
            self._scripts[model] = list(replies)

    def seen(self, model: str) -> list[Exchange]:
        """The exchanges that asked for this model."""
        with self._lock:
            return [e for e in self.exchanges if e.model == model]

    def wait(self, model: str, count: int = 1, seconds: float = 5) -> list[Exchange]:
        """Waits until the upstream has got that many requests for the model."""
        end = time.monotonic() + seconds
        while len(found := self.seen(model)) < count:
            assert time.monotonic() < end, f"the upstream got {len(found)} of {count} requests for {model}"
            time.sleep(0.002)
        return found

    # The rest runs on the server's threads.

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                number = self._connections
                self._connections += 1
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        last: Exchange | None = None
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with self._lock:
                self._open.add(connection)
            buffer = bytearray()
            count = 0
            while True:
                request = _read_request(connection, buffer, number, count)
                if request is None:
                    return
                count += 1
                last = Exchange(request, asked(request))
                reply = self._reply(last.model)
                with self._lock:
                    self.exchanges.append(last)
                if not self._play(connection, reply, last):
                    return
        except (OSError, ssl.SSLError, ValueError):
            pass
        finally:
            if last is not None:
                last.closed()
            with self._lock:
                self._open.discard(connection)
            try:
                connection.close()
            except OSError:
                pass

    def _reply(self, model: str) -> Reply:
        with self._lock:
            queue = self._scripts.get(model)
            if not queue:
                return self.default
            return queue.pop(0) if len(queue) > 1 else queue[0]

    def _play(self, connection: socket.socket, reply: Reply, exchange: Exchange) -> bool:
        """True where the connection lives on."""
        for step in reply.steps:
            if isinstance(step, bytes):
                connection.sendall(step)
                exchange.sent += len(step)
            elif self._peer_leaves(connection, step):
                exchange.closed()
                return False
        exchange.finished_at = time.monotonic()
        if reply.end == "keep":
            return True
        if reply.end == "stall":
            if self._peer_leaves(connection, 60):
                exchange.closed()
        elif reply.end == "rst":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    def _peer_leaves(self, connection: socket.socket, seconds: float) -> bool:
        """Waits; true as soon as the peer has closed or reset its side."""
        if self.tls or seconds < 0.002:
            time.sleep(seconds)
            return False
        end = time.monotonic() + seconds
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        while (left := end - time.monotonic()) > 0:
            if not poll.poll(left * 1000):
                return False
            try:
                if connection.recv(1, socket.MSG_PEEK) == b"":
                    return True
            except OSError:
                return True
            time.sleep(min(0.005, max(left, 0)))
        return False


def asked(request: Request) -> str:
    """What a request is scripted by: the model of its body, else of its path, else the path."""
    try:
        value = json.loads(request.body)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict) and isinstance(value.get("model"), str):
        return value["model"]
    path = request.target.partition("?")[0]
    for before, after in (("/models/", ":"), ("/model/", "/"), ("/deployments/", "/chat/")):
        if before in path and after in (rest := path.rpartition(before)[2]):
            return urllib.parse.unquote(rest.rpartition(after)[0])
    return path


def _read_request(connection: socket.socket, buffer: bytearray, number: int, count: int) -> Request | None:
    def more() -> bool:
        data = connection.recv(65536)
        buffer.extend(data)
        return bool(data)

    while (end := buffer.find(b"\r\n\r\n")) < 0:
        if not more():
            return None
    raw = bytes(buffer[: end + 4])
    del buffer[: end + 4]
    lines = raw[:-4].decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ", 2)
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
    fields = {name.lower(): value for name, value in headers}
    body = b""
    if "chunked" in fields.get("transfer-encoding", "").lower():
        while True:
            while (line := buffer.find(b"\r\n")) < 0:
                if not more():
                    return None
            size = int(bytes(buffer[:line]).split(b";")[0], 16)
            while len(buffer) < line + 2 + size + 2:
                if not more():
                    return None
            body += buffer[line + 2 : line + 2 + size]
            del buffer[: line + 2 + size + 2]
            if size == 0:
                break
    else:
        length = int(fields.get("content-length", "0"))
        while len(buffer) < length:
            if not more():
                return None
        body = bytes(buffer[:length])
        del buffer[:length]
    return Request(number, count, method, target, headers, raw, body, time.monotonic())
