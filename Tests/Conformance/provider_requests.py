"""Reads what arrived at a provider back into an `Intent`, and says what is wrong with it as a request of that provider."""

from __future__ import annotations

import base64
import inspect
import json
import re
import typing

import cohere
import ollama._types
import openai.types.chat.completion_create_params as chat_params
import openai.types.responses.response_create_params as response_params
import pydantic

import published_types
import upstream_rules
from intents import Call, Document, Intent, Picture, PictureURL, Result, Text, Thinking, Tool, Turn
from scripted_upstream import Request


def read(dialect: str, request: Request) -> Intent:
    """What the request asks for, in the words of a client."""
    body = request.json()
    if dialect in ("gemini", "vertex"):
        body = _camel(body)
    intent = {
        "openai-chat": _chat, "azure": _chat, "openai-responses": _responses, "anthropic": _anthropic, "invoke": _anthropic, "gemini": _gemini,
        "vertex": _gemini, "bedrock": _bedrock, "ollama": _ollama, "cohere": _cohere,
    }[dialect](body)  # fmt: skip
    if dialect in ("gemini", "vertex"):
        streaming = "streamGenerateContent" in request.target
    elif dialect in ("bedrock", "invoke"):
        streaming = request.target.endswith(("converse-stream", "invoke-with-response-stream"))
    else:
        # Ollama streams unless told not to.
        streaming = body.get("stream", dialect == "ollama")
    return Intent(**{**vars(intent), "stream": bool(streaming)})


def problems(dialect: str, request: Request, target: str) -> list[str]:
    """What the provider's published types and rules find wrong with the request."""
    body = request.json()
    if dialect in ("anthropic", "gemini", "vertex", "bedrock"):
        try:
            upstream_rules.check(request, target)
        except AssertionError as found:
            return str(found).split("\n{")[0].splitlines()[:6]
        return []
    if dialect in ("openai-chat", "azure"):
        kind = chat_params.CompletionCreateParamsStreaming if body.get("stream") else chat_params.CompletionCreateParamsNonStreaming
        return _typed(body, kind) + _pairing(body["messages"])
    if dialect == "openai-responses":
        kind = response_params.ResponseCreateParamsStreaming if body.get("stream") else response_params.ResponseCreateParamsNonStreaming
        return _typed(body, kind) + ([] if body.get("store") is False else ["store is not false"])
    if dialect == "ollama":
        return _ollama_problems(body)
    return _cohere_problems(body) + _pairing(body["messages"])


def _typed(body: dict, kind: type) -> list[str]:
    try:
        return published_types._against(body, kind, "body")
    except AssertionError as unknown:
        return [f"the checker cannot read the types: {unknown}"]


def _pairing(messages: list[dict]) -> list[str]:
    """Every call is answered, at once and once."""
    found, waiting = [], []
    for number, message in enumerate(messages):
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                found.append(f"messages[{number}]: a result for {message['tool_call_id']!r}, awaited are {waiting}")
            else:
                waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            found.append(f"messages[{number}]: calls without a result: {waiting}")
        waiting = [c["id"] for c in message.get("tool_calls") or []]
    return found


def _text(content) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    return "".join(p.get("text", "") for p in content)


def _arguments(text: str):
    try:
        return json.loads(text or "{}")
    except ValueError:
        return f"no JSON: {text!r}"


def _data_url(url: str) -> tuple[str, str]:
    head, _, data = url.removeprefix("data:").partition(",")
    return head.partition(";")[0], data


def _system(turns: list[Turn]) -> tuple[str | None, tuple[Turn, ...]]:
    """The instructions at the head, and the turns after them."""
    at = 0
    while at < len(turns) and turns[at].role == "system":
        at += 1
    return "".join(p.text for t in turns[:at] for p in t.parts) or None, tuple(turns[at:])


def _said_by_user(text: str):
    """System text between the turns, where the provider has no such thing, stands in a user's turn with tags about it."""
    if text.startswith("<system>") and text.endswith("</system>"):
        return Turn("system", (Text(text[8:-9]),))
    return None


def _unfolded(role: str, parts: list) -> list[Turn]:
    """A turn of one role as the turns a client said: results of tools and instructions stand apart."""
    turns: list[Turn] = []
    for part in parts:
        if isinstance(part, Text) and role == "user" and (said := _said_by_user(part.text)):
            turns.append(said)
            continue
        name = "tool" if isinstance(part, Result) else role
        if turns and turns[-1].role == name:
            turns[-1] = Turn(name, (*turns[-1].parts, part))
        else:
            turns.append(Turn(name, (part,)))
    return turns


