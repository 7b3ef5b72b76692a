"""Writes many rows at once: COPY on PostgreSQL, the driver's own executemany on SQLite, both in the caller's transaction.

SQLAlchemy's executemany takes twice to twelve times as long for the same rows (docs/decisions/0011).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from sqlite3 import Connection as SqliteConnection
from typing import TypeAlias, cast

import psycopg
from sqlalchemy import Connection, Table

from warehouse.base import storable_text

Storable: TypeAlias = str | int | float | bool | date | None
COPY_NULL = "\\N"
_COPY_ROWS = 20_000


def driver_value(value: Storable, dialect: str) -> Storable:
    """The value as `write_rows` wants it: text ready for COPY on PostgreSQL, a type the driver knows on SQLite."""
    return copy_field(value) if dialect == "postgresql" else _sqlite_value(value)


def write_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Storable]]
) -> None:
    """Insert rows whose cells went through `driver_value`, in the order of `columns`."""
    names = ", ".join(f'"{name}"' for name in columns)
    raw = connection.connection.driver_connection
    if isinstance(raw, psycopg.Connection):
        _copy(raw, f'COPY "{table.name}" ({names}) FROM STDIN', cast("Iterable[Sequence[str]]", rows))
        return
    marks = ", ".join("?" * len(columns))
    if not isinstance(raw, SqliteConnection):
        raise TypeError(f"no bulk path for {type(raw).__name__}")
    raw.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', rows)  # noqa: S608 (names of our own tables)


def write_values(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Storable]]
) -> None:
    """Insert rows of plain values, in the order of `columns`."""
    dialect = connection.dialect.name
    write_rows(connection, table, columns, ([driver_value(value, dialect) for value in row] for row in rows))


def escape_for_copy(text: str) -> str:
    """The text with the four characters escaped that mean something to COPY."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def copy_field(value: Storable) -> str:
    """The value in the text form of COPY."""
    if value is None:
        return COPY_NULL
    if isinstance(value, str):
        return escape_for_copy(storable_text(value))
    if isinstance(value, bool):
        return "t" if value else "f"
    return repr(value) if isinstance(value, int | float) else value.isoformat()


def _sqlite_value(value: Storable) -> Storable:
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def _copy(raw: psycopg.Connection[tuple[object, ...]], statement: str, rows: Iterable[Sequence[str]]) -> None:
    with raw.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for block in _blocks(rows):
            copy.write("\n".join(map("\t".join, block)) + "\n")


def _blocks(rows: Iterable[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    remaining = iter(rows)
    while block := list(islice(remaining, _COPY_ROWS)):
        yield block
