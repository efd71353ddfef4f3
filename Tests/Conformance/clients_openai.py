"""The `openai` package as a client: Chat Completions and Responses."""

from __future__ import annotations

import json

import httpx
import openai

from intents import (
    Broken, Call, Document, Got, Intent, Native, NotExpressible, Picture, PictureURL, Refused, Text, Turn, Usage,
)  # fmt: skip


def listening(headers: dict, sent: list[bytes]) -> dict:
    """httpx event hooks that keep the fields of the last answer in `headers` and the body of the last request in `sent`."""

    def keep(response: httpx.Response) -> None:
        headers.clear()
        headers.update({k.lower(): v for k, v in response.headers.items()})

    def remember(request: httpx.Request) -> None:
        sent[:] = [request.read()]

    return {"response": [keep], "request": [remember]}


class _OpenAI:
    """What both APIs share."""

    # What x-turnpike-dropped and errors may call a field of the request.
    lacks: dict[str, str] = {}

    def __init__(self, url: str, key: str, **_):
        self.headers: dict[str, str] = {}
        self.sent: list[bytes] = []
        web = openai.DefaultHttpxClient(event_hooks=listening(self.headers, self.sent))
        self.sdk = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=20, http_client=web)

    def ask(self, intent: Intent, model: str, headers: dict[str, str] | None = None) -> Got:
        try:
            got = self._ask(intent, model, headers or {})
        except openai.APIStatusError as error:
            raise Refused(error.status_code, error.message, str(error.code or error.type), dict(error.response.headers)) from error
        except openai.APIConnectionError as error:
            raise Broken(f"{type(error).__name__}: {error}") from error
        except openai.APIError as error:
            raise Refused(None, error.message, str(error.code or error.type), dict(self.headers)) from error
        except httpx.HTTPError as error:
            raise Broken(f"{type(error).__name__}: {error}") from error
        got.headers = dict(self.headers)
        return got


