"""Intake, recognising: one table found in a sheet becomes a conformed table with a year, or a finding that says why not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from schemas.cells import CellColumn, ConformedCell
from schemas.contract import Column, ColumnType, Contract, TimeBasis
from schemas.personal import mask_personal_numbers
from schemas.units import scaled_unit
from schemas.values import Finding, Place, RefusedTable
from tasks.intake.cell_columns import CellReader
from tasks.intake.conform import ConformedTable, conform_table
from tasks.intake.grid import Grid
from tasks.intake.grid_rows import find_data_rows
from tasks.intake.headers import ContractHeaders
from tasks.intake.layout import Candidate
from tasks.intake.layout_claims import find_wrong_contract, hidden_parts, stamp_remark
from tasks.intake.read_findings import file_finding, listed
from tasks.intake.read_partner import Subject, find_subject, find_wrong_sender
from tasks.intake.read_period import YearSources, find_period
from tasks.intake.read_stamp import Stamp
from tasks.intake.tables import FoundTable
from tasks.intake.unplaced import with_unplaced

_SHEET_UNIT = re.compile(r"单\s*位\s*:?\s*([^\s:,;()\[\]【】。]+)")
_BETWEEN_UNITS = re.compile(r"[、/和及]")


@dataclass(frozen=True, slots=True)
class Table:
    """A conformed table with the year it belongs to and what is to be said about its layout.

    `subject` is the partner its rows belong to where title or sheet name it in place of a column.
    """

    conformed: ConformedTable
    period: str
    findings: tuple[Finding, ...]
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class FileContext:
    """What a file tells of every table in it: who sent it, its name and folders, its stamp.

    `is_alone`: its tables' titles say no more than one year, so that the file's name must agree with it.
    """

    known: Mapping[str, ContractHeaders]
    sender: str
    file_name: str
    folders: tuple[str, ...]
    stamp: Stamp | None
    is_alone: bool


def read_table(found: FoundTable, reader: CellReader, file: FileContext) -> Iterator[Table | Finding | RefusedTable]:
    """The table under its contract, one for each year; or why it cannot be taken, and what was seen of its layout."""
    grid, candidate = found.grid, found.candidate
    place = Place(grid.sheet, candidate.last)
    wrong = find_wrong_contract(found, file.known, file.stamp) or find_wrong_sender(
        reader.registry, file.sender, (*found.titles, *found.inherited), (grid.sheet or "", file.file_name), place
    )
    if wrong:
        yield wrong
        return
    rows = find_data_rows(grid, candidate.first, candidate.last, (*found.titles, *found.inherited), found.last_row)
    units = [*_sheet_units(found.titles), *_sheet_units(found.inherited)]
    table = conform_table(grid, candidate, rows, reader, sender=file.sender, sheet_units=units)
    if not len(table.rows):
        yield file_finding("sheet.no_data", place, found=f"{candidate.headers.contract.title}，0 行")
        return
    table, subject, told = _with_subject(table, found, reader, place)
    if isinstance(told, Finding) and subject is None:
        yield told
        return
    laid_out = replace(table, layout=with_unplaced(table.layout, grid, candidate, rows, reader, file.sender))
    if refusal := _refused(laid_out, candidate, place, _year_sources(found, file), subject):
        yield from refusal
        return
    for part in _by_year_column(laid_out, found, grid.sheet):
        yield _dated_table(part, found, file, subject, told)


def _dated_table(
    part: ConformedTable, found: FoundTable, file: FileContext, subject: Subject | None, told: Finding | None
) -> Table | Finding:
    period = find_period(part, _year_sources(found, file))
    if isinstance(period, Finding):
        return period
    remarks = (told, stamp_remark(found, file.stamp, file.known, period), hidden_parts(found, part))
    findings = (*_unknown_headers(found.grid, found.candidate), *(remark for remark in remarks if remark))
    return Table(_with_period(part, period), period, findings, subject.code if subject else None)


def _refused(
    table: ConformedTable, candidate: Candidate, place: Place, sources: YearSources, subject: Subject | None
) -> list[Finding | RefusedTable]:
    missing = [column for column in _missing_required(candidate, table) if not (subject and _is_partner(column))]
    if not missing:
        return []
    headers = "、".join(f"“{column.header}”" for column in missing)
    finding = file_finding("layout.missing_column", place, found=_found_headers(candidate), headers=headers)
    period = find_period(table, sources)
    seen = RefusedTable(table.contract.contract, period if isinstance(period, str) else None, table.layout)
    return [finding, seen]


def _with_subject(
    table: ConformedTable, found: FoundTable, reader: CellReader, place: Place
) -> tuple[ConformedTable, Subject | None, Finding | None]:
    """The table with the partner column it lacks filled from its title or sheet, and what to say of it."""
    if not any(column.required and _is_partner(column) for column in _lacking(table)):
        return table, None, None
    texts = (*found.titles, *found.inherited)
    named = find_subject(reader.registry, table.contract, texts, found.grid.sheet, place)
    if named is None or isinstance(named, Finding):
        return table, None, named
    column, subject = named
    cells = CellColumn(np.zeros(len(table.rows), np.int32), (ConformedCell(subject.name, subject.code),))
    told = file_finding(
        "partner.from_title", place, found=subject.name, header=column.header, where=subject.where, name=subject.name
    )
    return replace(table, columns={**table.columns, column.name: cells}), subject, told


def _lacking(table: ConformedTable) -> list[Column]:
    return [column for column in table.contract.columns if column.name in table.layout.missing]


def _is_partner(column: Column) -> bool:
    return column.type is ColumnType.PARTNER


def _missing_required(candidate: Candidate, table: ConformedTable) -> list[Column]:
    # The year of a row may stand in the title instead.
    contract = candidate.headers.contract
    return [column for column in _lacking(table) if column.required and not _is_year(contract, column)]


def _is_year(contract: Contract, column: Column) -> bool:
    return column.type is ColumnType.YEAR and contract.time_basis is TimeBasis.CALENDAR_YEAR


def _year_sources(found: FoundTable, file: FileContext) -> YearSources:
    stamped = file.stamp if file.stamp and file.stamp.contract == found.candidate.headers.contract.contract else None
    return YearSources(
        titles=found.titles,
        inherited=found.inherited,
        sheet=found.grid.sheet or "",
        file_name=file.file_name,
        folders=file.folders,
        stamped=int(stamped.year) if stamped else None,
        is_alone=file.is_alone,
    )


def _by_year_column(table: ConformedTable, found: FoundTable, sheet: str | None) -> list[ConformedTable]:
    """One table for each year of the year column where neither title nor sheet name says a year."""
    years = [column for column in table.contract.columns if _is_year(table.contract, column)]
    texts = "".join((*found.titles, *found.inherited, sheet or ""))
    if not years or re.search(r"20\d\d", unicodedata.normalize("NFKC", texts)):
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


def _sheet_units(above: Iterable[str]) -> Iterator[str]:
    """The units written above a table (单位：人次、万元), in their order; 填报单位 is no unit."""
    for text in above:
        for said in _SHEET_UNIT.findall(unicodedata.normalize("NFKC", text)):
            yield from filter(None, map(scaled_unit, _BETWEEN_UNITS.split(said)))
