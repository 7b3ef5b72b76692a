"""Intake, reading: the columns of a submission kept packed until somebody asks, for a night's cells would not fit in memory."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from schemas.cells import CellColumn
from schemas.values import Conformed, Reading

_COLUMNS_AT_HAND = 32
"""Enough for all columns of one submission, which are asked for again and again for each of its held rows."""


@dataclass(frozen=True, slots=True, eq=False)
class PackedColumn:
    """One column, pickled by our own worker process: a fifth of the memory."""

    content: bytes


class PackedColumns(Mapping[str, CellColumn]):
    """Columns by name; each is unpacked when it is looked up and forgotten again soon after."""

    def __init__(self, columns: Mapping[str, CellColumn]) -> None:
        self._packed = {
            name: PackedColumn(pickle.dumps(column, pickle.HIGHEST_PROTOCOL)) for name, column in columns.items()
        }

    def __getitem__(self, name: str) -> CellColumn:
        return _unpacked(self._packed[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


def pack(reading: Reading) -> Reading:
    """The reading with the columns of its submissions packed."""
    return replace(reading, submissions=tuple(map(_packed, reading.submissions)))


def _packed(submission: Conformed) -> Conformed:
    return replace(submission, columns=PackedColumns(submission.columns))


@lru_cache(maxsize=_COLUMNS_AT_HAND)
def _unpacked(column: PackedColumn) -> CellColumn:
    found = pickle.loads(column.content)  # noqa: S301 (bytes made by our own code from conformed cells)
    if not isinstance(found, CellColumn):
        raise TypeError(f"a packed column holds {type(found).__name__}")
    return found
