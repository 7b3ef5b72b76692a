"""Bench: what a person waits for at the shell: `doublehigh --help`, and `doublehigh check FILE` on a file of 500 rows.

Run: python -m bench.check [--runs 5] [--rows 500]
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.workload import bench_partners, write_ledger
from schemas.contract import shipped_contracts

PROGRAM = Path(sys.executable).with_name("doublehigh")


def main() -> None:
    """Medians of several runs each."""
    given = _arguments()
    with tempfile.TemporaryDirectory(prefix="doublehigh-bench-") as name:
        path = Path(name, "2021年度师资培训台账.xlsx")
        chance = random.Random(1)  # noqa: S311 (invented data)
        write_ledger(path, shipped_contracts()["training_session"], bench_partners(1), 2021, given.rows, 0.01, chance)
        _print("--help", ["--help"], given.runs, "≤ 0.5 s, aim ≤ 0.2 s")
        _print(f"check FILE ({given.rows} rows)", ["check", str(path)], given.runs, "≤ 2 s, aim ≤ 0.7 s")


def _print(title: str, arguments: Sequence[str], runs: int, target: str) -> None:
    taken = [_seconds(arguments) for _ in range(runs)]
    codes = {code for _, code in taken}
    seconds = sorted(seconds for seconds, _ in taken)
    print(
        f"{title:<24}{statistics.median(seconds):.2f} s (of {runs}: {seconds[0]:.2f}–{seconds[-1]:.2f})   target {target}"
    )
    # 1 says that findings were made, as there are in the file.
    if codes - {0, 1}:
        print(f"NOT MEASURED: {title}: it ended with exit code {sorted(codes)}")


def _seconds(arguments: Sequence[str]) -> tuple[float, int]:
    started = time.perf_counter()
    done = subprocess.run([PROGRAM, *arguments], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started, done.returncode


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.check", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rows", type=int, default=500)
    return parser.parse_args()


if __name__ == "__main__":
    main()
