"""Everything a run needs: the scripted upstream, the gateway before it (twice: plain, and with TLS for boto3, which sends a
bearer key over TLS only), and clients of both."""

from __future__ import annotations

import pathlib
import shutil

import certificates
import conftest
import httpx
import provider_replies
import targets
from gateway import Gateway
from intents import Broken, Intent, Refused, Turn
from judge import Judge
from provider_answers import Block
from scripted_upstream import ScriptedUpstream

_RELIABILITY = """reliability:
  timeouts: { connect: 2s, first_content: 5s, between_chunks: 5s, response: 10s, total: 20s }
"""


class Stage:
    def __init__(self, folder: pathlib.Path):
        self.folder = folder

    def __enter__(self) -> Stage:
        self.upstream = ScriptedUpstream()
        account = conftest.make_service_account(self.folder, f"{self.upstream.url}/token")
        self.upstream.script("/token", conftest.token_answer())
        self.targets = targets.targets(self.upstream.url, account)
        lines = {t: targets.accepted(self.folder, t) for t in self.targets}
        self.built = [t for t in self.targets if lines[t]]
        configuration = "providers:\n" + "\n".join(line for line in lines.values() if line) + "\n" + targets.MODELS + _RELIABILITY
        if not any(t.dialect == "ollama" for t in self.built):
            configuration = configuration.replace(targets.MODELS, "")
        secrets = (*conftest.SECRETS, conftest.UPSTREAM_KEY)
        self.plain = Gateway(self.folder / "plain", configuration, secrets)
        trusted = certificates.authority(self.folder)
        certificate, key = certificates.issue(self.folder, "server", trusted)
        (self.folder / "secure").mkdir(exist_ok=True)
        shutil.copy(certificate, self.folder / "secure" / "cert.pem")
        shutil.copy(key, self.folder / "secure" / "key.pem")
        tls = f"tls: {{ certificate: {self.folder}/secure/cert.pem, key: {self.folder}/secure/key.pem }}\n"
        self.secure = Gateway(self.folder / "secure", configuration + tls, secrets)
        self.authority = str(trusted[0])
        self.judge = Judge(self.upstream)
        self.pair = self._pair()
        self.built = [t for t in self.built if self._reaches(t)]
        return self

    # How the path of a request to a provider ends where its own dialect is spoken.
    _PATHS = {"openai-responses": "/responses", "ollama": "/api/chat", "cohere": "/v2/chat"}

    def _reaches(self, target: targets.Target) -> bool:
        """Whether the gateway speaks the provider's own dialect: one that is not built yet falls back to another."""
        self.upstream.script(target.model, provider_replies.reply(target.dialect, [Block("text", "Hello.")], False))
        body = {"model": target.asked(), "messages": [{"role": "user", "content": "Hello."}]}
        try:
            httpx.post(f"{self.plain.url}/v1/chat/completions", json=body, headers={"authorization": f"Bearer {self.plain.key}"})
        except httpx.HTTPError:
            return False
        seen = self.upstream.seen(target.model)
        return bool(seen) and seen[-1].request.target.endswith(self._PATHS.get(target.dialect, ""))

    def serves(self, kind) -> bool:
        """Whether the client's dialect is served: the first request of its SDK is not answered with 404."""
        target = next(t for t in self.built)
        self.upstream.script(target.model, provider_replies.reply(target.dialect, [Block("text", "Hello.")], False))
        try:
            self.client(kind).ask(Intent((Turn.user("Hello."),)), target.asked())
        except Refused as refused:
            return refused.status not in (404, 405, 501)
        except Broken:
            return True
        return True

    def _pair(self) -> tuple[str, str] | None:
        """An AWS pair of a key's own, where the binary makes them."""
        status, made = self.plain.admin("POST", "/admin/v1/keys", {"name": "aws", "account": "tests", "aws": True})
        if status != 201 or not made.get("aws_secret_access_key"):
            return None
        self.plain.secrets.append(made["aws_secret_access_key"])
        return made["aws_access_key_id"], made["aws_secret_access_key"]

    def client(self, kind):
        """A client of its own for each worker: they remember the last answer's headers."""
        if kind.name == "bedrock":
            return kind(self.plain.url, self.secure.key, f"https://localhost:{self.secure.port}", self.authority, self.pair)
        return kind(self.plain.url, self.plain.key)

    def check_health(self) -> None:
        self.plain.check_health()
        self.secure.check_health()

    def __exit__(self, *_) -> None:
        for gateway in (self.plain, self.secure):
            gateway.terminate()
        self.upstream.__exit__()
