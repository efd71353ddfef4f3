"""The same requests of an OpenAI client, through Turnpike and through LiteLLM, before the same scripted upstream: what each sends
to the provider, and what each shows the client.

    python Tests/Conformance/differential.py --turnpike BINARY --litellm PYTHON [--show] [--write FILE]

PYTHON is the interpreter of an environment in which LiteLLM is installed."""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import select
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "EndToEnd")]
for name in [n for n in os.environ if n.startswith(("AWS_", "OPENAI_", "ANTHROPIC_", "GOOGLE_", "GEMINI_"))]:
    del os.environ[name]
os.environ |= {"NO_PROXY": "127.0.0.1,localhost"}

import httpx  # noqa: E402
import meaning  # noqa: E402

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
MODELS = {"anthropic": "claude-sonnet-4-5", "gemini": "gemini-2.5-flash", "bedrock": CLAUDE}
# Names of chat_requests.REQUESTS.
REQUESTS = (
    "plain", "system", "developer", "two-systems", "several-turns", "mid-system", "same-role", "assistant-first", "names",
    "empty-user", "blank-user", "empty-assistant", "refusal-field", "unicode", "image", "image-alone", "images", "pdf", "pdf-alone",
    "pdfs-of-one-name", "loop", "loop-without-tools", "parallel", "parallel-out-of-order", "parallel-one-missing", "orphan",
    "result-empty", "result-json", "result-then-image", "strange-ids", "hard-numbers", "empty-arguments", "no-json-arguments",
    "tools", "tool-without-parameters", "strict-tool", "choice-none", "choice-none-in-a-loop", "choice-required", "choice-named",
    "choice-allowed", "choice-with-reasoning", "one-call-at-a-time", "json-schema", "json-schema-with-tools", "loose-json-schema",
    "json-object", "stop", "stops", "sampling", "sampling-both", "hot", "seed-and-penalties", "logit-bias", "logprobs", "max-tokens",
    "effort-low", "effort-high", "effort-none", "sampling-with-reasoning", "little-room-for-reasoning", "identity", "service-tier",
)  # fmt: skip


def flat(value, path: str = "") -> dict[str, object]:
    """A JSON value as its leaves by path."""
    if isinstance(value, dict) and value:
        return {p: v for k, item in value.items() for p, v in flat(item, f"{path}.{k}" if path else k).items()}
    if isinstance(value, list) and value:
        return {p: v for i, item in enumerate(value) for p, v in flat(item, f"{path}[{i}]").items()}
    return {path: value}


def read(request, name: str):
    """The body; with the texts of its numbers where these are what the request is about."""
    if request is None:
        return None
    return meaning.exact(request.body.decode()) if name == "hard-numbers" else request.json()


def plain(body):
    """A body without what is said in two ways and means one thing: a text alone or as a list of one, a default left out."""
    if not isinstance(body, dict):
        return body
    import provider_requests

    body = json.loads(json.dumps(body))
    if "contents" in body:
        body = provider_requests._camel(body)
        for tool in (f for t in body.get("tools", []) for f in t.get("functionDeclarations", [])):
            tool["parameters"] = tool.pop("parametersJsonSchema", None) or tool.pop("parameters", None)
    if body.get("inferenceConfig") == {}:
        del body["inferenceConfig"]
    for tool in (body.get("toolConfig") or {}).get("tools", []):
        if (schema := tool["toolSpec"]["inputSchema"]["json"]).get("required") == []:
            del schema["required"]
    form = (((body.get("outputConfig") or {}).get("textFormat") or {}).get("structure") or {}).get("jsonSchema")
    if form:
        form["schema"] = json.loads(form["schema"])
    as_list = lambda text: [{"type": "text", "text": text}] if isinstance(text, str) else text
    for message in body.get("messages", []):
        if isinstance(message.get("content"), str):
            message["content"] = as_list(message["content"])
        for block in message.get("content") or []:
            if block.get("type") == "tool_result":
                block["content"] = as_list(block.get("content"))
    if isinstance(body.get("system"), str):
        body["system"] = as_list(body["system"])
    for tool in body.get("tools", []):
        if tool.get("type") == "custom":
            del tool["type"]
    if body.get("stream") is False:
        del body["stream"]
    return body


def differences(ours, theirs) -> list[str]:
    if ours is None or theirs is None:
        return [] if ours == theirs else [f"sent by {'LiteLLM' if ours is None else 'Turnpike'} only"]
    if "error" in ours or "error" in theirs:
        return [] if ours.get("error") == theirs.get("error") else [f"Turnpike {ours!r:.260}", f"LiteLLM {theirs!r:.300}"]
    ours, theirs = plain(ours), plain(theirs)
    a, b = flat(ours), flat(theirs)
    found = [f"{p}: Turnpike {a[p]!r:.120}, LiteLLM {b[p]!r:.120}" for p in a if p in b and a[p] != b[p]]
    found += [f"{p}: Turnpike {a[p]!r:.120}, LiteLLM nothing" for p in a if p not in b]
    return found + [f"{p}: Turnpike nothing, LiteLLM {b[p]!r:.120}" for p in b if p not in a]


