"""Bench: one file of half a million rows through the whole night: seconds, and the peak memory of any process.

Run: python -m bench.big_file [--rows 500000] [--reader-mb 1024] [--database sqlite|URL]
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

from bench.contender import run_program
from bench.databases import new_database
from bench.report import say
from bench.workload import bench_partners, write_ledger, write_partner_files
from schemas.contract import shipped_contracts
from warehouse.migrate import migrate


def main() -> None:
    """Write the file, run the night, print."""
    given = _arguments()
    with (
        tempfile.TemporaryDirectory(prefix="doublehigh-bench-") as name,
        new_database(given.database, Path(name)) as url,
    ):
        folder, partners = Path(name), bench_partners(1)
        write_partner_files(partners, folder / "partners")
        path = folder / "inbox" / partners[0].code / "activity-2021.xlsx"
        path.parent.mkdir(parents=True)
        say(f"writing {given.rows} rows")
        chance = random.Random(1)  # noqa: S311 (invented data)
        write_ledger(path, shipped_contracts()["activity"], partners, 2021, given.rows, 0.01, chance)
        migrate(url)
        say(f"{path.stat().st_size / 2**20:.0f} MB; one night")
        run = run_program(
            ["-m", "bench.ours", str(folder / "partners"), str(folder / "inbox"), name, url, str(given.reader_mb)]
        )
        peaks = " · ".join(f"{peak:.0f}" for peak in run.peaks_mb[:4])
        print(
            f"one file of {given.rows} rows: {run.seconds:.1f} s; peaks of the processes {peaks} MB   target ≤ 1500, aim ≤ 800"
        )
        print("stages: " + ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in run.stages.items()))
        print("came to: " + ", ".join(f"{key} {number:,.0f}" for key, number in run.numbers.items()))
        if not run.numbers["rows"]:
            raise SystemExit("NOT MEASURED: no row was loaded; the file was refused or its reader stopped")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.big_file", description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--reader-mb", type=int, default=1024, help="memory a reader may use beyond its own start")
    parser.add_argument(
        "--database", default="sqlite", help="sqlite, or the URL of a PostgreSQL server we may create databases on"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
