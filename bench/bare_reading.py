"""Bench, bare reading: calamine decodes every file, and nothing is done with the cells; in this process or in several.

Run by bench.reading: python -m bench.bare_reading MANIFEST PROCESSES
"""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path

from python_calamine import CalamineWorkbook

from bench.contender import Stopwatch, tell
from bench.manifest import read_manifest

FILES_AT_A_TIME = 8


def main() -> None:
    """Decode all."""
    paths, processes = [file["path"] for file in read_manifest(sys.argv[1])["files"]], int(sys.argv[2])
    stopwatch = Stopwatch()
    with stopwatch.stage("read"):
        if processes == 1:
            rows = sum(map(decode, paths))
        else:
            # As our reader does: a clean server that forks, since a fork of a process with threads may hang.
            with multiprocessing.get_context("forkserver").Pool(processes) as pool:
                rows = sum(pool.imap_unordered(decode, paths, FILES_AT_A_TIME))
    tell(stopwatch, files=len(paths), rows=rows)


def decode(path: str) -> int:
    """Decode the first sheet as our reader opens it, from its bytes; returns its rows."""
    return len(CalamineWorkbook.from_filelike(Path(path).open("rb")).get_sheet_by_index(0).to_python())


if __name__ == "__main__":
    main()
