"""Report model, its tables as grids: where the cells stand once those above and beside them have taken their places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tasks.report.model import Cell, Row, Table


@dataclass(frozen=True, slots=True)
class Placed:
    """A cell with its 0-based place in the grid."""

    row: int
    column: int
    cell: Cell


def placed_cells(rows: tuple[Row, ...]) -> Iterator[Placed]:
    """The cells of rows with the grid places that spans leave them."""
    taken: set[tuple[int, int]] = set()
    for row_position, row in enumerate(rows):
        column = 0
        for cell in row:
            while (row_position, column) in taken:
                column += 1
            taken.update(
                (row_position + down, column + right)
                for down in range(cell.row_span)
                for right in range(cell.column_span)
            )
            yield Placed(row_position, column, cell)
            column += cell.column_span


def check_grid(table: Table) -> None:
    """See that header and body fill their grids exactly: no hole, no overlap, no cell beyond the last column.

    Raises:
        ValueError: the table's id and the place that is wrong.
    """
    for rows in (table.header, table.body):
        places = [
            (placed.row + down, placed.column + right)
            for placed in placed_cells(rows)
            for down in range(placed.cell.row_span)
            for right in range(placed.cell.column_span)
        ]
        expected = {(row, column) for row in range(len(rows)) for column in range(len(table.widths))}
        wrong = expected.symmetric_difference(places)
        if wrong or len(places) != len(expected):
            raise ValueError(f"table {table.table_id}: the cells do not fill the grid at {sorted(wrong)[:3]}")
