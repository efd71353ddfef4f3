"""Requests as users of the openai package send them, the odd ones included. Each is the keyword arguments of
`chat.completions.create` without `model`."""

from __future__ import annotations

import base64
import struct
import zlib


def _png() -> bytes:
    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (
        b"\x89PNG\r\n\x1a\n" + part(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
        + part(b"IDAT", zlib.compress(b"\x00\xff\x00\x00")) + part(b"IEND", b"")
    )  # fmt: skip


PNG = base64.b64encode(_png()).decode()
PDF = base64.b64encode(b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n").decode()
PNG_URL = f"data:image/png;base64,{PNG}"

# Arguments whose number texts and order of members must survive.
HARD_ARGUMENTS = '{"z":1.0,"a":1e400,"m":9223372036854775808,"n":-0.10,"k":"\\u00e9 ü 👋","o":{"y":[1,2.50,null],"x":true}}'


def user(content) -> dict:
    return {"role": "user", "content": content}


def system(content, role: str = "system") -> dict:
    return {"role": role, "content": content}


def assistant(content=None, *calls: tuple[str, str, str], **more) -> dict:
    """`calls`: id, name, arguments."""
    made: dict = {"role": "assistant", "content": content} | more
    if calls:
        made["tool_calls"] = [{"id": i, "type": "function", "function": {"name": n, "arguments": a}} for i, n, a in calls]
    return made


def result(identity: str, content) -> dict:
    return {"role": "tool", "tool_call_id": identity, "content": content}


def part(value: str) -> dict:
    return {"type": "text", "text": value}


def image(url: str = PNG_URL, **more) -> dict:
    return {"type": "image_url", "image_url": {"url": url} | more}


def document(name: str = "report_v1.0 (final).pdf") -> dict:
    return {"type": "file", "file": {"filename": name, "file_data": f"data:application/pdf;base64,{PDF}"}}


def tool(name: str = "weather", parameters: object = "default", description: str | None = "Tells the weather.", **more) -> dict:
    function: dict = {"name": name} | more
    if description is not None:
        function["description"] = description
    if parameters == "default":
        parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    if parameters is not None:
        function["parameters"] = parameters
    return {"type": "function", "function": function}


WEATHER = [tool(), tool("clock", {"type": "object", "properties": {"zone": {"type": "string"}}}, "Tells the time.")]

TREE = {
    "type": "object",
    "properties": {"root": {"$ref": "#/$defs/node"}},
    "required": ["root"],
    "$defs": {
        "node": {
            "type": "object",
            "properties": {"value": {"type": "integer"}, "children": {"type": "array", "items": {"$ref": "#/$defs/node"}}},
        }
    },
}
ODD_SCHEMAS = {
    "any-of": {"type": "object", "properties": {"v": {"anyOf": [{"type": "string"}, {"type": "null"}, {"$ref": "#/$defs/p"}]}},
               "$defs": {"p": {"type": "object", "properties": {"x": {"type": "number"}}}}},
    "recursive": TREE,
    "no-properties": {"type": "object"},
    "empty": {},
    "empty-properties": {"type": "object", "properties": {}, "additionalProperties": False},
    "nullable-arrays": {"type": "object", "properties": {"a": {"type": ["string", "null"]}, "b": {"type": ["array", "null"], "items": {}}}},
    "one-of-and-const": {"type": "object", "properties": {"k": {"oneOf": [{"const": "x"}, {"enum": [1, None, "y"]}]}}},
    "limits": {"type": "object", "properties": {"n": {"type": "integer", "minimum": 0, "exclusiveMaximum": 10, "default": 3},
                                              "s": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 9, "format": "uuid"}}},
    "odd-words": {"$schema": "http://json-schema.org/draft-07/schema#", "title": "T", "type": "object", "patternProperties": {"^x": {}},
                  "additionalProperties": {"type": "string"}, "properties": {"if": {"type": "boolean"}, "type": {"type": "string"}}},
    "root-any-of": {"anyOf": [{"type": "object", "properties": {"a": {"type": "string"}}}, {"type": "object", "properties": {"b": {}}}]},
    "no-type": {"properties": {"a": {"type": "string"}}},
    "order": {"type": "object", "properties": {"zeta": {"type": "string"}, "alpha": {"type": "string"}, "mid": {"type": "string"}}},
}  # fmt: skip

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": PERSON}}

ASK = [user("What is the weather?")]
LOOP = [user("Weather?"), assistant(None, ("call_1", "weather", '{"city":"Bern"}')), result("call_1", "sunny")]


def _requests() -> dict[str, dict]:
    two = (("call_1", "weather", '{"city":"Bern"}'), ("call_2", "clock", '{"zone":"CET"}'))
    found: dict[str, list | dict] = {
        "plain": ASK,
        "system": [system("Be brief."), *ASK],
        "developer": [system("Be brief.", "developer"), *ASK],
        "two-systems": [system("Be brief."), system("Be kind.", "developer"), *ASK],
        "system-parts": [system([part("Be brief."), part("Be kind.")]), *ASK],
        "only-a-system": [system("Say hello.")],
        "empty-system": [system(""), *ASK],
        "several-turns": [user("One?"), assistant("Uno."), user("Two?"), assistant("Due."), user("Three?")],
        "mid-system": [user("One?"), assistant("Uno."), system("From now on German."), user("Two?")],
        "system-after-user": [user("One?"), system("From now on German.")],
        "same-role": [user("One."), user("Two."), user([part("Three.")]), assistant("A."), assistant("B."), user("C?")],
        "assistant-first": [assistant("Welcome."), user("Hello.")],
        "only-an-assistant": [assistant("Once upon")],
        "names": [user("Hello.") | {"name": "Ada"}, assistant("Hi.") | {"name": "bot"}, user("And you?") | {"name": "Bob_2"}],
        "parts": [user([part("One."), part("Two.")])],
        "empty-user": [user(""), user("Hello.")],
        "nothing-but-an-empty-user": [user("")],
        "blank-user": [user(" \n\t"), assistant("What?"), user("Hello.")],
        "empty-parts": [user([part(""), part("Hello."), part(" ")])],
        "empty-assistant": [user("One?"), assistant(""), user("Two?")],
        "null-assistant": [user("One?"), assistant(None), user("Two?")],
        "assistant-parts": [user("One?"), assistant([part("Uno."), part("Due.")]), user("Two?")],
        "refusal-part": [user("One?"), assistant([{"type": "refusal", "refusal": "I cannot."}]), user("Why?")],
        "refusal-field": [user("One?"), assistant(None, refusal="I cannot."), user("Why?")],
        "unicode": [system("Sprich 日本語."), user("Grüezi 👋🏽 \u2028 \u0000 \x7f \ufffd \U0010ffff — «ok» \"quoted\" \\ back\\slash")],
        "long": [user("word " * 20_000)],
        "image": [user([part("What is this?"), image()])],
        "image-first": [user([image(detail="low"), part("What is this?")])],
        "image-alone": [user([image(detail="high")])],
        "images": [user([part("Compare."), image(), image()])],
        "pdf": [user([part("Summarise."), document()])],
        "pdf-alone": [user([document()])],
        "pdfs-of-one-name": [user([part("Compare."), document("a_b.pdf"), document("a_b.pdf"), document("ä/ß  c.pdf")])],
        "loop": {"messages": LOOP, "tools": WEATHER},
        "loop-without-tools": LOOP,
        "loop-with-text": {"messages": [user("W?"), assistant("Let me see.", two[0]), result("call_1", "sunny"), user("Sure?")], "tools": WEATHER},
        "parallel": {"messages": [user("Both?"), assistant(None, *two), result("call_1", "sunny"), result("call_2", "noon")], "tools": WEATHER},
        "parallel-out-of-order": {"messages": [user("B?"), assistant(None, *two), result("call_2", "noon"), result("call_1", "sunny")], "tools": WEATHER},
        "parallel-one-missing": {"messages": [user("B?"), assistant(None, *two), result("call_2", "noon"), user("Well?")], "tools": WEATHER},
        "all-missing": {"messages": [user("B?"), assistant(None, *two), user("Well?")], "tools": WEATHER},
        "missing-at-the-end": {"messages": [user("B?"), assistant(None, two[0])], "tools": WEATHER},
        "orphan": {"messages": [user("B?"), result("call_9", "a stray result"), user("Well?")], "tools": WEATHER},
        "orphan-first": {"messages": [result("call_9", "a stray result"), user("Well?")], "tools": WEATHER},
        "orphan-beside": {"messages": [*LOOP, result("call_9", "a stray result")], "tools": WEATHER},
        "result-twice": {"messages": [*LOOP, result("call_1", "sunny again")], "tools": WEATHER},
        "result-later": {"messages": [user("W?"), assistant(None, two[0]), user("Hm?"), result("call_1", "sunny")], "tools": WEATHER},
        "result-parts": {"messages": [*LOOP[:2], result("call_1", [part("sunny"), part("and warm")])], "tools": WEATHER},
        "result-empty": {"messages": [*LOOP[:2], result("call_1", "")], "tools": WEATHER},
        "result-json": {"messages": [*LOOP[:2], result("call_1", '{"degrees": 1.0, "list": [1, 2]}')], "tools": WEATHER},
        "result-then-image": {"messages": [*LOOP, user([part("Look:"), image()])], "tools": WEATHER},
        "two-loops": {"messages": [*LOOP, assistant("Sunny.", ("call_2", "clock", "{}")), result("call_2", "noon"), user("Thanks.")], "tools": WEATHER},
        "same-id-twice": {"messages": [*LOOP, assistant(None, ("call_1", "clock", "{}")), result("call_1", "noon")], "tools": WEATHER},
        "strange-ids": {"messages": [user("B?"), assistant(None, ("call é/1:" + "x" * 90, "weather", "{}"), ("call é/2", "clock", "{}")),
                                     result("call é/2", "noon"), result("call é/1:" + "x" * 90, "sunny")], "tools": WEATHER},
        "empty-ids": {"messages": [user("B?"), assistant(None, ("", "weather", "{}")), result("", "sunny")], "tools": WEATHER},
        "hard-numbers": {"messages": [user("W?"), assistant(None, ("call_1", "weather", HARD_ARGUMENTS)), result("call_1", "x")], "tools": WEATHER},
        "empty-arguments": {"messages": [user("W?"), assistant(None, ("call_1", "weather", "")), result("call_1", "x")], "tools": WEATHER},
        "no-json-arguments": {"messages": [user("W?"), assistant(None, ("call_1", "weather", '{"city": "Be')), result("call_1", "x")], "tools": WEATHER},
        "array-arguments": {"messages": [user("W?"), assistant(None, ("call_1", "weather", "[1, 2]")), result("call_1", "x")], "tools": WEATHER},
        "tools": {"messages": ASK, "tools": WEATHER},
        "tool-without-description": {"messages": ASK, "tools": [tool(description=None), tool("empty", description="")]},
        "tool-without-parameters": {"messages": ASK, "tools": [tool(parameters=None)]},
        "strict-tool": {"messages": ASK, "tools": [tool("person", PERSON, strict=True)]},
        "loose-strict-tool": {"messages": ASK, "tools": [tool("weather", strict=True)]},
        "long-tool-name": {"messages": ASK, "tools": [tool("a" * 64), tool("a" * 63 + "b")]},
        "no-tools": {"messages": ASK, "tools": []},
        "choice-auto": {"messages": ASK, "tools": WEATHER, "tool_choice": "auto"},
        "choice-none": {"messages": ASK, "tools": WEATHER, "tool_choice": "none"},
        "choice-none-in-a-loop": {"messages": LOOP, "tools": WEATHER, "tool_choice": "none"},
        "choice-required": {"messages": ASK, "tools": WEATHER, "tool_choice": "required"},
        "choice-named": {"messages": ASK, "tools": WEATHER, "tool_choice": {"type": "function", "function": {"name": "clock"}}},
        "choice-allowed": {"messages": ASK, "tools": WEATHER, "tool_choice": {
            "type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "clock"}}]}}},
        "choice-with-reasoning": {"messages": ASK, "tools": WEATHER, "tool_choice": "required", "reasoning_effort": "high"},
        "one-call-at-a-time": {"messages": ASK, "tools": WEATHER, "parallel_tool_calls": False},
        "one-required-call": {"messages": ASK, "tools": WEATHER, "tool_choice": "required", "parallel_tool_calls": False},
        "json-schema": {"messages": ASK, "response_format": SCHEMA},
        "json-schema-with-tools": {"messages": ASK, "response_format": SCHEMA, "tools": WEATHER},
        "json-schema-with-reasoning": {"messages": ASK, "response_format": SCHEMA, "reasoning_effort": "medium"},
        "loose-json-schema": {"messages": ASK, "response_format": {"type": "json_schema", "json_schema": {"name": "tree", "schema": TREE}}},
        "json-object": {"messages": [user("Answer in JSON.")], "response_format": {"type": "json_object"}},
        "text-format": {"messages": ASK, "response_format": {"type": "text"}},
        "stop": {"messages": ASK, "stop": "END"},
        "stops": {"messages": ASK, "stop": ["END", "\n\n", "###", "STOP"]},
        "no-stops": {"messages": ASK, "stop": []},
        "sampling": {"messages": ASK, "temperature": 0.5},
        "sampling-both": {"messages": ASK, "temperature": 0.5, "top_p": 0.9},
        "default-sampling": {"messages": ASK, "temperature": 1, "top_p": 1, "n": 1, "presence_penalty": 0, "frequency_penalty": 0},
        "hot": {"messages": ASK, "temperature": 2},
        "cold": {"messages": ASK, "temperature": 0},
        "seed-and-penalties": {"messages": ASK, "seed": 7, "presence_penalty": 0.5, "frequency_penalty": -0.5},
        "large-seed": {"messages": ASK, "seed": 9_000_000_000},
        "logit-bias": {"messages": ASK, "logit_bias": {"50256": -100}},
        "logprobs": {"messages": ASK, "logprobs": True, "top_logprobs": 3},
        "max-tokens": {"messages": ASK, "max_tokens": 33},
        "max-completion-tokens": {"messages": ASK, "max_completion_tokens": 44},
        "one-token": {"messages": ASK, "max_tokens": 1},
        "sampling-with-reasoning": {"messages": ASK, "temperature": 0.3, "top_p": 0.5, "reasoning_effort": "high"},
        "reasoning-in-a-loop": {"messages": LOOP, "tools": WEATHER, "reasoning_effort": "high"},
        "little-room-for-reasoning": {"messages": ASK, "max_completion_tokens": 500, "reasoning_effort": "high"},
        "identity": {"messages": ASK, "user": "user-1", "metadata": {"team": "x"}, "safety_identifier": "safe-1", "store": False},
        "service-tier": {"messages": ASK, "service_tier": "auto", "prompt_cache_key": "k", "verbosity": "low"},
    }  # fmt: skip
    for name, schema in ODD_SCHEMAS.items():
        found[f"schema-{name}"] = {"messages": ASK, "tools": [tool("odd", schema)]}
        found[f"answer-{name}"] = {
            "messages": ASK,
            "response_format": {"type": "json_schema", "json_schema": {"name": "odd", "schema": schema}},
        }
    for effort in ("none", "minimal", "low", "medium", "high", "xhigh", "max"):
        found[f"effort-{effort}"] = {"messages": ASK, "reasoning_effort": effort}
    return {name: value if isinstance(value, dict) else {"messages": value} for name, value in found.items()}


REQUESTS = _requests()
