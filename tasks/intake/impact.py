"""Intake, before acceptance: what a file would change: rows new, changed and gone, and the figures that would move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import numpy as np
from sqlalchemy import Connection, Engine

from schemas.contract import Contract
from schemas.indicator import shipped_indicators
from schemas.values import Delivery, Figure, SubmissionState, Verdict
from warehouse.marts.impact import RowChanges, compare_rows
from warehouse.marts.measure import measure
from warehouse.store.encode import encode_rows
from warehouse.store.simulation import current_of, simulation, try_submission

Judged = tuple[Verdict, Delivery]
Figures = Mapping[tuple[int, str], Figure]
"""Report year and id of a figure → the figure."""
_ACCEPTED = frozenset({SubmissionState.ACCEPTED, SubmissionState.ACCEPTED_WITH_FINDINGS})


@dataclass(frozen=True, slots=True)
class FigureMove:
    """A figure of a report year that would be another; None: there is no value."""

    year: int
    figure_id: str
    title: str
    group: tuple[str, ...]
    unit: str
    before: Decimal | None
    after: Decimal | None

    @property
    def by(self) -> Decimal:
        """By how much it moves, in its unit; a figure without value counts as nothing."""
        return (self.after or Decimal(0)) - (self.before or Decimal(0))

    def told(self) -> str:
        """The move in one Chinese line."""
        group = f"（{'、'.join(self.group)}）" if self.group else ""
        before, after = ("无" if value is None else f"{value:,f}" for value in (self.before, self.after))
        return f"{self.year} 年 {self.title}{group}：{before} → {after} {self.unit}（{self.by:+,f}）"


@dataclass(frozen=True, slots=True)
class Impact:
    """What one ledger of a file would do. `replaces` names the file now in force in its slot; None: there is none.

    A refused ledger changes nothing: its `rows` are all 0.
    """

    contract: str
    title: str
    partner_code: str
    period: str
    state: SubmissionState
    rows_read: int
    rows_held: int
    replaces: str | None
    rows: RowChanges


def preview_impact(
    engine: Engine, contracts: Mapping[str, Contract], judged: Sequence[Judged], now: datetime
) -> tuple[list[Impact], list[FigureMove]]:
    """What would follow if every ledger of `judged` that is not refused came into force at `now` (UTC); nothing is written."""
    names = {verdict.submission.contract for verdict, _ in judged}
    with simulation(engine) as connection:
        years = years_moved(connection, judged, now)
        before = read_figures(connection, names, years, now)
        impacts = [try_one(connection, contracts[v.submission.contract], v, d, now) for v, d in judged]
        return impacts, figure_moves(before, read_figures(connection, names, years, now))


def try_one(connection: Connection, contract: Contract, verdict: Verdict, delivery: Delivery, now: datetime) -> Impact:
    """Bring one ledger into force on the connection of a simulation; a refused one changes nothing, whatever is in force.

    Raises:
        UnstorableError: a number is too large for the tables.
    """
    one, current = verdict.submission, current_of(connection, verdict)
    rows = RowChanges()
    if verdict.state in _ACCEPTED:
        kept = np.setdiff1d(np.arange(len(one)), verdict.held, assume_unique=True)
        encoded = encode_rows(contract, one, kept, connection.dialect.name)
        tried = try_submission(connection, contract, verdict, delivery, encoded, now)
        rows = compare_rows(connection, contract, current.submission_id if current else None, tried.submission_id)
    replaces = current.file_name if current else None
    return Impact(
        contract.contract, contract.title, one.partner_code, one.period, verdict.state, len(one), len(verdict.held),
        replaces, rows,
    )  # fmt: skip


def years_moved(connection: Connection, judged: Iterable[Judged], now: datetime) -> range:
    """The report years these ledgers may move: from the earliest of them up to this year or the latest of them."""
    periods = [int(verdict.submission.period) for verdict, _ in judged]
    return range(min(periods), max(*periods, now.year) + 1) if periods else range(0)


def read_figures(connection: Connection, contracts: Iterable[str], years: Iterable[int], now: datetime) -> Figures:
    """Every figure of the catalogue that stands on one of the contracts, for each year to its end, as known at `now`."""
    wanted, found = set(contracts), {}
    for year in years:
        for indicator in shipped_indicators().values():
            if indicator.contract in wanted:
                for figure in measure(connection, indicator, year, date(year, 12, 31), now):
                    found[year, figure.figure_id] = figure
    return found


def figure_moves(before: Figures, after: Figures) -> list[FigureMove]:
    """The figures whose value differs, by year and in the order of the catalogue."""
    moves = []
    for key in dict.fromkeys((*before, *after)):
        one, other = before.get(key), after.get(key)
        values = [figure.value if figure else None for figure in (one, other)]
        known = other or one
        if known and values[0] != values[1]:
            moves.append(FigureMove(key[0], key[1], known.title, known.group, known.unit, *values))
    return sorted(moves, key=lambda move: move.year)
