"""The `anthropic` package as a client of the Messages API."""

from __future__ import annotations

import anthropic
import httpx

from clients_openai import listening
from intents import (
    Broken, Call, Document, Got, Intent, Native, NotExpressible, Picture, PictureURL, Refused, Text, Turn, Usage,
)  # fmt: skip

# What the SDK's user asks for where the intent says an effort: a budget of tokens, as the older models take it.
BUDGETS = {"low": 1024, "medium": 4096, "high": 16000}


class AnthropicClient:
    name, title = "anthropic", "Anthropic Messages"
    package = "anthropic"
    lacks = {
        "seed": "Messages has no `seed`",
        "penalties": "Messages has no penalties",
        "json-object": "Messages has no JSON mode without a schema",
    }
    shows = ("fresh", "read", "written", "output")
    sees_stop_sequence = True
    stops = {
        "end_turn": "stop", "stop_sequence": "stop_sequence", "max_tokens": "length", "tool_use": "tool_calls",
        "refusal": "content_filter", "model_context_window_exceeded": "length",
    }  # fmt: skip

    def __init__(self, url: str, key: str, **_):
        self.headers: dict[str, str] = {}
        self.sent: list[bytes] = []
        web = anthropic.DefaultHttpxClient(event_hooks=listening(self.headers, self.sent))
        self.sdk = anthropic.Anthropic(base_url=url, api_key=key, max_retries=0, timeout=20, http_client=web)

    def ask(self, intent: Intent, model: str, headers: dict[str, str] | None = None) -> Got:
        body, extra = self._body(intent)
        fields = extra | (headers or {})
        try:
            if intent.stream:
                with self.sdk.messages.stream(model=model, extra_headers=fields, **body) as stream:
                    finished = False
                    for event in stream:
                        finished = finished or event.type == "message_stop"
                    message = stream.get_final_message()
                if not finished:
                    raise Broken("the stream ended without message_stop and without an error")
            else:
                message = self.sdk.messages.create(model=model, extra_headers=fields, **body)
        except (anthropic.APIError, httpx.HTTPError) as error:
            raise self._failure(error) from error
        got = self._got(message)
        got.headers = dict(self.headers)
        return got

    def count(self, intent: Intent, model: str) -> int:
        body, extra = self._body(intent)
        body = {k: v for k, v in body.items() if k in ("messages", "system", "tools", "tool_choice", "thinking")}
        try:
            return self.sdk.messages.count_tokens(model=model, extra_headers=extra, **body).input_tokens
        except anthropic.APIError as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> Exception:
        if isinstance(error, anthropic.APIStatusError):
            told = error.body.get("error", {}) if isinstance(error.body, dict) else {}
            # An error inside a stream arrives with the status of its head.
            status = None if error.status_code == 200 else error.status_code
            return Refused(status, told.get("message") or error.message, told.get("type", ""), dict(error.response.headers))
        return Broken(f"{type(error).__name__}: {error}")

    def _got(self, message) -> Got:
        of = lambda kind: [b for b in message.content if b.type == kind]
        used = message.usage
        usage = Usage(
            used.input_tokens, used.cache_read_input_tokens or 0, used.cache_creation_input_tokens or 0, used.output_tokens, None
        )
        return Got(
            "".join(b.text for b in of("text")),
            "".join(b.thinking for b in of("thinking")),
            [Call(b.name, b.input, b.id) for b in of("tool_use")],
            self.stops.get(message.stop_reason, message.stop_reason),
            usage,
            Native(message.content),
        )

    @staticmethod
    def _body(intent: Intent) -> tuple[dict, dict]:
        if intent.seed is not None or intent.frequency_penalty or intent.presence_penalty or intent.json_object:
            raise NotExpressible
        body: dict = {"max_tokens": intent.limit or 20_000, "messages": [_turn(t) for t in intent.turns]}
        if intent.system:
            body["system"] = intent.system
        if intent.tools:
            body["tools"] = [{"name": t.name, "description": t.description, "input_schema": t.parameters} for t in intent.tools]
        if intent.choice or intent.parallel is not None:
            kinds = {"auto": {"type": "auto"}, "none": {"type": "none"}, "required": {"type": "any"}, None: {"type": "auto"}}
            choice = kinds.get(intent.choice) or {"type": "tool", "name": intent.choice}
            body["tool_choice"] = dict(choice) | ({"disable_parallel_tool_use": True} if intent.parallel is False else {})
        if intent.schema:
            body["output_config"] = {"format": {"type": "json_schema", "schema": intent.schema}}
        if intent.effort:
            body["thinking"] = {"type": "enabled", "budget_tokens": BUDGETS[intent.effort]}
        if intent.stop:
            body["stop_sequences"] = list(intent.stop)
        sampling = {"temperature": intent.temperature, "top_p": intent.top_p, "top_k": intent.top_k}
        sampling = {name: value for name, value in sampling.items() if value is not None}
        # The types of today leave them out; the older version of the API, which honours them, is asked for by header.
        return body | ({"extra_body": sampling} if sampling else {}), {"anthropic-version": "2023-06-01"} if sampling else {}


def _turn(turn: Turn) -> dict:
    if len(turn.parts) == 1 and isinstance(turn.parts[0], Native):
        return {"role": "assistant", "content": turn.parts[0].value}
    if turn.role == "system":
        return {"role": "system", "content": [{"type": "text", "text": p.text} for p in turn.parts]}
    if turn.role == "tool":
        content = [
            {"type": "tool_result", "tool_use_id": p.id, "content": p.text} | ({"is_error": True} if p.failed else {}) for p in turn.parts
        ]
        return {"role": "user", "content": content}
    return {"role": turn.role, "content": [_part(p) for p in turn.parts]}


def _part(part) -> dict:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, Picture):
        return {"type": "image", "source": {"type": "base64", "media_type": part.kind, "data": part.data}}
    if isinstance(part, PictureURL):
        return {"type": "image", "source": {"type": "url", "url": part.url}}
    if isinstance(part, Document):
        source = {"type": "base64", "media_type": "application/pdf", "data": part.data}
        return {"type": "document", "source": source, "title": part.name}
    if isinstance(part, Call):
        return {"type": "tool_use", "id": part.id, "name": part.name, "input": part.arguments}
    raise NotExpressible
