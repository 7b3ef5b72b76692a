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

    def __reduce__(self) -> tuple[Callable[..., CellColumn], tuple[object, ...]]:
        # Columns come back from worker processes: field by field they pickle several times faster than cell by cell.
        odd = {i: cell[2:] for i, cell in enumerate(self.cells) if cell.problem or cell.is_approximate}
        return _unpickled_column, (self.codes, [cell[0] for cell in self.cells], [cell[1] for cell in self.cells], odd)


_Rest: TypeAlias = tuple[str | None, bool, tuple[str, ...]]
"""Problem, whether approximate, and candidates of a cell that has any of them."""

_PLAIN: _Rest = (None, False, ())


class _CompactCells(Sequence[ConformedCell]):
    """Cells made when they are looked at: a night's millions, kept as they are, would fill the memory and busy the collector."""

    __slots__ = ("_odd", "_raws", "_values")

    def __init__(self, raws: list[str], values: list[CellValue], odd: Mapping[int, _Rest]) -> None:
        self._raws = raws
        self._values = values
        self._odd = odd

    def __len__(self) -> int:
        return len(self._raws)

    @overload
    def __getitem__(self, position: int) -> ConformedCell: ...
    @overload
    def __getitem__(self, position: slice) -> tuple[ConformedCell, ...]: ...
    def __getitem__(self, position: int | slice) -> ConformedCell | tuple[ConformedCell, ...]:
        if isinstance(position, slice):
            return tuple(self)[position]
        rest = self._odd.get(position if position >= 0 else position + len(self), _PLAIN)
        return ConformedCell(self._raws[position], self._values[position], rest[0], rest[1], rest[2])

    def __iter__(self) -> Iterator[ConformedCell]:
        if not self._odd:
            return map(ConformedCell, self._raws, self._values)
        cells = list(map(ConformedCell, self._raws, self._values))
        for position in self._odd:
            cells[position] = self[position]
        return iter(cells)


def _unpickled_column(
    codes: npt.NDArray[np.int32],
    raws: list[str],
    values: list[CellValue],
    odd: Mapping[int, _Rest],
) -> CellColumn:
    return CellColumn(codes, _CompactCells(raws, values, odd))