# --- OpenAI Chat -----------------------------------------------------------------------------------------------------


def _function(tool: dict) -> Tool:
    function = tool.get("function", tool)
    return Tool(function["name"], function.get("description", ""), json.dumps(function.get("parameters") or {}))


def _chat_part(part: dict):
    if part["type"] == "text":
        return Text(part["text"])
    if part["type"] == "image_url":
        url = part["image_url"]["url"]
        return Picture(_data_url(url)[1], _data_url(url)[0]) if url.startswith("data:") else PictureURL(url)
    if part["type"] == "file":
        return Document(_data_url(part["file"]["file_data"])[1], part["file"].get("filename", ""))
    return part["type"]


def _chat_turns(messages: list[dict]) -> list[Turn]:
    names: dict[str, str] = {}
    turns: list[Turn] = []
    for message in messages:
        role = "system" if message["role"] == "developer" else message["role"]
        if role == "tool":
            result = Result(names.get(message["tool_call_id"], "?"), _text(message["content"]), False, message["tool_call_id"])
            if turns and turns[-1].role == "tool":
                turns[-1] = Turn("tool", (*turns[-1].parts, result))
            else:
                turns.append(Turn("tool", (result,)))
            continue
        content = message.get("content")
        parts: list = [Thinking(message["reasoning_content"])] if message.get("reasoning_content") else []
        parts += [Text(content)] if isinstance(content, str) and content else [_chat_part(p) for p in content or []]
        for call in message.get("tool_calls") or []:
            names[call["id"]] = call["function"]["name"]
            parts.append(Call(call["function"]["name"], _arguments(call["function"]["arguments"]), call["id"]))
        turns += _unfolded(role, parts)
    return turns


def _chat(body: dict) -> Intent:
    system, turns = _system(_chat_turns(body["messages"]))
    choice = body.get("tool_choice")
    form = body.get("response_format") or {}
    stop = body.get("stop") or []
    return Intent(
        turns, system, tuple(_function(t) for t in body.get("tools", [])),
        choice["function"]["name"] if isinstance(choice, dict) else choice, body.get("parallel_tool_calls"),
        form.get("json_schema", {}).get("schema"), form.get("type") == "json_object", body.get("reasoning_effort"),
        (stop,) if isinstance(stop, str) else tuple(stop), body.get("temperature"), body.get("top_p"), body.get("top_k"),
        body.get("seed"), body.get("frequency_penalty"), body.get("presence_penalty"),
        body.get("max_completion_tokens", body.get("max_tokens")),
    )  # fmt: skip


# --- OpenAI Responses ------------------------------------------------------------------------------------------------


def _response_part(part: dict):
    if part["type"] in ("input_text", "output_text"):
        return Text(part["text"])
    if part["type"] == "input_image":
        url = part["image_url"]
        return Picture(_data_url(url)[1], _data_url(url)[0]) if url.startswith("data:") else PictureURL(url)
    if part["type"] == "input_file":
        return Document(_data_url(part["file_data"])[1], part.get("filename", ""))
    return part["type"]


def _responses(body: dict) -> Intent:
    names: dict[str, str] = {}
    turns: list[Turn] = []

    def add(role: str, *parts) -> None:
        if turns and turns[-1].role == role and role in ("assistant", "tool"):
            turns[-1] = Turn(role, (*turns[-1].parts, *parts))
        else:
            turns.append(Turn(role, tuple(parts)))

    for item in [{"role": "user", "content": body["input"]}] if isinstance(body["input"], str) else body["input"]:
        kind = item.get("type", "message")
        if kind == "message":
            content = item["content"]
            parts = [Text(content)] if isinstance(content, str) else [_response_part(p) for p in content]
            for turn in _unfolded("system" if item["role"] == "developer" else item["role"], parts):
                add(turn.role, *turn.parts)
        elif kind == "function_call":
            names[item["call_id"]] = item["name"]
            add("assistant", Call(item["name"], _arguments(item["arguments"]), item["call_id"]))
        elif kind == "function_call_output":
            add("tool", Result(names.get(item["call_id"], "?"), _text(item["output"]), False, item["call_id"]))
        elif kind == "reasoning":
            add("assistant", Thinking("".join(p["text"] for p in item.get("summary") or []), item.get("encrypted_content")))
        else:
            add("assistant", kind)
    system, rest = _system(turns)
    choice = body.get("tool_choice")
    form = (body.get("text") or {}).get("format") or {}
    return Intent(
        rest, (body.get("instructions") or "") + (system or "") or None, tuple(_function(t) for t in body.get("tools", [])),
        choice.get("name") if isinstance(choice, dict) else choice, body.get("parallel_tool_calls"), form.get("schema"),
        form.get("type") == "json_object", (body.get("reasoning") or {}).get("effort"), (), body.get("temperature"),
        body.get("top_p"), limit=body.get("max_output_tokens"),
    )  # fmt: skip


