"""Intake, conforming: the cells of one column, each distinct one converted once; what was converted before is remembered."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from schemas.cells import CellColumn, ConformedCell, compact
from schemas.contract import DATED, Column, ColumnType, Contract, Privacy
from sources.registry import Registry
from tasks.intake.cell_choice import ChoiceReader
from tasks.intake.cell_damage import suspects, with_garbled
from tasks.intake.cell_date import date_cell, is_padded, parse_date, read_year_cell
from tasks.intake.cell_number import read_number_cell
from tasks.intake.cell_share import read_share_cells
from tasks.intake.cell_text import (
    error_in,
    hashed_cell,
    is_nothing,
    raw_text,
    read_code_cell,
    read_person_cell,
    read_text_cells,
    tidy_text,
)
from tasks.intake.grid import Cell

_REMEMBERED = 20_000
"""Distinct cells remembered per column: enough for the dates and counts that recur from file to file."""

_PLAIN_READERS: dict[ColumnType, Callable[[Cell], ConformedCell]] = {
    ColumnType.YEAR: read_year_cell,
    ColumnType.PERSON: read_person_cell,
}

Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Source:
    """What else a conversion needs to know of the table a column stands in."""

    sender: str
    unit: str | None = None
    is_1904: bool = False


@dataclass(slots=True)
class CellReader:
    """Converts columns of one contract set for one process; built once a worker and kept."""

    registry: Registry
    hash_key: bytes
    choices: dict[tuple[str, str], ChoiceReader] = field(default_factory=dict)
    remembered: dict[Hashable, dict[Cell, ConformedCell]] = field(default_factory=dict)
    _suspect: set[Cell] = field(default_factory=set)
    """Of the cells remembered, those that may be garbled: what is remembered is what each means where no cell is."""

    def read_column(self, contract: Contract, column: Column, cells: Sequence[Cell], source: Source) -> CellColumn:
        """One source column as `column` of `contract`, dictionary-encoded in the order cells first appear."""
        codes, distinct = encode(cells)
        return CellColumn(codes, compact(self._convert(contract, column, distinct, source)))

    def choice_reader(self, contract: Contract, column: Column) -> ChoiceReader:
        """The reader of a choice column, built once."""
        key = (contract.contract, column.name)
        if key not in self.choices:
            self.choices[key] = ChoiceReader(contract, column)
        return self.choices[key]

    def _convert(
        self, contract: Contract, column: Column, distinct: Sequence[Cell], source: Source
    ) -> Sequence[ConformedCell]:
        if column.privacy is Privacy.HASHED:
            return [hashed_cell(cell, self.hash_key) for cell in distinct]
        if column.type in DATED:
            return self._dates(contract, column, distinct, source)
        if column.type is ColumnType.SHARE:
            return with_garbled(distinct, read_share_cells(distinct, source.unit))
        if column.type is ColumnType.TEXT:
            return read_text_cells(distinct, keeps_breaks=not column.name.endswith(("_name", "_names")))
        one = self._single(contract, column, source)
        if column.privacy is not Privacy.NONE:
            # Of persons nothing is remembered.
            return with_garbled(distinct, [one(cell) for cell in distinct])
        sender = source.sender if column.type is ColumnType.PARTNER else ""
        return self._remembering((contract.contract, column.name, source.unit, sender), one, distinct)

    def _dates(
        self, contract: Contract, column: Column, distinct: Sequence[Cell], source: Source
    ) -> Sequence[ConformedCell]:
        last, month = is_end_column(contract, column), column.type is ColumnType.MONTH
        from_1904, padded = source.is_1904, is_padded(distinct)

        def one(cell: Cell) -> ConformedCell:
            return date_cell(cell, parse_date(cell, from_1904, padded), takes_last=last, is_month=month)

        return self._remembering((last, month, from_1904, padded), one, distinct)

    def _remembering(
        self, key: Hashable, one: Callable[[Cell], ConformedCell], distinct: Sequence[Cell]
    ) -> Sequence[ConformedCell]:
        if len(self._suspect) > _REMEMBERED:
            self.remembered.clear()
            self._suspect.clear()
        known = self.remembered.setdefault(key, {})
        if len(known) > _REMEMBERED:
            known.clear()
        found = list(map(known.get, distinct))
        if None in found:
            new = [position for position, conformed in enumerate(found) if conformed is None]
            self._suspect |= suspects([distinct[position] for position in new])
            for position in new:
                found[position] = known[distinct[position]] = one(distinct[position])
        cells: list[ConformedCell] = found  # type: ignore[assignment] # every None was just replaced
        return cells if self._suspect.isdisjoint(distinct) else with_garbled(distinct, cells)

    def _single(self, contract: Contract, column: Column, source: Source) -> Callable[[Cell], ConformedCell]:
        if column.type in _PLAIN_READERS:
            return _PLAIN_READERS[column.type]
        if column.type is ColumnType.CODE:
            return lambda cell: read_code_cell(cell, column.pattern)
        if column.type is ColumnType.CHOICE:
            return self.choice_reader(contract, column).read
        if column.type is ColumnType.PARTNER:
            return lambda cell: self._partner(cell, source.sender)
        return lambda cell: read_number_cell(cell, column, source.unit)

    def _partner(self, cell: Cell, sender: str) -> ConformedCell:
        raw = raw_text(cell)
        if error_in(raw):
            return ConformedCell(raw, problem="error_cell")
        if is_nothing(raw):
            return ConformedCell(raw)
        resolution = self.registry.resolve(tidy_text(raw), sender)
        return ConformedCell(raw, resolution.code, resolution.problem, candidates=resolution.candidates)


def encode(cells: Sequence[Cell]) -> tuple[Codes, list[Cell]]:
    """Dictionary-encode a column: code of every cell, and the distinct cells in order of appearance."""
    index = dict.fromkeys(cells, 0)
    if (True in index or False in index) and bool in set(map(type, cells)):
        # TRUE equals 1 as a dictionary key; as text it cannot be taken for a number.
        return encode([raw_text(cell) if isinstance(cell, bool) else cell for cell in cells])
    distinct = list(index)
    if len(distinct) == len(cells):
        return np.arange(len(cells), dtype=np.int32), distinct
    index.update(zip(distinct, range(len(distinct)), strict=True))
    return np.fromiter(map(index.__getitem__, cells), np.int32, len(cells)), distinct


def is_end_column(contract: Contract, column: Column) -> bool:
    """Whether the column ends a span of days: the second of an `ordered` rule. Of a range in its cell it takes the end."""
    return any(rule.kind == "ordered" and rule.columns[1:2] == (column.name,) for rule in contract.rules)
