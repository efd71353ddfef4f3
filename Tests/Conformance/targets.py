"""The providers of the matrix: how each is configured before the scripted upstream, which models are asked, and what its API
can tell; and what no gateway can make it do, with the page that says so."""

from __future__ import annotations

import pathlib
from dataclasses import dataclass

import conftest
from gateway import run as command


@dataclass(frozen=True)
class Target:
    """`model` answers plainly, `thinker` reasons; `tells` are the counts in its usage. `signs`: its reasoning has to come
    back with a signature."""

    dialect: str
    title: str
    entry: str
    lines: tuple[str, ...]
    model: str
    thinker: str
    tells: tuple[str, ...]
    shows_thinking: bool = True
    signs: bool = False
    # The model that looks at pictures, where `model` does not.
    viewer: str | None = None

    def model_for(self, feature) -> str:
        """The model a feature of the matrix is asked of."""
        return self.thinker if feature.thinks else self.viewer or self.model if feature.group == "Media" else self.model

    def asked(self, feature=None) -> str:
        return f"{self.entry}/{self.model_for(feature) if feature else self.model}"


_OPENAI_TELLS = ("fresh", "read", "output", "reasoning")
CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"


def targets(upstream: str, account: conftest.ServiceAccount) -> list[Target]:
    translated = {line.strip().partition(":")[0]: line for line in conftest.translated_providers(upstream, account).splitlines() if line.strip()}
    openai = f"kind: openai, base_url: {upstream}/house/v1, api_key: {conftest.UPSTREAM_KEY}"
    return [
        # The first line that the binary takes is used: an older one knows no `api:`.
        Target("openai-chat", "OpenAI Chat", "chat", (f"  chat: {{ {openai}, api: chat }}", f"  chat: {{ {openai} }}"),
               "gpt-4.1", "gpt-5-mini", _OPENAI_TELLS, shows_thinking=False),
        Target("openai-responses", "OpenAI Responses", "responses", (f"  responses: {{ {openai}, api: responses }}",),
               "gpt-4.1-mini", "gpt-5", _OPENAI_TELLS, signs=True),
        Target("azure", "Azure OpenAI", "azure", (translated["azure"],), "gpt-4o", "o4-mini", _OPENAI_TELLS, shows_thinking=False),
        Target("anthropic", "Anthropic", "anthropic", (translated["anthropic"],), "claude-sonnet-4-5", "claude-sonnet-4-5",
               ("fresh", "read", "written", "output"), signs=True),
        Target("gemini", "Gemini", "gemini", (translated["gemini"],), "gemini-2.5-flash", "gemini-2.5-flash", _OPENAI_TELLS, signs=True),
        Target("vertex", "Vertex AI", "vertex", (translated["vertex"],), "gemini-2.5-pro", "gemini-2.5-pro", _OPENAI_TELLS, signs=True),
        Target("bedrock", "Bedrock", "bedrock", (translated["bedrock"],), CLAUDE, CLAUDE, ("fresh", "read", "written", "output"), signs=True),
        Target("ollama", "Ollama", "ollama", (f"  ollama: {{ base_url: {upstream}/ollama }}",), "qwen3:8b", "qwen3:8b", ("fresh", "output")),
        Target("cohere", "Cohere", "cohere", (f"  cohere: {{ base_url: {upstream}/cohere, api_key: {conftest.UPSTREAM_KEY} }}",),
               "command-a-03-2025", "command-a-reasoning-08-2025", ("fresh", "output"), viewer="command-a-vision-07-2025"),
    ]  # fmt: skip


MODELS = """models:
  ollama/qwen3:8b: { context: 40960, output: 8192, capabilities: [tools, vision, json_schema, json_object, reasoning, streaming] }
"""


def accepted(folder: pathlib.Path, target: Target) -> str | None:
    """The line of the configuration that the binary takes for this provider; None where it is not built."""
    for line in target.lines:
        file = folder / f"check-{target.dialect}.yaml"
        file.write_text(f"providers:\n{line}\n")
        if command(folder, "check", "--config", str(file)).returncode == 0:
            return line
    return None


_CHAT = "https://platform.openai.com/docs/api-reference/chat/create"
_RESPONSES = "https://platform.openai.com/docs/api-reference/responses/create"
_MESSAGES = "https://docs.claude.com/en/api/messages"
_GEMINI = "https://ai.google.dev/api/generate-content"
_CONVERSE = "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html"
_OLLAMA = "https://docs.ollama.com/api/chat"
_COHERE = "https://docs.cohere.com/v2/reference/chat"

# Provider dialect and feature → why the provider cannot, and where that is written.
_LACKING: dict[str, tuple[str, dict[str, str]]] = {
    "openai-chat": (_CHAT, {
        "top-k": "has no `top_k`", "tool-error": "results of tools have no flag for failure",
        "redacted": "has no encrypted reasoning", "replay": "its reasoning is not handed out, so nothing can be sent back",
        "count": "has no token counting for Chat Completions",
    }),
    "openai-responses": (_RESPONSES, {
        "top-k": "has no `top_k`", "stop": "has no stop sequences", "seed": "has no `seed`", "penalties": "has no penalties",
        "tool-error": "results of tools have no flag for failure",
    }),
    "anthropic": (_MESSAGES, {
        "seed": "has no `seed`", "penalties": "has no penalties", "json-object": "has no JSON mode without a schema",
        "mid-system": "Claude Sonnet 4.5 takes no system messages between the turns",
    }),
    "gemini": (_GEMINI, {
        "one-call": "cannot forbid parallel calls", "image-url": "fetches only files of its own and addresses of Google's",
        "mid-system": "has no system messages between the turns",
    }),
    "bedrock": (_CONVERSE, {
        "seed": "has no `seed`", "penalties": "has no penalties", "json-object": "has no JSON mode without a schema",
        "tools-none": "has no tool choice `none`", "image-url": "takes images as bytes or from S3",
        "mid-system": "Claude Sonnet 4.5 takes no system messages between the turns",
    }),
    "ollama": (_OLLAMA, {
        "tools-forced": "has no tool choice", "tools-named": "has no tool choice", "tools-none": "has no tool choice",
        "one-call": "cannot forbid parallel calls", "image-url": "takes images as bytes only", "document": "takes no documents",
        "tool-error": "results of tools have no flag for failure", "replay": "signs nothing",
        "cached-usage": "counts no cached tokens", "count": "has no token counting",
    }),
    "cohere": (_COHERE, {
        "tools-named": "takes no tool by name", "one-call": "cannot forbid parallel calls", "document": "takes no PDF",
        "tool-error": "results of tools have no flag for failure", "replay": "signs nothing",
        "count": "has no token counting for chat",
    }),
}  # fmt: skip
_LACKING["invoke"] = _LACKING["anthropic"]
_AZURE = "https://learn.microsoft.com/azure/ai-foundry/openai/how-to/responses"
_LACKING["azure"] = (_CHAT, _LACKING["openai-chat"][1] | {"document": f"documents PDF for its Responses API only ({_AZURE})"})
_LACKING["vertex"] = _LACKING["gemini"]


def lacking(dialect: str, feature: str) -> tuple[str, str] | None:
    """Why the provider cannot do the feature, and the page that shows it; None where it can."""
    source, reasons = _LACKING[dialect]
    return (reasons[feature], source) if feature in reasons else None
