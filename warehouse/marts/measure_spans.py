"""The rows behind figures as spans of rows, file by file: one statement for all groups of an indicator, however many rows there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, case, func, select, true

from schemas.indicator import CountDistinct, Growth, Indicator, Sum
from schemas.time_window import Window
from schemas.values import Place
from warehouse.marts.figure_ids import figure_id
from warehouse.marts.in_force import counted_submissions
from warehouse.marts.institutions import read_provinces
from warehouse.marts.lineage import Source, read_sources
from warehouse.marts.measure import year_before
from warehouse.marts.measure_evidence import cell_place, naming_column
from warehouse.marts.measure_rows import Clause, counted_rows
from warehouse.tables import fact_table

CITED, LISTED_ROWS = 10, 500
"""Columns of files named for one figure; rows of one table of which each is named when they do not follow one another."""

Span = tuple[int, int]
"""First and last row."""


@dataclass(frozen=True, slots=True)
class CellSpans:
    """The cells of one column of one table that a figure stands on. `place` has no row; `count` is exact.

    `spans` are their rows; where these are scattered and more than `LISTED_ROWS`, the first and the last alone
    (`is_listed` False).
    """

    partner_code: str
    file_name: str
    place: Place
    count: int
    spans: tuple[Span, ...]
    is_listed: bool = True


@dataclass(frozen=True, slots=True)
class Cited:
    """What a figure stands on: the first `CITED` columns of files, and how many columns and cells there are besides."""

    sources: tuple[CellSpans, ...] = ()
    more_sources: int = 0
    more_cells: int = 0


class _Key(NamedTuple):
    figure_id: str
    submission_id: int
    layout_index: int
    column: str


@dataclass(slots=True)
class _Extent:
    """How many cells, from which row to which; `rows` when each is named."""

    count: int = 0
    first: int = 0
    last: int = 0
    rows: list[int] = field(default_factory=list)

    def add(self, count: int, first: int, last: int) -> None:
        self.first = min(self.first, first) if self.count else first
        self.last = max(self.last, last)
        self.count += count

    @property
    def is_unbroken(self) -> bool:
        return self.count == self.last - self.first + 1


def read_cited(
    connection: Connection, indicator: Indicator, year: int, known_at: datetime, as_of: date
) -> Mapping[str, Cited]:
    """What the figures of an indicator stand on, by figure id: the rows that `measure` counts.

    Args:
        connection: to the warehouse.
        indicator: of the catalogue.
        year: the report year.
        known_at: the instant (UTC) whose knowledge counts.
        as_of: the last day that counts.
    """
    window = indicator.time.window(year, as_of)
    if not window.is_open:
        return {}
    windows = [year_before(window), window] if isinstance(indicator.measure, Growth) else [window]
    provinces = read_provinces(connection) if indicator.by_province else None
    question = _Question(indicator, year, known_at, windows, provinces)
    extents = _extents(connection, question)
    sources = read_sources(connection, counted_submissions(indicator.contract, year, known_at))
    kept = _kept(extents, sources)
    _list_rows(connection, question, extents, {key for keys in kept.values() for key in keys[:CITED]})
    return {name: _cited(keys, extents, sources) for name, keys in kept.items()}


@dataclass(frozen=True, slots=True)
class _Question:
    indicator: Indicator
    year: int
    known_at: datetime
    windows: Sequence[Window]
    provinces: Mapping[str, str | None] | None

    @property
    def table(self) -> Table:
        return fact_table(self.indicator.contract)

    def rows(self, window: Window) -> tuple[Clause, ...]:
        return counted_rows(self.indicator, window, self.year, self.known_at)

    def name(self, group: Sequence[object]) -> str:
        """The id of the figure a row of these group cells belongs to."""
        return figure_id(self.year, self.indicator.key, tuple(self._parts(group)))

    def _parts(self, group: Sequence[object]) -> Iterator[str | None]:
        for column, cell in zip(self.indicator.group_by, group, strict=True):
            text = None if cell is None else str(cell)
            is_place = self.provinces is not None and column.endswith("_institution_code")
            yield (self.provinces or {}).get(text or "") if is_place else text


def _extents(connection: Connection, question: _Question) -> dict[_Key, _Extent]:
    shown = _shown(question.indicator, question.table)
    width = len(question.indicator.group_by)
    found: dict[_Key, _Extent] = defaultdict(_Extent)
    for window in question.windows:
        for row in connection.execute(_extent_statement(question, window, shown)):
            name, (submission, layout) = question.name(row[:width]), row[width : width + 2]
            for position, column in enumerate(shown):
                count, first, last = row[width + 2 + 3 * position : width + 5 + 3 * position]
                if count:
                    found[_Key(name, submission, layout, column)].add(int(count), first, last)
    return found


def _extent_statement(question: _Question, window: Window, shown: Mapping[str, Clause]) -> Select[Any]:
    table = question.table
    keys = [*(table.c[name] for name in question.indicator.group_by), table.c.submission_id, table.c.layout_index]
    extents: list[ColumnElement[Any]] = []
    for clause in shown.values():
        row = case((clause, table.c.source_row))
        extents += [func.count(row), func.min(row), func.max(row)]
    return select(*keys, *extents).where(*question.rows(window)).group_by(*keys)


def _shown(indicator: Indicator, table: Table) -> dict[str, Clause]:
    """The columns whose cells make the value, each with the condition under which a row's cell does."""
    measure = indicator.measure
    if isinstance(measure, CountDistinct):
        return dict(_distinct_cells(measure, table))
    if isinstance(measure, Sum) and measure.blank_counts is None:
        return {measure.column: table.c[measure.column].is_not(None)}
    return dict.fromkeys(indicator.columns or (naming_column(indicator.contract),), true())


