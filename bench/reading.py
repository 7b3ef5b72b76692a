"""Bench: reading, and opening alone, beside bare calamine on the same files, with one and with two processes on each side.

Bare calamine makes rows of cells of the bytes of a file. Opening makes grids of them: the same, and what calamine does not tell.
Reading finds the ledgers in the grids, converts every cell under its contract and brings the answer home from a guarded worker.

Run: python -m bench.reading [--files 1000] [--rows 500] [--runs 3]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench.contender import Run, median
from bench.night import Work, make_work
from bench.report import say

TARGET = "≤ 1.5, aim ≤ 1.1"
PROCESSES = (1, 2)
BARE = "bare calamine"


def main() -> None:
    """Write the workload, read it each way in turns, print the ratios."""
    given = _arguments()
    with tempfile.TemporaryDirectory(prefix="doublehigh-bench-") as name:
        work = make_work(Path(name), given.files, given.rows, "sqlite", 1, None)
        for processes in PROCESSES:
            print_ratio(processes, run_all(work, processes, given.runs))


def run_all(work: Work, processes: int, count: int) -> Mapping[str, Run]:
    """Median runs of the three, alternating."""
    bare, opened, ours = [], [], []
    for number in range(count):
        say(f"{processes} process(es), run {number + 1} of {count}")
        bare.append(work.run("bench.bare_reading", work.manifest, processes))
        opened.append(work.run("bench.opened_reading", work.manifest, processes))
        ours.append(work.run("bench.guarded_reading", work.manifest, work.folder / "partners", processes))
    return {BARE: median(bare), "opening alone": median(opened), "reading": median(ours)}


def print_ratio(processes: int, runs: Mapping[str, Run]) -> None:
    """Seconds of reading and of getting the processes ready, processor time of the whole program, peaks; then ratios.

    The start of Python is in none of the seconds, and in all of the processor time.
    """
    print(f"{processes} process(es)")
    for name, run in runs.items():
        rate = run.numbers["rows"] / run.stages["read"]
        print(
            f"  {name:<14}{run.stages['read']:>7.2f} s{run.stages.get('start', 0.0):>7.2f} s start"
            f"{run.cpu_seconds:>7.1f} CPU s{rate:>10,.0f} rows/s{run.peak_mb:>6.0f} MB"
        )
    bare = runs[BARE]
    for name, run in runs.items():
        if name != BARE:
            started = sum(run.stages.values()) / sum(bare.stages.values())
            print(
                f"  {name} / {BARE} {run.stages['read'] / bare.stages['read']:.2f}   (with the start of the processes "
                f"{started:.2f}; processor time, start of Python included, {run.cpu_seconds / bare.cpu_seconds:.2f})"
            )
    print(f"  target for reading {TARGET}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.reading", description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3, help="alternating runs of the three")
    return parser.parse_args()


if __name__ == "__main__":
    main()
