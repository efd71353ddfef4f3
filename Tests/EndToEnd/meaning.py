"""What an answer means, whoever reads it: text, reasoning, calls, stop reason and usage.

`of_chunks` and `of_completion` read what the openai package shows of the gateway; `Direct` lets the provider's own SDK
read the same bytes straight from the scripted upstream, and translates what it found by the published mappings."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import ClassVar

import anthropic
import boto3
import botocore.config
import google.genai
import google.genai.types
import google.oauth2.credentials

STOPS = {
    # Anthropic and Bedrock
    "end_turn": "stop", "stop_sequence": "stop", "pause_turn": "stop", "refusal": "stop", "max_tokens": "length",
    "model_context_window_exceeded": "length", "tool_use": "tool_calls", "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    # Gemini
    "STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter", "RECITATION": "content_filter",
    "BLOCKLIST": "content_filter", "PROHIBITED_CONTENT": "content_filter", "SPII": "content_filter",
}  # fmt: skip


@dataclass
class Usage:
    """Tokens as OpenAI counts them: the prompt includes what was cached, the completion includes reasoning."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    reasoning: int = 0


@dataclass
class Meaning:
    """`calls` are names and arguments, whose numbers are kept as they were written wherever the SDK shows them so."""

    text: str = ""
    reasoning: str = ""
    calls: list[tuple[str, object]] = field(default_factory=list)
    stop: str | None = None
    usage: Usage | None = None
    refusal: str = ""
    logprobs: list[tuple[str, float]] = field(default_factory=list)


def exact(text: str):
    """JSON whose numbers are their texts, so that 1.0 is not 1 and no digit is lost."""
    return json.loads(text or "{}", parse_int=lambda n: f"number {n}", parse_float=lambda n: f"number {n}")


# --- what the openai package shows -----------------------------------------------------------------------------------


def usage_of(shown) -> Usage | None:
    if shown is None:
        return None
    assert shown.total_tokens == shown.prompt_tokens + shown.completion_tokens, f"total is not the sum: {shown}"
    prompt, completion = shown.prompt_tokens_details, shown.completion_tokens_details
    return Usage(
        shown.prompt_tokens, shown.completion_tokens, (prompt and prompt.cached_tokens) or 0,
        (completion and completion.reasoning_tokens) or 0,
    )  # fmt: skip


def of_completion(shown, odd: bool = False) -> Meaning:
    """The meaning of an answer, which must be well formed. `odd`: the upstream said calls twice, or broke their JSON."""
    assert shown.object == "chat.completion" and shown.id and shown.model and shown.created > 1_600_000_000
    assert [c.index for c in shown.choices] == list(range(len(shown.choices)))
    choice = shown.choices[0]
    message = choice.message
    assert message.role == "assistant"
    calls = message.tool_calls or []
    assert all(c.id and c.type == "function" for c in calls)
    assert odd or len({c.id for c in calls}) == len(calls), "two calls share an id"
    return Meaning(
        text=message.content or "",
        reasoning=getattr(message, "reasoning_content", None) or "",
        calls=[(c.function.name, None if odd else exact(c.function.arguments)) for c in calls],
        stop=choice.finish_reason,
        usage=usage_of(shown.usage),
        refusal=message.refusal or "",
        logprobs=[(t.token, t.logprob) for t in (choice.logprobs and choice.logprobs.content) or []],
    )


def of_chunks(chunks, odd: bool = False) -> Meaning:
    """The meaning of a stream, which must be well formed: one id, a role first, indexes from 0, one finish, then usage.
    `odd`: as for `of_completion`."""
    found = Meaning()
    calls: list[list[str]] = []
    assert chunks, "the stream is empty"
    assert len({c.id for c in chunks}) == 1 and chunks[0].id, "the id changes within a stream"
    assert all(c.object == "chat.completion.chunk" and c.model for c in chunks)
    first = next(c for c in chunks if c.choices)
    assert first.choices[0].delta.role == "assistant", "the first delta has no role"
    for part in chunks:
        if part.usage:
            assert found.usage is None, "usage is told twice"
            found.usage = usage_of(part.usage)
        for choice in part.choices:
            delta = choice.delta
            assert found.stop is None, "something follows the finish reason"
            found.text += delta.content or ""
            found.reasoning += getattr(delta, "reasoning_content", None) or ""
            found.refusal += getattr(delta, "refusal", None) or ""
            for call in delta.tool_calls or []:
                if call.index == len(calls):
                    assert call.id and call.function.name, "a call opens without id or name"
                    calls.append([call.function.name, "", call.id])
                else:
                    assert call.index < len(calls), "call indexes leave a gap"
                    assert not call.id or call.id == calls[call.index][2], "an id changes"
                calls[call.index][1] += call.function.arguments or ""
            if choice.logprobs and choice.logprobs.content:
                found.logprobs += [(t.token, t.logprob) for t in choice.logprobs.content]
            found.stop = choice.finish_reason or found.stop
    assert odd or len({c[2] for c in calls}) == len(calls), "two calls share an id"
    found.calls = [(name, None if odd else exact(arguments)) for name, arguments, _ in calls]
    return found


