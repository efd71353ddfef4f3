"""What a request upstream must hold to, beyond its types: who speaks when, what answers a call, what is never empty, and
the credential. Each rule is one the provider answers with a 400 (or a 403) where it is broken."""

from __future__ import annotations

import base64
import json
import re
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials

import conftest
from provider_recordings import pretty
from published_types import anthropic_problems, bedrock_problems, gemini_problems
from scripted_upstream import Request

NEW_CLAUDE = re.compile(r"claude-(opus-4-[78]|opus-5|sonnet-5|haiku-5|fable|mythos)")


def check(request: Request, target: str, ignored: tuple[str, ...] = ()) -> dict:
    """Raises an assertion with every rule the request breaks, but for problems that begin as `ignored`; returns its body."""
    provider, _, model = target.partition("/")
    body = request.json()
    problems = _json_problems(request.body)
    if provider == "anthropic":
        problems += anthropic_problems(body) + _anthropic(request, body, model)
    elif provider in ("gemini", "vertex"):
        problems += gemini_problems(body) + _gemini(request, body, model, provider == "vertex")
    elif provider in ("bedrock", "bearer"):
        streaming = request.target.endswith("-stream")
        problems += bedrock_problems(body, model, "ConverseStream" if streaming else "Converse")
        problems += _bedrock(request, body, model, provider)
    else:
        raise AssertionError(f"no rules for {provider}")
    problems = [p for p in problems + _no_gateway_traces(request) if not p.startswith(ignored or "\0")]
    assert not problems, "\n".join([*problems, f"{request.method} {request.target}", pretty(request.body)])
    return body


def _json_problems(body: bytes) -> list[str]:
    problems: list[str] = []

    def members(pairs):
        names = [name for name, _ in pairs]
        problems.extend(f"the name {n!r} occurs twice in one object" for n in set(names) if names.count(n) > 1)
        return dict(pairs)

    def constant(name):
        problems.append(f"{name} is no JSON")

    json.loads(body, object_pairs_hook=members, parse_constant=constant)
    return problems


def _no_gateway_traces(request: Request) -> list[str]:
    found = [name for name, _ in request.headers if name.lower().startswith("x-turnpike")]
    keys = [v for n, v in request.headers if n.lower() in ("authorization", "x-api-key") and "tp-" in v]
    return [f"a header of the gateway goes upstream: {n}" for n in found] + ["the client's key goes upstream"] * bool(keys)


def _picture(data: str, kind: str) -> list[str]:
    magic = {"png": b"\x89PNG", "jpeg": b"\xff\xd8", "gif": b"GIF8", "webp": b"RIFF", "pdf": b"%PDF"}
    try:
        raw = base64.b64decode(data, validate=True)
    except ValueError:
        return [f"a blob that is no base64: {data[:20]!r}"]
    return [] if raw.startswith(magic.get(kind, b"")) else [f"bytes {raw[:8]!r} are called {kind}"]


def _rejects(schema, path: str) -> list[str]:
    """Objects of a strict schema that do not forbid further members."""
    if isinstance(schema, list):
        return [p for i, s in enumerate(schema) for p in _rejects(s, f"{path}[{i}]")]
    if not isinstance(schema, dict):
        return []
    problems = []
    if (schema.get("type") == "object" or "properties" in schema) and schema.get("additionalProperties") is not False:
        problems.append(f"{path}: additionalProperties is not false")
    return problems + [p for k, v in schema.items() for p in _rejects(v, f"{path}.{k}")]


# --- Anthropic Messages ----------------------------------------------------------------------------------------------


