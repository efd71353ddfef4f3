"""Assistant turns of real exchanges, with reasoning, signatures and calls, read from the folder of recordings; none is kept here."""

from __future__ import annotations

import json
from dataclasses import dataclass

import conftest
from intents import Tool
from provider_answers import Block

_FILES = {
    "anthropic": "anthropic/stream-thinking-tool-turn2.json", "invoke": "anthropic/stream-thinking-tool-turn2.json",
    "gemini": "gemini/stream-multi-tool-turn2.json", "vertex": "gemini/stream-multi-tool-turn2.json",
    "bedrock": "bedrock/converse-tool-thinking-turn1.json",
}  # fmt: skip


@dataclass(frozen=True)
class Recorded:
    blocks: tuple[Block, ...]
    tools: tuple[Tool, ...]

    @property
    def signatures(self) -> list[str]:
        return [b.signature for b in self.blocks if b.signature]


def recorded(dialect: str) -> Recorded | None:
    """The turn of a provider's dialect; None where there is no recording of one."""
    folder = conftest.recordings_folder()
    if folder is None or dialect not in _FILES or not (folder / _FILES[dialect]).exists():
        return None
    data = json.loads((folder / _FILES[dialect]).read_text())
    body = data["request"]["body"]
    if dialect in ("gemini", "vertex"):
        parts = next(c["parts"] for c in body["contents"] if c["role"] == "model")
        calls = [(p["functionCall"], p.get("thoughtSignature")) for p in parts]
        blocks = [Block("call", json.dumps(c.get("args", {})), signature, c["name"], c.get("id", "")) for c, signature in calls]
    elif dialect == "bedrock":
        answer = data["response"]["body"]
        content = (json.loads(answer) if isinstance(answer, str) else answer)["output"]["message"]["content"]
        blocks = [_bedrock(block) for block in content]
    else:
        content = next(m["content"] for m in body["messages"] if m["role"] == "assistant")
        blocks = [_anthropic(block) for block in content]
    schema = json.dumps({"type": "object", "properties": {}})
    tools = tuple(Tool(b.name, f"The tool {b.name}.", schema) for b in blocks if b.kind == "call")
    return Recorded(tuple(blocks), tools)


def _anthropic(block: dict) -> Block:
    if block["type"] == "thinking":
        return Block("thinking", block["thinking"], block["signature"])
    if block["type"] == "tool_use":
        return Block("call", json.dumps(block["input"]), None, block["name"], block["id"])
    return Block("text", block["text"])


def _bedrock(block: dict) -> Block:
    if "reasoningContent" in block:
        told = block["reasoningContent"]["reasoningText"]
        return Block("thinking", told["text"], told["signature"])
    if "toolUse" in block:
        call = block["toolUse"]
        return Block("call", json.dumps(call["input"]), None, call["name"], call["toolUseId"])
    return Block("text", block["text"])
