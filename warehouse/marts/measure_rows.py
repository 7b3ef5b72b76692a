"""Which fact rows an indicator counts: submissions in force, its filter, its days. The figure and its evidence share it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Table, and_, cast, func, not_, or_, select, true

from schemas.contract import ColumnType, shipped_contracts
from schemas.indicator import Condition, Filter, Indicator, Institutions
from schemas.time_window import Window
from warehouse.marts.in_force import counted_submissions
from warehouse.tables import DimInstitution, Submission, fact_table

Clause = ColumnElement[bool]


def counted_rows(indicator: Indicator, window: Window, year: int, known_at: datetime) -> tuple[Clause, ...]:
    """The conditions a row of the indicator's fact table meets to be counted in `window`."""
    table = fact_table(indicator.contract)
    return (
        table.c.submission_id.in_(counted_submissions(indicator.contract, year, known_at)),
        _within(indicator, window, table),
        *filter_clauses(table, indicator.filter),
    )


def filter_clauses(table: Table, conditions: Filter) -> Iterator[Clause]:
    """One clause a condition of a filter."""
    for name, condition in conditions.items():
        clause = and_(true(), *_condition_clauses(table.c[name], condition))
        yield or_(clause, table.c[name].is_(None)) if condition.or_blank else clause


def _condition_clauses(cell: ColumnElement[Any], condition: Condition) -> Iterator[Clause]:
    blank = cell.is_(None)
    if condition.one_of:
        yield cell.in_(condition.one_of)
    if condition.none_of:
        yield or_(blank, cell.not_in(condition.none_of))
    if condition.containing:
        yield or_(*(cell.contains(part, autoescape=True) for part in condition.containing))
    if condition.not_containing:
        yield or_(blank, not_(or_(*(cell.contains(part, autoescape=True) for part in condition.not_containing))))
    if condition.institutions:
        yield _among(cell, condition.institutions)
    if condition.other_institutions:
        yield or_(blank, not_(_among(cell, condition.other_institutions)))
    if condition.filled:
        yield cell.is_not(None)


def _among(cell: ColumnElement[Any], institutions: Institutions) -> Clause:
    chosen = or_(
        DimInstitution.institution_code.in_(institutions.codes),
        DimInstitution.kind.in_(institutions.kinds),
        *(DimInstitution.region_code.startswith(region) for region in institutions.regions),
    )
    return cell.in_(select(DimInstitution.institution_code).where(chosen))


def _within(indicator: Indicator, window: Window, table: Table) -> Clause:
    """A row lies in the window by its date; one without a date by its submission's year, where a year says enough."""
    first_year = window.first.year if window.first else 0
    name = indicator.time.column
    if name is None:
        return _period_year(table).between(first_year, window.last.year)
    cell = table.c[name]
    if shipped_contracts()[indicator.contract].column(name).type is ColumnType.YEAR:
        return func.coalesce(cell, _period_year(table)).between(first_year, window.last.year)
    dated = and_(cell <= window.last, cell >= window.first if window.first else true())
    if indicator.time.needs_date:
        return dated
    return or_(dated, and_(cell.is_(None), _period_year(table).between(first_year, window.last.year)))


def _period_year(table: Table) -> ColumnElement[int]:
    period = select(cast(Submission.period, Integer)).where(Submission.id == table.c.submission_id)
    return period.correlate(table).scalar_subquery()
