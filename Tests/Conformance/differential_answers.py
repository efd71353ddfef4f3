"""What the scripted upstream answers in the comparison with LiteLLM."""

from __future__ import annotations

import provider_errors
import provider_replies
from provider_answers import Block, Spent, call, text
from scripted_upstream import Reply

SIGNATURE = "RXJ0dXJucGlrZS1zaWduYXR1cmUtb2YtdGhlLXByb3ZpZGVyLTAxMjM0NTY3ODk="


def ANSWERS(provider: str) -> dict[str, Reply]:
    both = [text("Both, then."), call("weather", '{"city": "Zürich", "days": 1.0}', "call_Wx01"), call("clock", '{"zone": "CET"}', "call_Ck02")]
    thinking = [Block("thinking", "Let me think.", SIGNATURE if provider != "gemini" else None), text("Hello.")]
    written = 0 if provider == "gemini" else 30
    cached = Spent(fresh=11, read=100, written=written, output=7)
    reasoned = Spent(fresh=11, output=17, reasoning=9 if provider == "gemini" else 0)
    made = {}
    for name, blocks, stop, spent in (
        ("text", [text("Grüezi 👋")], None, Spent()), ("calls", both, None, Spent()), ("no arguments", [call("clock", "", "call_Ck03")], None, Spent()),
        ("reasoning", thinking, None, reasoned), ("cut by the limit", [text("Once upon")], "length", Spent()),
        ("filtered", [], "content_filter", Spent(output=0)), ("cached", [text("Hello.")], None, cached),
    ):  # fmt: skip
        for stream in (False, True):
            made[name + (", stream" if stream else "")] = provider_replies.reply(provider, list(blocks), stream, stop, spent)
    made["error in the stream"] = provider_errors.broken_stream(provider, "error")
    made["cut stream"] = provider_errors.broken_stream(provider, "cut")
    return made


def ERRORS(provider: str) -> dict[str, Reply]:
    return {kind: provider_errors.error(provider, kind) for kind in provider_errors.KINDS}
