"""Answers, streams and errors of every provider dialect, for scripts. Anthropic's, Gemini's and Bedrock's come from the
end-to-end tests; here are OpenAI Chat, OpenAI Responses, Ollama and Cohere, each held to its SDK's types by
`check_own_answers`."""

from __future__ import annotations

import base64
import json

import provider_answers
from provider_answers import Block, Spent
from scripted_upstream import Reply, answer, events, stream

FAMILY = {"azure": "openai-chat", "vertex": "gemini"}
# What each dialect calls the canonical reasons to stop.
STOPS = {
    "openai-chat": {"stop": "stop", "stop_sequence": "stop", "length": "length", "tool_calls": "tool_calls", "content_filter": "content_filter"},
    "openai-responses": {"stop": "completed", "stop_sequence": "completed", "tool_calls": "completed", "length": "max_output_tokens", "content_filter": "content_filter"},
    "anthropic": {"stop": "end_turn", "stop_sequence": "stop_sequence", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"},
    "gemini": {"stop": "STOP", "stop_sequence": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP", "content_filter": "SAFETY"},
    "bedrock": {"stop": "end_turn", "stop_sequence": "stop_sequence", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "content_filtered"},
    "ollama": {"stop": "stop", "stop_sequence": "stop", "length": "length", "tool_calls": "stop"},
    "cohere": {"stop": "COMPLETE", "stop_sequence": "STOP_SEQUENCE", "length": "MAX_TOKENS", "tool_calls": "TOOL_CALL", "content_filter": "ERROR_TOXIC"},
}  # fmt: skip
NOT_TOLD = Spent()


def reply(dialect: str, blocks: list[Block], streaming: bool, stop: str | None = None, spent: Spent = NOT_TOLD) -> Reply:
    """An answer of `blocks`; `stop` is canonical, by default the one that goes with the blocks."""
    family = FAMILY.get(dialect, dialect)
    if family == "invoke":
        return _invoke(blocks, streaming, stop, spent)
    reason = STOPS[family][stop or ("tool_calls" if any(b.kind == "call" for b in blocks) else "stop")]
    if family in provider_answers.DIALECTS:
        return provider_answers.reply(family, blocks, streaming, reason, spent)
    body = body_of(family, blocks, streaming, reason, spent)
    if not streaming:
        return answer(body)
    return stream(body, content_type="application/x-ndjson" if family == "ollama" else "text/event-stream")


def _invoke(blocks: list[Block], streaming: bool, stop: str | None, spent: Spent) -> Reply:
    """Bedrock InvokeModel with a Claude model: Anthropic's own answer, whole, or its events in frames."""
    if not streaming:
        return reply("anthropic", blocks, False, stop, spent)
    reason = STOPS["anthropic"][stop or ("tool_calls" if any(b.kind == "call" for b in blocks) else "stop")]
    return stream(framed(body_of("anthropic", blocks, True, reason, spent)), content_type="application/vnd.amazon.eventstream")


def framed(sse: bytes) -> bytes:
    """Anthropic's events, each in a `chunk` frame of Bedrock's."""
    data = [line[6:] for line in sse.split(b"\n") if line.startswith(b"data: ")]
    return b"".join(provider_answers.bedrock_event("chunk", {"bytes": base64.b64encode(d).decode()}) for d in data)


def body_of(family: str, blocks: list[Block], streaming: bool, reason: str, spent: Spent) -> bytes:
    if family in provider_answers.DIALECTS:
        if streaming:
            return provider_answers.stream_body(family, blocks, reason, spent)
        return provider_answers.whole(family, blocks, reason, spent)
    made = {
        "openai-chat": (_chat, _chat_stream), "openai-responses": (_responses, _responses_stream),
        "ollama": (_ollama, _ollama_stream), "cohere": (_cohere, _cohere_stream),
    }[family][streaming](blocks, reason, spent)  # fmt: skip
    return made if isinstance(made, bytes) else json.dumps(made).encode()


def _of(blocks: list[Block], kind: str) -> list[Block]:
    return [b for b in blocks if b.kind == kind]


def _joined(blocks: list[Block], kind: str) -> str:
    return "".join(b.text for b in _of(blocks, kind))


def _halves(value: str) -> list[str]:
    return [value[: len(value) // 2], value[len(value) // 2 :]] if len(value) > 1 else [value]


# --- OpenAI Chat Completions -----------------------------------------------------------------------------------------


def _chat_usage(spent: Spent) -> dict:
    prompt = spent.fresh + spent.read + spent.written
    return {
        "prompt_tokens": prompt, "completion_tokens": spent.output, "total_tokens": prompt + spent.output,
        "prompt_tokens_details": {"cached_tokens": spent.read}, "completion_tokens_details": {"reasoning_tokens": spent.reasoning},
    }  # fmt: skip


def _chat(blocks: list[Block], reason: str, spent: Spent) -> dict:
    message: dict = {"role": "assistant", "content": _joined(blocks, "text") or None, "refusal": None}
    if thinking := _joined(blocks, "thinking"):
        message["reasoning_content"] = thinking
    if calls := _of(blocks, "call"):
        message["tool_calls"] = [{"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.text}} for c in calls]
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1763685600, "model": "upstream-name",
        "choices": [{"index": 0, "message": message, "finish_reason": reason, "logprobs": None}], "usage": _chat_usage(spent),
    }  # fmt: skip


def _chat_stream(blocks: list[Block], reason: str, spent: Spent) -> bytes:
    def chunk(delta: dict | None, finish: str | None = None, **more) -> dict:
        choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
        kept = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1763685600, "model": "upstream-name"}
        return kept | {"choices": choices} | more

    out = [chunk({"role": "assistant", "content": ""})]
    number = 0
    for block in blocks:
        if block.kind == "call":
            function = {"name": block.name, "arguments": ""}
            out.append(chunk({"tool_calls": [{"index": number, "id": block.id, "type": "function", "function": function}]}))
            for piece in _halves(block.text):
                out.append(chunk({"tool_calls": [{"index": number, "function": {"arguments": piece}}]}))
            number += 1
        else:
            name = {"text": "content", "thinking": "reasoning_content"}[block.kind]
            out += [chunk({name: piece}) for piece in _halves(block.text)]
    return events(*out, chunk({}, reason), chunk(None, usage=_chat_usage(spent)), "[DONE]")


# --- OpenAI Responses ------------------------------------------------------------------------------------------------


def _response_items(blocks: list[Block]) -> list[dict]:
    items: list[dict] = []
    for number, block in enumerate(blocks):
        if block.kind == "thinking":
            item = {"type": "reasoning", "id": f"rs_{number}", "summary": [{"type": "summary_text", "text": block.text}]}
            items.append(item | ({"encrypted_content": block.signature} if block.signature else {}))
        elif block.kind == "text":
            content = [{"type": "output_text", "text": block.text, "annotations": [], "logprobs": []}]
            items.append({"type": "message", "id": f"msg_{number}", "role": "assistant", "status": "completed", "content": content})
        elif block.kind == "call":
            items.append(
                {"type": "function_call", "id": f"fc_{number}", "call_id": block.id, "name": block.name, "arguments": block.text, "status": "completed"}
            )
    return items


def _response(items: list[dict], reason: str | None, spent: Spent) -> dict:
    status = "in_progress" if reason is None else "completed" if reason == "completed" else "incomplete"
    prompt = spent.fresh + spent.read + spent.written
    usage = {
        "input_tokens": prompt, "input_tokens_details": {"cached_tokens": spent.read, "cache_write_tokens": spent.written},
        "output_tokens": spent.output, "output_tokens_details": {"reasoning_tokens": spent.reasoning},
        "total_tokens": prompt + spent.output,
    }  # fmt: skip
    return {
        "id": "resp_1", "object": "response", "created_at": 1763685600, "status": status, "model": "upstream-name",
        "output": items, "error": None, "incomplete_details": {"reason": reason} if status == "incomplete" else None,
        "instructions": None, "metadata": {}, "parallel_tool_calls": True, "temperature": 1.0, "top_p": 1.0,
        "tool_choice": "auto", "tools": [], "usage": None if reason is None else usage,
    }  # fmt: skip


def _responses(blocks: list[Block], reason: str, spent: Spent) -> dict:
    return _response(_response_items(blocks), reason, spent)


def named_events(data: list[dict]) -> bytes:
    return b"".join(b"event: %s\ndata: %s\n\n" % (d["type"].encode(), json.dumps(d).encode()) for d in data)


def responses_events(blocks: list[Block], reason: str, spent: Spent) -> list[dict]:
    out: list[dict] = []

    def say(kind: str, **members) -> None:
        out.append({"type": kind, "sequence_number": len(out)} | members)

    say("response.created", response=_response([], None, spent))
    say("response.in_progress", response=_response([], None, spent))
    items = _response_items(blocks)
    for index, item in enumerate(items):
        at = {"output_index": index, "item_id": item["id"]}
        if item["type"] == "reasoning":
            say("response.output_item.added", output_index=index, item=item | {"summary": []})
            text = item["summary"][0]["text"]
            say("response.reasoning_summary_part.added", **at, summary_index=0, part={"type": "summary_text", "text": ""})
            for piece in _halves(text):
                say("response.reasoning_summary_text.delta", **at, summary_index=0, delta=piece)
            say("response.reasoning_summary_text.done", **at, summary_index=0, text=text)
            say("response.reasoning_summary_part.done", **at, summary_index=0, part=item["summary"][0])
        elif item["type"] == "message":
            say("response.output_item.added", output_index=index, item=item | {"content": [], "status": "in_progress"})
            part = item["content"][0]
            say("response.content_part.added", **at, content_index=0, part=part | {"text": ""})
            for piece in _halves(part["text"]):
                say("response.output_text.delta", **at, content_index=0, delta=piece, logprobs=[])
            say("response.output_text.done", **at, content_index=0, text=part["text"], logprobs=[])
            say("response.content_part.done", **at, content_index=0, part=part)
        else:
            say("response.output_item.added", output_index=index, item=item | {"arguments": "", "status": "in_progress"})
            for piece in _halves(item["arguments"]):
                say("response.function_call_arguments.delta", **at, delta=piece)
            say("response.function_call_arguments.done", **at, name=item["name"], arguments=item["arguments"])
        say("response.output_item.done", output_index=index, item=item)
    final = _response(items, reason, spent)
    say(f"response.{final['status']}", response=final)
    return out


def _responses_stream(blocks: list[Block], reason: str, spent: Spent) -> bytes:
    return named_events(responses_events(blocks, reason, spent))


# --- Ollama ----------------------------------------------------------------------------------------------------------


def _ollama_message(blocks: list[Block]) -> dict:
    message: dict = {"role": "assistant", "content": _joined(blocks, "text")}
    if thinking := _joined(blocks, "thinking"):
        message["thinking"] = thinking
    if calls := _of(blocks, "call"):
        message["tool_calls"] = [{"function": {"name": c.name, "arguments": json.loads(c.text)}} for c in calls]
    return message


def _ollama_counts(reason: str, spent: Spent) -> dict:
    return {
        "done": True, "done_reason": reason, "total_duration": 1_735_248_334, "load_duration": 139_246_000,
        "prompt_eval_count": spent.fresh, "prompt_eval_duration": 247_164_000, "eval_count": spent.output,
        "eval_duration": 1_337_032_000,
    }  # fmt: skip


_OLLAMA = {"model": "upstream-name", "created_at": "2026-08-07T06:08:09.335586Z"}


def _ollama(blocks: list[Block], reason: str, spent: Spent) -> dict:
    return _OLLAMA | {"message": _ollama_message(blocks)} | _ollama_counts(reason, spent)


def _ollama_stream(blocks: list[Block], reason: str, spent: Spent) -> bytes:
    lines = []
    for block in blocks:
        for piece in [block.text] if block.kind == "call" else _halves(block.text):
            part = Block(block.kind, piece, block.signature, block.name, block.id)
            lines.append(_OLLAMA | {"message": _ollama_message([part]), "done": False})
    lines.append(_OLLAMA | {"message": {"role": "assistant", "content": ""}} | _ollama_counts(reason, spent))
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


# --- Cohere v2 -------------------------------------------------------------------------------------------------------


def _cohere_usage(spent: Spent) -> dict:
    counts = {"input_tokens": spent.fresh + spent.read, "output_tokens": spent.output}
    return {"billed_units": counts, "tokens": counts} | ({"cached_tokens": spent.read} if spent.read else {})


def _cohere_content(block: Block) -> dict:
    return {"type": "text", "text": block.text} if block.kind == "text" else {"type": "thinking", "thinking": block.text}


def _cohere(blocks: list[Block], reason: str, spent: Spent) -> dict:
    message: dict = {"role": "assistant"}
    if content := [_cohere_content(b) for b in blocks if b.kind in ("text", "thinking")]:
        message["content"] = content
    if calls := _of(blocks, "call"):
        message["tool_calls"] = [{"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.text}} for c in calls]
    return {"id": "c14c80c3", "finish_reason": reason, "message": message, "usage": _cohere_usage(spent)}


def _cohere_stream(blocks: list[Block], reason: str, spent: Spent) -> bytes:
    start = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    out: list[dict] = [{"type": "message-start", "id": "c14c80c3", "delta": {"message": start}}]
    calls = 0
    for index, block in enumerate(blocks):
        if block.kind == "call":
            function = {"name": block.name, "arguments": ""}
            call = {"id": block.id, "type": "function", "function": function}
            out.append({"type": "tool-call-start", "index": calls, "delta": {"message": {"tool_calls": call}}})
            for piece in _halves(block.text):
                delta = {"message": {"tool_calls": {"function": {"arguments": piece}}}}
                out.append({"type": "tool-call-delta", "index": calls, "delta": delta})
            out.append({"type": "tool-call-end", "index": calls})
            calls += 1
            continue
        name = "text" if block.kind == "text" else "thinking"
        out.append({"type": "content-start", "index": index, "delta": {"message": {"content": {"type": name, name: ""}}}})
        for piece in _halves(block.text):
            out.append({"type": "content-delta", "index": index, "delta": {"message": {"content": {name: piece}}}})
        out.append({"type": "content-end", "index": index})
    out.append({"type": "message-end", "delta": {"finish_reason": reason, "usage": _cohere_usage(spent)}})
    return named_events(out) + b"data: [DONE]\n\n"
