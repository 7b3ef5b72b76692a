"""Bench, corpora: what happens in the worker: one file is opened, counted and timed."""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass
from pathlib import Path

from tasks.intake.grid import FileRefusedError, Grid, Limits
from tasks.intake.read import read_grids

_ERROR_TEXTS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"})
_PANDAS_BLANKS = frozenset({"#N/A", "N/A", "n/a", "NA", "<NA>", "NULL", "null", "NaN", "nan", "None", "-nan", "-NaN"})
"""Words that pandas takes for blanks unless told otherwise; some counts of the manifest were made with it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """How opening one file ended: `outcome` is readable, refused, crash or hang; `rules` are the findings on the file."""

    outcome: str
    rules: tuple[str, ...] = ()
    said: str = ""
    sheets: int = 0
    cells: int = 0
    errors: int = 0
    words_for_nothing: int = 0
    peak_bytes: int = 0
    seconds: float = 0.0


def start_worker(memory_bytes: int) -> None:
    """Limit this process to what it has now and `memory_bytes` more."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    ceiling = pages * resource.getpagesize() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, resource.getrlimit(resource.RLIMIT_AS)[1]))


def open_file(path: Path) -> Opened:
    """Open one file in this process. `cells` are the filled ones without error values, which `errors` counts."""
    began = time.perf_counter()
    try:
        opened = read_grids(path.read_bytes(), path.name, Limits())
    except FileRefusedError as refusal:
        return Opened(
            "refused", (refusal.finding.rule_id,), refusal.finding.message, peak_bytes=_peak(), seconds=_since(began)
        )
    seconds, peak = _since(began), _peak()
    counts = [_count(grid) for grid in opened.grids]
    return Opened(
        "readable",
        tuple(one.rule_id for one in opened.findings),
        "；".join(one.message for one in opened.findings),
        len(opened.grids) + len(opened.empty_sheets),
        sum(cells for cells, _, _ in counts),
        sum(errors for _, errors, _ in counts),
        sum(words for _, _, words in counts),
        peak,
        seconds,
    )


def _count(grid: Grid) -> tuple[int, int, int]:
    """Filled cells without errors, errors, and words that pandas takes for blanks."""
    errors = {place for place, problem in grid.marks.items() if problem == "error_cell"}
    cells = words = 0
    for number, row in enumerate(grid.rows, 1):
        for column, cell in enumerate(row, 1):
            if cell == "" or (number, column) in errors:
                continue
            if cell in _ERROR_TEXTS:
                errors.add((number, column))
            else:
                cells += 1
                words += cell in _PANDAS_BLANKS
    return cells, len(errors), words


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _since(began: float) -> float:
    return time.perf_counter() - began
