"""An indicator's measure as one SQL statement, written so that SQLite and PostgreSQL read it alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, Table, and_, case, func, literal, null, or_, select

from schemas.indicator import Count, CountDistinct, Growth, Indicator, Mean, Ratio, Share, Sum
from schemas.time_window import Window
from warehouse.facts import approximate_twin
from warehouse.marts.measure_rows import Clause, counted_rows, filter_clauses
from warehouse.tables import fact_table

Expression: TypeAlias = ColumnElement[Any]  # SQLAlchemy's expressions are invariant in the type they carry


def aggregate_statement(indicator: Indicator, window: Window, year: int, known_at: datetime) -> Select[Any]:
    """One row a group: its cells, then rows, rows with a value, numerator, denominator, approximate part, approximate rows."""
    table = fact_table(indicator.contract)
    groups = [table.c[name] for name in indicator.group_by]
    rows = counted_rows(indicator, window, year, known_at)
    if isinstance(indicator.measure, CountDistinct):
        return _distinct_statement(indicator.measure, table, groups, rows)
    return select(*groups, *_aggregates(indicator, table)).where(*rows).group_by(*groups)


def _distinct_statement(
    distinct: CountDistinct, table: Table, groups: Sequence[Expression], rows: Sequence[Clause]
) -> Select[Any]:
    """Group by what is to be told apart, then count the groups: unlike COUNT(DISTINCT a, b), both databases know it.

    Rows in which all of it is blank are found, not observed: they make a group that does not count.
    """
    cells = [table.c[name] for name in distinct.columns]
    identity = [func.coalesce(*cells)] if distinct.identity == "first_filled" else cells
    labelled = [cell.label(f"group_{position}") for position, cell in enumerate(groups)]
    filled = func.sum(case((or_(*(cell.is_not(None) for cell in cells)), 1), else_=0)).label("filled_count")
    counts = (func.count().label("row_count"), filled)
    inner = select(*labelled, *counts).where(*rows).group_by(*groups, *identity).subquery()
    outer = [inner.c[label.name] for label in labelled]
    different = func.sum(case((inner.c.filled_count > 0, 1)))
    found, observed = func.sum(inner.c.row_count), func.sum(inner.c.filled_count)
    return select(*outer, found, observed, different, null(), literal(0), literal(0)).group_by(*outer)


def _aggregates(indicator: Indicator, table: Table) -> tuple[Expression, ...]:
    none = literal(0)
    match indicator.measure:
        case Sum(column=name, blank_counts=blank):
            return _sum_aggregates(table, name, blank)
        case Growth(column=name):
            return _sum_aggregates(table, name, None)
        case Ratio() as ratio:
            return _ratio_aggregates(table, ratio)
        case Mean() as mean:
            return _mean_aggregates(table, mean)
        case Share(where=where):
            hits = func.sum(case((and_(*filter_clauses(table, where)), 1), else_=0))
            return func.count(), func.count(), hits, func.count(), none, none
        case Count() | CountDistinct():
            return func.count(), func.count(), func.count(), null(), none, none


def _sum_aggregates(table: Table, name: str, blank_counts: int | None) -> tuple[Expression, ...]:
    cell = table.c[name] if blank_counts is None else func.coalesce(table.c[name], blank_counts)
    twin = table.c[approximate_twin(name)]
    return (
        func.count(), func.count(cell), func.sum(cell), null(),
        func.sum(case((twin, cell), else_=0)), func.sum(case((twin, 1), else_=0)),
    )  # fmt: skip


def _ratio_aggregates(table: Table, ratio: Ratio) -> tuple[Expression, ...]:
    """Both sums run over the rows that have every cell: a row without a denominator must not feed the numerator."""
    names = (*ratio.numerator, *ratio.denominator, *ratio.denominator_less)
    filled = and_(*(table.c[name].is_not(None) for name in names))
    above = _added(table, ratio.numerator)
    below = _added(table, ratio.denominator)
    if ratio.denominator_less:
        below = below - _added(table, ratio.denominator_less)
    vague = and_(filled, or_(*(table.c[approximate_twin(name)] for name in names)))
    return (
        func.count(), func.sum(case((filled, 1), else_=0)), func.sum(case((filled, above))), func.sum(case((filled, below))),
        literal(0), func.sum(case((vague, 1), else_=0)),
    )  # fmt: skip


def _mean_aggregates(table: Table, mean: Mean) -> tuple[Expression, ...]:
    """The weighted sum over the weights, both of the rows that have cell and weight."""
    names = (mean.column, *((mean.weight,) if mean.weight else ()))
    filled = and_(*(table.c[name].is_not(None) for name in names))
    weight: Expression = table.c[mean.weight] if mean.weight else literal(1)
    vague = and_(filled, or_(*(table.c[approximate_twin(name)] for name in names)))
    return (
        func.count(), func.sum(case((filled, 1), else_=0)),
        func.sum(case((filled, table.c[mean.column] * weight))), func.sum(case((filled, weight))),
        literal(0), func.sum(case((vague, 1), else_=0)),
    )  # fmt: skip


def _added(table: Table, names: Sequence[str]) -> Expression:
    total: Expression = table.c[names[0]]
    for name in names[1:]:
        total = total + table.c[name]
    return total
