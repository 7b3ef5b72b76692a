"""Bench: a second night over files that have not changed: milliseconds a file, and that nothing was read, validated or loaded.

Run: python -m bench.unchanged [--files 2000] [--rows 3] [--database sqlite|URL]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from sqlalchemy import func, select

from bench.contender import Run, run_program
from bench.databases import new_database
from bench.night import make_work
from bench.report import say
from warehouse.engine import open_engine
from warehouse.migrate import migrate
from warehouse.tables import FindingRow, Submission, all_tables


def main() -> None:
    """The first night in silence, the second measured."""
    given = _arguments()
    with (
        tempfile.TemporaryDirectory(prefix="doublehigh-bench-") as name,
        new_database(given.database, Path(name)) as url,
    ):
        work = make_work(Path(name), given.files, given.rows, given.database, sample=1, peer_python=None)
        migrate(url)
        arguments = ["-m", "bench.ours", str(work.folder / "partners"), str(work.folder / "inbox"), name, url]
        say(f"first night over {given.files} files")
        run_program(arguments)
        before = count_rows(url)
        say("second night")
        second = run_program(arguments)
        print_second(second, given.files, is_untouched=count_rows(url) == before)


def count_rows(url: str) -> dict[str, int]:
    """Rows of every table a load writes to."""
    engine = open_engine(url)
    tables = [
        Submission.__table__,
        FindingRow.__table__,
        *(t for n, t in all_tables().tables.items() if n.startswith("fact_")),
    ]
    with engine.connect() as connection:
        counts = {str(table): connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
    engine.dispose()
    return counts


def print_second(run: Run, files: int, is_untouched: bool) -> None:
    """Milliseconds a file, with and without the start of the program."""
    inside = sum(run.stages.values())
    print(f"{files} unchanged files: {1000 * inside / files:.2f} ms a file   target ≤ 5, aim ≤ 1")
    print(f"with the start of the program {1000 * run.seconds / files:.2f} ms a file; peak {run.peak_mb:.0f} MB")
    print("stages: " + ", ".join(f"{stage} {seconds:.3f}" for stage, seconds in run.stages.items()))
    read, unchanged = run.numbers["files"], run.numbers["unchanged"]
    print(
        f"found unchanged {unchanged:.0f}, read {read:.0f}, loaded {run.numbers['rows']:.0f} rows; tables untouched: {is_untouched}"
    )
    if read or unchanged != files or not is_untouched:
        raise SystemExit("WRONG: the second night was to find nothing new")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.unchanged", description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--rows", type=int, default=3)
    parser.add_argument(
        "--database", default="sqlite", help="sqlite, or the URL of a PostgreSQL server we may create databases on"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
