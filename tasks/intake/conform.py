"""Intake, conforming: one recognised table becomes the contract's columns: filled down, cut to its records, converted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from schemas.cells import CellColumn, ConformedCell
from schemas.contract import Column, ColumnType, Contract
from schemas.units import YUAN, canonical_unit, split_unit
from schemas.values import SheetLayout
from tasks.intake.cell_columns import CellReader, Source
from tasks.intake.cell_persons import refuse_several_persons
from tasks.intake.cell_sources import Placed, close_ranges, filled_down, shared_sources, source_columns
from tasks.intake.cell_text import is_nothing, may_be_nothing
from tasks.intake.grid import Cell, Grid
from tasks.intake.grid_rows import is_doubtful_total_label, is_total_label, may_label_total
from tasks.intake.layout import Candidate, sheet_layout

_MARK_TEXTS = {"error_cell": "（公式错误值）", "formula_without_value": "（公式没有计算结果）"}
_FIGURES = frozenset("0123456789")
_COUNTED = frozenset({ColumnType.COUNT, ColumnType.DECIMAL})
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ConformedTable:
    """One table under its contract: source rows, and every contract column over them."""

    contract: Contract
    layout: SheetLayout
    rows: npt.NDArray[np.int32]
    columns: Mapping[str, CellColumn]

    def taking(self, keep: Bools) -> ConformedTable:
        """The same table with only some of its rows."""
        if keep.all():
            return self
        columns = {name: CellColumn(column.codes[keep], column.cells) for name, column in self.columns.items()}
        return ConformedTable(self.contract, self.layout, self.rows[keep], columns)


def conform_table(
    grid: Grid,
    candidate: Candidate,
    data_rows: Sequence[int],
    reader: CellReader,
    *,
    sender: str,
    sheet_units: Sequence[str] = (),
) -> ConformedTable:
    """Convert the records of a table.

    Args:
        grid: the sheet.
        candidate: its header and contract.
        data_rows: source rows of its records, from 1.
        reader: converts cells.
        sender: code of the partner whose file it is.
        sheet_units: the units written above the table (单位：万元); each holds for the columns it can be meant for.
    """
    contract, matches = candidate.headers.contract, candidate.match.columns
    numbers = np.fromiter(data_rows, np.int32, len(data_rows))
    own = source_columns(grid, candidate, data_rows)
    sources = own | shared_sources(contract, own, reader)
    cells = {
        name: filled_down(grid, contract.column(name), position, found, data_rows)
        for name, (position, found) in sources.items()
    }
    close_ranges(contract, cells, grid.is_1904)
    columns = {}
    for column in contract.columns:
        if column.name not in cells:
            columns[column.name] = _blank_column(len(numbers))
            continue
        match = matches.get(column.name)
        source = Source(sender, _unit(column, match.unit if match else None, sheet_units), grid.is_1904)
        converted = reader.read_column(contract, column, cells[column.name], source)
        columns[column.name] = _with_marks(converted, grid, sources[column.name][0], numbers)
    columns = refuse_several_persons(contract, columns)
    table = ConformedTable(contract, sheet_layout(grid, candidate, _places(candidate, sources)), numbers, columns)
    return table.taking(_records(table, own))


def _places(candidate: Candidate, sources: Mapping[str, Placed]) -> dict[str, tuple[int, str]]:
    headers = {match.position: match.header for match in candidate.match.columns.values()}
    places = {name: (match.position, match.header) for name, match in candidate.match.columns.items()}
    return places | {name: (position, headers[position]) for name, (position, _) in sources.items()}


def _unit(column: Column, header_unit: str | None, sheet_units: Sequence[str]) -> str | None:
    if column.type is ColumnType.MONEY:
        return header_unit if header_unit in YUAN else next((unit for unit in sheet_units if unit in YUAN), None)
    if header_unit or column.type not in _COUNTED or not column.unit:
        return header_unit
    # 单位：万人次 speaks of the columns of person-times; what stands in the others it does not say.
    return next((unit for unit in sheet_units if split_unit(unit)[1] == canonical_unit(column.unit)), None)


def _blank_column(length: int) -> CellColumn:
    return CellColumn(np.zeros(length, np.int32), (ConformedCell(""),))


def _with_marks(column: CellColumn, grid: Grid, position: int, numbers: npt.NDArray[np.int32]) -> CellColumn:
    """The column with the cells that only look blank set to what they are."""
    marked = {row: problem for (row, at), problem in grid.marks.items() if at == position}
    if not marked:
        return column
    codes, cells = column.codes.copy(), list(column.cells)
    for problem in sorted(set(marked.values())):
        rows = np.isin(numbers, [row for row, found in marked.items() if found == problem])
        # Only what decoded as a blank is replaced: a reader that does give the error's text has said it already.
        rows &= np.array([cell.raw == "" for cell in cells], dtype=np.bool_)[codes]
        codes[rows] = len(cells)
        cells.append(ConformedCell(_MARK_TEXTS[problem], problem=problem))
    return CellColumn(codes, tuple(cells))


def _records(table: ConformedTable, own: Mapping[str, Placed]) -> Bools:
    """Which rows are records: not empty in every column of ours, and no sum, labelled or bare."""
    keep = np.zeros(len(table.rows), np.bool_)
    for name, (_, cells) in own.items():
        if keep.all():
            break
        keep |= _is_written(table, name, cells)
    return _without_bare_total(keep & ~_labelled_sums(table, own), table, own)


def _is_written(table: ConformedTable, name: str, cells: Sequence[Cell]) -> Bools:
    column = table.contract.column(name)
    if column.fill_down or not column.is_numeric:
        # The file's own cell counts, not what was filled in from above.
        return _has_words(cells) | _is_marked(table.columns[name])
    converted = table.columns[name]
    flags = np.array([value is not None for value in converted.values], dtype=np.bool_)
    flags[list(converted.problems)] = True
    return flags[converted.codes]


def _has_words(cells: Sequence[Cell]) -> Bools:
    blanks = {cell for cell in set(cells) if isinstance(cell, str) and may_be_nothing(cell) and is_nothing(cell)}
    if not blanks:
        return np.ones(len(cells), np.bool_)
    return np.fromiter((cell not in blanks for cell in cells), np.bool_, len(cells))


def _is_marked(converted: CellColumn) -> Bools:
    return _holds(converted, [code for code, problem in converted.problems.items() if problem in _MARK_TEXTS])


def _labelled_sums(table: ConformedTable, own: Mapping[str, Placed]) -> Bools:
    """Rows that a label calls a sum. 累计 and 平均 are also records' own words, so they count only where they stand alone."""
    worded = [name for name in own if not table.contract.column(name).is_numeric]
    certain = np.zeros(len(table.rows), np.bool_)
    doubtful = certain.copy()
    for name in own:
        # Columns come in any order: the label may stand over dates or codes, or be all that a column of numbers holds there.
        converted = table.columns[name]
        labels = _total_labels(converted)
        certain |= _holds(converted, [code for code, is_doubtful in labels.items() if not is_doubtful])
        doubtful |= _holds(converted, [code for code, is_doubtful in labels.items() if is_doubtful])
    if not doubtful.any():
        return certain
    alone: Bools = np.sum([_has_words(own[name][1]) for name in worded], axis=0) == 1
    return certain | (doubtful & alone)