# --- what the provider's own SDK makes of the same bytes ---------------------------------------------------------------


class Direct:
    """The providers' own SDKs, pointed straight at the scripted upstream, all retries off."""

    def __init__(self, url: str):
        self.anthropic = anthropic.Anthropic(base_url=f"{url}/direct", api_key="direct", max_retries=0, timeout=20)
        options = google.genai.types.HttpOptions(base_url=f"{url}/direct", timeout=20_000)
        self.gemini = google.genai.Client(api_key="direct", http_options=options)
        self.vertex = google.genai.Client(
            vertexai=True, project="p", location="us-central1", credentials=google.oauth2.credentials.Credentials("direct"),
            http_options=options,
        )  # fmt: skip
        self.bedrock = boto3.client(
            "bedrock-runtime", endpoint_url=f"{url}/direct", region_name="us-east-1", aws_access_key_id="AKIDDIRECT",
            aws_secret_access_key="direct", config=botocore.config.Config(retries={"max_attempts": 0}, read_timeout=20),
        )  # fmt: skip

    def read(self, provider: str, model: str, stream: bool) -> Meaning:
        reader = {
            ("anthropic", True): self._anthropic_stream, ("anthropic", False): self._anthropic,
            ("bedrock", True): self._bedrock_stream, ("bedrock", False): self._bedrock,
        }.get((provider, stream))  # fmt: skip
        if reader:
            return reader(model)
        return self._google(self.vertex if provider == "vertex" else self.gemini, model, stream)

    # Anthropic Messages

    _ASK: ClassVar = {"max_tokens": 10, "messages": [{"role": "user", "content": "Say hello."}]}

    def _anthropic(self, model: str) -> Meaning:
        message = self.anthropic.beta.messages.create(model=model, **self._ASK)
        return self._of_message(message, [json.dumps(b.input) for b in message.content if b.type == "tool_use"])

    def _anthropic_stream(self, model: str) -> Meaning:
        arguments: dict[int, str] = {}
        with self.anthropic.beta.messages.stream(model=model, **self._ASK) as running:
            for event in running:
                if event.type == "content_block_start" and event.content_block.type == "tool_use":
                    arguments[event.index] = ""
                elif event.type == "content_block_delta" and event.delta.type == "input_json_delta" and event.index in arguments:
                    arguments[event.index] += event.delta.partial_json
            message = running.get_final_message()
        return self._of_message(message, list(arguments.values()))

    @staticmethod
    def _of_message(message, arguments: list[str]) -> Meaning:
        of = lambda kind: [b for b in message.content if b.type == kind]
        used = message.usage
        cached, written = used.cache_read_input_tokens or 0, used.cache_creation_input_tokens or 0
        details = getattr(used, "output_tokens_details", None)
        stop = STOPS[message.stop_reason]
        explained = getattr(message, "stop_details", None)
        return Meaning(
            text="".join(b.text for b in of("text")),
            reasoning="".join(b.thinking for b in of("thinking")),
            calls=[(b.name, exact(a)) for b, a in zip(of("tool_use"), arguments, strict=True)],
            stop="tool_calls" if of("tool_use") and stop == "stop" else stop,
            usage=Usage(
                used.input_tokens + cached + written, used.output_tokens, cached, getattr(details, "thinking_tokens", None) or 0
            ),
            refusal=(getattr(explained, "explanation", None) or "") if message.stop_reason == "refusal" else "",
        )

    # Gemini and Vertex AI

    @staticmethod
    def _google(client, model: str, stream: bool) -> Meaning:
        if stream:
            answers = list(client.models.generate_content_stream(model=model, contents="Say hello."))
        else:
            answers = [client.models.generate_content(model=model, contents="Say hello.")]
        found, partial = Meaning(), None
        for part in (p for a in answers for c in a.candidates or [] for p in (c.content and c.content.parts) or []):
            if part.thought:
                found.reasoning += part.text or ""
            else:
                found.text += part.text or ""
            if call := part.function_call:
                if call.name and not call.will_continue:
                    found.calls.append((call.name, exact(json.dumps(call.args or {}))))
                elif call.name:
                    partial = {}
                    found.calls.append((call.name, partial))
                for piece in call.partial_args or []:
                    # Only the plain form `$.member` of a string occurs.
                    name = piece.json_path.removeprefix("$.")
                    partial[name] = partial.get(name, "") + piece.string_value
        reasons = [c.finish_reason for a in answers for c in a.candidates or [] if c.finish_reason]
        if reasons:
            found.stop = STOPS[reasons[-1].value]
        if found.calls and found.stop == "stop":
            found.stop = "tool_calls"
        if used := answers[-1].usage_metadata:
            thoughts = used.thoughts_token_count or 0
            found.usage = Usage(
                (used.prompt_token_count or 0) + (used.tool_use_prompt_token_count or 0),
                (used.candidates_token_count or 0) + thoughts, used.cached_content_token_count or 0, thoughts,
            )  # fmt: skip
        for a in answers:
            for c in a.candidates or []:
                for t in (c.logprobs_result and c.logprobs_result.chosen_candidates) or []:
                    found.logprobs.append((t.token, t.log_probability))
        return found

    # Bedrock Converse

    _MESSAGES: ClassVar = [{"role": "user", "content": [{"text": "Say hello."}]}]

    def _bedrock(self, model: str) -> Meaning:
        got = self.bedrock.converse(modelId=model, messages=self._MESSAGES)
        return self._of_blocks(got["output"]["message"]["content"], got["stopReason"], got["usage"])

    def _bedrock_stream(self, model: str) -> Meaning:
        blocks: dict[int, dict] = {}
        stop = usage = None
        for event in self.bedrock.converse_stream(modelId=model, messages=self._MESSAGES)["stream"]:
            if "contentBlockStart" in event:
                start = event["contentBlockStart"]
                blocks[start["contentBlockIndex"]] = {k: dict(v, input="") for k, v in start["start"].items()}
            elif "contentBlockDelta" in event:
                index, delta = event["contentBlockDelta"]["contentBlockIndex"], event["contentBlockDelta"]["delta"]
                block = blocks.setdefault(index, {})
                if "text" in delta:
                    block["text"] = block.get("text", "") + delta["text"]
                elif "toolUse" in delta:
                    block["toolUse"]["input"] += delta["toolUse"]["input"]
                elif "reasoningContent" in delta:
                    text = block.setdefault("reasoningContent", {"reasoningText": {"text": ""}})["reasoningText"]
                    text["text"] += delta["reasoningContent"].get("text", "")
            elif "messageStop" in event:
                stop = event["messageStop"]["stopReason"]
            elif "metadata" in event:
                usage = event["metadata"]["usage"]
        return self._of_blocks([b for _, b in sorted(blocks.items())], stop, usage)

    @staticmethod
    def _of_blocks(blocks: list[dict], stop: str, used: dict) -> Meaning:
        found = Meaning(stop=STOPS[stop])
        for block in blocks:
            found.text += block.get("text", "")
            found.reasoning += block.get("reasoningContent", {}).get("reasoningText", {}).get("text", "")
            if (call := block.get("toolUse")) and call.get("type") != "server_tool_use":
                text = call["input"] if isinstance(call["input"], str) else json.dumps(call["input"])
                found.calls.append((call["name"], exact(text)))
        if found.calls and found.stop == "stop":
            found.stop = "tool_calls"
        read, written = used.get("cacheReadInputTokens", 0), used.get("cacheWriteInputTokens", 0)
        found.usage = Usage(used["inputTokens"] + read + written, used["outputTokens"], read, 0)
        return found
