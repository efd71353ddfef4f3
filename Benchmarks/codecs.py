#!/usr/bin/env python3
"""What the codecs alone cost per byte, by size: the cost must not grow with the length.

  codecs.py [--binary FILE] [--only WORD] [--instructions] [--json FILE]

Each scene translates a body or a stream of one dialect to another, at 64 KB, 1 MB and 5 MB (streams: 64 KB, 512 KB and 2 MB of
text or arguments in pieces of 20 bytes). The time is the CPU time of the best turn. Where a byte costs more than 1.6 times at the
largest size what it costs at the middle one, the exit status is 1: what grows with the length would grow fourfold, while the
smallest fits into the processor's caches and never meets a fresh page. With --instructions it is instructions that are counted,
with valgrind, as the difference of one turn and two, and compared with the smallest; that takes minutes. Without --binary the
bench is built first.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SIZES = {"request": (65_536, 1_048_576, 5_242_880), "answer": (65_536, 1_048_576, 5_242_880), "stream": (65_536, 524_288, 2_097_152)}
# The allocator makes large bodies a little dearer; what grows with the length does so by the ratio of the sizes.
GROWTH = 1.6


def built() -> pathlib.Path:
    package = HERE / "Codecs"
    subprocess.run(["swift", "build", "-c", "release", "--package-path", str(package)], check=True)
    return package / ".build" / "release" / "CodecBench"


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout or done.stderr}")
    return done.stdout.strip()


def counted(binary: pathlib.Path, name: str, size: int) -> tuple[int, float]:
    """The bytes read, and the instructions of one turn."""
    totals, read = [], 0
    for turns in (1, 2):
        with tempfile.TemporaryDirectory(prefix="codecs-") as folder:
            out = f"--callgrind-out-file={folder}/out"
            read = int(run("valgrind", "--tool=callgrind", out, "-q", str(binary), "turns", name, str(size), str(turns)).split()[0])
            text = (pathlib.Path(folder) / "out").read_text(errors="replace")
            totals.append(int(re.findall(r"^(?:totals|summary): (\d+)", text, re.MULTILINE)[-1]))
    return read, totals[1] - totals[0]


def timed(binary: pathlib.Path, name: str, size: int) -> tuple[int, float]:
    """The bytes read, and the nanoseconds of one turn."""
    read, _, best = run(str(binary), "time", name, str(size)).split()
    return int(read), float(best)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path)
    parser.add_argument("--only", default="", help="scenes whose name holds this")
    parser.add_argument("--instructions", action="store_true")
    parser.add_argument("--json", help="write the figures here as well")
    options = parser.parse_args()
    binary = options.binary or built()
    unit = "instructions" if options.instructions else "ns"
    results, problems = {}, []
    print(f"{'scene':44} " + " ".join(f"{at:>24}" for at in ("smallest", "middle", "largest")) + "  growth")
    for name in run(str(binary), "list").splitlines():
        if options.only not in name:
            continue
        row = []
        for size in SIZES[name.split()[0]]:
            read, cost = (counted if options.instructions else timed)(binary, name, size)
            row.append({"bytes": read, unit: cost, "per_byte": round(cost / read, 4)})
        growth = row[2]["per_byte"] / row[0 if options.instructions else 1]["per_byte"]
        results[name] = row
        shown = " ".join(f"{at['bytes'] / 1e6:8.2f} MB {at['per_byte']:9.3f} /B" for at in row)
        print(f"{name:44} {shown} {growth:7.2f}", flush=True)
        if growth > GROWTH:
            problems.append(f"{name}: a byte costs {growth:.2f} times as much")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1) + "\n")
    print("\n" + ("\n".join(f"GROWS: {line}" for line in problems) or "no cost grows with the length"))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