def _anthropic(request: Request, body: dict, model: str) -> list[str]:
    problems = []
    if request.target.partition("?")[0] != "/anthropic/v1/messages":
        problems.append(f"path {request.target}")
    if request.header("x-api-key") != conftest.ANTHROPIC_KEY or request.header("authorization"):
        problems.append("the credential is not x-api-key alone")
    version = request.header("anthropic-version")
    if version not in ("2023-06-01", "2026-10-21"):
        problems.append(f"anthropic-version {version}")
    sampling = [name for name in ("temperature", "top_p", "top_k") if name in body]
    if sampling and (version == "2026-10-21" or NEW_CLAUDE.search(model)):
        problems.append(f"{sampling} at {model}, version {version}")
    if not 0 <= body.get("temperature", 0) <= 1:
        problems.append(f"temperature {body['temperature']}")
    thinking = body.get("thinking") or {}
    if thinking.get("type") == "enabled":
        if not 1024 <= thinking["budget_tokens"] < body["max_tokens"]:
            problems.append(f"a budget of {thinking['budget_tokens']} of {body['max_tokens']} tokens")
        if body.get("temperature", 1) != 1 or "top_k" in body or body.get("top_p", 1) < 0.95:
            problems.append("sampling beside thinking")
        if (body.get("tool_choice") or {}).get("type") in ("any", "tool"):
            problems.append("a forced tool beside thinking")
        if NEW_CLAUDE.search(model):
            problems.append("thinking.type enabled at a model that only thinks adaptively")
    if body["max_tokens"] < 1:
        problems.append(f"max_tokens {body['max_tokens']}")
    problems += [f"a blank stop sequence {s!r}" for s in body.get("stop_sequences", []) if not s.strip()]
    for block in body["system"] if isinstance(body.get("system"), list) else [{"text": body.get("system", "x")}]:
        if not block["text"].strip():
            problems.append("an empty system text")
    problems += _anthropic_tools(body)
    problems += _anthropic_turns(body, model)
    if schema := ((body.get("output_config") or {}).get("format") or {}).get("schema"):
        problems += _rejects(schema, "output_config.format.schema")
    return problems


