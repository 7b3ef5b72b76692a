"""Writes facts: the good rows of submissions, straight from their dictionary-encoded columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from schemas.contract import Column, ColumnType, Contract
from schemas.values import CellValue, Conformed, ConformedCell
from warehouse.facts import LINEAGE, approximate_twin, fact_table, has_twin
from warehouse.store.bulk import Storable, driver_value, write_rows

# Digits before and after the point that the fact columns hold (warehouse/facts.py).
_PLACES = {ColumnType.MONEY: (16, 2), ColumnType.DECIMAL: (12, 6), ColumnType.SHARE: (12, 6), ColumnType.COUNT: (18, 0)}
_CHUNK = 20_000


class UnstorableError(ValueError):
    """A cell holds a number the fact table has no room for; `header` and `found` say which."""

    def __init__(self, header: str, found: str) -> None:
        super().__init__(f"{header}: {found}")
        self.header = header
        self.found = found


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """The rows of one submission as its fact table takes them: a table column is `distinct[codes]`.

    Attributes:
        lineage: layout index and source row of each row to load, as the driver takes them.
        columns: (distinct driver values, code of each row to load) of each further table column.
    """

    lineage: tuple[list[Storable], list[Storable]]
    columns: tuple[tuple[npt.NDArray[np.object_], npt.NDArray[np.int32]], ...]

    def __len__(self) -> int:
        return len(self.lineage[0])


def encode_rows(
    contract: Contract, submission: Conformed, positions: npt.NDArray[np.int64], dialect: str
) -> EncodedRows:
    """The rows at `positions` (0-based, ascending) as the database of `dialect` takes them. Writes nothing.

    Raises:
        UnstorableError: a number is too large for its column or is not finite.
    """
    lineage = tuple(
        [driver_value(number, dialect) for number in numbers[positions].tolist()]
        for numbers in (submission.layout_index, submission.rows)
    )
    columns = []
    for column in contract.stored_columns:
        cells = submission.columns[column.name]
        codes = cells.codes[positions]
        columns.append((_objects(_stored(column, cell, dialect) for cell in cells.cells), codes))
        if has_twin(column):
            columns.append((_objects(driver_value(cell.is_approximate, dialect) for cell in cells.cells), codes))
    return EncodedRows((lineage[0], lineage[1]), tuple(columns))


def record_facts(connection: Connection, contract: Contract, loads: Iterable[tuple[int, EncodedRows]]) -> None:
    """Insert the facts of several submissions (id, rows) of one contract, in the transaction that wrote the submissions."""
    dialect = connection.dialect.name
    rows = (row for number, encoded in loads for row in _rows(driver_value(number, dialect), encoded))
    write_rows(connection, fact_table(contract.contract), _column_names(contract), rows)


def _column_names(contract: Contract) -> list[str]:
    pairs = ((column.name, approximate_twin(column.name)) if has_twin(column) else (column.name,)
             for column in contract.stored_columns)  # fmt: skip
    return [*LINEAGE, *(name for pair in pairs for name in pair)]


def _rows(submission_id: Storable, encoded: EncodedRows) -> Iterator[Sequence[Storable]]:
    # In chunks, so that a file of half a million rows does not stand in memory a second time.
    for start in range(0, len(encoded), _CHUNK):
        part = slice(start, start + _CHUNK)
        lineage = (numbers[part] for numbers in encoded.lineage)
        columns = (distinct[codes[part]].tolist() for distinct, codes in encoded.columns)
        size = min(_CHUNK, len(encoded) - start)
        yield from zip([submission_id] * size, *lineage, *columns, strict=True)


def _objects(values: Iterable[Storable]) -> npt.NDArray[np.object_]:
    return np.fromiter(values, dtype=object)


def _stored(column: Column, cell: ConformedCell, dialect: str) -> Storable:
    if cell.value is None or not column.is_numeric:
        return driver_value(cell.value, dialect)
    return driver_value(_fitting(column, cell.value), dialect)


def _fitting(column: Column, value: CellValue) -> CellValue:
    """The number rounded to the places its column has: SQLite would keep more than PostgreSQL does."""
    if not isinstance(value, int | float):  # a hashed column holds text, whatever its type
        return value
    whole, places = _PLACES[column.type]
    if not abs(value) < 10**whole:  # NaN is not below anything either
        raise UnstorableError(column.header, str(value))
    return value if isinstance(value, int) else round(value, places)
