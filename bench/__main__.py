"""Bench: what programs there are, and the quick ones run with small sizes: `make bench`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAMS: tuple[tuple[str, str, list[str]], ...] = (
    (
        "night",
        "one night beside the floor, a user's way, dlt and frictionless",
        ["--files", "140", "--runs", "1", "--sample", "10"],
    ),
    ("reading", "reading beside bare calamine, one and two processes", ["--files", "140", "--runs", "1"]),
    ("unchanged", "a second night over unchanged files", ["--files", "350"]),
    ("unchanged_remote", "the same on a WebDAV server", ["--files", "350"]),
    ("check", "doublehigh --help and doublehigh check FILE at the shell", ["--runs", "3"]),
    ("big_file", "one very large file: peak memory", ["--rows", "50000"]),
    (
        "marked",
        "marked workbooks edited part by part beside openpyxl, and a night of them",
        ["--files", "100", "--rows", "5000"],
    ),
    ("fuzz", "damaged files of every format through the guarded reading", ["--cases", "400"]),
    ("messy_score", "reading scored against ledgers with a known truth", []),
    ("corpora", "odd and hostile public files, each ending as its list says", []),
)
SHARED = Path(__file__).parents[2] / "shared"
NEEDED = {"messy_score": SHARED / "messy" / "truth.json", "corpora": SHARED / "corpora" / "MANIFEST.csv"}


def main() -> int:
    """List the programs, run each small; the full sizes are their defaults. Exit code 1 when one failed."""
    for name, purpose, _ in PROGRAMS:
        print(f"python -m bench.{name:<18}{purpose}")
    failed = []
    for name, _, small in PROGRAMS:
        print(f"\n== bench.{name} {' '.join(small)}", flush=True)
        if name in NEEDED and not NEEDED[name].exists():
            print(f"NOT MEASURED: {NEEDED[name].name} is not beside the checkout")
        elif subprocess.run([sys.executable, "-m", f"bench.{name}", *small], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nFAILED: {', '.join(failed)}")
    return bool(failed)


if __name__ == "__main__":
    raise SystemExit(main())
