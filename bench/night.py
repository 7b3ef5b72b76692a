"""Bench: one night, side by side on the same files: the floor, our night, a user's way, dlt and frictionless.

Run: python -m bench.night [--files 1000] [--rows 500] [--database sqlite|URL] [--runs 3] [--sample 50] [--peer-python PATH] [--prefect]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.contender import ProgramFailedError, Run, extrapolate, median, run_program
from bench.databases import new_database
from bench.manifest import sample_of
from bench.prefect_server import prefect_server
from bench.report import print_night, print_prefect, say
from bench.workload import write_partner_files, write_workload
from bench.write_manifest import write_manifest
from warehouse.migrate import migrate

PEERS = {"dlt": ("dlt", "pandas"), "dlt + calamine": ("dlt", "calamine"), "frictionless": ("frictionless",)}


@dataclass(frozen=True, slots=True)
class Work:
    """The files of the bench and where its programs run."""

    folder: Path
    database: str
    files: int
    sample: int
    peer_python: str | None

    @property
    def manifest(self) -> Path:
        """All files."""
        return self.folder / "manifest.json"

    @property
    def small_sample(self) -> int:
        """Files of the small sample, which tells what is paid once from what is paid for every file."""
        return max(1, self.sample // 5)

    def run(self, module: str, *arguments: object, python: str | None = None, migrated: bool = False) -> Run:
        """One run of a bench program on an empty database of its own; {url} in the arguments stands for it."""
        with (
            tempfile.TemporaryDirectory(dir=self.folder) as home,
            new_database(self.database, Path(home)) as url,
        ):
            if migrated:
                migrate(url)
            told = [str(argument).format(url=url, home=home) for argument in arguments]
            return run_program(["-m", module, *told], **({"python": python} if python else {}))


def main() -> None:
    """Write the workload, run everything, print the ratios beside their targets."""
    given = _arguments()
    with tempfile.TemporaryDirectory(prefix="doublehigh-bench-") as name:
        work = make_work(Path(name), given.files, given.rows, given.database, given.sample, given.peer_python)
        say(
            f"{given.files} files of {given.rows} rows, {given.database.partition(':')[0]}, {given.runs} alternating runs"
        )
        runs = run_all(work, given.runs)
        print_night(runs, given.files, given.sample)
        if given.prefect:
            show_prefect(work, runs["ours"])


def make_work(folder: Path, files: int, rows: int, database: str, sample: int, peer_python: str | None) -> Work:
    """Write the workload into the folder."""
    partners, ledgers = write_workload(folder / "inbox", files, rows)
    write_partner_files(partners, folder / "partners")
    write_manifest(folder / "manifest.json", ledgers)
    return Work(folder, database, files, min(sample, files), peer_python)


def run_all(work: Work, count: int) -> Mapping[str, Run]:
    """Median runs by contender; floor and ours alternate, the slow ones run once, on the sample."""
    floor, ours = [], []
    for number in range(count):
        say(f"run {number + 1} of {count}: floor, ours")
        floor.append(run_floor(work))
        ours.append(run_ours(work))
    slow: dict[str, Callable[[Work, int], Run]] = {"a user's way": run_user}
    slow |= {name: partial(run_peer, name) for name in PEERS}
    found = {"floor": median(floor), "ours": median(ours)}
    for name, run in slow.items():
        say(f"{name}, on {work.small_sample} and {work.sample} files")
        try:
            found[name] = extrapolate(run(work, work.small_sample), run(work, work.sample), work.files)
        except (ProgramFailedError, FileNotFoundError) as error:
            say(f"NOT MEASURED: {name}: {error}")
    return found


def run_floor(work: Work) -> Run:
    """The floor over all files."""
    return work.run("bench.floor", work.manifest, "{url}")


def run_ours(work: Work) -> Run:
    """Our night over all files."""
    return work.run("bench.ours", work.folder / "partners", work.folder / "inbox", "{home}", "{url}", migrated=True)


def run_user(work: Work, size: int) -> Run:
    """The user's way over a sample."""
    return work.run("bench.users_way", sample_of(work.manifest, size), "{url}")


def run_peer(name: str, work: Work, size: int) -> Run:
    """A peer over a sample.

    Raises:
        FileNotFoundError: no Python with the peers was given.
    """
    if not work.peer_python:
        raise FileNotFoundError(f"no --peer-python with {name} installed (bench/README.md)")
    module, *told = PEERS[name]
    sample = sample_of(work.manifest, size)
    return work.run(f"bench.peer_{module}", sample, "{url}", *told, python=work.peer_python)


def show_prefect(work: Work, plain: Run) -> None:
    """Print the night as a flow, or why it could not be measured."""
    try:
        print_prefect(*run_prefect(work), plain)
    except (ProgramFailedError, TimeoutError) as error:
        say(f"NOT MEASURED: the flow: {error}")


def run_prefect(work: Work) -> tuple[Run, float]:
    """Our night as a flow against a server, and the seconds the server took to start."""
    say("ours as a Prefect flow")
    with (
        tempfile.TemporaryDirectory(dir=work.folder) as name,
        new_database(work.database, Path(name)) as url,
        prefect_server(Path(name)) as (environment, seconds),
    ):
        migrate(url)
        settings = {
            "DOUBLEHIGH_HOME": name, "DOUBLEHIGH_WAREHOUSE_URL": url, "DOUBLEHIGH_INBOX_FOLDER": str(work.folder / "inbox"),
            "DOUBLEHIGH_PARTNERS_FOLDER": str(work.folder / "partners"), "DOUBLEHIGH_USE_EXAMPLE_PARTNERS": "false",
        }  # fmt: skip
        return run_program(["-m", "bench.ours_prefect"], **environment, **settings), seconds


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.night", description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument(
        "--database", default="sqlite", help="sqlite, or the URL of a PostgreSQL server we may create databases on"
    )
    parser.add_argument("--runs", type=int, default=3, help="alternating runs of floor and ours")
    parser.add_argument("--sample", type=int, default=50, help="files the slow ones get; their time is scaled")
    parser.add_argument("--peer-python", help="a Python that has dlt and frictionless installed")
    parser.add_argument("--prefect", action="store_true", help="also run the real flow against a Prefect server")
    return parser.parse_args()


if __name__ == "__main__":
    main()
