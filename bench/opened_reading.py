"""Bench, opening alone: every file becomes grids with guards and marks, unguarded by processes; in this process or in several.

Run by bench.reading: python -m bench.opened_reading MANIFEST PROCESSES
"""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path

from bench.bare_reading import FILES_AT_A_TIME
from bench.contender import Stopwatch, tell
from bench.manifest import read_manifest
from tasks.intake.grid import Limits
from tasks.intake.read import read_grids


def main() -> None:
    """Open all."""
    paths, processes = [file["path"] for file in read_manifest(sys.argv[1])["files"]], int(sys.argv[2])
    stopwatch = Stopwatch()
    with stopwatch.stage("read"):
        if processes == 1:
            rows = sum(map(count_rows, paths))
        else:
            with multiprocessing.get_context("forkserver").Pool(processes) as pool:
                rows = sum(pool.imap_unordered(count_rows, paths, FILES_AT_A_TIME))
    tell(stopwatch, files=len(paths), rows=rows)


def count_rows(path: str) -> int:
    """Open one file as our reader does; returns the rows of its sheets."""
    opened = read_grids(Path(path).read_bytes(), Path(path).name, Limits())
    return sum(len(grid.rows) for grid in opened.grids)


if __name__ == "__main__":
    main()
