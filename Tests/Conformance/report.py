"""The matrix as text: a table for each client, the reasons, and a line that sums it up."""

from __future__ import annotations

import importlib.metadata
from collections import Counter

from judge import EMULATED, FAILS, POWERLESS, REFUSED, UNBUILT, UNSAID, WORKS, Cell

SYMBOLS = {WORKS: "✓", EMULATED: "≈", REFUSED: "⊘", POWERLESS: "–", UNSAID: "·", UNBUILT: "□", FAILS: "✗"}
MEANINGS = {
    WORKS: "works: the meaning is carried exactly, and what went upstream is valid by the provider's published types",
    EMULATED: "works by other means, or with the nearest value; `x-turnpike-dropped` says so",
    REFUSED: "refused with a 4xx that names the field: the provider has no such thing",
    POWERLESS: "not in the provider's power; `x-turnpike-dropped` names it",
    UNSAID: "the client's dialect has no way to ask for it",
    UNBUILT: "not built yet",
    FAILS: "fails",
}


class Report:
    def __init__(self, cells: dict[tuple[str, str, str], Cell], clients, targets, features):
        self.cells, self.clients, self.targets, self.features = cells, clients, targets, features

    def count(self, status: str) -> int:
        return sum(cell.status == status for cell in self.cells.values())

    def summary(self) -> str:
        counted = Counter(cell.status for cell in self.cells.values())
        words = {WORKS: "work", EMULATED: "are emulated", REFUSED: "are refused", POWERLESS: "are not in the provider's power",
                 UNSAID: "cannot be asked for in the client's dialect", UNBUILT: "are not built yet", FAILS: "fail"}  # fmt: skip
        return f"{len(self.cells)} cells: " + ", ".join(f"{counted[s]} {words[s]}" for s in SYMBOLS if counted[s]) + "."

    def listing(self) -> str:
        """The failing cells, for the terminal."""
        lines = [
            f"{SYMBOLS[cell.status]} {client} → {target}, {feature}: {cell.reason}"
            for (client, target, feature), cell in self.cells.items()
            if cell.status == FAILS
        ]
        return "\n".join(lines)

    def markdown(self) -> str:
        out = [
            "# Conformance", "",
            "Every client dialect against every provider dialect, feature by feature. This page is written by `make conformance` "
            "and never by hand. The client is the dialect's official SDK; behind the gateway a scripted server answers in the "
            "provider's own dialect. What arrives there is read back, compared with what was asked, and checked against the types "
            "the provider publishes; what the SDK shows is compared with what was answered.", "",
            self.summary(), "",
            "| | |", "|---|---|", *(f"| {SYMBOLS[s]} | {MEANINGS[s]} |" for s in SYMBOLS), "",
            "SDKs: " + ", ".join(f"{p} {importlib.metadata.version(p)}" for p in sorted({c.package for c in self.clients})) + ". "
            "Models: " + ", ".join(f"{t.title} {t.model}" + (f" and {t.thinker}" if t.thinker != t.model else "") for t in self.targets) + ".",
        ]  # fmt: skip
        for client in self.clients:
            out += self._table(client)
        return "\n".join(out) + "\n"

    def _table(self, client) -> list[str]:
        shown = [t for t in self.targets if any(c == client.name and d == t.dialect for c, d, _ in self.cells)]
        if not shown:
            return []
        out = ["", f"## {client.title} (`{client.package}`)", "", "| | " + " | ".join(t.title for t in shown) + " |", "|---|" + ":-:|" * len(shown)]
        reasons: dict[tuple[str, str, str], list[str]] = {}
        group = None
        for feature in self.features:
            row = [self.cells.get((client.name, t.dialect, feature.name)) for t in shown]
            if not any(row):
                continue
            if feature.group != group:
                group = feature.group
                out.append(f"| **{group}** |" + " |" * len(shown))
            out.append(f"| {feature.title} | " + " | ".join(SYMBOLS[c.status] if c else "" for c in row) + " |")
            for target, cell in zip(shown, row):
                # A column that is not built says so by its symbols.
                if cell and cell.reason and not (cell.status == UNBUILT and cell.reason.endswith("is not built yet")):
                    reasons.setdefault((feature.name, cell.status, cell.reason), []).append(target.title)
        titles = {f.name: f.title for f in self.features}
        out += ["", "<details><summary>Reasons</summary>", ""]
        for (name, status, reason), names in reasons.items():
            # A feature's name stands for its streamed twin, whose title is "… in a stream".
            base = name.removesuffix("-stream")
            title = titles.get(base, titles[name]) + (", streamed" if name != base and base in titles else "")
            who = "" if status == UNSAID else f" ({', '.join(names)})"
            out.append(f"- {SYMBOLS[status]} **{title}**{who}: {reason}")
        return [*out, "", "</details>"]
