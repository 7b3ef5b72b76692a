"""Cells under a contract: what each distinct cell means, and columns of them that travel between processes cheaply."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, TypeAlias, overload

import numpy as np
import numpy.typing as npt

CellValue: TypeAlias = str | int | float | date | None
"""A conformed cell: text, count, decimal (yuan for money, 0-1 for a share), date (first day for a month), or nothing."""


class ConformedCell(NamedTuple):
    """One distinct cell of a column: the verbatim text, what it means, or why it could not be read.

    A named tuple, not a dataclass: a night makes millions of them, and this one is made in half the time.
    `problem` is a code of `schemas/rule_texts.yaml` (not_number, bad_date, bad_choice, unknown_partner, ...). A blank has
    value None and no problem. `candidates` are the nearest known names or choices when there are any.
    """

    raw: str
    value: CellValue = None
    problem: str | None = None
    is_approximate: bool = False
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CellColumn:
    """One contract column of a submission, dictionary-encoded: row i holds `cells[codes[i]]`."""

    codes: npt.NDArray[np.int32]
    cells: Sequence[ConformedCell]

    def __getitem__(self, row: int) -> ConformedCell:
        return self.cells[int(self.codes[row])]

    def __iter__(self) -> Iterator[ConformedCell]:
        return (self.cells[code] for code in self.codes)

    @property
    def raws(self) -> Sequence[str]:
        """The verbatim text of each distinct cell."""
        return compact(self.cells).raws

    @property
    def values(self) -> Sequence[CellValue]:
        """The value of each distinct cell, whether it has a problem or not."""
        return compact(self.cells).values

    @property
    def problems(self) -> Mapping[int, str]:
        """The problem of each distinct cell that has one, by its position."""
        return {position: rest[0] for position, rest in compact(self.cells).odd.items() if rest[0]}

    @property
    def approximate(self) -> Sequence[int]:
        """The positions of the distinct cells that are only approximate."""
        return [position for position, rest in compact(self.cells).odd.items() if rest[1]]

    def __reduce__(self) -> tuple[Callable[..., CellColumn], tuple[object, ...]]:
        # Columns come back from worker processes: field by field they pickle several times faster than cell by cell.
        cells = compact(self.cells)
        are_days = set(map(type, cells.values)) <= _DAY_OR_NOTHING
        values = [value and value.toordinal() for value in cells.values] if are_days else cells.values  # type: ignore[union-attr]
        return _unpickled_column, (
            self.codes.astype(np.int32, copy=False).tobytes(),
            cells.raws,
            values,
            are_days,
            cells.odd,
        )


_Rest: TypeAlias = tuple[str | None, bool, tuple[str, ...]]
"""Problem, whether approximate, and candidates of a cell that has any of them."""

_PLAIN: _Rest = (None, False, ())
_DAY_OR_NOTHING = {date, type(None)}


class CompactCells(Sequence[ConformedCell]):
    """Cells made when they are looked at: a night's millions, kept as they are, would fill the memory and busy the collector.

    Field by field: `raws`, `values`, and by position in `odd` what else a cell has, for the few that have anything.
    """

    __slots__ = ("odd", "raws", "values")

    def __init__(self, raws: Sequence[str], values: Sequence[CellValue], odd: Mapping[int, _Rest]) -> None:
        self.raws = raws
        self.values = values
        self.odd = odd

    def __len__(self) -> int:
        return len(self.raws)

    def replacing(self, cells: Mapping[int, ConformedCell]) -> CompactCells:
        """The same cells but for those at some positions."""
        raws, values, odd = list(self.raws), list(self.values), dict(self.odd)
        for position, cell in cells.items():
            raws[position], values[position] = cell.raw, cell.value
            if cell.problem or cell.is_approximate:
                odd[position] = cell[2:]
            else:
                odd.pop(position, None)
        return CompactCells(raws, values, odd)

    @overload
    def __getitem__(self, position: int) -> ConformedCell: ...
    @overload
    def __getitem__(self, position: slice) -> tuple[ConformedCell, ...]: ...
    def __getitem__(self, position: int | slice) -> ConformedCell | tuple[ConformedCell, ...]:
        if isinstance(position, slice):
            return tuple(self)[position]
        rest = self.odd.get(position if position >= 0 else position + len(self), _PLAIN)
        return ConformedCell(self.raws[position], self.values[position], rest[0], rest[1], rest[2])

    def __iter__(self) -> Iterator[ConformedCell]:
        if not self.odd:
            return map(ConformedCell, self.raws, self.values)
        cells = list(map(ConformedCell, self.raws, self.values))
        for position in self.odd:
            cells[position] = self[position]
        return iter(cells)


def compact(cells: Sequence[ConformedCell]) -> CompactCells:
    """The same cells field by field."""
    if isinstance(cells, CompactCells):
        return cells
    if not cells:
        return CompactCells([], [], {})
    # Field by field at once: that is several times faster than cell by cell.
    raws, values, problems, approximate, _ = zip(*cells, strict=True)
    is_plain = not any(problems) and not any(approximate)
    odd = {} if is_plain else {i: cell[2:] for i, cell in enumerate(cells) if cell.problem or cell.is_approximate}
    return CompactCells(raws, values, odd)


def _unpickled_column(
    codes: bytes, raws: Sequence[str], values: Sequence[CellValue], are_days: bool, odd: Mapping[int, _Rest]
) -> CellColumn:
    if are_days:
        values = [value and date.fromordinal(value) for value in values]  # type: ignore[arg-type]
    return CellColumn(np.frombuffer(codes, np.int32), CompactCells(raws, values, odd))
