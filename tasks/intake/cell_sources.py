"""Intake, conforming: which source cells belong to which column: merges filled down, ranges closed, shared cells shared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from schemas.contract import DATED, Column, ColumnType, Contract, Privacy
from tasks.intake.cell_columns import CellReader, is_end_column
from tasks.intake.cell_date import parse_dates
from tasks.intake.cell_date_text import Span
from tasks.intake.cell_text import folded
from tasks.intake.grid import Cell, Grid
from tasks.intake.layout import Candidate

Placed: TypeAlias = tuple[int, Sequence[Cell]]
"""Cells of one source column with its position, from 1."""

_RANGE_MARK = re.compile("[至到~～—–―、和半季期起今]")
_MOSTLY_MERGED = 1 / 3
"""In a file that cannot show merges, a column with that share of blanks was merged before it was exported."""


def source_columns(grid: Grid, candidate: Candidate, data_rows: Sequence[int]) -> dict[str, Placed]:
    """Column name → (source position from 1, its cells). A dropped column is not read at all."""
    picked = list(zip(*[grid.rows[number - 1] for number in data_rows], strict=True))
    contract = candidate.headers.contract
    return {
        name: (match.position, picked[match.position - 1] if picked else ())
        for name, match in candidate.match.columns.items()
        if contract.column(name).privacy is not Privacy.DROPPED
    }


def shared_sources(contract: Contract, own: Mapping[str, Placed], reader: CellReader) -> dict[str, Placed]:
    """Columns a table lacks but another column's cells hold: the end of a range of days, the level beside the grade."""
    shared = {}
    for column in contract.columns:
        if column.name in own:
            continue
        if column.type in DATED and is_end_column(contract, column):
            start = own.get(_start_of(contract, column))
            if start and any(_ranges(start[1], is_1904=False)):
                shared[column.name] = start
        elif column.type is ColumnType.CHOICE:
            joint = _joint_source(contract, column, own, reader)
            if joint:
                shared[column.name] = joint[0]
    return shared


def _joint_source(contract: Contract, column: Column, own: Mapping[str, Placed], reader: CellReader) -> list[Placed]:
    find_joint = reader.choice_reader(contract, column).find_joint
    found = []
    for name, (position, cells) in own.items():
        if contract.column(name).type is ColumnType.CHOICE:
            texts = {folded(cell) for cell in set(cells) if isinstance(cell, str) and cell}
            if texts and 2 * sum(find_joint(text) is not None for text in texts) >= len(texts):
                found.append((position, cells))
    return found


def _start_of(contract: Contract, end: Column) -> str:
    return next(rule.columns[0] for rule in contract.rules if rule.kind == "ordered" and rule.columns[1] == end.name)


def _ranges(cells: Iterable[Cell], is_1904: bool) -> list[Cell]:
    texts = [cell for cell in dict.fromkeys(cells) if isinstance(cell, str) and _may_be_range(cell)]
    spans = parse_dates(texts, is_1904)
    return [cell for cell, span in zip(texts, spans, strict=True) if isinstance(span, Span) and span.is_range]


def _may_be_range(text: str) -> bool:
    # Most dates are single days; only what has a mark between two of them is worth parsing here.
    text = text.replace("－", "-")
    if "-" in text and (text.count("-") != 2 or any(mark in text for mark in "./年日")):
        return True
    return _RANGE_MARK.search(text) is not None


def close_ranges(contract: Contract, filled: dict[str, Sequence[Cell]], is_1904: bool) -> None:
    """Where the start cell holds a whole range and the end cell is blank, the range ends the record."""
    for column in contract.columns:
        if column.name not in filled or column.type not in DATED or not is_end_column(contract, column):
            continue
        starts = filled.get(_start_of(contract, column))
        whole = frozenset(_ranges(starts, is_1904)) if starts else frozenset()
        if starts and whole:
            pairs = zip(starts, filled[column.name], strict=True)
            filled[column.name] = [start if end == "" and start in whole else end for start, end in pairs]


def filled_down(
    grid: Grid, column: Column, position: int, cells: Sequence[Cell], data_rows: Sequence[int]
) -> Sequence[Cell]:
    """The cells with those under a merged cell repeating it.

    Where the file shows its merges, any column but a numeric one is filled: a sum of repeated numbers would be wrong.
    Where it cannot, only a column the contract expects to be merged.
    """
    if column.is_numeric or "" not in cells:
        return cells
    if grid.merges is None:
        return _repeated(column, cells) if column.fill_down else cells
    merges = [box for box in grid.merges if box[1] <= position <= box[3] and box[2] > box[0]]
    if not merges:
        return cells
    at = {number: i for i, number in enumerate(data_rows)}
    filled = list(cells)
    for top, left, bottom, _ in merges:
        value = grid.rows[top - 1][left - 1]
        for number in range(top, bottom + 1):
            if number in at:
                filled[at[number]] = value
    return filled


def _repeated(column: Column, cells: Sequence[Cell]) -> Sequence[Cell]:
    # A unit stands over its rows; in any other column a lone blank is a gap, and only many blanks are a lost merge.
    blanks = sum(cell == "" for cell in cells)
    if column.type is not ColumnType.PARTNER and blanks < _MOSTLY_MERGED * len(cells):
        return cells
    filled: list[Cell] = []
    for cell in cells:
        filled.append(filled[-1] if cell == "" and filled else cell)
    return filled
