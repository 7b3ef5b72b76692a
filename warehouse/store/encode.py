"""Turns the dictionary-encoded columns of a submission into what the database driver takes, each distinct cell once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import repeat
from typing import cast

import numpy as np
import numpy.typing as npt

from schemas.cells import CellColumn, CellValue
from schemas.contract import DATED, Column, ColumnType, Contract, Privacy
from schemas.personal import holds_personal_number, mask_personal_numbers
from schemas.values import Conformed
from warehouse.base import has_unstorable, storable_text
from warehouse.facts import has_twin
from warehouse.store.bulk import COPY_NULL, Storable, escape_for_copy

# Digits before and after the point that the fact columns hold (warehouse/facts.py).
_PLACES = {ColumnType.MONEY: (16, 2), ColumnType.DECIMAL: (12, 6), ColumnType.SHARE: (12, 6), ColumnType.COUNT: (18, 0)}
_YEAR_PLACES = (9, 0)
_CHUNK = 20_000


class UnstorableError(ValueError):
    """A cell holds a number the fact table has no room for; `header` and `found` say which."""

    def __init__(self, header: str, found: str) -> None:
        super().__init__(f"{header}: {found}")
        self.header = header
        self.found = found


@dataclass(frozen=True, slots=True)
class EncodedColumn:
    """A table column over the rows to load: `distinct[codes]`, or its only value over and over when there are no codes.

    `is_default`: every row has what the database puts there by itself (NULL, or false in a twin).
    """

    distinct: npt.NDArray[np.object_]
    codes: npt.NDArray[np.int32] | None
    is_default: bool = False

    def part(self, start: int, stop: int) -> Iterator[Storable] | list[Storable]:
        """The values of rows `start` to before `stop`."""
        if self.codes is None:
            return repeat(cast("Storable", self.distinct[0]), stop - start)
        return cast("list[Storable]", self.distinct[self.codes[start:stop]].tolist())


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """The rows of one submission as its fact table takes them, without the submission's id."""

    row_count: int
    columns: tuple[EncodedColumn, ...]

    def __len__(self) -> int:
        return self.row_count

    def with_id(self, submission_id: Storable, kept: Sequence[int]) -> Iterator[tuple[Storable, ...]]:
        """The rows, the id first, then the columns at the places `kept`.

        In chunks, so that a file of half a million rows is not in memory a second time.
        """
        for start in range(0, self.row_count, _CHUNK):
            stop = min(start + _CHUNK, self.row_count)
            parts = (self.columns[place].part(start, stop) for place in kept)
            yield from zip(repeat(submission_id, stop - start), *parts, strict=True)


def encode_rows(
    contract: Contract, submission: Conformed, positions: npt.NDArray[np.int64], dialect: str
) -> EncodedRows:
    """The rows at `positions` (0-based, ascending) as the database of `dialect` takes them: after the lineage, the columns.

    Raises:
        UnstorableError: a number is too large for its column or is not finite.
    """
    columns = [
        _encode_numbers(submission.layout_index[positions], dialect),
        _encode_numbers(submission.rows[positions], dialect),
    ]
    for column in contract.stored_columns:
        cells = submission.columns[column.name]
        codes = cells.codes[positions]
        stored = _column(_stored_values(column, cells, dialect), codes)
        columns.append(replace(stored, is_default=all(value is None for value in cells.values)))
        if has_twin(column):
            columns.append(_encode_flags(cells, codes, dialect))
    return EncodedRows(len(positions), tuple(columns))


def _column(distinct: Sequence[Storable], codes: npt.NDArray[np.int32]) -> EncodedColumn:
    values = np.array(distinct, dtype=object)
    return EncodedColumn(values, None if len(values) == 1 else codes)


def _encode_numbers(numbers: npt.NDArray[np.int32], dialect: str) -> EncodedColumn:
    values: list[Storable] = numbers.tolist()
    if len(values) and (numbers == numbers[0]).all():
        return _column(_plain(values[:1], dialect), numbers)
    return _column(_plain(values, dialect), np.arange(len(values), dtype=np.int32))


def _encode_flags(cells: CellColumn, codes: npt.NDArray[np.int32], dialect: str) -> EncodedColumn:
    false, true = ("f", "t") if dialect == "postgresql" else (0, 1)
    if not cells.approximate:
        return EncodedColumn(np.array([false], dtype=object), None, is_default=True)
    flags: list[Storable] = [false] * len(cells.cells)
    for position in cells.approximate:
        flags[position] = true
    return _column(flags, codes)


def _stored_values(column: Column, cells: CellColumn, dialect: str) -> Sequence[Storable]:
    values = cells.values
    if column.privacy is Privacy.HASHED:
        return _texts(values, dialect)
    if column.is_numeric or column.type is ColumnType.YEAR:
        return _plain(_fitting(column, values), dialect)
    return _dates(values, dialect) if column.type in DATED else _texts(values, dialect)


def _texts(values: Sequence[CellValue], dialect: str) -> Sequence[Storable]:
    """All texts are searched and escaped as one: cell by cell would cost as much as the insert itself."""
    texts = cast("list[str]", [value for value in values if value is not None])
    if has_unstorable("".join(texts)):
        texts = [storable_text(text) for text in texts]
    if holds_personal_number("\n".join(texts)):
        texts = [mask_personal_numbers(text) for text in texts]
    if dialect == "postgresql" and texts:
        texts = escape_for_copy("\x00".join(texts)).split("\x00")
    return _with_blanks(values, texts, dialect)


def _dates(values: Sequence[CellValue], dialect: str) -> Sequence[Storable]:
    texts = [value.isoformat() for value in values if isinstance(value, date)]
    return _with_blanks(values, texts, dialect)


def _plain(values: Sequence[CellValue], dialect: str) -> Sequence[Storable]:
    if dialect != "postgresql":
        return values
    return _with_blanks(values, [repr(value) for value in values if value is not None], dialect)


def _with_blanks(values: Sequence[CellValue], filled: Sequence[Storable], dialect: str) -> Sequence[Storable]:
    blank = COPY_NULL if dialect == "postgresql" else None
    if len(filled) == len(values):
        return filled
    remaining = iter(filled)
    return [blank if value is None else next(remaining) for value in values]


def _fitting(column: Column, values: Sequence[CellValue]) -> Sequence[CellValue]:
    """The numbers rounded to the places their column has: SQLite would keep more than PostgreSQL does.

    Raises:
        UnstorableError: one of them has more digits than the column, or is no number at all.
    """
    whole, places = _PLACES.get(column.type, _YEAR_PLACES)
    numbers = [value for value in values if isinstance(value, int | float)]
    if numbers and not (max(numbers) < 10**whole and min(numbers) > -(10**whole) and math.isfinite(sum(numbers))):
        found = next(number for number in numbers if not abs(number) < 10**whole)  # NaN is not below anything either
        raise UnstorableError(column.header, str(found))
    return [round(value, places) if isinstance(value, float) else value for value in values]
