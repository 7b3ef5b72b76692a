"""Indicators compiled to SQL: the same statement on SQLite and PostgreSQL, over the facts in force at an instant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import Connection

from schemas.contract import shipped_contracts
from schemas.indicator import Count, CountDistinct, Growth, Indicator, Sum
from schemas.time_window import Window
from schemas.values import Figure, FigureState
from warehouse.marts.figure_ids import BLANK, figure_id
from warehouse.marts.in_force import counted_submissions
from warehouse.marts.institutions import read_institution_names, read_province_names, read_provinces
from warehouse.marts.measure_sql import aggregate_statement
from warehouse.tables import Submission


@dataclass(frozen=True, slots=True)
class _Slice:
    """What one group of rows adds up to: rows, rows with a value, numerator, denominator, the approximate part."""

    group: tuple[str | None, ...]
    rows: int
    observed: int
    numerator: Decimal | None
    denominator: Decimal | None
    approximate_part: Decimal
    approximate_rows: int


def measure(
    connection: Connection, indicator: Indicator, year: int, as_of: date, known_at: datetime
) -> tuple[Figure, ...]:
    """The figures of an indicator for report year `year`, over days up to `as_of`, on what was known at `known_at` (UTC).

    One figure, or one a group in the order of the contract's choices; an indicator nothing was found for gives one
    figure without a value whose state says why. Values are in the indicator's unit and rounded as the catalogue says.
    """
    window = indicator.time.window(year, as_of)
    if not window.is_open:
        return (_empty(indicator, year, window, FigureState.NOT_DUE),)
    slices = _slices(connection, indicator, window, year, known_at)
    if indicator.by_province:
        slices = _by_province(connection, indicator, slices)
    if isinstance(indicator.measure, Growth):
        slices = _grown(slices, _slices(connection, indicator, year_before(window), year, known_at))
    if not any(slice_.rows for slice_ in slices):
        return (_empty(indicator, year, window, _why_empty(connection, indicator, window, year, known_at)),)
    names = _group_names(connection, indicator)
    figures = [_figure(indicator, year, window, slice_, names) for slice_ in slices]
    return tuple(sorted(figures, key=lambda figure: _rank(indicator, figure)))


def _slices(
    connection: Connection, indicator: Indicator, window: Window, year: int, known_at: datetime
) -> list[_Slice]:
    width = len(indicator.group_by)
    rows = connection.execute(aggregate_statement(indicator, window, year, known_at))
    return [_Slice(tuple(_text(cell) for cell in row[:width]), *_numbers(row[width:])) for row in rows]


def _numbers(row: Sequence[object]) -> tuple[int, int, Decimal | None, Decimal | None, Decimal, int]:
    rows, observed, numerator, denominator, part, approximate = map(_decimal, row)
    return int(rows or 0), int(observed or 0), numerator, denominator, part or Decimal(0), int(approximate or 0)


def _grown(now: list[_Slice], before: list[_Slice]) -> list[_Slice]:
    """This window's sums with the increase as numerator and the earlier sum as denominator."""
    earlier = {slice_.group: slice_ for slice_ in before}
    return [_increase(slice_, earlier.get(slice_.group)) for slice_ in now]


def _increase(now: _Slice, before: _Slice | None) -> _Slice:
    base = before.numerator if before else None
    increase = None if base is None or now.numerator is None else now.numerator - base
    vague = now.approximate_rows + (before.approximate_rows if before else 0)
    return _Slice(now.group, now.rows, now.observed, increase, base, Decimal(0), vague)


def _by_province(connection: Connection, indicator: Indicator, slices: list[_Slice]) -> list[_Slice]:
    """Institutions taken together by province: their rows and sums add up."""
    provinces = read_provinces(connection)
    place = next(i for i, name in enumerate(indicator.group_by) if name.endswith("_institution_code"))
    found: dict[tuple[str | None, ...], list[_Slice]] = {}
    for each in slices:
        province = provinces.get(each.group[place] or "")
        found.setdefault((*each.group[:place], province, *each.group[place + 1 :]), []).append(each)
    return [_added(group, parts) for group, parts in found.items()]


