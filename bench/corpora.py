"""Bench: every file of a corpus of odd and hostile workbooks, opened in guarded workers and held against its manifest."""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from bench.corpora_worker import Opened, open_file, start_worker
from tasks.intake.reading_workers import Guard
from tasks.intake.worker_context import BareContext

CORPORA = Path(__file__).parents[2] / "shared" / "corpora"
_BUILT_IN_PASSWORD = "VelvetSweatshop"  # noqa: S105 - Excel's own

_DELIMITER_LINES = frozenset({"synth_csv_delimiter/108_csv_sep_line.csv"})
"""Their first line, sep=;, names the delimiter to Excel and to us; the manifest counted it as a cell."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the manifest says of one file. `cells` counts cells that are not blank; None where nobody counted."""

    file: str
    category: str
    expected: str
    sheets: int | None
    cells: int | None
    password: str
    note: str


def expectations(manifest: Path) -> list[Expectation]:
    """The files of a manifest."""
    with manifest.open(encoding="utf-8", newline="") as file:
        return [_expectation(row) for row in csv.DictReader(file)]


def _expectation(row: Mapping[str, str]) -> Expectation:
    sheets, cells = row["expect_sheets"], row["expect_nonempty_cells"]
    return Expectation(
        row["file"],
        row["category"],
        row["expected"],
        int(sheets) if sheets else None,
        int(cells) if cells else None,
        row["password"],
        row["expect_note"],
    )


def difference(expected: Expectation, opened: Opened) -> str | None:
    """In what a file ended otherwise than its manifest says, or None."""
    if opened.outcome in ("crash", "hang"):
        return opened.outcome
    if opened.outcome == "refused":
        is_allowed = expected.expected in ("error", "either") and expected.password != _BUILT_IN_PASSWORD
        return None if is_allowed and opened.said else f"refused: {opened.said}"
    if expected.expected == "error":
        return f"read ({opened.sheets} sheets, {opened.cells} cells), should be refused"
    if expected.sheets is not None and expected.sheets != opened.sheets:
        return f"{opened.sheets} sheets, expected {expected.sheets}"
    if expected.cells is not None and expected.cells not in _counts(expected, opened):
        return f"{opened.cells} cells, expected {expected.cells}"
    return None


def _counts(expected: Expectation, opened: Opened) -> set[int]:
    """The numbers of cells a sound reader may have counted: with error values and without, and as each reader counts."""
    counts = {opened.cells, opened.cells + opened.errors}
    if "pd_" in expected.note:
        counts |= {count - opened.words_for_nothing for count in counts}
    if expected.file in _DELIMITER_LINES:
        counts |= {count + 1 for count in counts}
    return counts


def open_all(files: Iterable[Expectation], folder: Path, guard: Guard) -> Iterator[tuple[Expectation, Opened]]:
    """Open files side by side, each in a worker process of its own under the limits of `guard`."""
    pool = ProcessPool(
        max_workers=guard.workers,
        max_tasks=1,
        initializer=start_worker,
        initargs=(guard.memory_bytes,),
        context=_context(),
    )
    with pool:
        running = [
            (file, pool.schedule(open_file, args=(folder / file.file,), timeout=guard.seconds)) for file in files
        ]
        for file, future in running:
            yield file, _outcome(future)


def _context() -> BareContext:
    context = BareContext()
    context.set_forkserver_preload([start_worker.__module__])
    return context


def _outcome(future: Future[Opened]) -> Opened:
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, TimeoutError):
        return Opened("hang", said="timeout")
    if isinstance(error, MemoryError):
        return Opened("refused", ("file.unreadable",), "MemoryError: one finding in a night")
    return Opened("crash", said=f"worker died: {error}" if isinstance(error, ProcessExpired) else repr(error))


def _table(results: list[tuple[Expectation, Opened]]) -> None:
    by_category: dict[str, list[tuple[Expectation, Opened]]] = defaultdict(list)
    for one in results:
        by_category[one[0].category].append(one)
    print(f"{'category':28}{'files':>6}{'read':>6}{'refused':>8}{'differ':>7}{'crash':>6}{'hang':>5}{'MB':>7}{'s':>7}")
    for category, ones in [*sorted(by_category.items()), ("all", results)]:
        outcomes = [opened.outcome for _, opened in ones]
        differing = sum(difference(*one) is not None for one in ones)
        peak = max(opened.peak_bytes for _, opened in ones) / 2**20
        slowest = max(opened.seconds for _, opened in ones)
        print(
            f"{category:28}{len(ones):6}{outcomes.count('readable'):6}{outcomes.count('refused'):8}{differing:7}"
            f"{outcomes.count('crash'):6}{outcomes.count('hang'):5}{peak:7.0f}{slowest:7.2f}"
        )


def main(arguments: list[str] | None = None) -> int:
    """Print the table and every file that differs; exit code 1 when any does, 0 and a loud word when there is no corpus."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=CORPORA, help="where MANIFEST.csv stands")
    parser.add_argument("--category", help="only categories that contain this text")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--all", action="store_true", help="print how each file ended")
    options = parser.parse_args(arguments)
    if not (options.folder / "MANIFEST.csv").exists():
        print(f"NOT MEASURED: no corpus at {options.folder}")
        return 0
    files = [one for one in expectations(options.folder / "MANIFEST.csv") if (options.category or "") in one.category]
    results = list(open_all(files, options.folder, Guard(workers=options.workers)))
    _table(results)
    for expected, opened in results:
        different = difference(expected, opened)
        if different or options.all:
            print(
                f"{'DIFFERS' if different else opened.outcome:9}{expected.file}: {different or opened.said or opened.cells}"
            )
    return int(any(difference(*one) for one in results))


if __name__ == "__main__":
    sys.exit(main())
