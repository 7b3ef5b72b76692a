"""Opens the warehouse: SQLite (WAL, one writer) or PostgreSQL (psycopg), with errors an operator can act on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from schemas.errors import MisconfiguredError, UnavailableError
from warehouse.base import storable_text

_WRITES = "warehouse_writes"
_TURN = 20190402
"""The number of the lock that writers of a PostgreSQL warehouse take in turn; any number, as long as all take the same."""
_PATIENCE_SECONDS = 600
_FORMS = "sqlite:////folder/warehouse.db or postgresql://user:password@host:5432/database"


def open_engine(url: str) -> Engine:
    """An engine on the warehouse at `url`; nothing is created but the file of an SQLite warehouse.

    Raises:
        MisconfiguredError: the URL is not one of the two kinds.
        UnavailableError: the database does not answer.
    """
    parsed = _parse(url)
    # A failing statement must not print the values of a row: they reach logs, and logs reach others.
    engine = create_engine(parsed, hide_parameters=True, json_serializer=json_text, **_options(parsed))
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
    _reach(engine)
    return engine


def json_text(value: object) -> str:
    """JSON text as the warehouse holds it: Chinese readable, and nothing in it that a database refuses."""
    return storable_text(json.dumps(value, ensure_ascii=False))


@contextmanager
def begin_write(engine: Engine) -> Iterator[Connection]:
    """A transaction that will write. One at a time writes to a warehouse, on both databases; the others wait their turn.

    A transaction that reads first and writes later would otherwise act on what another has just changed: two workers would
    take the same file in twice. Reading never waits.

    Raises:
        UnavailableError: another has been writing for ten minutes (a minute on SQLite).
    """
    with engine.execution_options(**{_WRITES: True}).begin() as connection:
        if connection.dialect.name == "postgresql":
            _wait_for_turn(connection)
        yield connection


def _wait_for_turn(connection: Connection) -> None:
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_PATIENCE_SECONDS}s'")
    try:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")
    except DBAPIError as error:
        raise UnavailableError(
            f"another program has been writing to the warehouse for {_PATIENCE_SECONDS} seconds: {str(error.orig).strip()}; "
            "see whether it still works (pg_stat_activity), then run this again"
        ) from error


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise MisconfiguredError(f"warehouse URL not understood; expected {_FORMS}") from error
    if parsed.drivername in {"postgresql", "postgres", "postgresql+psycopg"}:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        return _checked_file(parsed)
    raise MisconfiguredError(f"warehouse URL starts with {parsed.drivername!r}; expected {_FORMS}")


def _checked_file(url: URL) -> URL:
    if not url.database or url.database == ":memory:":
        raise MisconfiguredError("an SQLite warehouse needs a file: sqlite:////folder/warehouse.db")
    if not Path(url.database).parent.is_dir():
        raise MisconfiguredError(
            f"the folder of the warehouse file does not exist: {Path(url.database).parent}; create it first"
        )
    return url


def _options(url: URL) -> dict[str, object]:
    if url.get_backend_name() == "sqlite":
        # isolation_level None: Python's driver must not begin and commit behind SQLAlchemy's back.
        return {"connect_args": {"timeout": 60, "isolation_level": None, "check_same_thread": False}}
    return {"connect_args": {"connect_timeout": 10, "options": "-c timezone=UTC"}, "pool_pre_ping": True}


def _set_pragmas(connection: SqliteConnection, _record: ConnectionPoolEntry) -> None:
    connection.execute("PRAGMA busy_timeout = 60000")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _reach(engine: Engine) -> None:
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
    except DBAPIError as error:
        shown = engine.url.render_as_string(hide_password=True)
        engine.dispose()
        raise UnavailableError(
            f"warehouse {shown} cannot be opened: {str(error.orig).strip()}; check the URL and that the database runs"
        ) from error