def _added(group: tuple[str | None, ...], parts: Sequence[_Slice]) -> _Slice:
    sums = [part.numerator for part in parts if part.numerator is not None]
    return _Slice(
        group, sum(part.rows for part in parts), sum(part.observed for part in parts),
        sum(sums, Decimal(0)) if sums else None, None,
        sum((part.approximate_part for part in parts), Decimal(0)), sum(part.approximate_rows for part in parts),
    )  # fmt: skip


def year_before(window: Window) -> Window:
    """The same days a year earlier: what growth is measured against."""
    first = window.first.replace(year=window.first.year - 1) if window.first else None
    # 29 February has no counterpart; its month's last day a year before is the 28th.
    day = 28 if (window.last.month, window.last.day) == (2, 29) else window.last.day
    return Window(first, date(window.last.year - 1, window.last.month, day), True)


def _value(indicator: Indicator, slice_: _Slice) -> Decimal | None:
    if isinstance(indicator.measure, Count | Sum | CountDistinct):
        return slice_.numerator
    if slice_.numerator is None or not slice_.denominator:
        return None
    return slice_.numerator / slice_.denominator * (100 if indicator.unit == "%" else 1)


def _figure(indicator: Indicator, year: int, window: Window, slice_: _Slice, names: dict[str, str]) -> Figure:
    value = _value(indicator, slice_)
    return Figure(
        figure_id=figure_id(year, indicator.key, slice_.group),
        indicator=indicator.key,
        title=indicator.title,
        unit=indicator.unit,
        state=FigureState.NOT_MEASURED if value is None else FigureState.MEASURED,
        value=None if value is None else _rounded(value, indicator.rounding),
        rows_observed=slice_.observed,
        window_from=window.shown_from,
        window_to=window.last,
        is_approximate=slice_.approximate_rows > 0,
        approximate_part=_rounded(slice_.approximate_part, indicator.rounding),
        group=tuple(BLANK if cell is None else names.get(cell, cell) for cell in slice_.group),
        rows_found=slice_.rows,
    )


def _empty(indicator: Indicator, year: int, window: Window, state: FigureState) -> Figure:
    return Figure(
        figure_id(year, indicator.key), indicator.key, indicator.title, indicator.unit, state, None, 0,
        min(window.shown_from, window.last), window.last,
    )  # fmt: skip


def _why_empty(
    connection: Connection, indicator: Indicator, window: Window, year: int, known_at: datetime
) -> FigureState:
    """No record: ledgers of these years are in force and hold no such row. Not measured: nobody sent one."""
    ids = counted_submissions(indicator.contract, year, known_at)
    first = str(window.first.year) if window.first else "0000"
    sent = ids.where(Submission.period >= first, Submission.period <= str(window.last.year)).limit(1)
    return FigureState.NO_RECORD if connection.scalar(sent) is not None else FigureState.NOT_MEASURED


def _group_names(connection: Connection, indicator: Indicator) -> dict[str, str]:
    """Institution codes → names, when the figure is broken down at all."""
    if not any(name.endswith("_institution_code") for name in indicator.group_by):
        return {}
    return read_province_names(connection) if indicator.by_province else read_institution_names(connection)


def _rank(indicator: Indicator, figure: Figure) -> tuple[tuple[int, str], ...]:
    """Choices in the order of the contract, everything else by name."""
    return tuple(_ranks(indicator, figure))


def _ranks(indicator: Indicator, figure: Figure) -> Iterator[tuple[int, str]]:
    contract = shipped_contracts()[indicator.contract]
    for name, cell in zip(indicator.group_by, figure.group, strict=False):
        choices = list(contract.column(name).choices or ())
        yield (choices.index(cell) if cell in choices else len(choices), cell)


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _decimal(value: object) -> Decimal | None:
    """SQLite adds floats where PostgreSQL adds exact numbers; six places hold both."""
    return None if value is None else round(Decimal(str(value)), 6)


def _text(cell: object) -> str | None:
    return None if cell is None else str(cell)
