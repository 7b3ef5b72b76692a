"""Bench: a second night over unchanged files on a WebDAV server: milliseconds a file, and that not a byte of them was fetched.

Run: python -m bench.unchanged_remote [--files 2000] [--folders 20]   (the server runs in a process of its own, on loopback)
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast

from bench.contender import ROOT
from bench.report import say
from bench.workload import LONG_AGO
from schemas.values import Sighting
from sources.partner import AccessReferences, Partner, PartnerKind
from tasks.intake.fetch import Fetched, fetch_partner
from tests.servers.webdav import PASSWORD, USER, webdav_server

SECRET = "DOUBLEHIGH_BENCH_PASSWORD"  # noqa: S105 (the name of a variable)
SERVE = "import sys; from pathlib import Path; from bench.unchanged_remote import serve; serve(Path(sys.argv[1]))"


def main() -> None:
    """The first night fetches everything, the second is measured."""
    given = _arguments()
    os.environ[SECRET] = PASSWORD
    with tempfile.TemporaryDirectory(prefix="doublehigh-bench-") as name:
        root = Path(name, "root")
        write_files(root, given.files, given.folders)
        with served(root) as port:
            partner = partner_at(port)
            say(f"first night over {given.files} files on a WebDAV server")
            first, first_seconds = timed_night(partner, Path(name), {})
            known = {
                d.address: Sighting(d.address, d.size_bytes, d.modified_at, d.sha256, d.etag) for d in first.deliveries
            }
            say("second night")
            second, seconds = timed_night(partner, Path(name), known)
    print(f"first night: {len(first.deliveries)} files fetched, {1000 * first_seconds / given.files:.2f} ms a file")
    print(
        f"{given.files} unchanged files on WebDAV: {1000 * seconds / given.files:.2f} ms a file   target ≤ 5, aim ≤ 1"
    )
    print(
        f"found unchanged {second.unchanged_count}, fetched {len(second.deliveries)} files, {second.fetched_bytes} bytes"
    )
    if second != Fetched(partner.code, second.outcome, unchanged_count=given.files):
        raise SystemExit(f"WRONG: the second night was to find nothing new: {second.outcome} {second.reason}")


def write_files(root: Path, files: int, folders: int) -> None:
    """Small files of different content, evenly in so many folders, finished long ago."""
    for number in range(files):
        path = root / f"专业{number % folders}" / f"台账{number}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{number},1\n", encoding="utf-8")
        os.utime(path, LONG_AGO)


def partner_at(port: int) -> Partner:
    """An invented school that keeps its files on the server."""
    access = AccessReferences(password=f"env:{SECRET}")
    inbox = f"webdav://{USER}@127.0.0.1:{port}/dav"
    kind = PartnerKind.SUPPORTED_SCHOOL
    return Partner(code="bench000", name="测试职业学校000号", kind=kind, inbox=inbox, access=access)


def timed_night(partner: Partner, folder: Path, known: dict[str, Sighting]) -> tuple[Fetched, float]:
    """One night's fetching from the partner, and its wall seconds."""
    started = time.perf_counter()
    fetched = fetch_partner(partner, folder, folder / "landing", known, datetime.now(UTC))
    return fetched, time.perf_counter() - started


@contextmanager
def served(root: Path) -> Iterator[int]:
    """A WebDAV server over the folder in a process of its own; gives its port."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(root)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield int(cast("IO[str]", process.stdout).readline())
    finally:
        process.communicate(timeout=30)


def serve(root: Path) -> None:
    """Serves until standard input ends."""
    with webdav_server(root) as server:
        print(server.port, flush=True)
        sys.stdin.read()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.unchanged_remote", description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--folders", type=int, default=20)
    return parser.parse_args()


if __name__ == "__main__":
    main()
