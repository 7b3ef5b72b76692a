"""The cells behind a figure: the same rows the figure counts, followed to file, sheet, row and column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, select

from schemas.contract import Privacy, shipped_contracts
from schemas.errors import MisconfiguredError
from schemas.indicator import CountDistinct, Growth, Indicator, Sum, shipped_indicators
from schemas.time_window import Window
from schemas.values import Place
from warehouse.facts import LINEAGE, approximate_twin
from warehouse.marts.figure_ids import FigureName, parse_figure_id
from warehouse.marts.in_force import counted_submissions
from warehouse.marts.lineage import Source, StoredLayout, read_sources
from warehouse.marts.measure import year_before
from warehouse.marts.measure_rows import counted_rows
from warehouse.tables import DimInstitution, fact_table

HIDDEN = "（个人信息，不显示）"


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One cell a figure stands on. `value` is what the warehouse holds (money in yuan), None for a blank; personal cells are masked."""

    submission_id: int
    partner_code: str
    period: str
    file_name: str
    delivery_sha256: str
    place: Place
    column_name: str
    value: str | int | float | date | None
    is_approximate: bool


def evidence(
    connection: Connection, figure_id: str, known_at: datetime, as_of: date | None = None
) -> list[EvidenceRow]:
    """The cells behind a figure, by submission, sheet and row.

    Args:
        connection: to the warehouse.
        figure_id: as printed with the figure, for example "2021/trained_cumulative".
        known_at: the instant (UTC) whose knowledge the figure stands on.
        as_of: the day the report speaks of; the end of the report year when not given.

    Raises:
        MisconfiguredError: there is no such indicator, or the id has not the groups the indicator has.
    """
    name = parse_figure_id(figure_id)
    indicator = _indicator(name.indicator)
    if len(name.group) not in {0, len(indicator.group_by)}:
        expected = "/".join(str(part) for part in (name.year, name.indicator, *indicator.group_by))
        raise MisconfiguredError(f"figure id {figure_id!r} has {len(name.group)} groups; expected {expected}")
    window = indicator.time.window(name.year, as_of or date(name.year, 12, 31))
    if not window.is_open:
        return []
    windows = [year_before(window), window] if isinstance(indicator.measure, Growth) else [window]
    facts = [row for each in windows for row in _facts(connection, indicator, each, name, known_at)]
    sources = read_sources(connection, counted_submissions(indicator.contract, name.year, known_at))
    return [cell for row in facts for cell in _cells(indicator, row, sources[row["submission_id"]])]


def _indicator(key: str) -> Indicator:
    try:
        return shipped_indicators()[key]
    except KeyError:
        known = ", ".join(sorted(shipped_indicators()))
        raise MisconfiguredError(f"no indicator {key!r} in the catalogue; known are {known}") from None


def _facts(
    connection: Connection, indicator: Indicator, window: Window, name: FigureName, known_at: datetime
) -> Iterable[RowMapping]:
    table = fact_table(indicator.contract)
    slices = (
        _of_group(indicator, table.c[column], value)
        for column, value in zip(indicator.group_by, name.group, strict=False)
    )
    counted = counted_rows(indicator, window, name.year, known_at)
    statement = select(table).where(*counted, *slices).order_by(*(table.c[column] for column in LINEAGE))
    return connection.execute(statement).mappings()


def _of_group(indicator: Indicator, cell: ColumnElement[Any], value: str | None) -> ColumnElement[bool]:
    """Whether a row lies in the group of a figure; for a province, whether its institution lies there."""
    if not indicator.by_province or not cell.key or not cell.key.endswith("_institution_code"):
        return cell == value
    region = DimInstitution.region_code
    lies_there = region.is_(None) if value is None else region.startswith(value)
    return cell.in_(select(DimInstitution.institution_code).where(lies_there))


def _cells(indicator: Indicator, row: RowMapping, source: Source) -> Iterator[EvidenceRow]:
    contract = shipped_contracts()[indicator.contract]
    for name in _shown_columns(indicator, row):
        column = contract.column(name)
        value = row[name] if column.privacy is Privacy.NONE or row[name] is None else HIDDEN
        yield EvidenceRow(
            row["submission_id"], source.partner_code, source.period or "", source.file_name, source.delivery_sha256,
            cell_place(source.layouts[row["layout_index"]], row["source_row"], name), name, value,
            bool(row.get(approximate_twin(name), False)),
        )  # fmt: skip


def _shown_columns(indicator: Indicator, row: RowMapping) -> Iterable[str]:
    """The cells that make the value; of a row that is only counted, the cell that names it."""
    measure = indicator.measure
    if isinstance(measure, CountDistinct):
        filled = [name for name in measure.columns if row[name] is not None]
        return filled[:1] if measure.identity == "first_filled" else filled
    if isinstance(measure, Sum) and measure.blank_counts is None:
        return [measure.column] if row[measure.column] is not None else []
    return indicator.columns or (naming_column(indicator.contract),)


def naming_column(contract_name: str) -> str:
    """The column that names a row of a contract: the first required name that is nobody's, else the first required column."""
    contract = shipped_contracts()[contract_name]
    open_columns = [column for column in contract.stored_columns if column.required and column.privacy is Privacy.NONE]
    names = [column.name for column in open_columns if column.name.endswith("_name")]
    return (names or [column.name for column in open_columns])[0]


def cell_place(layout: StoredLayout, source_row: int | None, name: str) -> Place:
    """Where a column of a layout stands in the file, at a row when one is given."""
    index, header = layout["columns"].get(name, (None, None))
    return Place(layout["sheet"], source_row, index, header)