class Theirs:
    def __init__(self, python: str, upstream: str):
        self.upstream = upstream
        clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        self.process = subprocess.Popen(
            [python, str(HERE / "litellm_side.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=clean
        )

    def ask(self, provider: str, request: dict) -> dict:
        place = {
            "anthropic": {"api_base": f"{self.upstream}/anthropic", "api_key": "k"},
            "gemini": {"api_base": f"{self.upstream}/gemini/v1beta/models/{MODELS['gemini']}", "api_key": "k"},
            "bedrock": {"aws_bedrock_runtime_endpoint": f"{self.upstream}/bedrock", "aws_access_key_id": "A", "aws_secret_access_key": "s",
                        "aws_region_name": "us-east-1"},
        }[provider]  # fmt: skip
        arguments = {"model": f"{provider}/{MODELS[provider]}"} | request | place | {"timeout": 20}
        self.process.stdin.write(json.dumps({"arguments": arguments}) + "\n")
        self.process.stdin.flush()
        while select.select([self.process.stdout], [], [], 60)[0] and (line := self.process.stdout.readline()):
            # It prints lines of its own, which are no JSON.
            if line.startswith("{"):
                return json.loads(line)
        raise RuntimeError(f"LiteLLM says nothing to {provider}, {request!r:.200}")


def shown(answer: dict) -> dict:
    """What a client of the Chat API reads of an answer: the published members."""
    choice = answer["choices"][0]
    message = choice["message"]
    calls = [[c["function"]["name"], json.loads(c["function"]["arguments"] or "{}")] for c in message.get("tool_calls") or []]
    usage = answer.get("usage") or {}
    details = usage.get("prompt_tokens_details") or {}
    return {
        "content": message.get("content") or "", "reasoning_content": message.get("reasoning_content") or "", "calls": calls,
        "finish_reason": choice["finish_reason"], "prompt_tokens": usage.get("prompt_tokens"),
        "completion_tokens": usage.get("completion_tokens"), "total_tokens": usage.get("total_tokens"), "cached_tokens": details.get("cached_tokens") or 0,
        "reasoning_tokens": (usage.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0,
    }  # fmt: skip


def streamed(chunks: list[dict]) -> dict:
    """A stream as one answer."""
    message: dict = {"content": "", "reasoning_content": "", "tool_calls": []}
    finish, usage = None, None
    for chunk in chunks:
        usage = chunk.get("usage") or usage
        for choice in chunk.get("choices") or []:
            delta = choice.get("delta") or {}
            message["content"] += delta.get("content") or ""
            message["reasoning_content"] += delta.get("reasoning_content") or ""
            for call in delta.get("tool_calls") or []:
                while len(message["tool_calls"]) <= call["index"]:
                    message["tool_calls"].append({"function": {"name": "", "arguments": ""}})
                kept = message["tool_calls"][call["index"]]["function"]
                kept["name"] += (call.get("function") or {}).get("name") or ""
                kept["arguments"] += (call.get("function") or {}).get("arguments") or ""
            finish = choice.get("finish_reason") or finish
    return {"choices": [{"message": message, "finish_reason": finish}], "usage": usage}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turnpike")
    parser.add_argument("--litellm", required=True)
    parser.add_argument("--write", metavar="FILE")
    parser.add_argument("--show", action="store_true", help="print every difference")
    asked = parser.parse_args()
    if asked.turnpike:
        os.environ["TURNPIKE_BINARY"] = str(pathlib.Path(asked.turnpike).resolve())
    import chat_requests
    import differential_report
    from differential_answers import ANSWERS, ERRORS
    from stage import Stage

    rows: list[dict] = []
    with tempfile.TemporaryDirectory(prefix="differential-") as folder, Stage(pathlib.Path(folder)) as stage:
        upstream, gateway = stage.upstream, stage.plain
        theirs = Theirs(asked.litellm, upstream.url)

        def both(provider: str, name: str, request: dict, reply) -> None:
            model = MODELS[provider]
            upstream.script(model, reply)
            before = len(upstream.seen(model))
            headers = {"authorization": f"Bearer {gateway.key}"}
            body = {"model": f"{provider}/{model}"} | request
            status, told, text, broken = 0, {}, "", None
            with httpx.stream("POST", f"{gateway.url}/v1/chat/completions", json=body, headers=headers, timeout=30) as said:
                status, told = said.status_code, said.headers
                try:
                    for piece in said.iter_text():
                        text += piece
                except httpx.RemoteProtocolError as error:
                    broken = str(error)
            sent = upstream.seen(model)[before:]
            ours = sent[0].request if sent else None
            before = len(upstream.seen(model))
            other = theirs.ask(provider, request)
            found = upstream.seen(model)[before:]
            them = found[0].request if found else None
            rows.append(
                {
                    "provider": provider, "name": name, "dropped": told.get("x-turnpike-dropped"),
                    "ours": read(ours, name), "theirs": read(them, name),
                    "our_status": status, "our_body": text, "our_end": broken, "their_answer": other,
                }
            )  # fmt: skip

        for provider in MODELS:
            plain = ANSWERS(provider)["text"]
            for name in REQUESTS:
                both(provider, name, chat_requests.REQUESTS[name], plain)
            for name, reply in ANSWERS(provider).items():
                streaming = name.endswith("stream")
                extra = {"stream": True, "stream_options": {"include_usage": True}} if streaming else {}
                both(provider, f"answer: {name}", chat_requests.REQUESTS["tools"] | extra, reply)
            for name, reply in ERRORS(provider).items():
                both(provider, f"error: {name}", chat_requests.REQUESTS["plain"], reply)
        theirs.process.kill()
    return differential_report.finish(rows, differences, shown, streamed, asked)


if __name__ == "__main__":
    sys.exit(main())
