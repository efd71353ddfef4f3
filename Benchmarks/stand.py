"""Everything a measurement stands on: the compiled tools, the upstream, nginx and the gateway, each on its core."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Tests" / "EndToEnd"))

from certificates import authority, issue  # noqa: E402
from gateway import Gateway, binary, free_port  # noqa: E402

import bodies  # noqa: E402

UPSTREAM_KEY = "sk-bench-upstream-0001"

# What each tool is for, and Debian's package of it.
TOOLS = {
    "cc": "gcc", "strip": "binutils", "taskset": "util-linux", "openssl": "openssl", "nginx": "nginx", "valgrind": "valgrind",
}  # fmt: skip


def missing(*needed: str) -> list[str]:
    """What has to be installed first, in words."""
    found = [f"{tool} (apt-get install {TOOLS[tool]})" for tool in needed if not (shutil.which(tool) or shutil.which(f"/usr/sbin/{tool}"))]
    if "cc" in needed and not pathlib.Path("/usr/include/openssl/ssl.h").exists():
        found.append("the headers of OpenSSL (apt-get install libssl-dev)")
    return found


def pinned(core: int | None) -> tuple[str, ...]:
    """The command that keeps a process on a core; nothing on a machine with one."""
    return ("taskset", "-c", str(core)) if core is not None and (os.cpu_count() or 1) > 1 else ()


class Stand:
    """The tools, bodies and certificates of one run, in a folder of its own. Use as a context manager."""

    def __init__(self, folder: pathlib.Path, tls: bool = True):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._started: list[subprocess.Popen] = []
        self._gateways: list[Gateway] = []
        for name in ("load", "upstream"):
            self._compile(name, "-lssl", "-lcrypto")
        self.bodies = bodies.write(folder)
        if tls:
            self.authority = authority(folder)
            self.certificate = issue(folder, "server", self.authority)

    def _compile(self, name: str, *libraries: str, shared: bool = False) -> pathlib.Path:
        made = self.folder / (f"{name}.so" if shared else name)
        flags = ["-shared", "-fPIC"] if shared else []
        subprocess.run(["cc", "-O2", *flags, "-o", str(made), str(HERE / f"{name}.c"), *libraries], check=True)
        return made

    def library(self, name: str) -> pathlib.Path:
        """One of the libraries to preload, compiled."""
        return self._compile(name, shared=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for gateway in self._gateways:
            if gateway.alive():
                gateway.terminate(30)
        for process in self._started:
            process.terminate()
        for process in self._started:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()

    def _start(self, port: int, core: int | None, *command: str, env: dict[str, str] | None = None) -> subprocess.Popen:
        log = open(self.folder / f"{pathlib.Path(command[0]).name}.log", "ab")
        process = subprocess.Popen([*pinned(core), *command], stdout=log, stderr=log, cwd=self.folder, env=env)
        self._started.append(process)
        _wait(port)
        return process

    def upstream(
        self, tls: bool = False, core: int | None = 0, answers: pathlib.Path | None = None
    ) -> tuple[int, subprocess.Popen]:
        """`answers`: a folder of answers of other providers than OpenAI."""
        port = free_port()
        extra = [str(path) for path in self.certificate] if tls else []
        env = os.environ | {"ANSWERS": str(answers)} if answers else None
        return port, self._start(port, core, str(self.folder / "upstream"), str(port), *extra, env=env)

    def nginx(self, upstream: int, tls: bool = False, core: int | None = 1) -> tuple[int, subprocess.Popen]:
        """A keep-alive proxy that buffers nothing, with one worker."""
        port = free_port()
        certificate, key = (self.certificate if tls else (None, None))
        secured = f"ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3;" if tls else ""
        towards = f"proxy_ssl_trusted_certificate {self.authority[0]}; proxy_ssl_verify on; proxy_ssl_name localhost;" if tls else ""
        places = " ".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.folder / f"nginx-{port}.conf").write_text(f"""
