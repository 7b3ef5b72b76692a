"""Report, first step: measures a year: every figure of the catalogue, every line and task of the plan, the funds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sqlalchemy import Connection, Engine

from schemas.indicator import shipped_indicators
from schemas.values import Figure
from tasks.report.measure_lines import IndicatorLine, measure_lines
from tasks.report.measure_tasks import TaskItem, measure_tasks
from warehouse.marts.funds import Funds, read_funds
from warehouse.marts.measure import measure
from warehouse.marts.plan import read_plan_lines, read_plan_tasks, read_reported_values, read_task_reports


@dataclass(frozen=True, slots=True)
class Measured:
    """What a report of `year` stands on: days up to `as_of`, knowledge of the instant `known_at` (UTC).

    `figures` are those of the catalogue that stand in every report, broken-down ones group by group, in catalogue order;
    what only a line of the plan asks for stands with that line.
    """

    year: int
    as_of: date
    known_at: datetime
    figures: tuple[Figure, ...]
    indicator_lines: tuple[IndicatorLine, ...]
    tasks: tuple[TaskItem, ...]
    funds: Funds

    def figure(self, figure_id: str) -> Figure:
        """The figure of that id.

        Raises:
            KeyError: there is none.
        """
        for figure in self.figures:
            if figure.figure_id == figure_id:
                return figure
        raise KeyError(f"no figure {figure_id!r} among the {len(self.figures)} measured for {self.year}")

    def slices(self, indicator: str) -> tuple[Figure, ...]:
        """The figures of one indicator: one, or one a group, in order."""
        return tuple(figure for figure in self.figures if figure.indicator == indicator)


def measure_year(engine: Engine, year: int, as_of: date, known_at: datetime) -> Measured:
    """Measure a report year in one read of the warehouse.

    Args:
        engine: the warehouse.
        year: the report year.
        as_of: the last day that counts; days after it are as if they had not come.
        known_at: the instant (UTC) whose knowledge counts: later submissions are as if they had not come.
    """
    indicators = shipped_indicators().values()
    with engine.connect() as connection:
        figures_of = _measurer(connection, as_of, known_at)
        figures = tuple(figure for i in indicators if i.in_report for figure in figures_of(i.key, year))
        lines = measure_lines(
            read_plan_lines(connection, year, known_at), read_reported_values(connection, year, known_at), indicators,
            lambda indicator, each: figures_of(indicator.key, each)[0], year,
        )  # fmt: skip
        tasks = measure_tasks(
            read_plan_tasks(connection, year, known_at), read_task_reports(connection, year, known_at), year
        )
        return Measured(year, as_of, known_at, figures, lines, tasks, read_funds(connection, year, known_at))


def _measurer(connection: Connection, as_of: date, known_at: datetime) -> Callable[[str, int], tuple[Figure, ...]]:
    """Measures an indicator (by key) for a year, each only once: several lines and years ask for the same."""

    @cache
    def figures_of(key: str, year: int) -> tuple[Figure, ...]:
        return measure(connection, shipped_indicators()[key], year, as_of, known_at)

    return figures_of
