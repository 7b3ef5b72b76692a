"""Alembic's way in: runs the migrations on the connection that `warehouse.migrate` hands over."""

from __future__ import annotations

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from warehouse.base import ExactDecimal, Instant
from warehouse.migrate import is_compared
from warehouse.tables import all_tables


def render_type(kind: str, value: object, _autogenerating: AutogenContext) -> str | Literal[False]:
    """Spell our own types as plain ones: a migration must run when they have long been renamed."""
    if kind == "type" and isinstance(value, Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(value, ExactDecimal):
        return "sa.Numeric(24, 6).with_variant(sa.Text(), 'sqlite')"
    return False


def run(connection: Connection) -> None:
    """Run what alembic was asked for, in one transaction, on `connection`."""
    context.configure(
        connection=connection, target_metadata=all_tables(), render_item=render_type,
        include_object=is_compared,
        render_as_batch=connection.dialect.name == "sqlite", compare_type=True,
    )  # fmt: skip
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
