"""`boto3` as a client of Bedrock Converse."""

from __future__ import annotations

import base64
import json
import os

import boto3
import botocore.config
import botocore.exceptions

from clients_anthropic import BUDGETS
from intents import (
    Broken, Call, Document, Got, Intent, Native, NotExpressible, Picture, Refused, Text, Turn, Usage,
)  # fmt: skip


class BedrockClient:
    name, title = "bedrock", "Bedrock Converse"
    package = "boto3"
    lacks = {
        "image-url": "Converse takes images as bytes or from S3",
        "seed": "Converse has no `seed`",
        "penalties": "Converse has no penalties",
        "json-object": "Converse has no JSON mode without a schema",
        "one-call": "Converse cannot forbid parallel calls",
        "tools-none": "Converse has no tool choice `none`",
    }
    shows = ("fresh", "read", "written", "output")
    sees_stop_sequence = True
    stops = {
        "end_turn": "stop", "stop_sequence": "stop_sequence", "max_tokens": "length", "tool_use": "tool_calls",
        "content_filtered": "content_filter", "guardrail_intervened": "content_filter",
        "model_context_window_exceeded": "length",
    }  # fmt: skip

    def __init__(self, url: str, key: str, secure_url: str = "", authority: str = "", pair: tuple[str, str] | None = None):
        """`pair`: the key's own AWS pair, with which requests are signed; else `key` goes as a bearer token over TLS."""
        options = {"config": botocore.config.Config(retries={"max_attempts": 0}, read_timeout=20)}
        self.extra: dict[str, str] = {}
        self.sent: list[bytes] = []
        if pair:
            options |= {"endpoint_url": url, "aws_access_key_id": pair[0], "aws_secret_access_key": pair[1]}
        else:
            os.environ["AWS_BEARER_TOKEN_BEDROCK"] = key
            options |= {"endpoint_url": secure_url, "verify": authority}
        self.sdk = boto3.session.Session().client("bedrock-runtime", region_name="us-east-1", **options)
        self.sdk.meta.events.register("before-send.bedrock-runtime", self._add)

    def _add(self, request, **_):
        self.sent[:] = [request.body]
        for name, value in self.extra.items():
            request.headers[name] = value

    def ask(self, intent: Intent, model: str, headers: dict[str, str] | None = None) -> Got:
        body = self._body(intent)
        self.extra = headers or {}
        self.told = {}
        try:
            if intent.stream:
                answer = self.sdk.converse_stream(modelId=model, **body)
                self.told = answer["ResponseMetadata"]["HTTPHeaders"]
                content, stop, usage = _collect(answer["stream"])
            else:
                answer = self.sdk.converse(modelId=model, **body)
                self.told = answer["ResponseMetadata"]["HTTPHeaders"]
                content, stop, usage = answer["output"]["message"]["content"], answer["stopReason"], answer.get("usage")
        except Exception as error:
            raise self._failure(error) from error
        got = Got(stop=self.stops.get(stop, stop), headers=dict(self.told))
        for block in content:
            got.text += block.get("text", "")
            got.thinking += block.get("reasoningContent", {}).get("reasoningText", {}).get("text", "")
            if call := block.get("toolUse"):
                got.calls.append(Call(call["name"], call["input"], call["toolUseId"]))
        if usage:
            read, written = usage.get("cacheReadInputTokens", 0), usage.get("cacheWriteInputTokens", 0)
            got.usage = Usage(usage["inputTokens"], read, written, usage["outputTokens"], None)
        got.turn = Native({"role": "assistant", "content": content})
        return got

    def count(self, intent: Intent, model: str) -> int:
        body = {k: v for k, v in self._body(intent).items() if k in ("messages", "system", "toolConfig")}
        try:
            return self.sdk.count_tokens(modelId=model, input={"converse": body})["inputTokens"]
        except Exception as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> Exception:
        if isinstance(error, botocore.exceptions.EventStreamError):
            told = error.response["Error"]
            return Refused(None, told.get("Message", ""), told.get("Code", ""), self.told)
        if isinstance(error, botocore.exceptions.ClientError):
            told, meta = error.response["Error"], error.response["ResponseMetadata"]
            return Refused(meta["HTTPStatusCode"], told.get("Message", ""), told.get("Code", ""), meta["HTTPHeaders"])
        return error if isinstance(error, Broken) else Broken(f"{type(error).__name__}: {error}")

    @staticmethod
    def _body(intent: Intent) -> dict:
        unsaid = (intent.seed, intent.frequency_penalty, intent.presence_penalty, intent.parallel)
        if any(v is not None for v in unsaid) or intent.json_object or intent.choice == "none":
            raise NotExpressible
        body: dict = {"messages": [_turn(t) for t in intent.turns]}
        if intent.system:
            body["system"] = [{"text": intent.system}]
        if intent.tools:
            tools = [
                {"toolSpec": {"name": t.name, "description": t.description, "inputSchema": {"json": t.parameters}}} for t in intent.tools
            ]
            body["toolConfig"] = {"tools": tools}
            if intent.choice:
                kinds = {"auto": {"auto": {}}, "required": {"any": {}}}
                body["toolConfig"]["toolChoice"] = kinds.get(intent.choice) or {"tool": {"name": intent.choice}}
        if intent.schema:
            structure = {"jsonSchema": {"name": "person", "schema": json.dumps(intent.schema)}}
            body["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": structure}}
        said = {
            "maxTokens": intent.limit, "temperature": intent.temperature, "topP": intent.top_p, "stopSequences": list(intent.stop) or None,
        }  # fmt: skip
        if config := {name: value for name, value in said.items() if value is not None}:
            body["inferenceConfig"] = config
        more: dict = {}
        if intent.top_k is not None:
            more["top_k"] = intent.top_k
        if intent.effort:
            more["thinking"] = {"type": "enabled", "budget_tokens": BUDGETS[intent.effort]}
        return body | ({"additionalModelRequestFields": more} if more else {})


