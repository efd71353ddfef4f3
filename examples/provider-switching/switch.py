"""Runs each script of this folder on each provider by changing one line of turnpike.yaml; the scripts stay as they are.

    python examples/provider-switching/switch.py [--turnpike BINARY] [--script google_genai …] [--provider bedrock …]

Needs no keys: `turnpike simulate` plays the providers, each in its own dialect. Needs the packages google-genai, openai,
anthropic and boto3. The exit status is 1 where a script fails."""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
SCRIPTS = ("google_genai", "openai", "anthropic", "boto3")
PROVIDERS = {
    "gemini": "gemini/gemini-2.5-flash",
    "bedrock": "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "anthropic": "anthropic/claude-sonnet-5",
    "openai": "openai/gpt-4o-mini",
    "local": "local/qwen3-32b",
}
ADMIN_KEY = "tp-admin-of-the-provider-switching-example-0123456789"
# What a script must not find in its environment: real accounts.
FOREIGN = ("OPENAI_", "ANTHROPIC_", "GEMINI_", "GOOGLE_", "AWS_", "TURNPIKE_")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int, process: subprocess.Popen, log: pathlib.Path) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if process.poll() is not None:
            sys.exit(f"turnpike ended with {process.returncode}:\n{log.read_text(errors='replace')[-3000:]}")
        try:
            socket.create_connection(("127.0.0.1", port), 0.5).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nothing listens on port {port}:\n{log.read_text(errors='replace')[-3000:]}")


class Run:
    """`turnpike simulate` and, before it, a gateway with the one line set."""

    def __init__(self, binary: str, folder: pathlib.Path):
        self.binary, self.folder = binary, folder
        self.clean = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)} | {"NO_PROXY": "127.0.0.1,localhost"}
        self.processes: list[subprocess.Popen] = []
        self.simulator = free_port()
        self._start(self.simulator, "simulate", "--listen", f"127.0.0.1:{self.simulator}")

    def _start(self, port: int, *arguments: str, **environment: str) -> subprocess.Popen:
        log = self.folder / f"{arguments[0]}-{port}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [self.binary, *arguments], stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=self.folder, env=self.clean | environment
            )
        self.processes.append(process)
        wait_for(port, process, log)
        return process

    def serve(self, target: str) -> dict[str, str]:
        """Starts the gateway with this target in the one line; answers the environment in which the scripts find it."""
        port, admin, here = free_port(), free_port(), f"http://127.0.0.1:{self.simulator}"
        text = (HERE / "turnpike.yaml").read_text()
        changed = re.sub(r"&answers \S+", f"&answers {target}", text)
        assert sum(a != b for a, b in zip(text.splitlines(), changed.splitlines())) <= 1
        tls = self._certificate()
        file = self.folder / f"{port}.yaml"
        file.write_text(changed + f"\ntls: {{ certificate: {tls[0]}, key: {tls[1]} }}\n")
        self._start(
            admin, "serve", "--config", str(file), PORT=str(port), ADMIN_PORT=str(admin), STATE=str(self.folder / f"{port}.db"),
            TURNPIKE_ADMIN_KEY=ADMIN_KEY, AWS_ACCESS_KEY_ID="AKIDSIMULATED", AWS_SECRET_ACCESS_KEY="simulated",
            GEMINI_URL=here, BEDROCK_URL=here, ANTHROPIC_URL=here, OPENAI_URL=f"{here}/v1", LOCAL_URL=f"{here}/v1",
        )  # fmt: skip
        url = f"https://localhost:{port}"
        key = self._key(admin)
        return self.clean | {
            "OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": key, "ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": key,
            "GOOGLE_GEMINI_BASE_URL": url, "GEMINI_API_KEY": key, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url,
            # boto3 sends a bearer key over TLS only; the certificate is this run's own.
            "AWS_BEARER_TOKEN_BEDROCK": key, "AWS_CA_BUNDLE": str(tls[0]), "SSL_CERT_FILE": str(tls[0]),
        }  # fmt: skip

    def _certificate(self) -> tuple[pathlib.Path, pathlib.Path]:
        certificate, key = self.folder / "cert.pem", self.folder / "key.pem"
        if not certificate.exists():
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                 "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
                check=True, capture_output=True,
            )  # fmt: skip
        return certificate, key

    @staticmethod
    def _key(admin: int) -> str:
        body = json.dumps({"name": "switching", "account": "examples"}).encode()
        headers = {"Authorization": f"Bearer {ADMIN_KEY}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{admin}/admin/v1/keys", body, headers)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)["key"]

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turnpike", default=shutil.which("turnpike") or str(HERE.parents[1] / ".build/release/turnpike"))
    parser.add_argument("--script", action="append", choices=SCRIPTS)
    parser.add_argument("--provider", action="append", choices=list(PROVIDERS))
    asked = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="switching-") as folder:
        run = Run(str(pathlib.Path(asked.turnpike).resolve()), pathlib.Path(folder))
        try:
            for provider in asked.provider or PROVIDERS:
                environment = run.serve(PROVIDERS[provider])
                for script in asked.script or SCRIPTS:
                    command = [sys.executable, str(HERE / f"with_{script}.py")]
                    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
                    failed += done.returncode != 0
                    print(f"== with_{script}.py on {PROVIDERS[provider]}: {'done' if done.returncode == 0 else 'FAILED'}")
                    print(done.stdout + done.stderr[-3000:])
        except (urllib.error.URLError, subprocess.SubprocessError) as error:
            print(f"{type(error).__name__}: {error}")
            failed += 1
        finally:
            run.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
