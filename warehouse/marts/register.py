"""The register a report was made under: names, kinds and regions of institutions and what they owed, put back beside today's warehouse.

They change while reports stay, so a report keeps its own. Put back, they are temporary tables of one connection that stand
before the real ones by name, on SQLite and PostgreSQL alike: every query of a report runs unchanged, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date

from sqlalchemy import Connection, Engine, StaticPool, Table, create_engine, insert, select

from warehouse.base import Base, table_of
from warehouse.engine import open_engine
from warehouse.tables import DimInstitution, Obligation

Row = Mapping[str, str | bool | None]
Register = Mapping[str, Sequence[Row]]
"""Table name → its rows as JSON holds them."""
_TABLES: tuple[type[Base], ...] = (DimInstitution, Obligation)


def read_register(connection: Connection) -> Register:
    """The register as it stands, in a fixed order."""
    return {table.name: _rows(connection, table) for table in map(table_of, _TABLES)}


@contextmanager
def open_under_register(url: str, register: Register) -> Iterator[Engine]:
    """The warehouse at `url` as it looks under a register of its own; only for reading.

    Raises:
        MisconfiguredError: the URL is not one of the two kinds.
        UnavailableError: the database does not answer.
    """
    plain = open_engine(url)
    connection = plain.raw_connection()
    # One connection for all: the temporary tables are its own.
    engine = create_engine(
        plain.url, hide_parameters=True, creator=lambda: connection.driver_connection, poolclass=StaticPool
    )
    try:
        with engine.connect() as shadowed:
            for table in map(table_of, _TABLES):
                _put_back(shadowed, table, register[table.name])
            shadowed.commit()
        yield engine
    finally:
        connection.invalidate()
        plain.dispose()


def _rows(connection: Connection, table: Table) -> list[Row]:
    statement = select(table).order_by(*table.primary_key.columns)
    return [
        {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}
        for row in connection.execute(statement).mappings()
    ]


def _put_back(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    columns = ", ".join(column.name for column in table.columns)
    # Names of our own tables and columns, nothing from outside.
    made = f"CREATE TEMPORARY TABLE {table.name} AS SELECT {columns} FROM {table.name} WHERE 1 = 0"  # noqa: S608
    connection.exec_driver_sql(made)
    if rows:
        connection.execute(insert(table), [_typed(table, row) for row in rows])


def _typed(table: Table, row: Row) -> Mapping[str, object]:
    return {
        name: date.fromisoformat(str(value)) if table.columns[name].type.python_type is date else value
        for name, value in row.items()
    }
