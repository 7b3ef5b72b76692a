"""Bench, opening alone: every file becomes grids with guards and marks, unguarded by processes; in this process or in several.

Run by bench.reading: python -m bench.opened_reading MANIFEST PROCESSES
"""

from __future__ import annotations

from pathlib import Path

from bench.bare_reading import count_all
from tasks.intake.grid import Limits
from tasks.intake.read import read_grids


def main() -> None:
    """Open all."""
    count_all(count_rows)


def count_rows(path: str) -> int:
    """Open one file as our reader does; returns the rows of its sheets."""
    opened = read_grids(Path(path).read_bytes(), Path(path).name, Limits())
    return sum(len(grid.rows) for grid in opened.grids)


if __name__ == "__main__":
    main()
