"""Bench, bare reading: calamine decodes every file, and nothing is done with the cells; in this process or in several.

Run by bench.reading: python -m bench.bare_reading MANIFEST PROCESSES
"""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from python_calamine import CalamineWorkbook

from bench.contender import Stopwatch, tell
from bench.manifest import read_manifest

FILES_AT_A_TIME = 8


def main() -> None:
    """Decode all."""
    count_all(decode)


def count_all(count_rows: Callable[[str], int]) -> None:
    """Have the rows of every file of the manifest counted, in as many processes as the command line says; tells the seconds."""
    paths, processes = [file["path"] for file in read_manifest(sys.argv[1])["files"]], int(sys.argv[2])
    stopwatch = Stopwatch()
    if processes == 1:
        with stopwatch.stage("read"):
            rows = sum(map(count_rows, paths))
    else:
        rows = _count_side_by_side(count_rows, paths, processes, stopwatch)
    tell(stopwatch, files=len(paths), rows=rows)


def _count_side_by_side(
    count_rows: Callable[[str], int], paths: Sequence[str], processes: int, stopwatch: Stopwatch
) -> int:
    # As our reader does: a clean server that forks, since a fork of a process with threads may hang.
    with stopwatch.stage("start"):
        pool = multiprocessing.get_context("forkserver").Pool(processes)
        pool.map(len, [""] * processes, 1)
    with pool, stopwatch.stage("read"):
        return sum(pool.imap_unordered(count_rows, paths, FILES_AT_A_TIME))


def decode(path: str) -> int:
    """Decode the first sheet as our reader opens it, from its bytes; returns its rows."""
    return len(CalamineWorkbook.from_filelike(Path(path).open("rb")).get_sheet_by_index(0).to_python())


if __name__ == "__main__":
    main()
