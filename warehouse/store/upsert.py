"""Inserts that may meet rows already there: left alone, or replaced. Both databases know it, each in its own dialect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from warehouse.base import Base, table_of


def insert_if_new(connection: Connection, model: type[Base], rows: Sequence[Mapping[str, object]]) -> None:
    """Insert the rows whose primary key is not there yet."""
    if rows:
        connection.execute(_insert(connection, model).on_conflict_do_nothing(), list(rows))


def insert_or_replace(
    connection: Connection, model: type[Base], rows: Sequence[Mapping[str, object]], key: Sequence[str] = ()
) -> None:
    """Insert the rows; one whose key is there already takes the new values. All rows have the same names.

    `key` is the primary key unless another unique key is named.
    """
    if not rows:
        return
    key = key or [column.name for column in table_of(model).primary_key]
    statement = _insert(connection, model)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    replacing = statement.on_conflict_do_update(index_elements=key, set_=changed)
    connection.execute(replacing if changed else statement.on_conflict_do_nothing(), list(rows))


def sync_rows(
    connection: Connection, model: type[Base], rows: Sequence[Mapping[str, object]]
) -> list[tuple[object, ...]]:
    """Bring a small table to hold these rows, writing only what differs; returns the keys of rows it holds beyond them.

    All rows have the same keys, among them the whole primary key.
    """
    table = table_of(model)
    key = [column.name for column in table.primary_key]
    names = list(rows[0]) if rows else key
    held = {
        tuple(found[name] for name in key): dict(found)
        for found in connection.execute(select(*(table.c[name] for name in names))).mappings()
    }
    wanted = {tuple(row[name] for name in key): row for row in rows}
    insert_or_replace(connection, model, [row for identity, row in wanted.items() if held.get(identity) != row])
    return [identity for identity in held if identity not in wanted]


def _insert(connection: Connection, model: type[Base]) -> postgresql.Insert | sqlite.Insert:
    table = table_of(model)
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