def _total_labels(converted: CellColumn) -> dict[int, bool]:
    """The codes of cells that call their row a sum, and whether each is doubtful."""
    raws = converted.raws
    if not may_label_total("".join(raws)):
        return {}
    # In these words before any call: a column has hundreds of texts, and hardly one is a label.
    short = [code for code, raw in enumerate(raws) if ("计" in raw or "均" in raw) and len(raw) < 9]
    labels = [code for code in short if raws[code][-1:] not in _FIGURES and is_total_label(raws[code])]
    return {code: is_doubtful_total_label(raws[code]) for code in labels}


def _holds(converted: CellColumn, codes: Sequence[int]) -> Bools:
    return np.isin(converted.codes, codes) if codes else np.zeros(len(converted.codes), np.bool_)


def _without_bare_total(keep: Bools, table: ConformedTable, own: Mapping[str, Placed]) -> Bools:
    # A last row of nothing but numbers is a sum whose label was lost or stands in no column of ours.
    kept = np.flatnonzero(keep)
    worded = [name for name in own if not table.contract.column(name).is_numeric]
    if len(kept) < 2 or len(worded) < 2 or len(own) - len(worded) < 2:
        return keep
    last = int(kept[-1])
    if any(own[name][1][last] != "" or table.columns[name][last].problem for name in worded):
        return keep
    keep = keep.copy()
    keep[last] = False
    return keep
