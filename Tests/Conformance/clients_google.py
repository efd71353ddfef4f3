"""The `google-genai` package as a client of the Gemini API."""

from __future__ import annotations

import base64

import google.genai
import httpx
from google.genai import errors, types

from clients_anthropic import BUDGETS
from clients_openai import listening
from intents import (
    Broken, Call, Document, Got, Intent, Native, NotExpressible, Picture, PictureURL, Refused, Text, Turn, Usage,
)  # fmt: skip


class GeminiClient:
    name, title = "gemini", "Gemini"
    package = "google-genai"
    lacks = {
        "mid-system": "Gemini has no system messages between the turns",
        "one-call": "Gemini cannot forbid parallel calls",
    }
    shows = ("fresh", "read", "output", "reasoning")
    sees_stop_sequence = False
    stops = {"STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter", "PROHIBITED_CONTENT": "content_filter"}

    def __init__(self, url: str, key: str, **_):
        self.headers: dict[str, str] = {}
        self.sent: list[bytes] = []
        options = types.HttpOptions(base_url=url, timeout=20_000, client_args={"event_hooks": listening(self.headers, self.sent)})
        self.sdk = google.genai.Client(api_key=key, http_options=options)

    def ask(self, intent: Intent, model: str, headers: dict[str, str] | None = None) -> Got:
        contents, config = self._body(intent, headers or {})
        try:
            if intent.stream:
                answers = list(self.sdk.models.generate_content_stream(model=model, contents=contents, config=config))
            else:
                answers = [self.sdk.models.generate_content(model=model, contents=contents, config=config)]
        except (errors.APIError, httpx.HTTPError, errors.UnknownApiResponseError, ValueError) as error:
            raise self._failure(error) from error
        got = self._got(answers, intent.stream)
        got.headers = dict(self.headers)
        return got

    def count(self, intent: Intent, model: str) -> int:
        contents, _ = self._body(intent, {})
        try:
            return self.sdk.models.count_tokens(model=model, contents=contents).total_tokens
        except errors.APIError as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> Exception:
        if isinstance(error, errors.APIError):
            fields = {k.lower(): v for k, v in (getattr(error.response, "headers", None) or self.headers or {}).items()}
            # The same SDK class reports an error object inside a stream whose head said 200.
            inside = getattr(error.response, "status_code", None) == 200 or fields.get("content-type", "").startswith("text/event-stream")
            return Refused(None if inside else error.code, error.message or "", error.status or "", fields)
        return Broken(f"{type(error).__name__}: {error}")

    def _got(self, answers: list, stream: bool) -> Got:
        got = Got()
        parts: list = []
        for answer in answers:
            for candidate in answer.candidates or []:
                parts += (candidate.content and candidate.content.parts) or []
                if candidate.finish_reason:
                    got.stop = self.stops.get(candidate.finish_reason.value, candidate.finish_reason.value)
            if used := answer.usage_metadata:
                read, thoughts = used.cached_content_token_count or 0, used.thoughts_token_count or 0
                got.usage = Usage(
                    (used.prompt_token_count or 0) - read, read, None, (used.candidates_token_count or 0) + thoughts, thoughts
                )
        for part in parts:
            if part.thought:
                got.thinking += part.text or ""
            elif part.function_call:
                got.calls.append(Call(part.function_call.name, part.function_call.args or {}, part.function_call.id or ""))
            else:
                got.text += part.text or ""
        if stream and got.stop is None:
            raise Broken("the stream ended without a finish reason and without an error")
        if got.calls and got.stop == "stop":
            got.stop = "tool_calls"
        got.turn = Native(types.Content(role="model", parts=parts))
        return got

    @staticmethod
    def _body(intent: Intent, headers: dict[str, str]):
        if intent.parallel is not None:
            raise NotExpressible
        config: dict = {"http_options": types.HttpOptions(headers=headers)} if headers else {}
        if intent.tools:
            declared = [
                types.FunctionDeclaration(name=t.name, description=t.description, parameters_json_schema=t.parameters)
                for t in intent.tools
            ]
            config["tools"] = [types.Tool(function_declarations=declared)]
            config["automatic_function_calling"] = types.AutomaticFunctionCallingConfig(disable=True)
        if intent.choice:
            mode = {"auto": "AUTO", "none": "NONE"}.get(intent.choice, "ANY")
            names = None if intent.choice in ("auto", "none", "required") else [intent.choice]
            calling = types.FunctionCallingConfig(mode=mode, allowed_function_names=names)
            config["tool_config"] = types.ToolConfig(function_calling_config=calling)
        if intent.schema:
            config |= {"response_mime_type": "application/json", "response_json_schema": intent.schema}
        elif intent.json_object:
            config["response_mime_type"] = "application/json"
        if intent.effort:
            config["thinking_config"] = types.ThinkingConfig(thinking_budget=BUDGETS[intent.effort], include_thoughts=True)
        said = {
            "system_instruction": intent.system, "stop_sequences": list(intent.stop) or None, "temperature": intent.temperature,
            "top_p": intent.top_p, "top_k": intent.top_k, "seed": intent.seed, "frequency_penalty": intent.frequency_penalty,
            "presence_penalty": intent.presence_penalty, "max_output_tokens": intent.limit,
        }  # fmt: skip
        config |= {name: value for name, value in said.items() if value is not None}
        return [_turn(t) for t in intent.turns], types.GenerateContentConfig(**config)


def _turn(turn: Turn):
    if len(turn.parts) == 1 and isinstance(turn.parts[0], Native):
        return turn.parts[0].value
    if turn.role == "system":
        raise NotExpressible
    return types.Content(role="model" if turn.role == "assistant" else "user", parts=[_part(p, turn.role) for p in turn.parts])


def _part(part, role: str):
    if role == "tool":
        response = {"error": part.text} if part.failed else {"output": part.text}
        # Gemini's own ids are optional; an id is sent where the call had one.
        return types.Part(function_response=types.FunctionResponse(name=part.name, id=part.id or None, response=response))
    if isinstance(part, Text):
        return types.Part(text=part.text)
    if isinstance(part, Picture):
        return types.Part.from_bytes(data=base64.b64decode(part.data), mime_type=part.kind)
    if isinstance(part, PictureURL):
        return types.Part.from_uri(file_uri=part.url, mime_type="image/png")
    if isinstance(part, Document):
        return types.Part.from_bytes(data=base64.b64decode(part.data), mime_type="application/pdf")
    if isinstance(part, Call):
        return types.Part(function_call=types.FunctionCall(name=part.name, args=part.arguments, id=part.id or None))
    raise NotExpressible
