#!/usr/bin/env python3
"""The long run: a million requests, a fifth of them streams, one in twenty given up by the client at a random moment.

  soak.py [--turnpike .build/release/turnpike] [--report FOLDER]      SOAK_REQUESTS=1000000

Memory after ten thousand requests and at the end must be within 10 % of each other; when the load is over no client
connection and no request may be left, and when the upstream is gone no upstream connection either. Writes
docs/reports/soak-YYYY-MM-DD.md where the full number was run (or --report says where). Loopback only.
"""

from __future__ import annotations

import argparse
import datetime
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Benchmarks"))

FIRST = 10_000
FULL = 1_000_000
CONNECTIONS = 64
ABORTS = 0.05
MIX = ("small:4", "brisk:1")  # one stream in five requests
MEMORY_GROWTH = 0.10
# Of the second half alone: what is lost with each request goes on for ever, what is warmed up does not.
LATE_GROWTH = 0.03
STATES = {"01": "established", "08": "close-wait", "04": "fin-wait-1", "05": "fin-wait-2", "09": "last-ack", "0B": "closing"}


def sockets(pid: int) -> int:
    """Open socket descriptors of the process."""
    count = 0
    for descriptor in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            count += os.readlink(descriptor).startswith("socket:")
        except OSError:
            pass
    return count


def connections(pid: int, port: int, remote: bool) -> int:
    """The process's own connections at a port: its clients (local), or its upstream (remote)."""
    own = set()
    for descriptor in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            if found := re.match(r"socket:\[(\d+)\]", os.readlink(descriptor)):
                own.add(found[1])
        except OSError:
            pass
    count = 0
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        address = fields[2] if remote else fields[1]
        count += fields[9] in own and fields[3] in STATES and int(address.split(":")[1], 16) == port
    return count


def in_flight(gateway) -> dict[str, float]:
    """The gauges of the metrics page that tell what is going on at the moment."""
    _, text = gateway.admin("GET", "/metrics", key="")
    found = {}
    for line in str(text).splitlines():
        name, _, value = line.rpartition(" ")
        if re.match(r"\w*(in_?flight|open_requests|open_connections)\w*", name) and not line.startswith("#"):
            found[name] = float(value)
    return found


def settle(check, seconds: float) -> float:
    """Waits until `check()` is 0, at most so long; its last value."""
    end = time.monotonic() + seconds
    while (left := check()) and time.monotonic() < end:
        time.sleep(0.1)
    return left


