"""What ledgers in force come to, slot by slot: the sums that rules on other ledgers and earlier years are held against."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Numeric, Table, case, func, select

from schemas.contract import shipped_contracts
from schemas.ring import Need, Total
from warehouse.facts import fact_table
from warehouse.marts.in_force import in_force_at
from warehouse.tables import Submission


def read_totals(
    connection: Connection, need: Need, known_at: datetime, *, partners: Iterable[str] | None = None
) -> list[Total]:
    """The wanted sums of every slot in force at `known_at` (UTC), of these partners or of all.

    Sums are in the columns' stored units (yuan, persons); a column that is no number counts its filled cells.
    """
    table = fact_table(need.contract)
    keys = [Submission.partner_code, Submission.period, *(table.c[name] for name in need.by)]
    sums = [_amount(table, need.contract, name) for name in need.of]
    wanted = [Submission.contract == need.contract, in_force_at(known_at)]
    if partners is not None:
        wanted.append(Submission.partner_code.in_(list(partners)))
    joined = select(*keys, *sums).join(table, table.c.submission_id == Submission.id).where(*wanted).group_by(*keys)
    return [
        Total(
            row[0],
            int(row[1]),
            tuple("" if value is None else str(value) for value in row[2 : len(keys)]),
            tuple(float(value or 0) for value in row[len(keys) :]),
        )
        for row in connection.execute(joined)
    ]


def _amount(table: Table, contract: str, name: str) -> ColumnElement[object]:
    if shipped_contracts()[contract].column(name).is_numeric:
        return func.coalesce(func.sum(table.c[name]), 0).cast(Numeric(asdecimal=False))
    return func.sum(case((table.c[name].is_not(None), 1), else_=0))
