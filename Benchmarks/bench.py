#!/usr/bin/env python3
"""What a request costs the gateway, beside nginx under the same load in the same run.

  bench.py [--turnpike .build/release/turnpike] [--only plain,tls,loops,instructions,allocations,translation] [--rounds 3] [--seconds 2]
           [--json FILE]

The load generator and the upstream run on core 0, the proxy that is measured on core 1; rounds of nginx and the gateway
alternate; CPU time is that of the proxy's threads (schedstat) over the measured window; the median over the rounds is
shown. Wall-clock figures stand beside it and mean little on a shared machine. Everything happens on loopback and is
stopped at the end. `thresholds.json` holds targets, which are what the design asks for and are only reported, and
thresholds, which are what was reached with some room: a figure above one makes the exit status 1.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
PARTS = ("plain", "tls", "loops", "instructions", "allocations", "translation")


@dataclass(frozen=True)
class Scene:
    """One kind of load; `per_event`: the figure is per stream event instead of per request."""

    name: str
    body: str
    connections: int
    rate: float = 0
    per_event: bool = False


SCENES = (
    Scene("1 KB, 16 connections", "small", 16),
    Scene("1 KB, 64 connections", "small", 64),
    Scene("64 KB, 16 connections", "large", 16),
    Scene("50 events at once, 16 connections", "burst", 16, per_event=True),
    Scene("50 events 5 ms apart, 64 connections", "paced", 64, per_event=True),
    Scene("1 KB, 500 a second", "small", 32, rate=500),
    Scene("1 KB, 1 connection", "small", 1),
)


def compare(stand, tls: bool, loops: int, rounds: int, seconds: float) -> dict:
    """The scenes at nginx, at the gateway and straight at the upstream."""
    from stand import resident_kb

    upstream_port, upstream = stand.upstream(tls)
    nginx_port, nginx = stand.nginx(upstream_port, tls)
    gateway = stand.gateway(upstream_port, tls, threads=loops)
    idle = resident_kb(gateway.pid)
    targets = {
        "nginx": (nginx_port, nginx.pid), "gateway": (gateway.port, gateway.pid), "direct": (upstream_port, upstream.pid),
    }  # fmt: skip
    runs: dict[tuple[str, str], list[dict]] = {}
    for number in range(rounds):
        for scene in SCENES:
            for who, (port, pid) in targets.items():
                shown = stand.load(
                    port, gateway.key, scene.body, connections=scene.connections, seconds=seconds, rate=scene.rate,
                    measured=(pid,), tls=tls, seed=number + 1,
                )  # fmt: skip
                runs.setdefault((who, scene.name), []).append(shown)
    gateway.check_health()
    gateway.terminate(40)
    result: dict = {"idle_rss_mb": round(idle / 1024, 1), "scenes": {}}
    for scene in SCENES:

        def median(who: str, field: str) -> float:
            return statistics.median(run[field] for run in runs[who, scene.name])

        field = "cpu_us_event" if scene.per_event else "cpu_us"
        ours, theirs, direct = median("gateway", field), median("nginx", field), median("direct", "p50")
        result["scenes"][scene.name] = {
            "nginx_us": round(theirs, 2), "gateway_us": round(ours, 2), "ratio": round(ours / theirs, 3) if theirs else None,
            "added_p50_us": median("gateway", "p50") - direct, "nginx_added_p50_us": median("nginx", "p50") - direct,
            "p99_us": median("gateway", "p99"), "nginx_p99_us": median("nginx", "p99"),
            "errors": sum(run["errors"] for run in runs["gateway", scene.name]), "done": median("gateway", "done"),
            "same_events": median("gateway", "events") == median("direct", "events"),
            "rss_mb": round(max(run["rss_kb"] for run in runs["gateway", scene.name]) / 1024, 1),
        }  # fmt: skip
    return result


def show(title: str, result: dict) -> None:
    print(f"\n{title} (idle {result['idle_rss_mb']} MB)")
    print(f"{'scene':38} {'nginx µs':>9} {'gateway µs':>11} {'ratio':>6} {'added p50':>10} {'(nginx)':>8} {'p99':>7} {'errors':>7} {'MB':>6}")
    for name, row in result["scenes"].items():
        print(
            f"{name:38} {row['nginx_us']:9.2f} {row['gateway_us']:11.2f} {row['ratio'] or 0:6.2f} {row['added_p50_us']:10.0f}"
            f" {row['nginx_added_p50_us']:8.0f} {row['p99_us']:7.0f} {row['errors']:7d} {row['rss_mb']:6.1f}"
            + ("" if row["same_events"] else "   EVENTS DIFFER")
        )


def judge(results: dict, limits: dict) -> list[str]:
    """Every figure that is above its limit, in words."""
    found = []

    def check(what: str, figure: float | None, limit: float) -> None:
        if figure is None or figure > limit:
            found.append(f"{what}: {figure} is above {limit}")

    for part, result in results.items():
        if "scenes" not in result:
            for name, limit in limits.get(part, {}).items():
                check(f"{part} per request, {name}", result.get(name), limit)
            continue
        for name, row in result["scenes"].items():
            check(f"{part}, {name}, errors", row["errors"], 0)
            if not row["same_events"]:
                found.append(f"{part}, {name}: not every event arrived")
            if name in limits.get("ratio", {}).get(part, {}):
                against = "the same dialect" if part == "translation" else "nginx"
                check(f"{part}, {name}, CPU against {against}", row["ratio"], limits["ratio"][part][name])
        if part == "plain":
            single = result["scenes"]["1 KB, 1 connection"]
            beyond = single["added_p50_us"] - single["nginx_added_p50_us"]
            if "added_p50_us" in limits:
                check("added median beyond nginx's, µs", beyond, limits["added_p50_us"])
            if "idle_rss_mb" in limits:
                check("idle memory, MB", result["idle_rss_mb"], limits["idle_rss_mb"])
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turnpike", default=str(HERE.parent / ".build/release/turnpike"))
    parser.add_argument("--only", default=",".join(PARTS), help="parts to run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--json", help="write the figures here as well")
    options = parser.parse_args()
    parts = options.only.split(",")
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(unknown)}")
    if not pathlib.Path(options.turnpike).exists():
        print(f"{options.turnpike} is missing: build it with `swift build -c release`", file=sys.stderr)
        return 1
    os.environ["TURNPIKE_BINARY"] = options.turnpike

    import counting
    import stand as stands
    import translation

    tools = ["cc", "taskset", "openssl", *(["nginx"] if {"plain", "tls", "loops"} & set(parts) else [])]
    if lacking := stands.missing(*tools, *(["valgrind", "strip"] if "instructions" in parts else [])):
        print("to run this, install: " + "; ".join(lacking), file=sys.stderr)
        return 1
    results: dict = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for part in parts:
            with stands.Stand(pathlib.Path(folder) / part) as stand:
                if part == "plain":
                    results["plain"] = compare(stand, False, 1, options.rounds, options.seconds)
                    show("plain HTTP, one event loop", results["plain"])
                elif part == "tls":
                    results["tls"] = compare(stand, True, 1, options.rounds, options.seconds)
                    show("TLS on both sides, one event loop", results["tls"])
                elif part == "loops":
                    results["plain, two loops"] = compare(stand, False, 2, options.rounds, options.seconds)
                    show("plain HTTP, two event loops", results["plain, two loops"])
                    results["tls, two loops"] = compare(stand, True, 2, options.rounds, options.seconds)
                    show("TLS on both sides, two event loops", results["tls, two loops"])
                elif part == "translation":
                    results[part] = translation.compare(stand, options.rounds, options.seconds)
                    translation.show(results[part])
                else:
                    results[part] = counting.instructions(stand) if part == "instructions" else counting.allocations(stand)
                    shown = ", ".join(f"{name} {figure:,}" for name, figure in results[part].items())
                    print(f"\n{part} per request: {shown}")
            sys.stdout.flush()
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1) + "\n")
    limits = json.loads((HERE / "thresholds.json").read_text())
    for line in judge(results, limits["targets"]):
        print(f"target not reached: {line}")
    problems = judge(results, limits["thresholds"])
    print("\n" + ("\n".join(f"ABOVE THE THRESHOLD: {line}" for line in problems) or "every figure is within its threshold"))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
