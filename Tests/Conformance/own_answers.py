"""Holds the answers that are written by hand here to the types of their providers' SDKs, before anything is judged by them."""

from __future__ import annotations

import json

import cohere
import ollama
import openai.types.chat
import openai.types.responses
import pydantic

import provider_replies
from features import FEATURES

_STREAM = {
    "openai-chat": pydantic.TypeAdapter(openai.types.chat.ChatCompletionChunk),
    "openai-responses": pydantic.TypeAdapter(openai.types.responses.ResponseStreamEvent),
    "ollama": pydantic.TypeAdapter(ollama.ChatResponse),
}
_WHOLE = {
    "openai-chat": pydantic.TypeAdapter(openai.types.chat.ChatCompletion),
    "openai-responses": pydantic.TypeAdapter(openai.types.responses.Response),
    "ollama": pydantic.TypeAdapter(ollama.ChatResponse),
}


def problems() -> list[str]:
    found = []
    for family in (*_WHOLE, "cohere"):
        for feature in FEATURES:
            reason = provider_replies.STOPS[family][feature.stop or ("tool_calls" if any(b.kind == "call" for b in feature.blocks) else "stop")]
            for streaming in (False, True):
                body = provider_replies.body_of(family, list(feature.blocks), streaming, reason, feature.spent)
                try:
                    _check(family, body, streaming)
                except pydantic.ValidationError as wrong:
                    found.append(f"{family}, {feature.name}, stream {streaming}: {str(wrong)[:300]}")
    return found


def _check(family: str, body: bytes, streaming: bool) -> None:
    if not streaming:
        kind = _WHOLE.get(family) or pydantic.TypeAdapter(cohere.V2ChatResponse)
        kind.validate_json(body)
        return
    lines = body.splitlines() if family == "ollama" else [line[6:] for line in body.splitlines() if line.startswith(b"data: ")]
    for line in lines:
        if line.strip() and line != b"[DONE]":
            kind = _STREAM.get(family) or pydantic.TypeAdapter(cohere.V2ChatStreamResponse)
            kind.validate_python(json.loads(line))


