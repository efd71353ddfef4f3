"""Checks a request body against the types its provider publishes: Anthropic's TypedDicts, google-genai's pydantic models,
botocore's service model. Stricter than the SDKs themselves: unknown members are problems everywhere."""

from __future__ import annotations

import base64
import binascii
import collections.abc
import functools
import re
import types as python_types
import typing

import botocore.session
import botocore.validate
import pydantic
import typing_extensions
from anthropic.types import message_create_params
from google.genai import types as genai

# --- Anthropic: TypedDicts -------------------------------------------------------------------------------------------


# Members of the older API version, which the types of today no longer name.
_SAMPLING = {"temperature": float, "top_p": float, "top_k": int}


def anthropic_problems(body: dict) -> list[str]:
    streaming = message_create_params.MessageCreateParamsStreaming
    known = streaming if body.get("stream") else message_create_params.MessageCreateParamsNonStreaming
    problems = [p for name, kind in _SAMPLING.items() if name in body for p in _against(body[name], kind, f"body.{name}")]
    return problems + _against({k: v for k, v in body.items() if k not in _SAMPLING}, known, "body")


@functools.cache
def _hints(kind: type) -> dict[str, object]:
    return typing_extensions.get_type_hints(kind, include_extras=True)


def _bare(kind):
    """`kind` without Required, NotRequired and Annotated, and whether it is required."""
    required = False
    while (origin := typing.get_origin(kind)) in (typing.Required, typing.NotRequired, typing.Annotated):
        required = required or origin is typing.Required
        kind = typing.get_args(kind)[0]
    return kind, required


def _against(value, kind, path: str) -> list[str]:
    """What is wrong with `value` as a `kind`; empty where nothing is."""
    kind, _ = _bare(kind)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is object or kind is typing.Any:
        return []
    if origin in (typing.Union, python_types.UnionType):
        return _best(value, arguments, path)
    if origin is typing.Literal:
        return [] if value in arguments else [f"{path}: {value!r} is none of {arguments}"]
    if typing_extensions.is_typeddict(kind):
        return _against_members(value, kind, path)
    if origin is dict:
        return [] if isinstance(value, dict) else [f"{path}: {value!r:.80} is no object"]
    if origin in (list, collections.abc.Iterable, collections.abc.Sequence):
        if not isinstance(value, list):
            return [f"{path}: {value!r:.80} is no list"]
        return [p for i, item in enumerate(value) for p in _against(item, arguments[0], f"{path}[{i}]")]
    if kind is type(None):
        return [] if value is None else [f"{path}: not null"]
    if kind is float:
        return [] if isinstance(value, (int, float)) and not isinstance(value, bool) else [f"{path}: {value!r:.80} is no number"]
    if kind is int:
        return [] if isinstance(value, int) and not isinstance(value, bool) else [f"{path}: {value!r:.80} is no integer"]
    if isinstance(kind, type):
        # Classes of answers, which the unions hold too, are no JSON; files are not sent as objects.
        return [] if kind in (str, bool) and isinstance(value, kind) else [f"{path}: {value!r:.80} is no {kind.__name__}"]
    raise AssertionError(f"a type this reader does not know: {kind}")


def _best(value, kinds, path: str) -> list[str]:
    """The fewest problems any of the alternatives finds; the one whose `type` fits decides where there is one."""
    found = []
    for kind in kinds:
        problems = _against(value, kind, path)
        if not problems:
            return []
        misfit = any(p.startswith((f"{path}: ", f"{path}.type:", f"{path}.role:")) for p in problems)
        found.append((misfit, len(problems), problems))
    return min(found, key=lambda f: f[:2])[2]


