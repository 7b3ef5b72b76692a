"""Bench: a whole year's report, from facts to four renderings, on many facts; seconds by stage, peak memory."""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from bench.databases import new_database
from bench.fact_rows import KNOWN_AT, YEARS, fill
from bench.report import say
from schemas.scoring import find_scheme
from tasks.report.compose import DEFAULT_SCHEME, compose_year
from tasks.report.measure import measure_year
from tasks.report.renderings import KINDS, render_all
from warehouse.engine import open_engine
from warehouse.migrate import migrate


def main() -> None:
    """Fill a warehouse, or take one that is there, and time its report."""
    parser = argparse.ArgumentParser(prog="python -m bench.year_report", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="facts to make")
    parser.add_argument("--database", default="sqlite", help="sqlite, or a PostgreSQL URL that may create databases")
    parser.add_argument("--warehouse", help="URL of a warehouse that is there (of the examples): nothing is made")
    parser.add_argument("--runs", type=int, default=1, help="reports made, one after another")
    asked = parser.parse_args()
    find_scheme(DEFAULT_SCHEME)
    with tempfile.TemporaryDirectory() as folder:
        if asked.warehouse:
            _time(asked.warehouse, datetime.now(UTC), Path(folder), asked.runs)
            return
        with new_database(asked.database, Path(folder)) as url:
            _make(url, asked.rows)
            _time(url, KNOWN_AT, Path(folder), asked.runs)


def _make(url: str, rows: int) -> None:
    migrate(url)
    began = time.perf_counter()
    engine = open_engine(url)
    made = fill(engine, rows)
    engine.dispose()
    say(f"{made:,} facts made in {time.perf_counter() - began:.1f} s")


def _time(url: str, known_at: datetime, folder: Path, runs: int) -> None:
    for run in range(runs):
        _report(url, known_at, folder / str(run))


def _report(url: str, known_at: datetime, folder: Path) -> None:
    stages: dict[str, float] = {}
    engine = open_engine(url)
    with _timed(stages, "measure"):
        measured = measure_year(engine, YEARS[-1], date(YEARS[-1], 12, 31), known_at)
    with _timed(stages, "compose"):
        model = compose_year(engine, measured, "示例学院")
    for kind in KINDS:
        with _timed(stages, kind):
            render_all(model, folder, (kind,))
    engine.dispose()
    sizes = ", ".join(f"{path.suffix[1:]} {path.stat().st_size / 1e6:.1f} MB" for path in sorted(folder.iterdir()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(measured.figures)} figures, {sum(len(one.sources) for one in model.evidence):,} sources cited; {sizes}"
    )
    print("  ".join(f"{stage} {seconds:.2f}" for stage, seconds in stages.items()))
    print(
        f"total {sum(stages.values()):.2f} s (examples: ≤ 20, aim 5; ten million facts: ≤ 60, aim 10), peak {peak:.0f} MB"
    )


@contextmanager
def _timed(stages: dict[str, float], stage: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    stages[stage] = time.perf_counter() - began


if __name__ == "__main__":
    main()
