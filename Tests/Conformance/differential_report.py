"""The page about the differences from LiteLLM, and the run's exit status."""

from __future__ import annotations

import json
import pathlib

from differential_verdicts import CHOICE, OURS, THEIRS, VERDICTS

HEADINGS = {
    THEIRS: "LiteLLM's: a request the provider refuses, or a meaning lost without a word",
    CHOICE: "Our choice",
    OURS: "Ours to fix",
}


def answer_differences(row: dict, differences, shown, streamed) -> list[str]:
    """What the client is shown otherwise."""
    text, other = row["our_body"], row["their_answer"]
    if row["our_status"] != 200:
        ours = {"error": row["our_status"], "message": text[:200]}
    elif text.startswith(("data:", ":")):
        chunks = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]
        failed = [c["error"] for c in chunks if "error" in c]
        ours = {"error": "in the stream", "message": failed[0]["message"]} if failed else shown(streamed(chunks))
    else:
        ours = shown(json.loads(text))
    if "answer" in other:
        theirs = shown(other["answer"])
    elif "chunks" in other:
        theirs = shown(streamed(other["chunks"]))
    else:
        theirs = {"error": other["error"]["status"], "message": other["error"]["message"]}
    return differences(ours, theirs)


def finish(rows: list[dict], differences, shown, streamed, asked) -> int:
    unnamed, equal = [], 0
    for row in rows:
        found = differences(row["ours"], row["theirs"]) + answer_differences(row, differences, shown, streamed)
        equal += not found
        for difference in found:
            if asked.show:
                print(f"{row['provider']} {row['name']}: {difference}")
            verdict = next((v for v in VERDICTS if v.fits(row["provider"], row["name"], difference)), None)
            if verdict is None:
                unnamed.append(f"{row['provider']} {row['name']}: {difference}")
            elif (entry := (row["provider"], row["name"])) not in verdict.found:
                verdict.found.append(entry)
    print(f"{len(rows)} exchanges, {equal} without a difference; {len(unnamed)} differences without a verdict")
    print("\n".join(unnamed))
    print("\n".join(f"never seen: {v.words}" for v in VERDICTS if not v.found))
    if asked.write:
        pathlib.Path(asked.write).write_text(page(rows, equal, asked.litellm))
    return 1 if unnamed else 0


def page(rows: list[dict], equal: int, python: str) -> str:
    import subprocess

    version = subprocess.run(
        [python, "-c", "import importlib.metadata as m; print(m.version('litellm'))"], capture_output=True, text=True, check=True
    ).stdout.strip()
    out = [
        "# Differences from LiteLLM", "",
        "The same requests of an OpenAI client go through Turnpike and through LiteLLM "
        f"{version} (its library, `drop_params` on), before the same scripted upstream. What each sends to the provider and what "
        "each shows the client is compared, and every difference is listed here with a verdict. Written by "
        "`Tests/Conformance/differential.py`; a difference without a verdict fails its run. That a provider refuses something is "
        "taken from the provider's API reference, not from a call.", "",
        f"{len(rows)} exchanges: {equal} without any difference. Compared as equal: a text alone or in a list of one, snake_case or "
        "camelCase at Gemini, defaults left out.", "",
        "Beside these, LiteLLM answers every Anthropic request with tools or results with `ModuleNotFoundError: mcp` where the package `mcp` "
        "is not installed, which it does not depend on; it was installed for this comparison.",
    ]  # fmt: skip
    for kind, heading in HEADINGS.items():
        out += ["", f"## {heading}", ""]
        for verdict in VERDICTS:
            if verdict.kind == kind and verdict.found:
                out.append(f"- {verdict.words} *{_where(verdict.found)}*")
    return "\n".join(out) + "\n"


def _where(found: list[tuple[str, str]]) -> str:
    """Providers and requests: `anthropic, bedrock: hot, stops`."""
    by_names: dict[tuple[str, ...], list[str]] = {}
    for provider in dict.fromkeys(p for p, _ in found):
        names = tuple(n for p, n in found if p == provider)
        by_names.setdefault(names, []).append(provider)
    shown = [f"{', '.join(providers)}: {', '.join(names[:6])}{' …' if len(names) > 6 else ''}" for names, providers in by_names.items()]
    return "; ".join(shown)