def _against_members(value, kind, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: {value!r:.80} is no object"]
    known = _hints(kind)
    problems = [f"{path}.{name}: unknown to {kind.__name__}" for name in value if name not in known]
    for name, hint in known.items():
        bare, required = _bare(hint)
        if name in value:
            problems += _against(value[name], bare, f"{path}.{name}")
        elif required:
            problems.append(f"{path}.{name}: missing")
    return problems


# --- Gemini: pydantic models -----------------------------------------------------------------------------------------

_GEMINI = {
    "contents": list[genai.Content], "systemInstruction": genai.Content, "tools": list[genai.Tool],
    "toolConfig": genai.ToolConfig, "safetySettings": list[genai.SafetySetting], "generationConfig": genai.GenerationConfig,
    "cachedContent": str, "labels": dict[str, str], "serviceTier": str,
}  # fmt: skip
# What these hold is the caller's, not the API's.
_FOREIGN = {"args", "response", "parametersJsonSchema", "responseJsonSchema", "parameters", "responseSchema", "labels"}


def gemini_problems(body: dict) -> list[str]:
    problems = [f"body.{name}: unknown to GenerateContentRequest" for name in body if name not in _GEMINI]
    for name, kind in _GEMINI.items():
        if name not in body:
            continue
        try:
            pydantic.TypeAdapter(kind).validate_python(body[name])
        except pydantic.ValidationError as found:
            problems += [f"body.{name}.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in found.errors()]
    return problems + _snake_case(body, "body")


def _snake_case(value, path: str) -> list[str]:
    """The models take snake_case names as well; the REST interface is written in camelCase."""
    if isinstance(value, list):
        return [p for i, item in enumerate(value) for p in _snake_case(item, f"{path}[{i}]")]
    if not isinstance(value, dict):
        return []
    problems = [f"{path}.{name}: not camelCase" for name in value if "_" in name]
    return problems + [p for name, item in value.items() if name not in _FOREIGN for p in _snake_case(item, f"{path}.{name}")]


# --- Bedrock: botocore's service model -------------------------------------------------------------------------------


@functools.cache
def bedrock_shape(operation: str):
    return botocore.session.get_session().get_service_model("bedrock-runtime").operation_model(operation).input_shape


def bedrock_problems(body: dict, model: str, operation: str) -> list[str]:
    """`operation`: Converse or ConverseStream."""
    shape = bedrock_shape(operation)
    try:
        value = _with_bytes(body, shape) | {"modelId": model}
    except (ValueError, binascii.Error) as problem:
        return [f"a blob that is no base64: {problem}"]
    report = botocore.validate.ParamValidator().validate(value, shape)
    problems = [report.generate_report()] if report.has_errors() else []
    return problems + _limits(value, shape, "body")


def _with_bytes(value, shape):
    """`value` with its blobs decoded, as the SDK's user would pass them."""
    if getattr(shape, "is_document_type", False):
        return value
    if shape.type_name == "blob" and isinstance(value, str):
        return base64.b64decode(value, validate=True)
    if shape.type_name == "structure" and isinstance(value, dict):
        return {k: _with_bytes(v, shape.members[k]) if k in shape.members else v for k, v in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [_with_bytes(item, shape.member) for item in value]
    return value


def _limits(value, shape, path: str) -> list[str]:
    """Patterns, lengths, ranges and enumerations, which botocore leaves to the service, and unknown members."""
    if getattr(shape, "is_document_type", False):
        return []
    limits, problems = shape.metadata, []
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, item in value.items():
            if name not in shape.members:
                problems.append(f"{path}.{name}: unknown to {shape.name}")
            else:
                problems += _limits(item, shape.members[name], f"{path}.{name}")
        if getattr(shape, "is_tagged_union", False) and len(value) != 1:
            problems.append(f"{path}: a union with the members {list(value)}")
        return problems
    if shape.type_name == "list" and isinstance(value, list):
        problems = [p for i, item in enumerate(value) for p in _limits(item, shape.member, f"{path}[{i}]")]
    if shape.type_name == "string" and isinstance(value, str):
        if shape.enum and value not in shape.enum:
            problems.append(f"{path}: {value!r} is none of {shape.enum}")
        if (pattern := limits.get("pattern")) and path != "body.modelId" and not re.fullmatch(pattern, value):
            problems.append(f"{path}: {value!r:.100} does not match {pattern}")
    size = value if isinstance(value, (int, float)) else len(value) if isinstance(value, (str, bytes, list, dict)) else 0
    if not limits.get("min", size) <= size <= limits.get("max", size):
        problems.append(f"{path}: {value!r:.80} is outside {limits.get('min')}…{limits.get('max')}")
    return problems
