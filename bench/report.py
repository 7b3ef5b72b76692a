"""Bench: prints what was measured: seconds by stage, rows per second, ratios beside their targets, peak memory."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from bench.contender import Run

TARGETS = (
    ("ours / floor", "ours", "floor", "≤ 3.0, aim ≤ 1.5"),
    ("a user's way / ours", "a user's way", "ours", "≥ 5, aim ≥ 12"),
    ("dlt / ours", "dlt", "ours", "≥ 4, aim ≥ 7"),
    ("dlt + calamine / ours", "dlt + calamine", "ours", "none: dlt lent our reader"),
    ("frictionless / ours", "frictionless", "ours", "≥ 4, aim ≥ 8"),
)


def say(text: str) -> None:
    """Progress, to standard error."""
    print(text, file=sys.stderr, flush=True)


def print_night(runs: Mapping[str, Run], files: int, sample: int) -> None:
    """The night's table, stages and ratios."""
    print(f"{'':<16}{'seconds':>9}{'CPU s':>8}{'rows/s':>10}{'peak MB':>9}")
    for name, run in runs.items():
        rate = run.numbers["rows"] / run.seconds
        scaled = "" if run.numbers["files"] == files else f"  scaled from {max(1, sample // 5)} and {sample} files"
        print(f"{name:<16}{run.seconds:>9.1f}{run.cpu_seconds:>8.1f}{rate:>10,.0f}{run.peak_mb:>9.0f}{scaled}")
    for name, run in runs.items():
        print(f"{name}: " + ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in run.stages.items()))
    for title, above, below, target in TARGETS:
        if above in runs and below in runs:
            wall = runs[above].seconds / runs[below].seconds
            cpu = runs[above].cpu_seconds / runs[below].cpu_seconds
            print(f"{title:<22}{wall:>6.2f}   target {target}   (processor time {cpu:.2f})")
        else:
            print(f"{title:<22}  NOT MEASURED   target {target}")
    ours = runs["ours"]
    print(f"peak memory of any process of ours: {ours.peak_mb:.0f} MB   target ≤ 600, aim ≤ 300")
    print("ours came to: " + ", ".join(f"{name} {number:,.0f}" for name, number in ours.numbers.items()))


def print_prefect(flow: Run, server_seconds: float, plain: Run) -> None:
    """The flow beside the same night without Prefect; what a server costs apart."""
    print(
        f"as a Prefect flow: night {flow.stages['night']:.1f} s (plain functions {plain.seconds:.1f} s), peak {flow.peak_mb:.0f} MB"
    )
    print(
        f"fixed: server start {server_seconds:.1f} s, import {flow.stages['import Prefect and the flow']:.1f} s, "
        f"a night with nothing new {flow.stages['night with nothing new']:.2f} s"
    )
    print(
        "stages: "
        + ", ".join(f"{s.removeprefix('night: ')} {t:.2f}" for s, t in flow.stages.items() if s.startswith("night:"))
    )
    print("flow came to: " + ", ".join(f"{name} {number:,.0f}" for name, number in flow.numbers.items()))