def processor() -> str:
    found = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.processor()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turnpike", default=str(ROOT / ".build/release/turnpike"))
    parser.add_argument("--report", help="folder for the report (default: docs/reports, for a full run)")
    options = parser.parse_args()
    total = int(os.environ.get("SOAK_REQUESTS", FULL))
    if total <= FIRST:
        parser.error(f"SOAK_REQUESTS must be above {FIRST}")
    os.environ["TURNPIKE_BINARY"] = str(pathlib.Path(options.turnpike).resolve())
    if not pathlib.Path(options.turnpike).exists():
        print(f"{options.turnpike} is missing: build it with `swift build -c release`", file=sys.stderr)
        return 1

    import stand as stands

    if lacking := stands.missing("cc"):
        print("to run this, install: " + "; ".join(lacking), file=sys.stderr)
        return 1
    problems: list[str] = []
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, stands.Stand(pathlib.Path(folder), tls=False) as stand:
        port, upstream = stand.upstream(core=None)
        gateway = stand.gateway(port, threads=None, core=None)
        idle_sockets, idle_memory = sockets(gateway.pid), stands.resident_kb(gateway.pid)

        def run(requests: int, seed: int) -> dict:
            return stand.load(
                gateway.port, gateway.key, *MIX, connections=CONNECTIONS, requests=requests, aborts=ABORTS, core=None, seed=seed
            )

        started = time.monotonic()
        first = run(FIRST, 1)
        time.sleep(1)
        memory_first = stands.resident_kb(gateway.pid)
        counts = {"done": first["done"], "aborted": first["aborted"], "errors": first["errors"]}
        peak, seed, done, memory_half = memory_first, 2, FIRST, memory_first
        while done < total:
            part = run(min(100_000, total - done), seed)
            done, seed = done + min(100_000, total - done), seed + 1
            for name in counts:
                counts[name] += part[name]
            if part["errors"]:
                print(part["complaints"], file=sys.stderr)
            memory = stands.resident_kb(gateway.pid)
            peak = max(peak, memory)
            if done <= total / 2:
                memory_half = memory
            print(f"{done:>9,} requests: {memory / 1024:6.1f} MB, {part['per_second']:,.0f}/s", flush=True)
        took = time.monotonic() - started
        clients_left = settle(lambda: connections(gateway.pid, gateway.port, remote=False), 5)
        running = in_flight(gateway)
        running_left = settle(lambda: sum(in_flight(gateway).values()), 5)
        time.sleep(1)
        memory_last = stands.resident_kb(gateway.pid)
        pooled = connections(gateway.pid, port, remote=True)
        upstream.terminate()
        upstream.wait()
        upstreams_left = settle(lambda: connections(gateway.pid, port, remote=True), 10)
        # The admin port's own connection of the last metrics call may still be closing.
        sockets_left = settle(lambda: max(0, sockets(gateway.pid) - idle_sockets), 10)
        descriptors = len(list(pathlib.Path(f"/proc/{gateway.pid}/fd").iterdir()))
        gateway.check_health()
        gateway.stop()

    growth, late = memory_last / memory_first - 1, memory_last / memory_half - 1
    for wrong, what in (
        (counts["errors"], "requests failed"),
        (clients_left, "client connections left"),
        (running_left, "in flight by the metrics"),
        (upstreams_left, "upstream connections left though the upstream is gone"),
        (sockets_left, "sockets left beyond those of the start"),
    ):
        if wrong:
            problems.append(f"{wrong:g} {what}")
    if not running:
        problems.append("the metrics page has no gauge of what is in flight")
    if abs(growth) > MEMORY_GROWTH:
        problems.append(f"memory changed by {growth:+.1%}")
    if total >= FULL and late > LATE_GROWTH:
        problems.append(f"memory still grew by {late:+.1%} in the second half")
    version = subprocess.run([options.turnpike, "--version"], capture_output=True, text=True).stdout.strip()
    today = datetime.date.today().isoformat()
    verdict = "passed" if not problems else "failed: " + "; ".join(problems)
    report = f"""# Soak run of {today}

**{verdict}**

| | |
|---|---|
| gateway | turnpike {version}, all event loops |
| machine | {processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()} |
| load | {total:,} requests over {CONNECTIONS} connections, four of five whole answers of 1 KB, one of five a stream of 10 events 1 ms apart; one in twenty given up by the client at a random moment (in its own request, while it waits, in the answer), half of those by reset |
| time | {took:.0f} s, {total / took:,.0f} requests a second, generator and upstream on the same cores |
| answered / given up / failed | {counts["done"]:,} / {counts["aborted"]:,} / {counts["errors"]:,} |
| memory before the first request | {idle_memory / 1024:.1f} MB |
| memory after {FIRST:,} | {memory_first / 1024:.1f} MB |
| memory at half the requests | {memory_half / 1024:.1f} MB (then {late:+.1%}; allowed {LATE_GROWTH:+.0%}) |
| highest seen between parts | {peak / 1024:.1f} MB |
| memory at the end | {memory_last / 1024:.1f} MB ({growth:+.1%}; allowed ±{MEMORY_GROWTH:.0%}) |
| client connections left | {clients_left:g} |
| in flight by the metrics | {running_left:g} ({", ".join(sorted(running)) or "no gauge"}) |
| upstream connections kept for reuse, then left once the upstream was gone | {pooled}, {upstreams_left:g} |
| sockets left beyond those of the start | {sockets_left:g} (of {descriptors} descriptors open) |

Made by `make soak` (`Tests/Soak/soak.py`).
"""
    print("\n" + report)
    if options.report or total >= FULL:
        place = pathlib.Path(options.report) if options.report else ROOT / "docs" / "reports"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"soak-{today}.md").write_text(report)
        print(f"written to {place}/soak-{today}.md")
    print(verdict)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
