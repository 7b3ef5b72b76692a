"""Intake, reading: what every reader shares: what is to be said of a sheet beside its cells, and how grids are put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from tasks.intake.grid import Box, Cell, FileRefusedError, Grid, Limits, OpenedFile
from tasks.intake.read_findings import file_finding

Marks: TypeAlias = Mapping[tuple[int, int], str]
Span: TypeAlias = tuple[int, int]
"""First and last row or column, counted from 1."""


@dataclass(frozen=True, slots=True)
class SheetExtras:
    """What is known of a sheet beside its values; rows and columns count from 1. `merges` empty: the decoder's own hold."""

    marks: Marks = field(default_factory=dict)
    merges: tuple[Box, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    is_filtered: bool = False


NOTHING_MORE = SheetExtras()


def opened_file(sheets: Iterable[tuple[str, Grid | None]]) -> OpenedFile:
    """Sheets by name, None for those that hold nothing."""
    named = list(sheets)
    return OpenedFile(
        tuple(grid for _, grid in named if grid is not None), (), tuple(name for name, grid in named if grid is None)
    )


def refuse_many_sheets(count: int, limits: Limits) -> None:
    """Stop before a workbook of more sheets than anyone fills in is opened.

    Raises:
        FileRefusedError: it has more than `limits.sheets`.
    """
    if count > limits.sheets:
        reason = f"{count} 张工作表"
        raise FileRefusedError(
            file_finding("file.too_large", found=reason, reason=reason, limit=f"{limits.sheets} 张工作表")
        )


def refuse_far_cells(rows: int, columns: int, limits: Limits) -> None:
    """Stop before a sheet is spread out to a box of `rows` × `columns` cells.

    Raises:
        FileRefusedError: that is more than `limits.cells`.
    """
    if rows * columns > limits.cells:
        found = f"{rows} 行 × {columns} 列"
        raise FileRefusedError(file_finding("file.far_cell", found=found, rows=rows, columns=columns))


@dataclass(slots=True)
class GridBuilder:
    """Gathers the filled cells of one sheet; blanks between them take no room until the box is known to be small enough.

    Rows and columns count from 1. `rows` may hold one row several times (ods says how often it recurs).
    """

    limits: Limits
    rows: dict[int, dict[int, Cell]] = field(default_factory=dict)
    marks: dict[tuple[int, int], str] = field(default_factory=dict)
    merges: list[Box] = field(default_factory=list)
    hidden_rows: list[Span] = field(default_factory=list)
    hidden_columns: list[Span] = field(default_factory=list)
    is_filtered: bool = False
    last_row: int = 0
    last_column: int = 0

    def put(self, row: int, column: int, value: Cell, problem: str | None = None) -> None:
        """Fill one cell, or mark one that only seems blank."""
        self._reach(row, column)
        self.rows.setdefault(row, {})[column] = value
        if problem:
            self.marks[row, column] = problem

    def repeat_cell(self, row: int, column: int, times: int) -> None:
        """What stands in a cell stands in the next `times` - 1 as well."""
        self._reach(row, column + times - 1)
        problem = self.marks.get((row, column))
        for position in range(column + 1, column + times):
            self.put(row, position, self.rows[row][column], problem)

    def repeat_row(self, row: int, times: int) -> None:
        """What stands in a row stands in the next `times` - 1 as well; a blank row takes no room."""
        if times < 2 or row not in self.rows:
            return
        self._reach(row + times - 1, max(self.rows[row]))
        marked = [(column, self.marks[row, column]) for column in self.rows[row] if (row, column) in self.marks]
        for position in range(row + 1, row + times):
            self.rows[position] = self.rows[row]
            self.marks.update({(position, column): problem for column, problem in marked})

    def grid(self, sheet: str | None, is_1904: bool = False, is_hidden: bool = False) -> Grid | None:
        """The sheet, or None when no cell of it is filled."""
        if not self.rows:
            return None
        return Grid(
            sheet,
            [self._row(self.rows.get(row, {})) for row in range(1, self.last_row + 1)],
            tuple(box for box in self.merges if box[0] <= self.last_row),
            self.marks,
            is_1904,
            is_hidden,
            within(self.hidden_rows, self.last_row),
            within(self.hidden_columns, self.last_column),
            self.is_filtered,
        )

    def _row(self, filled: Mapping[int, Cell]) -> list[Cell]:
        row: list[Cell] = [""] * self.last_column
        for column, value in filled.items():
            row[column - 1] = value
        return row

    def _reach(self, row: int, column: int) -> None:
        if row <= self.last_row and column <= self.last_column:
            return
        self.last_row, self.last_column = max(row, self.last_row), max(column, self.last_column)
        refuse_far_cells(self.last_row, self.last_column, self.limits)


def within(spans: Sequence[Span], last: int) -> frozenset[int]:
    """The rows or columns of the spans, as far as the sheet reaches: a format may hide the whole rest of a sheet."""
    return frozenset(position for first, end in spans for position in range(max(first, 1), min(end, last) + 1))