def _anthropic_tools(body: dict) -> list[str]:
    tools = [t for t in body.get("tools", []) if t.get("type") in (None, "custom")]
    problems = [f"tool name {t['name']!r}" for t in tools if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", t["name"])]
    problems += [f"the schema of {t['name']} is no object" for t in tools if t["input_schema"].get("type") != "object"]
    problems += [p for t in tools if t.get("strict") for p in _rejects(t["input_schema"], t["name"])]
    names = [t["name"] for t in body.get("tools", [])]
    if len(set(names)) != len(names):
        problems.append(f"two tools share a name: {names}")
    choice = body.get("tool_choice") or {}
    if choice and not names:
        problems.append("tool_choice without tools")
    if choice.get("type") == "tool" and choice["name"] not in names:
        problems.append(f"tool_choice names {choice['name']}, which is no tool")
    return problems


def _anthropic_turns(body: dict, model: str) -> list[str]:
    problems, known, before = [], set(), None
    messages = [m for m in body["messages"] if m["role"] != "system" or not NEW_CLAUDE.search(model)]
    if not messages or messages[0]["role"] != "user":
        problems.append("the first message is not the user's")
    if messages and messages[-1]["role"] == "assistant" and NEW_CLAUDE.search(model):
        problems.append("the last message is the assistant's, at a model without prefill")
    for number, message in enumerate(messages):
        where, role = f"messages[{number}]", message["role"]
        if role == "system":
            problems.append(f"{where}: a system message at {model}")
        if before and before["role"] == role:
            problems.append(f"{where}: two messages of one role follow each other")
        blocks = message["content"] if isinstance(message["content"], list) else [{"type": "text", "text": message["content"]}]
        if not blocks:
            problems.append(f"{where}: no content")
        called = [b["id"] for b in _blocks(before) if b["type"] == "tool_use"] if before else []
        answered = [b["tool_use_id"] for b in blocks if b["type"] == "tool_result"]
        if sorted(called) != sorted(answered):
            problems.append(f"{where}: the results {answered} answer the calls {called}")
        kinds = [b["type"] == "tool_result" for b in blocks]
        if kinds != sorted(kinds, reverse=True):
            problems.append(f"{where}: tool results do not come first")
        for block in blocks:
            problems += _anthropic_block(block, where, role, known)
        before = message
    if before and [b for b in _blocks(before) if b["type"] == "tool_use"]:
        problems.append("the last calls have no result")
    if known and not body.get("tools"):
        problems.append("calls in the history, but no tools")
    return problems


def _blocks(message: dict) -> list[dict]:
    return message["content"] if isinstance(message["content"], list) else []


def _anthropic_block(block: dict, where: str, role: str, known: set[str]) -> list[str]:
    kind, problems = block["type"], []
    if kind == "text" and not block["text"].strip():
        problems.append(f"{where}: blank text")
    if kind == "tool_use":
        if role != "assistant" or block["id"] in known or not re.fullmatch(r"[A-Za-z0-9_-]+", block["id"]):
            problems.append(f"{where}: a call with the id {block['id']!r}")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", block["name"]) or not isinstance(block["input"], dict):
            problems.append(f"{where}: the call {block['name']!r} with {type(block['input']).__name__}")
        known.add(block["id"])
    if kind == "tool_result":
        if role != "user":
            problems.append(f"{where}: a result of the assistant's")
        for part in block.get("content") or [] if isinstance(block.get("content"), list) else []:
            problems += _anthropic_block(part, where, "user", known)
    if kind in ("image", "document") and role != "user":
        problems.append(f"{where}: {kind} of the assistant's")
    if kind in ("image", "document") and block["source"]["type"] == "base64":
        problems += _picture(block["source"]["data"], block["source"]["media_type"].rpartition("/")[2])
    if kind == "thinking" and not block["signature"]:
        problems.append(f"{where}: thinking without a signature")
    return problems


# --- Gemini and Vertex AI --------------------------------------------------------------------------------------------

_DATA = ("text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult")


def _gemini(request: Request, body: dict, model: str, vertex: bool) -> list[str]:
    problems = []
    path, _, query = request.target.partition("?")
    before = (
        f"/vertex/v1/projects/{conftest.PROJECT}/locations/{conftest.LOCATION}/publishers/google" if vertex else "/gemini/v1beta"
    )
    if path.endswith(":streamGenerateContent"):
        if query != "alt=sse":
            problems.append(f"query {query!r}")
    elif query:
        problems.append(f"query {query!r}")
    if path not in (f"{before}/models/{model}:streamGenerateContent", f"{before}/models/{model}:generateContent"):
        problems.append(f"path {path}")
    if vertex:
        if request.header("authorization") != f"Bearer {conftest.ACCESS_TOKEN}" or request.header("x-goog-api-key"):
            problems.append("the credential is not the access token alone")
    elif request.header("x-goog-api-key") != conftest.GEMINI_KEY or request.header("authorization"):
        problems.append("the credential is not x-goog-api-key alone")
    if "labels" in body and not vertex:
        problems.append("labels outside Vertex AI")
    problems += _gemini_turns(body) + _gemini_config(body, model)
    return problems


def _gemini_turns(body: dict) -> list[str]:
    problems: list[str] = []
    contents = body.get("contents") or []
    if not contents or contents[0].get("role", "user") != "user":
        problems.append("the first turn is not the user's")
    if contents and contents[-1].get("role", "user") != "user":
        problems.append("the last turn is the model's")
    calls: list[dict] = []
    role = None
    for number, content in enumerate(contents):
        where = f"contents[{number}]"
        if content.get("role") not in ("user", "model"):
            problems.append(f"{where}: role {content.get('role')!r}")
        if content.get("role") == role:
            problems.append(f"{where}: two turns of one role follow each other")
        role = content.get("role")
        if not content.get("parts"):
            problems.append(f"{where}: no parts")
        results = [p["functionResponse"] for p in content.get("parts", []) if "functionResponse" in p]
        if [c["name"] for c in calls] != [r.get("name") for r in results]:
            problems.append(f"{where}: the results {[r.get('name') for r in results]} answer {[c['name'] for c in calls]}")
        for one, result in zip(calls, results):
            if result.get("id") and result.get("id") != one.get("id"):
                problems.append(f"{where}: the result's id {result['id']} is not the call's {one.get('id')}")
            if not isinstance(result.get("response"), dict):
                problems.append(f"{where}: a response that is no object")
        for part in content.get("parts", []):
            problems += _gemini_part(part, where, role)
        calls = [p["functionCall"] for p in content.get("parts", []) if "functionCall" in p]
    if calls:
        problems.append("the last calls have no result")
    for part in (body.get("systemInstruction") or {}).get("parts", []):
        if set(part) != {"text"} or not part["text"].strip():
            problems.append(f"a system part {part!r:.80}")
    return problems


def _gemini_part(part: dict, where: str, role: str) -> list[str]:
    problems = []
    data = [name for name in part if name in _DATA]
    if len(data) != 1:
        problems.append(f"{where}: a part with {list(part)}")
    if "text" in part and not part["text"].strip() and not part.get("thoughtSignature"):
        problems.append(f"{where}: blank text")
    if role == "user" and ("functionCall" in part or part.get("thought") or part.get("thoughtSignature")):
        problems.append(f"{where}: {list(part)} of the user's")
    if role == "model" and "functionResponse" in part:
        problems.append(f"{where}: a result of the model's")
    if blob := part.get("inlineData"):
        problems += _picture(blob["data"], blob["mimeType"].rpartition("/")[2])
    if (called := part.get("functionCall")) and not isinstance(called.get("args", {}), dict):
        problems.append(f"{where}: args that are no object")
    return problems


def _gemini_config(body: dict, model: str) -> list[str]:
    problems = []
    config = body.get("generationConfig") or {}
    names = []
    for tool in body.get("tools", []):
        for function in tool.get("functionDeclarations", []):
            names.append(function["name"])
            if "parameters" in function and "parametersJsonSchema" in function:
                problems.append(f"{function['name']}: two schemas")
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}", function["name"]):
                problems.append(f"tool name {function['name']!r}")
    if len(set(names)) != len(names):
        problems.append(f"two tools share a name: {names}")
    choice = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    if choice.get("mode") not in (None, "AUTO", "ANY", "NONE", "VALIDATED"):
        problems.append(f"mode {choice['mode']}")
    if any(name not in names for name in choice.get("allowedFunctionNames", [])):
        problems.append(f"allowedFunctionNames {choice['allowedFunctionNames']}, but the tools are {names}")
    if choice.get("allowedFunctionNames") and choice.get("mode") not in ("ANY", "VALIDATED"):
        problems.append("allowedFunctionNames without the mode ANY")
    if "responseSchema" in config and "responseJsonSchema" in config:
        problems.append("two answer schemas")
    if ("responseSchema" in config or "responseJsonSchema" in config) and config.get("responseMimeType") != "application/json":
        problems.append("an answer schema without responseMimeType")
    thinking = config.get("thinkingConfig") or {}
    if "thinkingBudget" in thinking and "thinkingLevel" in thinking:
        problems.append("thinkingBudget beside thinkingLevel")
    if "gemini-2" in model and "thinkingLevel" in thinking:
        problems.append("thinkingLevel at a model that takes thinkingBudget")
    if len(config.get("stopSequences", [])) > 5 or not all(config.get("stopSequences", ["x"])):
        problems.append(f"stopSequences {config['stopSequences']}")
    if not 0 <= config.get("temperature", 0) <= 2 or not 1 <= config.get("candidateCount", 1) <= 8:
        problems.append(f"temperature {config.get('temperature')}, candidateCount {config.get('candidateCount')}")
    if not -(2**31) <= config.get("seed", 0) < 2**31:
        problems.append(f"seed {config['seed']}")
    return problems


