"""Writes what partners owe, as their files say today."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection, delete

from warehouse.base import table_of
from warehouse.store.upsert import sync_rows
from warehouse.tables import Obligation

_COLUMNS = ("partner_code", "contract", "period", "due_on")


def sync_obligations(connection: Connection, owed: Iterable[tuple[str, str, str, date]]) -> None:
    """Make the obligations exactly these (partner code, contract, period, last day it may come)."""
    rows = [dict(zip(_COLUMNS, one, strict=True)) for one in owed]
    table = table_of(Obligation)
    for partner_code, contract, period in sync_rows(connection, Obligation, rows):
        gone = (table.c.partner_code == partner_code, table.c.contract == contract, table.c.period == period)
        connection.execute(delete(table).where(*gone))
