"""Starts and stops the finished `turnpike` binary, and speaks to its admin port."""

from __future__ import annotations

import atexit
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Variables from which the gateway would find real providers; a test never inherits them.
PROVIDER_VARIABLES = (
    "OPENAI", "ANTHROPIC", "GEMINI", "GOOGLE", "AWS", "AZURE", "COHERE", "MISTRAL", "GROQ", "DEEPSEEK", "XAI", "TOGETHER",
    "FIREWORKS", "OPENROUTER", "PERPLEXITY", "CEREBRAS", "NVIDIA", "HF", "HUGGINGFACE", "OLLAMA", "TURNPIKE", "REDIS",
)  # fmt: skip

# What a crashing Swift process leaves on its standard error.
CRASH_SIGNS = ("Fatal error", "Illegal instruction", "Segmentation fault", "Swift/ContiguousArrayBuffer", "*** Signal", "💣")


def binary() -> pathlib.Path:
    """TURNPIKE_BINARY, else the newest build in the checkout."""
    if named := os.environ.get("TURNPIKE_BINARY"):
        return pathlib.Path(named).resolve()
    built = [p for p in (ROOT / ".build" / kind / "turnpike" for kind in ("debug", "release")) if p.exists()]
    if not built:
        raise FileNotFoundError("no turnpike binary: run `swift build`, or set TURNPIKE_BINARY")
    return max(built, key=lambda p: p.stat().st_mtime)


_taken: set[int] = set()


def free_port() -> int:
    """A port nobody listens on, below the ephemeral range so that no outgoing connection takes it meanwhile."""
    rng = random.SystemRandom()
    while True:
        port = rng.randrange(15000, 32000)
        if port in _taken:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _taken.add(port)
        return port


def clean_environment(**extra: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(PROVIDER_VARIABLES)}
    return kept | extra


class Process:
    """A running `turnpike` command whose output goes to files."""

    def __init__(
        self,
        directory: pathlib.Path,
        *arguments: str,
        env: dict[str, str] | None = None,
        prefix: tuple[str, ...] = (),
        executable: pathlib.Path | None = None,
    ):
        """`prefix`: a command that starts it in its own place, such as taskset or valgrind."""
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        atexit.register(self._kill)
        self._out = open(directory / "stdout", "wb")
        self._err = open(directory / "stderr", "wb")
        self.process = subprocess.Popen(
            [*prefix, str(executable or binary()), *arguments], stdin=subprocess.DEVNULL, stdout=self._out, stderr=self._err, cwd=directory,
            env=clean_environment(**(env or {})),
        )  # fmt: skip

    def _kill(self) -> None:
        """What a failed test left running ends with the run."""
        if self.alive():
            self.process.kill()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def output(self) -> str:
        return "".join((self.directory / name).read_text(errors="replace") for name in ("stdout", "stderr"))

    def alive(self) -> bool:
        return self.process.poll() is None

    def wait_for_port(self, port: int, seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.alive(), f"turnpike ended with {self.process.returncode}:\n{self.output[-3000:]}"
            try:
                socket.create_connection(("127.0.0.1", port), 0.5).close()
                return
            except OSError:
                time.sleep(0.02)
        raise AssertionError(f"nothing listens on port {port}:\n{self.output[-3000:]}")

    def wait_for_output(self, text: str, seconds: float = 20) -> str:
        end = time.monotonic() + seconds
        while text not in self.output:
            assert self.alive(), f"turnpike ended with {self.process.returncode}:\n{self.output[-3000:]}"
            assert time.monotonic() < end, f"{text!r} was not printed:\n{self.output[-3000:]}"
            time.sleep(0.02)
        return self.output

    def terminate(self, seconds: float = 15) -> int:
        """SIGTERM, and the exit status (negative: ended by a signal)."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"turnpike did not end within {seconds} s of SIGTERM:\n{self.output[-3000:]}") from None
        finally:
            self._out.close()
            self._err.close()

    def check_health(self) -> None:
        assert self.alive(), f"turnpike ended with {self.process.returncode}:\n{self.output[-3000:]}"
        assert not [sign for sign in CRASH_SIGNS if sign in self.output], self.output[-3000:]


def run(directory: pathlib.Path, *arguments: str, env: dict[str, str] | None = None, seconds: float = 30):
    """Runs a `turnpike` command to its end."""
    return subprocess.run(
        [str(binary()), *arguments], capture_output=True, text=True, cwd=directory, env=clean_environment(**(env or {})),
        timeout=seconds, stdin=subprocess.DEVNULL,
    )  # fmt: skip


class Gateway(Process):
    """`turnpike serve` with a configuration of the test's; makes one client key at the admin port.

    `configuration` is YAML text without `listen`, `admin` and `state`, which are written here."""

    def __init__(
        self,
        directory: pathlib.Path,
        configuration: str,
        secrets: tuple[str, ...] = (),
        env: dict[str, str] | None = None,
        prefix: tuple[str, ...] = (),
        patience: float = 20,
        executable: pathlib.Path | None = None,
    ):
        directory.mkdir(parents=True, exist_ok=True)
        self.port, self.admin_port = free_port(), free_port()
        self.admin_key = "tp-admin-" + "".join(random.SystemRandom().choices("abcdefghijklmnopqrstuvwxyz", k=40))
        self.config = directory / "turnpike.yaml"
        self.write(configuration)
        self.patience = patience
        environment = {"TURNPIKE_ADMIN_KEY": self.admin_key} | (env or {})
        super().__init__(directory, "serve", "--config", str(self.config), env=environment, prefix=prefix, executable=executable)
        self.wait_for_port(self.port, patience)
        self.wait_for_port(self.admin_port, patience)
        self.secrets = [*secrets, self.admin_key]
        self.key = self.make_key("tests")

    def write(self, configuration: str) -> None:
        self.config.write_text(
            f"listen: 127.0.0.1:{self.port}\n"
            f"admin: {{ listen: 127.0.0.1:{self.admin_port} }}\n"
            f"state: {{ database: sqlite:{self.config.parent}/turnpike.db }}\n" + configuration
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def admin(self, method: str, path: str, body=None, key: str | None = None) -> tuple[int, dict | list | str | None]:
        """One call of the admin port; `key=""` sends none. Answers the status and the decoded body."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.admin_port}{path}", method=method)
        if key != "":
            request.add_header("Authorization", f"Bearer {key or self.admin_key}")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=self.patience) as response:
                status, data = response.status, response.read()
        except urllib.error.HTTPError as error:
            status, data = error.code, error.read()
        try:
            return status, json.loads(data)
        except ValueError:
            return status, data.decode(errors="replace")

    def make_key(self, name: str, **fields) -> str:
        status, made = self.admin("POST", "/admin/v1/keys", {"name": name, "account": "tests"} | fields)
        assert status == 201, (status, made)
        self.secrets.append(made["key"])
        return made["key"]

    def stop(self) -> None:
        """Ends the gateway and checks what it leaves: no crash, a clean exit, no secret in its output."""
        self.check_health()
        assert self.terminate() == 0
        text = self.output
        assert not [sign for sign in CRASH_SIGNS if sign in text], text[-3000:]
        leaked = [secret[:12] + "…" for secret in self.secrets if secret in text]
        assert not leaked, f"secrets in the output: {leaked}"