# --- Bedrock Converse ------------------------------------------------------------------------------------------------


def _bedrock(request: Request, body: dict, model: str, provider: str) -> list[str]:
    problems = []
    before = f"/{provider}/model/{urllib.parse.quote(model, safe='')}"
    if request.target not in (f"{before}/converse", f"{before}/converse-stream"):
        problems.append(f"path {request.target}, expected {before}/converse[-stream]")
    if request.header("content-type") != "application/json":
        problems.append(f"content-type {request.header('content-type')}")
    if provider == "bearer":
        if request.header("authorization") != f"Bearer {conftest.BEDROCK_TOKEN}":
            problems.append("the credential is not the bearer key")
    else:
        problems += signature_problems(request)
    config = body.get("toolConfig") or {}
    tools = [t["toolSpec"] for t in config.get("tools", []) if "toolSpec" in t]
    problems += [f"the schema of {t['name']} is no object" for t in tools if t["inputSchema"]["json"].get("type") != "object"]
    names = [t["name"] for t in tools]
    if len(set(names)) != len(names):
        problems.append(f"two tools share a name: {names}")
    named = ((config.get("toolChoice") or {}).get("tool") or {}).get("name")
    if named and named not in names:
        problems.append(f"toolChoice names {named}, which is no tool")
    if text_format := (body.get("outputConfig") or {}).get("textFormat"):
        json.loads(text_format["structure"]["jsonSchema"]["schema"])
    more = body.get("additionalModelRequestFields") or {}
    thinking = more.get("thinking") or {}
    if thinking.get("type") == "enabled":
        most = (body.get("inferenceConfig") or {}).get("maxTokens")
        if most is None or not 1024 <= thinking["budget_tokens"] < most:
            problems.append(f"a budget of {thinking['budget_tokens']} of {most} tokens")
        if (body.get("inferenceConfig") or {}).get("temperature", 1) != 1:
            problems.append("temperature beside thinking")
    if NEW_CLAUDE.search(model) and {"temperature", "topP"} & set(body.get("inferenceConfig") or {}):
        problems.append(f"sampling at {model}")
    return problems + _bedrock_turns(body, model, bool(tools))