def _distinct_cells(measure: CountDistinct, table: Table) -> Iterator[tuple[str, Clause]]:
    for position, name in enumerate(measure.columns):
        before = measure.columns[:position] if measure.identity == "first_filled" else ()
        yield name, and_(table.c[name].is_not(None), *(table.c[other].is_(None) for other in before))


def _kept(extents: Iterable[_Key], sources: Mapping[int, Source]) -> dict[str, list[_Key]]:
    """The keys of each figure in the order they are printed."""
    found: dict[str, list[_Key]] = defaultdict(list)
    for key in extents:
        found[key.figure_id].append(key)
    return {name: sorted(keys, key=lambda key: _order(key, sources)) for name, keys in found.items()}


def _order(key: _Key, sources: Mapping[int, Source]) -> tuple[str, str, str, int, int]:
    source, place = sources[key.submission_id], _place(key, sources)
    return source.partner_code, source.file_name, place.sheet or "", place.column or 0, key.submission_id


def _place(key: _Key, sources: Mapping[int, Source]) -> Place:
    return cell_place(sources[key.submission_id].layouts[key.layout_index], None, key.column)


def _list_rows(
    connection: Connection, question: _Question, extents: Mapping[_Key, _Extent], wanted: Iterable[_Key]
) -> None:
    """Fetch the rows of what is scattered, submissions with too many of them left out."""
    counts: dict[int, int] = defaultdict(int)
    for key, extent in extents.items():
        counts[key.submission_id] += extent.count
    scattered = {key.submission_id for key in wanted if not extents[key].is_unbroken}
    ids = sorted(number for number in scattered if counts[number] <= LISTED_ROWS)
    if not ids:
        return
    table, shown, width = question.table, _shown(question.indicator, question.table), len(question.indicator.group_by)
    groups = [table.c[name] for name in question.indicator.group_by]
    cells = [case((clause, 1), else_=0) for clause in shown.values()]
    keys = (*groups, table.c.submission_id, table.c.layout_index, table.c.source_row)
    for window in question.windows:
        statement = select(*keys, *cells).where(*question.rows(window), table.c.submission_id.in_(ids))
        for row in connection.execute(statement):
            name, (submission, layout, source_row) = question.name(row[:width]), row[width : width + 3]
            for column, is_shown in zip(shown, row[width + 3 :], strict=True):
                if is_shown:
                    extents[_Key(name, submission, layout, column)].rows.append(source_row)


def _cited(keys: Sequence[_Key], extents: Mapping[_Key, _Extent], sources: Mapping[int, Source]) -> Cited:
    more = keys[CITED:]
    named = tuple(_cell_spans(key, extents[key], sources) for key in keys[:CITED])
    return Cited(named, len(more), sum(extents[key].count for key in more))


def _cell_spans(key: _Key, extent: _Extent, sources: Mapping[int, Source]) -> CellSpans:
    source = sources[key.submission_id]
    is_listed = extent.is_unbroken or bool(extent.rows)
    spans = tuple(row_spans(extent.rows)) if extent.rows else ((extent.first, extent.last),)
    return CellSpans(source.partner_code, source.file_name, _place(key, sources), extent.count, spans, is_listed)


def row_spans(numbers: Iterable[int]) -> Iterator[Span]:
    """Row numbers as spans, in order: 3, 4, 5, 9 → (3, 5), (9, 9)."""
    first = last = None
    for number in sorted(set(numbers)):
        if first is None or last is None or number != last + 1:
            if first is not None and last is not None:
                yield first, last
            first = number
        last = number
    if first is not None and last is not None:
        yield first, last
