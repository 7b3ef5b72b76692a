"""A throw-away PostgreSQL server reached through a socket, which a test may stop and start again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

INSTALL = "PostgreSQL server programs (initdb, postgres) not found; run scripts/install_system_packages.sh"
SUPERUSER = "doublehigh"


class PostgresServer:
    """A cluster in a folder of its own; `folder` also holds the socket."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.folder = folder
        self._programs = programs
        self._user = _server_user()
        self._process: subprocess.Popen[bytes] | None = None
        if self._user:
            shutil.chown(folder, self._user)
        options = ["-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
        command = [programs / "initdb", "-D", folder / "data", *options]
        subprocess.run(command, check=True, user=self._user, cwd="/", stdout=subprocess.DEVNULL)

    def start(self) -> None:
        """Start it and wait until it answers."""
        quick = [part for name in ("fsync", "full_page_writes", "synchronous_commit") for part in ("-c", f"{name}=off")]
        places = ["-D", self.folder / "data", "-k", self.folder, "-c", "listen_addresses="]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", *places, *quick], user=self._user, cwd="/", stdout=log, stderr=log
            )
        self._wait_until_ready(self._process)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT ends connections and cleans up, SIGQUIT ends at once as a crash does."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(timeout=30)
            self._process = None

    def administer(self) -> psycopg.Connection:
        """A connection of its superuser."""
        return psycopg.connect(host=str(self.folder), user=SUPERUSER, dbname="postgres", autocommit=True)

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql://{SUPERUSER}@/{database}?host={self.folder}"

    @contextmanager
    def new_database(self, template: str) -> Iterator[str]:
        """The URL of a database of one's own."""
        name = f"test_{uuid.uuid4().hex}"
        with self.administer() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        yield self.url(name)
        with self.administer() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            try:
                self.administer().close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        pytest.fail(f"the PostgreSQL server did not start:\n{(self.folder / 'log').read_text(errors='replace')}")


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Runs a server; without its programs a test is skipped loudly, and fails in CI."""
    programs = _server_programs()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail(f"CI must test PostgreSQL too: {INSTALL}")
        pytest.skip(f"PostgreSQL NOT TESTED: {INSTALL}")
    # Not pytest's own folder: a socket path may have 107 characters, and root's folders are closed to the server's user.
    folder = Path(tempfile.mkdtemp(prefix="doublehigh-", dir="/tmp"))
    server = PostgresServer(programs, folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _server_programs() -> Path | None:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    on_path = shutil.which("pg_ctl")
    candidates = [*([Path(on_path).resolve().parent] if on_path else []), *reversed(installed)]
    return next(
        (folder for folder in candidates if (folder / "initdb").exists() and (folder / "postgres").exists()), None
    )


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root; its package brings a user for it."""
    return "postgres" if os.geteuid() == 0 else None
