"""Money by scope, source and year, with the rates the report prints. Scopes are never added: the school's money contains the groups'."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from sqlalchemy import Connection, Integer, Row, case, cast, func, or_, select

from schemas.contract import shipped_contracts
from warehouse.facts import approximate_twin
from warehouse.marts.in_force import counted_submissions
from warehouse.tables import Submission, fact_table

SCHOOL = "学校"
"""The scope of a row that names none (the contract tells clerks so)."""
_AMOUNTS = ("budget_cny", "received_cny", "spent_cny")


@dataclass(frozen=True, slots=True)
class FundLine:
    """Money of one scope, source and year in yuan; source None is the sum of the scope's sources, year None of its years."""

    scope: str
    source: str | None
    year: int | None
    budget: Decimal | None
    received: Decimal | None
    spent: Decimal | None
    is_approximate: bool

    @property
    def received_rate(self) -> Decimal | None:
        """资金到位率: received over budget, 1 = 100 %; may exceed 1; None where the budget is 0 or missing."""
        return _rate(self.received, self.budget)

    @property
    def spent_rate(self) -> Decimal | None:
        """资金执行率: spent over received, 1 = 100 %; may exceed 1; None where nothing was received."""
        return _rate(self.spent, self.received)

    @property
    def budget_spent_rate(self) -> Decimal | None:
        """支出预算执行率: spent over budget, 1 = 100 %; None where the budget is 0 or missing."""
        return _rate(self.spent, self.budget)


@dataclass(frozen=True, slots=True)
class Funds:
    """The fund table of a report year.

    Attributes:
        lines: one a scope, source and year, for all years up to the report year, in plan order.
        totals: one a scope and year: its sources added.
        cumulative: one a scope: its years added.
    """

    lines: tuple[FundLine, ...]
    totals: tuple[FundLine, ...]
    cumulative: tuple[FundLine, ...]


def read_funds(connection: Connection, year: int, known_at: datetime) -> Funds:
    """The fund table up to report year `year` on what was known at `known_at` (UTC)."""
    lines = sorted((_line(row) for row in _sums(connection, year, known_at)), key=_plan_order)
    totals = [_added(group) for _, group in groupby(lines, key=lambda line: (line.scope, line.year))]
    cumulative = [_added(group, all_years=True) for _, group in groupby(totals, key=lambda line: line.scope)]
    return Funds(tuple(lines), tuple(totals), tuple(cumulative))


def _sums(connection: Connection, year: int, known_at: datetime) -> Iterable[Row[tuple[object, ...]]]:
    table = fact_table("fund")
    scope = func.coalesce(table.c.scope_code, SCHOOL).label("scope")
    fund_year = func.coalesce(table.c.year, cast(Submission.period, Integer)).label("fund_year")
    vague = or_(*(table.c[approximate_twin(name)] for name in _AMOUNTS))
    grouped = (
        select(scope, table.c.source_code, fund_year, *(table.c[name] for name in _AMOUNTS), vague.label("vague"))
        .join(Submission, Submission.id == table.c.submission_id)
        .where(table.c.submission_id.in_(counted_submissions("fund", year, known_at)), fund_year <= year)
        .subquery()
    )
    keys = (grouped.c.scope, grouped.c.source_code, grouped.c.fund_year)
    sums = (func.sum(grouped.c[name]) for name in _AMOUNTS)
    return connection.execute(select(*keys, *sums, func.max(case((grouped.c.vague, 1), else_=0))).group_by(*keys))


def _line(row: Sequence[object]) -> FundLine:
    scope, source, year, budget, received, spent, vague = row
    return FundLine(str(scope), str(source), int(str(year)), _yuan(budget), _yuan(received), _yuan(spent), bool(vague))


def _yuan(value: object) -> Decimal | None:
    """SQLite adds floats where PostgreSQL adds exact numbers; the fen holds both."""
    return None if value is None else round(Decimal(str(value)), 2)


def _plan_order(line: FundLine) -> tuple[int, int, int]:
    contract = shipped_contracts()["fund"]
    scopes, sources = (list(contract.column(name).choices or ()) for name in ("scope_code", "source_code"))
    return scopes.index(line.scope), line.year or 0, sources.index(line.source or "")


def _added(lines: Iterable[FundLine], *, all_years: bool = False) -> FundLine:
    """Lines of one scope added up; an amount nobody gave stays missing."""
    added = tuple(lines)
    amounts = (
        _total(line.budget for line in added),
        _total(line.received for line in added),
        _total(line.spent for line in added),
    )
    year = None if all_years else added[0].year
    return FundLine(added[0].scope, None, year, *amounts, any(line.is_approximate for line in added))


def _total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    given = [amount for amount in amounts if amount is not None]
    return sum(given, Decimal(0)) if given else None


def _rate(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    return None if part is None or not whole else part / whole