def _bedrock_turns(body: dict, model: str, has_tools: bool) -> list[str]:
    problems, known, before = [], set(), None
    messages = [m for m in body["messages"] if m["role"] != "system" or not NEW_CLAUDE.search(model)]
    # Claude's models take a conversation that the assistant opens.
    if not messages or (messages[0]["role"] != "user" and "claude" not in model):
        problems.append("the first message is not the user's")
    if messages and messages[-1]["role"] == "assistant" and NEW_CLAUDE.search(model):
        problems.append("the last message is the assistant's, at a model without prefill")
    for number, message in enumerate(messages):
        where = f"messages[{number}]"
        if message["role"] == "system":
            problems.append(f"{where}: a system message at {model}")
        if before and before["role"] == message["role"]:
            problems.append(f"{where}: two messages of one role follow each other")
        if not message["content"]:
            problems.append(f"{where}: no content")
        called = [b["toolUse"]["toolUseId"] for b in before["content"] if "toolUse" in b] if before else []
        answered = [b["toolResult"]["toolUseId"] for b in message["content"] if "toolResult" in b]
        if sorted(called) != sorted(answered):
            problems.append(f"{where}: the results {answered} answer the calls {called}")
        documents = [b["document"] for b in message["content"] if "document" in b]
        names = [d["name"] for d in documents]
        if documents and not any("text" in b for b in message["content"]):
            problems.append(f"{where}: a document without text beside it")
        if len(set(names)) != len(names) or [n for n in names if not re.fullmatch(r"(?!.*  )[A-Za-z0-9_ \-()\[\]]+", n)]:
            problems.append(f"{where}: document names {names}")
        for block in message["content"]:
            if "text" in block and not block["text"].strip():
                problems.append(f"{where}: blank text")
            if "image" in block and "bytes" in block["image"]["source"]:
                problems += _picture(block["image"]["source"]["bytes"], block["image"]["format"])
            if call := block.get("toolUse"):
                if call["toolUseId"] in known or message["role"] != "assistant" or not isinstance(call["input"], dict):
                    problems.append(f"{where}: the call {call['toolUseId']!r}")
                known.add(call["toolUseId"])
            told = block.get("toolResult", {"content": [{"json": {}}]})["content"]
            if not told or any("text" in c and not c["text"].strip() for c in told):
                problems.append(f"{where}: an empty result")
        before = message
    if before and any("toolUse" in b for b in before["content"]):
        problems.append("the last calls have no result")
    if (known or any("toolResult" in b for m in messages for b in m["content"])) and not has_tools:
        problems.append("calls in the history, but no toolConfig")
    return problems + ["an empty system text" for s in body.get("system", []) if not s.get("text", "x").strip()]


def signature_problems(request: Request) -> list[str]:
    """The SigV4 signature, made again by botocore over the request as it arrived."""
    shown = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/bedrock/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})",
        request.header("authorization") or "",
    )
    if not shown:
        return [f"authorization {request.header('authorization')!r:.60}"]
    identity, day, region, signed, signature = shown.groups()
    moment = request.header("x-amz-date") or ""
    problems = [] if (identity, region) == (conftest.AWS_KEY_ID, conftest.REGION) else [f"signed by {identity} for {region}"]
    if not re.fullmatch(r"\d{8}T\d{6}Z", moment) or not moment.startswith(day):
        problems.append(f"x-amz-date {moment!r} beside the day {day}")
    names = signed.split(";")
    if not {"host", "x-amz-date"} <= set(names) or names != sorted(names):
        problems.append(f"signed headers {names}")
    remade = botocore.awsrequest.AWSRequest(
        method=request.method, url=f"http://{request.header('host')}{request.target}", data=request.body,
        headers={name: request.header(name) for name in names},
    )  # fmt: skip
    remade.context["timestamp"] = moment
    signer = botocore.auth.SigV4Auth(botocore.credentials.Credentials(identity, conftest.AWS_SECRET), "bedrock", region)
    canonical = signer.canonical_request(remade)
    expected = signer.signature(signer.string_to_sign(remade, canonical), remade)
    return problems + ([] if expected == signature else [f"the signature does not fit; canonical request:\n{canonical}"])
