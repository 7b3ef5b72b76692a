"""Intake, recognising: the sheets of a file become conformed tables with a period, or findings that say why not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np

from schemas.cells import CellColumn, ConformedCell
from schemas.contract import Column, ColumnType, Contract, TimeBasis
from schemas.personal import mask_personal_numbers
from schemas.units import YUAN, canonical_unit
from schemas.values import Finding, Place, RefusedTable
from tasks.intake.cell_columns import CellReader
from tasks.intake.conform import ConformedTable, conform_table
from tasks.intake.grid import Grid
from tasks.intake.grid_rows import find_data_rows
from tasks.intake.headers import ContractHeaders, header_key
from tasks.intake.layout import Candidate, Recognised, recognise_layout, text_rows_above
from tasks.intake.read_findings import file_finding, listed
from tasks.intake.read_period import find_period
from tasks.intake.unplaced import with_unplaced

_SHEET_UNIT = re.compile(r"单位[:：]?([元千百万亿]+)")
_GUIDANCE = re.compile(r"说明|须知|目录|封面|字典|选项|下拉|示例|样例|模板|代码")


@dataclass(frozen=True, slots=True)
class Table:
    """A conformed table with the year it belongs to and what is to be said about its layout."""

    conformed: ConformedTable
    period: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class RecognisedFile:
    """What the sheets of one file gave: tables to load, and findings on what could not be taken.

    `is_recognised` is False when no sheet was a ledger at all.
    """

    tables: tuple[Table, ...]
    findings: tuple[Finding, ...]
    is_recognised: bool
    refused: tuple[RefusedTable, ...] = ()


def recognise_file(
    grids: Sequence[Grid],
    known: Mapping[str, ContractHeaders],
    reader: CellReader,
    *,
    sender: str,
    address: str,
    approved: Mapping[str, Mapping[str, str | None]] | None = None,
) -> RecognisedFile:
    """Read every sheet of a file as a ledger.

    Args:
        grids: the sheets.
        known: the header index of every contract.
        reader: converts cells.
        sender: code of the partner.
        address: file name with its folder, which may name the ledger or the year.
        approved: an operator's answers for this partner: contract → header key (`headers.header_key` of the header as
            SheetLayout gives it) → column, or None for a header to be left out in silence.
    """
    known = {name: headers.approving((approved or {}).get(name, {})) for name, headers in known.items()}
    names = _name_texts(address)
    seen = [(grid, recognise_layout(grid, known, _context(grid, names))) for grid in grids]
    ledgers = [(grid, found.best) for grid, found in seen if found.best is not None]
    visible = [pair for pair in ledgers if not pair[0].is_hidden] or ledgers
    if not visible:
        return RecognisedFile((), (_unrecognised(seen),), is_recognised=False)
    found = [result for grid, candidate in visible for result in _tables(grid, candidate, reader, sender, names)]
    tables = [result for result in found if isinstance(result, Table)]
    findings = [*_passed_over(seen, visible), *(result for result in found if isinstance(result, Finding))]
    refused = tuple(result for result in found if isinstance(result, RefusedTable))
    return RecognisedFile(tuple(tables), tuple(findings), is_recognised=True, refused=refused)


def _tables(
    grid: Grid, candidate: Candidate, reader: CellReader, sender: str, names: Sequence[str]
) -> Iterator[Table | Finding | RefusedTable]:
    above = text_rows_above(grid, candidate.first)
    rows = find_data_rows(grid, candidate.first, candidate.last, above)
    table = conform_table(grid, candidate, rows, reader, sender=sender, sheet_unit=_sheet_unit(above))
    place = Place(grid.sheet, candidate.last)
    if not len(table.rows):
        yield file_finding("sheet.no_data", place, found=f"{candidate.headers.contract.title}，0 行")
        return
    missing = _missing_required(candidate, table)
    if missing:
        headers = "、".join(f"“{column.header}”" for column in missing)
        yield file_finding("layout.missing_column", place, found=_found_headers(candidate), headers=headers)
        period = find_period(table, above, (grid.sheet or "", *names))
        layout = with_unplaced(table.layout, grid, candidate, rows, reader, sender)
        yield RefusedTable(table.contract.contract, period if isinstance(period, str) else None, layout)
        return
    table = replace(table, layout=with_unplaced(table.layout, grid, candidate, rows, reader, sender))
    for part in _by_year_column(table, above, grid.sheet):
        period = find_period(part, above, (grid.sheet or "", *names))
        if isinstance(period, Finding):
            yield period
        else:
            yield Table(_with_period(part, period), period, tuple(_unknown_headers(grid, candidate)))


def _missing_required(candidate: Candidate, table: ConformedTable) -> list[Column]:
    # The year of a row may stand in the title instead.
    contract = candidate.headers.contract
    return [
        column
        for column in contract.columns
        if column.required and column.name in table.layout.missing and not _is_year(contract, column)
    ]


def _is_year(contract: Contract, column: Column) -> bool:
    return column.type is ColumnType.YEAR and contract.time_basis is TimeBasis.CALENDAR_YEAR


def _by_year_column(table: ConformedTable, above: Sequence[str], sheet: str | None) -> list[ConformedTable]:
    """One table for each year of the year column where neither title nor sheet name says a year."""
    years = [column for column in table.contract.columns if _is_year(table.contract, column)]
    if not years or re.search(r"20\d\d", unicodedata.normalize("NFKC", "".join((*above, sheet or "")))):
        return [table]
    converted = table.columns[years[0].name]
    distinct = sorted({cell.value for cell in converted if isinstance(cell.value, int)})
    if len(distinct) < 2:
        return [table]
    # A row whose year cannot be read goes with the first year, where it is held back and complained of once.
    of_row = np.array([c.value if isinstance(c.value, int) else distinct[0] for c in converted.cells])[converted.codes]
    return [table.taking(of_row == year) for year in distinct]


def _with_period(table: ConformedTable, period: str) -> ConformedTable:
    """The table with blank years filled with the period: the year of a row may stand in the title instead."""
    columns = dict(table.columns)
    for column in table.contract.columns:
        if _is_year(table.contract, column):
            converted = columns[column.name]
            cells = (_dated(cell, int(period)) for cell in converted.cells)
            columns[column.name] = CellColumn(converted.codes, tuple(cells))
    return ConformedTable(table.contract, table.layout, table.rows, columns)


def _dated(cell: ConformedCell, year: int) -> ConformedCell:
    return ConformedCell(cell.raw, year) if cell.value is None and cell.problem is None else cell


def _unknown_headers(grid: Grid, candidate: Candidate) -> Iterator[Finding]:
    for position, header in candidate.match.unknown:
        text = mask_personal_numbers(" ".join(header.split()))
        nearest = listed(candidate.headers.nearest(text, candidate.missing), "，是否就是：")
        place = Place(grid.sheet, candidate.last, position, text)
        yield file_finding("layout.unknown_header", place, found=text, header=text, candidates=nearest)


def _found_headers(candidate: Candidate) -> str:
    headers = [(match.position, match.header) for match in candidate.match.columns.values()]
    return "、".join(header for _, header in sorted({*headers, *candidate.match.unknown}))


def _unrecognised(seen: Iterable[tuple[Grid, Recognised]]) -> Finding:
    sheets = [grid.sheet for grid, _ in seen if grid.sheet]
    nearest = [c for _, found in seen for c in found.nearest if c.is_enough or len(c.match.columns) >= 2]
    titles = dict.fromkeys(c.headers.contract.title for c in sorted(nearest, key=lambda c: -c.score)[:3])
    found = f"工作表：{'、'.join(sheets)}" if sheets else "没有内容相符的表格"
    return file_finding("sheet.unrecognised", found=found, candidates=listed(titles, "；最接近的有："))


def _passed_over(
    seen: Iterable[tuple[Grid, Recognised]], visible: Sequence[tuple[Grid, Candidate]]
) -> Iterator[Finding]:
    """Ledgers on hidden sheets, and sheets that look like ledgers but fit no contract; guidance is passed over in silence."""
    taken = {id(grid) for grid, _ in visible}
    for grid, found in seen:
        if id(grid) in taken:
            continue
        if grid.is_hidden:
            if found.best is not None:
                yield file_finding("sheet.hidden", Place(grid.sheet), found=grid.sheet or "")
        elif found.nearest and len(found.nearest[0].match.columns) >= 2 and not _GUIDANCE.search(grid.sheet or ""):
            titles = dict.fromkeys(candidate.headers.contract.title for candidate in found.nearest)
            candidates = listed(titles)
            yield file_finding("sheet.unrecognised", Place(grid.sheet), found=grid.sheet or "", candidates=candidates)


def _sheet_unit(above: Iterable[str]) -> str | None:
    for text in above:
        match = _SHEET_UNIT.search("".join(unicodedata.normalize("NFKC", text).split()))
        unit = canonical_unit(match.group(1)) if match else None
        if unit in YUAN:
            return unit
    return None


def _name_texts(address: str) -> tuple[str, ...]:
    path = PurePath(address.partition(":")[2] or address)
    return (path.stem, *reversed(path.parent.parts))


def _context(grid: Grid, names: Sequence[str]) -> str:
    return "|".join((header_key(grid.sheet or ""), header_key(names[0])))
