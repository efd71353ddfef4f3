"""Shows that a cell can fail: hides one thing from the judge at a time, as a faulty gateway would, and counts the cells that notice.

    python Tests/Conformance/check_judge.py --turnpike BINARY"""

from __future__ import annotations

import argparse
import os
import pathlib
import sys
import tempfile
from dataclasses import replace

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "EndToEnd")]

# Feature → the part of the request that is hidden, and what stands there instead.
HIDDEN = {
    "temperature": ("temperature", None), "system": ("system", None), "tools-forced": ("choice", None), "limit": ("limit", None),
    "stop": ("stop", ()), "reasoning": ("effort", None), "schema": ("schema", None), "tools": ("tools", ()), "turns": ("turns", ()),
}  # fmt: skip
# Feature → what is changed in the provider's answer.
CHANGED = {
    "text": lambda blocks: [replace(b, text=b.text + "!") for b in blocks],
    "tools-parallel": lambda blocks: blocks[:-1],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turnpike", required=True)
    os.environ["TURNPIKE_BINARY"] = str(pathlib.Path(parser.parse_args().turnpike).resolve())
    os.environ["NO_PROXY"] = "127.0.0.1,localhost"
    import clients
    import provider_replies
    import provider_requests
    from features import FEATURES
    from judge import EMULATED, FAILS, WORKS
    from stage import Stage

    features = {f.name: f for f in FEATURES}
    read, reply = provider_requests.read, provider_replies.reply
    noticed, missed = 0, []
    with tempfile.TemporaryDirectory(prefix="check-") as folder, Stage(pathlib.Path(folder)) as stage:
        for kind in filter(stage.serves, clients.ALL):
            client = stage.client(kind)
            for target in stage.built:
                for name in (*HIDDEN, *CHANGED):
                    if name in HIDDEN:
                        field, value = HIDDEN[name]
                        provider_requests.read = lambda dialect, request: replace(read(dialect, request), **{field: value})
                    else:
                        provider_replies.reply = lambda dialect, blocks, *rest, **more: reply(dialect, CHANGED[name](blocks), *rest, **more)
                    cell = stage.judge.cell(client, target, features[name])
                    provider_requests.read, provider_replies.reply = read, reply
                    if cell and cell.status in (WORKS, EMULATED):
                        missed.append(f"{kind.name} → {target.dialect}, {name}: {cell}")
                    noticed += bool(cell and cell.status == FAILS)
    print("\n".join([*missed, f"{noticed} faults noticed, {len(missed)} missed"]))
    return 1 if missed or not noticed else 0


if __name__ == "__main__":
    sys.exit(main())
