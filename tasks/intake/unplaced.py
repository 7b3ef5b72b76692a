"""Intake, recognising: for headers nobody claims, which of the columns a table lacks could hold what stands below them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from schemas.contract import Column, ColumnType, Contract, Privacy
from schemas.personal import mask_personal_numbers
from schemas.values import SheetLayout, Unplaced
from tasks.intake.cell_columns import CellReader, Source
from tasks.intake.grid import Cell, Grid
from tasks.intake.layout import Candidate

_LOOSE = frozenset({ColumnType.TEXT, ColumnType.CODE, ColumnType.PERSON})
"""Types that take nearly any text: that a cell can be read as one of them says little."""

_FITTING_SHARE = 0.8
_LOOKED_AT_ROWS = 500
"""Enough to know a column by its contents; a ledger of 100,000 rows need not be read once for each guess."""


def with_unplaced(
    layout: SheetLayout, grid: Grid, candidate: Candidate, data_rows: Sequence[int], reader: CellReader, sender: str
) -> SheetLayout:
    """The layout with what is known of the headers nobody claims; the cells below them are looked at, not kept."""
    contract = candidate.headers.contract
    lacking = [contract.column(name) for name in layout.missing if contract.column(name).privacy is Privacy.NONE]
    rows = data_rows[:_LOOKED_AT_ROWS]
    source = Source(sender, is_1904=grid.is_1904)
    unplaced = []
    for position, header in candidate.match.unknown:
        cells = [cell for row in rows if (cell := grid.rows[row - 1][position - 1]) != ""]
        fits = [column for column in lacking if _fits(contract, column, cells, reader, source)]
        closely = tuple(column.name for column in fits if column.type not in _LOOSE)
        shown = mask_personal_numbers(" ".join(header.split()))
        unplaced.append(Unplaced(position, shown, tuple(column.name for column in fits), closely))
    return replace(layout, unplaced=tuple(unplaced)) if unplaced else layout


def _fits(contract: Contract, column: Column, cells: Sequence[Cell], reader: CellReader, source: Source) -> bool:
    if not cells or (column.type in _LOOSE and not all(isinstance(cell, str) for cell in cells)):
        return False
    converted = list(reader.read_column(contract, column, cells, source))
    return sum(cell.problem is None for cell in converted) >= _FITTING_SHARE * len(converted)