def _turn(turn: Turn) -> dict:
    if len(turn.parts) == 1 and isinstance(turn.parts[0], Native):
        return turn.parts[0].value
    if turn.role == "tool":
        content = [
            {"toolResult": {"toolUseId": p.id, "content": [{"text": p.text}], "status": "error" if p.failed else "success"}}
            for p in turn.parts
        ]
        return {"role": "user", "content": content}
    return {"role": turn.role, "content": [_part(p) for p in turn.parts]}


def _part(part) -> dict:
    if isinstance(part, Text):
        return {"text": part.text}
    if isinstance(part, Picture):
        return {"image": {"format": part.kind.rpartition("/")[2], "source": {"bytes": base64.b64decode(part.data)}}}
    if isinstance(part, Document):
        return {"document": {"format": "pdf", "name": part.name, "source": {"bytes": base64.b64decode(part.data)}}}
    if isinstance(part, Call):
        return {"toolUse": {"toolUseId": part.id, "name": part.name, "input": part.arguments}}
    raise NotExpressible


def _collect(stream) -> tuple[list[dict], str, dict | None]:
    """The blocks of a stream as one message's."""
    blocks: dict[int, dict] = {}
    stop = usage = None
    for event in stream:
        if "contentBlockStart" in event:
            start = event["contentBlockStart"]
            blocks[start["contentBlockIndex"]] = {k: dict(v, input="") for k, v in start["start"].items()}
        elif "contentBlockDelta" in event:
            delta = event["contentBlockDelta"]["delta"]
            block = blocks.setdefault(event["contentBlockDelta"]["contentBlockIndex"], {})
            if "text" in delta:
                block["text"] = block.get("text", "") + delta["text"]
            elif "toolUse" in delta:
                block["toolUse"]["input"] += delta["toolUse"]["input"]
            elif "reasoningContent" in delta:
                if "redactedContent" in delta["reasoningContent"]:
                    block["reasoningContent"] = {"redactedContent": delta["reasoningContent"]["redactedContent"]}
                    continue
                kept = block.setdefault("reasoningContent", {"reasoningText": {"text": ""}})["reasoningText"]
                kept["text"] += delta["reasoningContent"].get("text", "")
                if signature := delta["reasoningContent"].get("signature"):
                    kept["signature"] = kept.get("signature", "") + signature
        elif "messageStop" in event:
            stop = event["messageStop"]["stopReason"]
        elif "metadata" in event:
            usage = event["metadata"]["usage"]
    if stop is None:
        raise Broken("the stream ended without messageStop and without an error")
    content = [block for _, block in sorted(blocks.items())]
    for block in content:
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"] or "{}")
    return content, stop, usage