class ChatClient(_OpenAI):
    name, title = "openai-chat", "OpenAI Chat Completions"
    package = "openai"
    lacks = {
        "top-k": "Chat Completions has no `top_k`",
        "tool-error": "Chat Completions has no flag for a failed tool",
        "redacted": "Chat Completions has no encrypted reasoning",
        "count": "Chat Completions has no token counting",
    }
    shows = ("fresh", "read", "output", "reasoning")
    stops = {"stop": "stop", "length": "length", "tool_calls": "tool_calls", "content_filter": "content_filter"}
    sees_stop_sequence = False

    def _ask(self, intent: Intent, model: str, headers: dict[str, str]) -> Got:
        body = self._body(intent) | {"model": model, "extra_headers": headers}
        if not intent.stream:
            shown = self.sdk.chat.completions.create(**body)
            message = shown.choices[0].message
            turn = message.model_dump(exclude_none=True)
            return self._got(message.content, getattr(message, "reasoning_content", None), turn, shown.choices[0].finish_reason, shown.usage)
        turn: dict = {"role": "assistant", "content": None}
        calls: list[dict] = []
        stop = usage = None
        with self.sdk.chat.completions.create(**body, stream=True, stream_options={"include_usage": True}) as stream:
            for chunk in stream:
                usage = chunk.usage or usage
                for choice in chunk.choices:
                    delta = choice.delta.model_dump(exclude_none=True)
                    for name in ("content", "reasoning_content"):
                        if delta.get(name):
                            turn[name] = (turn.get(name) or "") + delta[name]
                    if details := delta.get("reasoning_details"):
                        turn.setdefault("reasoning_details", []).extend(details)
                    for call in delta.get("tool_calls") or []:
                        if call["index"] == len(calls):
                            calls.append({k: v for k, v in call.items() if k != "index"})
                        else:
                            kept = calls[call["index"]]
                            kept["function"]["arguments"] += call["function"].get("arguments") or ""
                            kept.update({k: v for k, v in call.items() if k not in ("index", "function", "id", "type")})
                    stop = choice.finish_reason or stop
        if stop is None:
            raise Broken("the stream ended without a finish reason and without an error")
        if calls:
            turn["tool_calls"] = calls
        return self._got(turn["content"], turn.get("reasoning_content"), turn, stop, usage)

    def _got(self, text, thinking, turn: dict, stop: str, usage) -> Got:
        calls = [
            Call(c["function"]["name"], json.loads(c["function"]["arguments"] or "{}"), c["id"]) for c in turn.get("tool_calls") or []
        ]
        return Got(text or "", thinking or "", calls, self.stops.get(stop, stop), usage and _chat_usage(usage), Native(turn))

    def _body(self, intent: Intent) -> dict:
        body: dict = {"messages": [{"role": "system", "content": intent.system}] if intent.system else []}
        for turn in intent.turns:
            body["messages"] += _chat_turn(turn)
        if intent.tools:
            body["tools"] = [
                {"type": "function", "function": {"name": t.name, "description": t.description, "parameters": t.parameters}}
                for t in intent.tools
            ]
        if intent.choice:
            named = intent.choice not in ("auto", "none", "required")
            body["tool_choice"] = {"type": "function", "function": {"name": intent.choice}} if named else intent.choice
        if intent.schema:
            body["response_format"] = {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": intent.schema}}
        elif intent.json_object:
            body["response_format"] = {"type": "json_object"}
        if intent.top_k is not None:
            raise NotExpressible
        said = {
            "parallel_tool_calls": intent.parallel, "reasoning_effort": intent.effort, "stop": list(intent.stop) or None,
            "temperature": intent.temperature, "top_p": intent.top_p, "seed": intent.seed,
            "frequency_penalty": intent.frequency_penalty, "presence_penalty": intent.presence_penalty,
            "max_completion_tokens": intent.limit,
        }  # fmt: skip
        return body | {name: value for name, value in said.items() if value is not None}


def _chat_usage(usage) -> Usage:
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    read = (prompt and prompt.cached_tokens) or 0
    return Usage(usage.prompt_tokens - read, read, None, usage.completion_tokens, (completion and completion.reasoning_tokens) or 0)


def _chat_turn(turn: Turn) -> list[dict]:
    if len(turn.parts) == 1 and isinstance(turn.parts[0], Native):
        return [turn.parts[0].value]
    if turn.role == "tool":
        if any(p.failed for p in turn.parts):
            raise NotExpressible
        return [{"role": "tool", "tool_call_id": p.id, "content": p.text} for p in turn.parts]
    if turn.role == "assistant":
        texts = "".join(p.text for p in turn.parts if isinstance(p, Text))
        calls = [
            {"id": p.id, "type": "function", "function": {"name": p.name, "arguments": json.dumps(p.arguments)}}
            for p in turn.parts
            if isinstance(p, Call)
        ]
        return [{"role": "assistant", "content": texts or None} | ({"tool_calls": calls} if calls else {})]
    if all(isinstance(p, Text) for p in turn.parts):
        return [{"role": turn.role, "content": "".join(p.text for p in turn.parts)}]
    return [{"role": turn.role, "content": [_chat_part(p) for p in turn.parts]}]


def _chat_part(part) -> dict:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, Picture):
        return {"type": "image_url", "image_url": {"url": f"data:{part.kind};base64,{part.data}"}}
    if isinstance(part, PictureURL):
        return {"type": "image_url", "image_url": {"url": part.url}}
    if isinstance(part, Document):
        data = f"data:application/pdf;base64,{part.data}"
        return {"type": "file", "file": {"filename": f"{part.name}.pdf", "file_data": data}}
    raise NotExpressible


