"""Copies a running warehouse into one file and fills an empty one from it: SQLite by its own online copy, PostgreSQL by its own programs."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, inspect

from schemas.errors import MisconfiguredError, UnavailableError
from warehouse.engine import open_engine

COPY_NAMES = {"sqlite": "warehouse.db", "postgresql": "warehouse.dump"}
"""The name of the copy, by kind of database: a copy of one kind does not fill the other."""


def copy_warehouse(url: str, folder: Path) -> Path:
    """Write a consistent copy of the warehouse at `url` into `folder`; others may read and write meanwhile. Returns its file.

    Raises:
        MisconfiguredError: the URL is wrong.
        UnavailableError: the database does not answer, or PostgreSQL's pg_dump is missing or fails.
    """
    parsed, kind = _reached(url)
    to = folder / COPY_NAMES[kind]
    to.touch(mode=0o600)
    if kind == "sqlite":
        _copy_sqlite(Path(parsed.database or ""), to)
    else:
        _run(parsed, "pg_dump", ["--format=custom", "--no-owner", "--no-privileges", f"--file={to}"])
    return to


def fill_warehouse(url: str, copy: Path) -> None:
    """Fill the empty warehouse at `url` from a copy, in one transaction.

    Raises:
        MisconfiguredError: the URL is wrong, the warehouse holds tables already, or the copy is of the other kind of database.
        UnavailableError: the database does not answer, or PostgreSQL's pg_restore is missing or fails.
    """
    parsed, kind = _reached(url)
    if copy.name != COPY_NAMES[kind]:
        raise MisconfiguredError(
            f"{copy.name} does not fill a {kind} warehouse, which takes {COPY_NAMES[kind]}: set DOUBLEHIGH_WAREHOUSE_URL to "
            "a database of the kind the back-up was made from"
        )
    if holds_tables(url):
        raise MisconfiguredError(
            f"the warehouse {parsed.render_as_string()} is not empty; restore into a new database, or delete that one first"
        )
    if kind == "sqlite":
        _copy_sqlite(copy, Path(parsed.database or ""))
    else:
        _run(
            parsed,
            "pg_restore",
            ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", str(copy)],
        )


def holds_tables(url: str) -> bool:
    """Whether there is any table at `url`.

    Raises:
        MisconfiguredError: the URL is wrong.
        UnavailableError: the database does not answer.
    """
    engine = open_engine(url)
    try:
        return bool(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def revision_of(url: str) -> str:
    """The migration the warehouse at `url` stands at; empty when it has none.

    Raises:
        MisconfiguredError: the URL is wrong.
        UnavailableError: the database does not answer.
    """
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            return ",".join(MigrationContext.configure(connection).get_current_heads())
    finally:
        engine.dispose()


def _reached(url: str) -> tuple[URL, str]:
    engine = open_engine(url)
    engine.dispose()
    return engine.url, engine.url.get_backend_name()


def _copy_sqlite(source: Path, to: Path) -> None:
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(to)) as other:
        one.backup(other)


def _run(url: URL, program: str, arguments: Sequence[str]) -> None:
    found = shutil.which(program)
    if found is None:
        raise UnavailableError(
            f"{program} was not found; install PostgreSQL's client programs (package postgresql-client)"
        )
    command = [found, f"--dbname={_address(url)}", "--no-password", *arguments]
    done = subprocess.run(command, env=_environment(url), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise UnavailableError(f"{program} failed: {done.stderr.strip()}")


def _address(url: URL) -> str:
    """The address as PostgreSQL's own programs read it. The password goes another way: anybody may see arguments."""
    return url.set(drivername="postgresql", password=None).render_as_string()


def _environment(url: URL) -> Mapping[str, str]:
    return {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
