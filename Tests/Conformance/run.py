"""Writes the conformance matrix: every client dialect, driven by its official SDK, against every provider dialect.

    python Tests/Conformance/run.py --turnpike .build/debug/turnpike [--only CLIENT,PROVIDER,FEATURE …] [--write FILE]

`--only` keeps the cells that match each of the words (a client, a provider, a feature; repeat it for several). The exit status
is 1 where a cell fails."""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import pathlib
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "EndToEnd")]

# A test must not find real accounts, nor go through a proxy to the loopback.
for name in [n for n in os.environ if n.startswith(("AWS_", "OPENAI_", "ANTHROPIC_", "GOOGLE_", "GEMINI_", "OLLAMA_"))]:
    del os.environ[name]
os.environ |= {"NO_PROXY": "127.0.0.1,localhost", "AWS_EC2_METADATA_DISABLED": "true"}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turnpike", help="the binary (default: TURNPIKE_BINARY, else the newest build)")
    parser.add_argument("--only", action="append", default=[], metavar="CLIENT,PROVIDER,FEATURE")
    parser.add_argument("--write", metavar="FILE", help="write the matrix to this file")
    parser.add_argument("--quiet", action="store_true", help="print the summary only")
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    if asked.turnpike:
        os.environ["TURNPIKE_BINARY"] = str(pathlib.Path(asked.turnpike).resolve())
    import clients
    import own_answers
    import report
    from features import FEATURES
    from judge import FAILS, UNBUILT, Cell
    from stage import Stage

    if wrong := own_answers.problems():
        sys.exit("answers written here are not of their provider's types:\n" + "\n".join(wrong))
    wanted = [set(words.split(",")) for words in asked.only]
    kept = lambda *names: not wanted or any(words <= set(names) for words in wanted)
    began = time.monotonic()
    cells: dict[tuple[str, str, str], Cell] = {}
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder, Stage(pathlib.Path(folder)) as stage:
        served = {kind for kind in clients.ALL if stage.serves(kind)}

        def column(target):
            """All cells of one provider; providers run side by side, since their models differ."""
            found = {}
            for kind in clients.ALL:
                client = None
                for feature in FEATURES:
                    if not kept(kind.name, target.dialect, feature.name):
                        continue
                    if target not in stage.built or kind not in served:
                        missing = kind.title if kind not in served else target.title
                        found[kind.name, target.dialect, feature.name] = Cell(UNBUILT, f"{missing} is not built yet")
                        continue
                    client = client or stage.client(kind)
                    try:
                        if (cell := stage.judge.cell(client, target, feature)) is not None:
                            found[kind.name, target.dialect, feature.name] = cell
                    except Exception as error:  # A fault of the harness fails the cell, and is shown.
                        found[kind.name, target.dialect, feature.name] = Cell(FAILS, f"the harness: {type(error).__name__}: {error}"[:300])
            return found

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for found in pool.map(column, stage.targets):
                cells |= found
        stage.check_health()
    shown = report.Report(cells, [c for c in clients.ALL], stage.targets, FEATURES)
    if not asked.quiet:
        print(shown.listing())
    print(f"{shown.summary()} In {time.monotonic() - began:.0f} s.")
    if asked.write:
        pathlib.Path(asked.write).write_text(shown.markdown())
    return 1 if shown.count(FAILS) else 0


if __name__ == "__main__":
    sys.exit(main())