class ResponsesClient(_OpenAI):
    name, title = "openai-responses", "OpenAI Responses"
    package = "openai"
    lacks = {
        "top-k": "Responses has no `top_k`",
        "stop": "Responses has no stop sequences",
        "seed": "Responses has no `seed`",
        "penalties": "Responses has no penalties",
        "tool-error": "Responses has no flag for a failed tool",
    }
    shows = ("fresh", "read", "output", "reasoning")
    sees_stop_sequence = False

    def count(self, intent: Intent, model: str) -> int:
        body = self._body(intent)
        body.pop("store", None), body.pop("include", None), body.pop("max_output_tokens", None)
        try:
            return self.sdk.responses.input_tokens.count(model=model, **body).input_tokens
        except openai.APIStatusError as error:
            raise Refused(error.status_code, error.message, str(error.code or error.type), dict(error.response.headers)) from error

    def _ask(self, intent: Intent, model: str, headers: dict[str, str]) -> Got:
        body = self._body(intent) | {"model": model, "extra_headers": headers}
        if not intent.stream:
            return self._got(self.sdk.responses.create(**body))
        final, texts, last = None, "", None
        with self.sdk.responses.create(**body, stream=True) as stream:
            for event in stream:
                last = event.type
                if event.type == "response.output_text.delta":
                    texts += event.delta
                elif event.type in ("response.completed", "response.incomplete"):
                    final = event.response
                elif event.type == "response.failed":
                    error = event.response.error
                    raise Refused(None, error.message if error else "failed", str(error and error.code))
        if final is None:
            raise Broken(f"the stream ended after {last} without a terminal event and without an error")
        got = self._got(final)
        if got.text != texts:
            raise Broken(f"the deltas say {texts!r}, the final response {got.text!r}")
        return got

    @staticmethod
    def _got(shown) -> Got:
        calls = [Call(i.name, json.loads(i.arguments or "{}"), i.call_id) for i in shown.output if i.type == "function_call"]
        thinking = "".join(
            p.text for i in shown.output if i.type == "reasoning" for p in [*(i.summary or []), *(getattr(i, "content", None) or [])]
        )
        if shown.status == "completed":
            stop = "tool_calls" if calls else "stop"
        else:
            reason = shown.incomplete_details and shown.incomplete_details.reason
            stop = {"max_output_tokens": "length", "content_filter": "content_filter"}.get(reason, f"{shown.status}: {reason}")
        usage = None
        if used := shown.usage:
            read = (used.input_tokens_details and used.input_tokens_details.cached_tokens) or 0
            reasoned = (used.output_tokens_details and used.output_tokens_details.reasoning_tokens) or 0
            usage = Usage(used.input_tokens - read, read, None, used.output_tokens, reasoned)
        turn = [i.model_dump(exclude_none=True) for i in shown.output]
        return Got(shown.output_text, thinking, calls, stop, usage, Native(turn))

    def _body(self, intent: Intent) -> dict:
        if intent.stop or intent.top_k is not None or intent.seed is not None or intent.frequency_penalty or intent.presence_penalty:
            raise NotExpressible
        body: dict = {"store": False, "include": ["reasoning.encrypted_content"], "input": []}
        for turn in intent.turns:
            body["input"] += _response_items(turn)
        if intent.tools:
            body["tools"] = [
                {"type": "function", "name": t.name, "description": t.description, "parameters": t.parameters, "strict": False}
                for t in intent.tools
            ]
        if intent.choice:
            named = intent.choice not in ("auto", "none", "required")
            body["tool_choice"] = {"type": "function", "name": intent.choice} if named else intent.choice
        if intent.schema:
            body["text"] = {"format": {"type": "json_schema", "name": "person", "strict": True, "schema": intent.schema}}
        elif intent.json_object:
            body["text"] = {"format": {"type": "json_object"}}
        said = {
            "instructions": intent.system, "parallel_tool_calls": intent.parallel, "temperature": intent.temperature,
            "top_p": intent.top_p, "max_output_tokens": intent.limit,
            "reasoning": {"effort": intent.effort, "summary": "auto"} if intent.effort else None,
        }  # fmt: skip
        return body | {name: value for name, value in said.items() if value is not None}


def _response_items(turn: Turn) -> list[dict]:
    if len(turn.parts) == 1 and isinstance(turn.parts[0], Native):
        return turn.parts[0].value
    if turn.role == "tool":
        if any(p.failed for p in turn.parts):
            raise NotExpressible
        return [{"type": "function_call_output", "call_id": p.id, "output": p.text} for p in turn.parts]
    items: list[dict] = []
    content = []
    for part in turn.parts:
        if isinstance(part, Call):
            items.append({"type": "function_call", "call_id": part.id, "name": part.name, "arguments": json.dumps(part.arguments)})
        elif isinstance(part, Text):
            content.append({"type": "output_text" if turn.role == "assistant" else "input_text", "text": part.text})
        elif isinstance(part, Picture):
            content.append({"type": "input_image", "image_url": f"data:{part.kind};base64,{part.data}", "detail": "auto"})
        elif isinstance(part, PictureURL):
            content.append({"type": "input_image", "image_url": part.url, "detail": "auto"})
        elif isinstance(part, Document):
            data = f"data:application/pdf;base64,{part.data}"
            content.append({"type": "input_file", "filename": f"{part.name}.pdf", "file_data": data})
        else:
            raise NotExpressible
    return ([{"type": "message", "role": turn.role, "content": content}] if content else []) + items


