"""Instructions and allocations per request: figures that do not depend on what else the machine is doing.

Both are differences between runs of N and 2N requests, so that starting up and warming up cancel out."""

from __future__ import annotations

import mmap
import pathlib
import re
import shutil
import subprocess

from stand import Stand, binary

# Requests of the shorter run; streams cost more each.
REQUESTS = {"small": 1000, "large": 300, "burst": 300}


def _callgrind_total(folder: pathlib.Path) -> int:
    """Instructions of all threads of the one process that wrote into the folder."""
    total = 0
    for path in folder.glob("callgrind.*"):
        found = re.findall(r"^(?:totals|summary): (\d+)", path.read_text(errors="replace"), re.MULTILINE)
        total += int(found[-1]) if found else 0
    if not total:
        raise RuntimeError(f"callgrind left no totals in {folder}")
    return total


def instructions(stand: Stand) -> dict[str, float]:
    """Instructions in user space per request, by body."""
    port, _ = stand.upstream(core=None)
    # valgrind gives up on the debugging information of this compiler; the instructions are the same without.
    bare = stand.folder / "turnpike-bare"
    shutil.copy(binary(), bare)
    subprocess.run(["strip", "--strip-all", str(bare)], check=True)
    preloaded = {"LD_PRELOAD": str(stand.library("sigsuspend"))}
    figures = {}
    for name, count in REQUESTS.items():
        totals = []
        for requests in (count, 2 * count):
            folder = stand.folder / f"callgrind-{name}-{requests}"
            folder.mkdir()
            prefix = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/callgrind.%p", "-q")
            gateway = stand.gateway(port, core=None, prefix=prefix, env=preloaded, patience=180, executable=bare)
            shown = stand.load(gateway.port, gateway.key, name, connections=1, requests=requests, core=None)
            if shown["errors"]:
                raise RuntimeError(f"requests failed under valgrind: {shown['complaints']}")
            gateway.terminate(120)
            totals.append(_callgrind_total(folder))
        figures[name] = round((totals[1] - totals[0]) / count)
    return figures


def allocations(stand: Stand) -> dict[str, float]:
    """Calls of malloc and its kin per request, by body."""
    port, _ = stand.upstream(core=None)
    counter = stand.folder / "allocations.count"
    counter.write_bytes(bytes(8))
    gateway = stand.gateway(
        port, core=None, env={"LD_PRELOAD": str(stand.library("allocations")), "ALLOCATIONS_FILE": str(counter)}, patience=60
    )
    figures = {}
    with open(counter, "r+b") as file, mmap.mmap(file.fileno(), 8) as shared:

        def added(name: str, requests: int) -> int:
            before = int.from_bytes(shared[:8], "little")
            shown = stand.load(gateway.port, gateway.key, name, connections=1, requests=requests, core=None)
            if shown["errors"]:
                raise RuntimeError(f"requests failed: {shown['complaints']}")
            return int.from_bytes(shared[:8], "little") - before

        if not int.from_bytes(shared[:8], "little"):
            raise RuntimeError("the allocator of the gateway is not the one that was counted")
        for name, count in REQUESTS.items():
            count *= 10
            added(name, count)
            once, twice = added(name, count), added(name, 2 * count)
            figures[name] = round((twice - once) / count, 2)
    gateway.terminate()
    return figures