# --- Anthropic Messages ----------------------------------------------------------------------------------------------


def _anthropic(body: dict) -> Intent:
    names: dict[str, str] = {}

    def part(block: dict):
        kind = block["type"]
        if kind == "text":
            return Text(block["text"])
        if kind == "image":
            source = block["source"]
            return PictureURL(source["url"]) if source["type"] == "url" else Picture(source["data"], source["media_type"])
        if kind == "document":
            return Document(block["source"].get("data", ""), block.get("title") or "")
        if kind == "tool_use":
            names[block["id"]] = block["name"]
            return Call(block["name"], block["input"], block["id"])
        if kind == "tool_result":
            text = _text(block.get("content"))
            return Result(names.get(block["tool_use_id"], "?"), text, bool(block.get("is_error")), block["tool_use_id"])
        if kind == "thinking":
            return Thinking(block["thinking"], block["signature"])
        return kind

    turns: list[Turn] = []
    for message in body["messages"]:
        content = message["content"]
        turns += _unfolded(message["role"], [Text(content)] if isinstance(content, str) else [part(b) for b in content])
    tools = [Tool(t["name"], t.get("description", ""), json.dumps(t["input_schema"])) for t in body.get("tools", []) if "input_schema" in t]
    choice = body.get("tool_choice") or {}
    named = {"auto": "auto", "none": "none", "any": "required"}.get(choice.get("type"), choice.get("name"))
    schema = ((body.get("output_config") or {}).get("format") or {}).get("schema")
    parallel = False if choice.get("disable_parallel_tool_use") else None
    thinking = body.get("thinking") or {}
    effort = (body.get("output_config") or {}).get("effort") or (thinking.get("type") in ("enabled", "adaptive") and "some") or None
    return Intent(
        tuple(turns), _text(body.get("system")) or None, tuple(tools), named, parallel, schema, False, effort,
        tuple(body.get("stop_sequences", [])), body.get("temperature"), body.get("top_p"), body.get("top_k"),
        limit=body.get("max_tokens"),
    )  # fmt: skip


# --- Gemini ----------------------------------------------------------------------------------------------------------


# What these hold is the caller's.
_FOREIGN = {"args", "response", "parametersJsonSchema", "responseJsonSchema", "parameters", "responseSchema"}