worker_processes 1; daemon off; master_process off; pid {self.folder}/nginx-{port}.pid; error_log {self.folder}/nginx.err warn;
events {{ worker_connections 4096; }}
http {{
  access_log off; {places} tcp_nodelay on; keepalive_requests 1000000000; client_body_buffer_size 256k; client_max_body_size 32m;
  upstream models {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port} {"ssl" if tls else ""}; {secured}
    location / {{
      proxy_pass {"https" if tls else "http"}://models; proxy_http_version 1.1; {towards}
      proxy_set_header Connection ""; proxy_set_header Authorization "Bearer {UPSTREAM_KEY}";
      proxy_buffering off; proxy_request_buffering off;
    }}
  }}
}}
""")
        command = shutil.which("nginx") or "/usr/sbin/nginx"
        return port, self._start(port, core, command, "-c", str(self.folder / f"nginx-{port}.conf"))

    def gateway(
        self, upstream: int, tls: bool = False, threads: int | None = 1, core: int | None = 1, prefix: tuple[str, ...] = (),
        providers: str = "", routes: str = "", **options
    ) -> Gateway:
        """The gateway with everything a deployment has on: keys, an account with a budget and limits, metrics.

        `providers` and `routes` are further lines of the configuration."""
        scheme, authority_line = ("https", f", ca_certificate: {self.authority[0]}") if tls else ("http", "")
        certificate = f"tls: {{ certificate: {self.certificate[0]}, key: {self.certificate[1]} }}\n" if tls else ""
        loops = f"server: {{ threads: {threads} }}\n" if threads else ""
        made = Gateway(
            self.folder / f"gateway-{len(self._gateways)}",
            f"""{certificate}{loops}
providers:
  bench: {{ kind: openai, base_url: "{scheme}://127.0.0.1:{upstream}/v1", api_key: {UPSTREAM_KEY}{authority_line} }}
{providers}models:
  bench/gpt-4o-mini: {{ context: 128000, output: 16384, capabilities: [tools, vision, json_schema], price: {{ input: 0.15, output: 0.60 }} }}
routes:
  gpt-4o-mini: bench/gpt-4o-mini
{routes}accounts:
  bench: {{ budget: {{ usd: 1000000, per: month }}, limits: {{ requests: 100000000/m, tokens: 100000000000/m, concurrent: 100000 }} }}
telemetry: {{ prometheus: true }}
""",
            secrets=(UPSTREAM_KEY,), prefix=(*pinned(core), *prefix), **options,
        )  # fmt: skip
        made.key = made.make_key("bench", account="bench")
        self._gateways.append(made)
        return made

    def load(
        self, port: int, key: str, *mix: str, connections: int = 16, seconds: float | None = None, requests: int | None = None,
        rate: float = 0, aborts: float = 0, measured: tuple[int, ...] = (), tls: bool = False, core: int | None = 0, seed: int = 1,
    ) -> dict:  # fmt: skip
        """One run of the load generator. `mix` names bodies, `name:weight` for several."""
        command = [*pinned(core), str(self.folder / "load"), "-p", str(port), "-k", key, "-c", str(connections), "-s", str(seed)]
        for part in mix:
            name, colon, weight = part.partition(":")
            command += ["-b", f"{self.bodies[name]}{colon}{weight}"]
        command += ["-n", str(requests)] if requests else ["-d", str(seconds), "-w", "0.4"]
        command += ["-r", str(rate)] if rate else []
        command += ["-a", str(aborts)] if aborts else []
        command += ["-P", ",".join(map(str, measured))] if measured else []
        command += ["-t"] if tls else []
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode or not done.stdout:
            raise RuntimeError(f"the load generator failed: {done.stderr[-500:]}")
        return json.loads(done.stdout) | {"complaints": done.stderr[:500]}


def resident_kb(pid: int) -> int:
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def _wait(port: int, seconds: float = 20) -> None:
    import socket

    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 0.5).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise RuntimeError(f"nothing listens on port {port}") from None
            time.sleep(0.02)
