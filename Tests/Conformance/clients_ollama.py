"""The `ollama` package as a client of Ollama's native API."""

from __future__ import annotations

import json

import httpx
import ollama

from clients_openai import listening
from intents import Broken, Call, Got, Intent, Native, NotExpressible, Picture, Refused, Text, Turn, Usage


class OllamaClient:
    name, title = "ollama", "Ollama"
    package = "ollama"
    lacks = {
        "image-url": "Ollama takes images as bytes only",
        "document": "Ollama takes no documents",
        "tool-error": "Ollama has no flag for a failed tool",
        "tools-forced": "Ollama has no tool choice",
        "tools-named": "Ollama has no tool choice",
        "tools-none": "Ollama has no tool choice",
        "one-call": "Ollama cannot forbid parallel calls",
        "count": "Ollama has no token counting",
        "cached-usage": "Ollama counts no cached tokens",
    }
    shows = ("fresh", "output")
    sees_stop_sequence = False
    stops = {"stop": "stop", "length": "length"}

    def __init__(self, url: str, key: str, **_):
        self.headers: dict[str, str] = {}
        self.sent: list[bytes] = []
        self.sdk = ollama.Client(
            host=url, headers={"Authorization": f"Bearer {key}"}, timeout=20, event_hooks=listening(self.headers, self.sent)
        )
        self._plain, self._key, self._url = self.sdk, key, url

    def ask(self, intent: Intent, model: str, headers: dict[str, str] | None = None) -> Got:
        body = self._body(intent)
        sdk = self.sdk
        if headers:
            fields = {"Authorization": f"Bearer {self._key}"} | headers
            sdk = ollama.Client(host=self._url, headers=fields, timeout=20, event_hooks=listening(self.headers, self.sent))
        try:
            if intent.stream:
                parts = list(sdk.chat(model=model, stream=True, **body))
            else:
                parts = [sdk.chat(model=model, **body)]
        except ollama.ResponseError as error:
            status = None if error.status_code in (-1, 200) else error.status_code
            raise Refused(status, str(error.error), "", dict(self.headers)) from error
        except (httpx.HTTPError, ValueError, ConnectionError) as error:
            raise Broken(f"{type(error).__name__}: {error}") from error
        last = parts[-1] if parts else None
        if last is None or not last.done:
            raise Broken("the stream ended without a final line and without an error")
        got = Got(
            "".join(p.message.content or "" for p in parts),
            "".join(p.message.thinking or "" for p in parts),
            [Call(c.function.name, dict(c.function.arguments)) for p in parts for c in p.message.tool_calls or []],
            self.stops.get(last.done_reason, last.done_reason),
            Usage(last.prompt_eval_count, None, None, last.eval_count, None),
            headers=dict(self.headers),
        )
        if got.calls and got.stop == "stop":
            got.stop = "tool_calls"
        turn = {"role": "assistant", "content": got.text}
        if got.thinking:
            turn["thinking"] = got.thinking
        if got.calls:
            turn["tool_calls"] = [{"function": {"name": c.name, "arguments": c.arguments}} for c in got.calls]
        got.turn = Native(turn)
        return got

    @staticmethod
    def _body(intent: Intent) -> dict:
        if intent.choice or intent.parallel is not None:
            raise NotExpressible
        body: dict = {"messages": [{"role": "system", "content": intent.system}] if intent.system else []}
        for turn in intent.turns:
            body["messages"] += _turn(turn)
        if intent.tools:
            body["tools"] = [
                {"type": "function", "function": {"name": t.name, "description": t.description, "parameters": t.parameters}}
                for t in intent.tools
            ]
        if intent.schema:
            body["format"] = intent.schema
        elif intent.json_object:
            body["format"] = "json"
        if intent.effort:
            body["think"] = intent.effort
        said = {
            "temperature": intent.temperature, "top_p": intent.top_p, "top_k": intent.top_k, "seed": intent.seed,
            "stop": list(intent.stop) or None, "num_predict": intent.limit, "frequency_penalty": intent.frequency_penalty,
            "presence_penalty": intent.presence_penalty,
        }  # fmt: skip
        if options := {name: value for name, value in said.items() if value is not None}:
            body["options"] = options
        return body


def _turn(turn: Turn) -> list[dict]:
    if len(turn.parts) == 1 and isinstance(turn.parts[0], Native):
        return [turn.parts[0].value]
    if turn.role == "tool":
        if any(p.failed for p in turn.parts):
            raise NotExpressible
        return [{"role": "tool", "content": p.text, "tool_name": p.name} for p in turn.parts]
    made: dict = {"role": turn.role, "content": ""}
    for part in turn.parts:
        if isinstance(part, Text):
            made["content"] += part.text
        elif isinstance(part, Picture):
            made.setdefault("images", []).append(part.data)
        elif isinstance(part, Call):
            arguments = part.arguments if isinstance(part.arguments, dict) else json.loads(str(part.arguments))
            made.setdefault("tool_calls", []).append({"function": {"name": part.name, "arguments": arguments}})
        else:
            raise NotExpressible
    return [made]