def _camel(value):
    """The names of members in camelCase: Google's API takes both spellings, and its SDK sends both."""
    if isinstance(value, list):
        return [_camel(v) for v in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for name, held in value.items():
        spelled = re.sub(r"_([a-z])", lambda m: m[1].upper(), name)
        made[spelled] = held if spelled in _FOREIGN else _camel(held)
    return made


def _gemini(body: dict) -> Intent:
    def part(one: dict):
        if "functionCall" in one:
            return Call(one["functionCall"]["name"], one["functionCall"].get("args", {}), one["functionCall"].get("id", ""))
        if "functionResponse" in one:
            told = one["functionResponse"]["response"]
            shown = told.get("error", told.get("output", told.get("result", told)))
            return Result(one["functionResponse"]["name"], shown if isinstance(shown, str) else json.dumps(shown), "error" in told)
        if "inlineData" in one:
            # Google's API takes both alphabets of base64, and its SDK writes the one for addresses.
            data, kind = one["inlineData"]["data"].replace("-", "+").replace("_", "/"), one["inlineData"]["mimeType"]
            return Document(data) if kind == "application/pdf" else Picture(data, kind)
        if "fileData" in one:
            return PictureURL(one["fileData"]["fileUri"])
        if one.get("thought"):
            return Thinking(one.get("text", ""), one.get("thoughtSignature"))
        return Text(one.get("text", ""))

    turns: list[Turn] = []
    for content in body["contents"]:
        role = {"model": "assistant"}.get(content.get("role", "user"), "user")
        turns += _unfolded(role, [part(p) for p in content["parts"]])
    config = body.get("generationConfig") or {}
    declared = [f for t in body.get("tools", []) for f in t.get("functionDeclarations", [])]
    tools = [Tool(f["name"], f.get("description", ""), json.dumps(f.get("parametersJsonSchema", f.get("parameters")) or {})) for f in declared]
    calling = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    choice = {"AUTO": "auto", "NONE": "none", "ANY": "required"}.get(calling.get("mode"))
    if calling.get("allowedFunctionNames"):
        choice = calling["allowedFunctionNames"][0]
    schema = config.get("responseJsonSchema", config.get("responseSchema"))
    thinking = config.get("thinkingConfig") or {}
    effort = "some" if thinking.get("thinkingLevel") or thinking.get("thinkingBudget") else None
    return Intent(
        tuple(turns), _text((body.get("systemInstruction") or {}).get("parts")) or None, tuple(tools), choice, None, schema,
        config.get("responseMimeType") == "application/json" and not schema, effort, tuple(config.get("stopSequences", [])),
        config.get("temperature"), config.get("topP"), config.get("topK"), config.get("seed"), config.get("frequencyPenalty"),
        config.get("presencePenalty"), config.get("maxOutputTokens"),
    )  # fmt: skip


# --- Bedrock Converse ------------------------------------------------------------------------------------------------


def _bedrock(body: dict) -> Intent:
    names: dict[str, str] = {}

    def part(block: dict):
        if "text" in block:
            return Text(block["text"])
        if "image" in block:
            return Picture(block["image"]["source"].get("bytes", "?"), f"image/{block['image']['format']}")
        if "document" in block:
            return Document(block["document"]["source"].get("bytes", "?"), block["document"]["name"])
        if call := block.get("toolUse"):
            names[call["toolUseId"]] = call["name"]
            return Call(call["name"], call["input"], call["toolUseId"])
        if told := block.get("toolResult"):
            text = "".join(c.get("text", json.dumps(c["json"]) if "json" in c else "?") for c in told["content"])
            return Result(names.get(told["toolUseId"], "?"), text, told.get("status") == "error", told["toolUseId"])
        if "reasoningContent" in block:
            shown = block["reasoningContent"].get("reasoningText") or {}
            return Thinking(shown.get("text", ""), shown.get("signature"))
        return next(iter(block))

    turns: list[Turn] = []
    for message in body["messages"]:
        turns += _unfolded(message["role"], [part(b) for b in message["content"]])
    config = body.get("toolConfig") or {}
    tools = [
        Tool(t["toolSpec"]["name"], t["toolSpec"].get("description", ""), json.dumps(t["toolSpec"]["inputSchema"]["json"]))
        for t in config.get("tools", [])
        if "toolSpec" in t
    ]
    chosen = config.get("toolChoice") or {}
    choice = chosen["tool"]["name"] if "tool" in chosen else "required" if "any" in chosen else "auto" if "auto" in chosen else None
    structure = ((body.get("outputConfig") or {}).get("textFormat") or {}).get("structure") or {}
    schema = json.loads(structure["jsonSchema"]["schema"]) if "jsonSchema" in structure else None
    asked = body.get("inferenceConfig") or {}
    more = body.get("additionalModelRequestFields") or {}
    thinking = more.get("thinking") or more.get("reasoningConfig") or {}
    effort = more.get("reasoning_effort") or (thinking.get("type") in ("enabled", "adaptive") and "some") or None
    # Claude's own field says what Converse has no words for.
    claude = more.get("tool_choice") or {}
    single = claude.get("disable_parallel_tool_use")
    if claude.get("type") == "none":
        choice = "none"
    return Intent(
        tuple(turns), "".join(s.get("text", "") for s in body.get("system", [])) or None, tuple(tools), choice,
        False if single else None, schema, False, effort, tuple(asked.get("stopSequences", [])), asked.get("temperature"),
        asked.get("topP"), more.get("top_k"), limit=asked.get("maxTokens"),
    )  # fmt: skip


# --- Ollama ----------------------------------------------------------------------------------------------------------


def _ollama(body: dict) -> Intent:
    turns: list[Turn] = []
    for message in body["messages"]:
        role = message["role"]
        if role == "tool":
            result = Result(message.get("tool_name", "?"), message["content"])
            if turns and turns[-1].role == "tool":
                turns[-1] = Turn("tool", (*turns[-1].parts, result))
            else:
                turns.append(Turn("tool", (result,)))
            continue
        parts: list = [Thinking(message["thinking"])] if message.get("thinking") else []
        parts += [Text(message["content"])] if message.get("content") else []
        # The bytes say what they are; the dialect has no field for it.
        parts += [Picture(data, _kind(data)) for data in message.get("images") or []]
        parts += [Call(c["function"]["name"], c["function"]["arguments"]) for c in message.get("tool_calls") or []]
        turns += _unfolded(role, parts)
    system, rest = _system(turns)
    options = body.get("options") or {}
    form = body.get("format")
    think = body.get("think")
    return Intent(
        rest, system, tuple(_function(t) for t in body.get("tools") or []), None, None, form if isinstance(form, dict) else None,
        form == "json", think if isinstance(think, str) else "some" if think else None, tuple(options.get("stop") or []),
        options.get("temperature"), options.get("top_p"), options.get("top_k"), options.get("seed"),
        options.get("frequency_penalty"), options.get("presence_penalty"), options.get("num_predict"),
    )  # fmt: skip


def _kind(data: str) -> str:
    raw = base64.b64decode(data[:16])
    return "image/png" if raw.startswith(b"\x89PNG") else "image/jpeg" if raw.startswith(b"\xff\xd8") else "?"


def _ollama_problems(body: dict) -> list[str]:
    request = ollama._types.ChatRequest
    found = [f"body.{name}: unknown to ChatRequest" for name in body if name not in request.model_fields]
    known = ollama._types.Options.model_fields
    found += [f"body.options.{name}: unknown to Options" for name in body.get("options") or {} if name not in known]
    for number, message in enumerate(body["messages"]):
        found += [
            f"messages[{number}].{name}: unknown to Message" for name in message if name not in (*ollama._types.Message.model_fields, "tool_call_id")
        ]
    try:
        request.model_validate(body)
    except pydantic.ValidationError as wrong:
        found += [f"body.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in wrong.errors()]
    return found


# --- Cohere v2 -------------------------------------------------------------------------------------------------------


def _cohere(body: dict) -> Intent:
    messages = []
    for message in body["messages"]:
        content = message.get("content")
        if message.get("tool_plan"):
            # What is said before calls stands in a field of its own.
            message = message | {"content": message["tool_plan"]}
        if isinstance(content, list):
            kept = [{"type": "text", "text": p["document"]["data"]} if p["type"] == "document" else p for p in content]
            thinking = "".join(p["thinking"] for p in kept if p["type"] == "thinking")
            message = message | {"content": [p for p in kept if p["type"] != "thinking"]} | ({"reasoning_content": thinking} if thinking else {})
        messages.append(message)
    system, turns = _system(_chat_turns(messages))
    form = body.get("response_format") or {}
    thinking = body.get("thinking") or {}
    return Intent(
        turns, system, tuple(_function(t) for t in body.get("tools", [])),
        {"REQUIRED": "required", "NONE": "none"}.get(body.get("tool_choice")), None, form.get("json_schema", form.get("schema")),
        form.get("type") == "json_object" and not form.get("json_schema"), "some" if thinking.get("type") == "enabled" else None,
        tuple(body.get("stop_sequences") or []), body.get("temperature"), body.get("p"), body.get("k"), body.get("seed"),
        body.get("frequency_penalty"), body.get("presence_penalty"), body.get("max_tokens"),
    )  # fmt: skip


def _cohere_problems(body: dict) -> list[str]:
    named = set(inspect.signature(cohere.ClientV2.chat).parameters) | {"stream"}
    found = [f"body.{name}: unknown to ClientV2.chat" for name in body if name not in named]
    messages = typing.get_type_hints(cohere.v2.client.V2Client.chat)["messages"] if hasattr(cohere, "v2") else None
    if messages is not None:
        try:
            pydantic.TypeAdapter(messages).validate_python(body["messages"])
        except pydantic.ValidationError as wrong:
            found += [f"body.messages.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in wrong.errors()][:5]
    return found
