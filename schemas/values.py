"""The frozen values that travel between rooms: who sent what, what was read from it, what was found, what it amounts to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, TypeAlias, overload

import numpy as np
import numpy.typing as npt

CellValue: TypeAlias = str | int | float | date | None
"""A conformed cell: text, count, decimal (yuan for money, 0-1 for a share), date (first day for a month), or nothing."""


class Severity(StrEnum):
    """How much a finding weighs: critical holds the row back, warning and info let it through."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Turn(StrEnum):
    """Whose turn it is after a finding."""

    SUBMITTER = "submitter"
    US = "us"
    NOBODY = "nobody"


class SubmissionState(StrEnum):
    """The states of a submission (HOUSE: there is no null state)."""

    RECEIVED = "received"
    UNREADABLE = "unreadable"
    UNRECOGNISED = "unrecognised"
    REFUSED = "refused"
    ACCEPTED_WITH_FINDINGS = "accepted_with_findings"
    ACCEPTED = "accepted"
    SUPERSEDED = "superseded"
    REVERTED = "reverted"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Bytes as a partner left them. `path` is the untouched landed copy, named by its sha256."""

    sha256: str
    partner_code: str
    channel: str
    address: str
    file_name: str
    size_bytes: int
    seen_at: datetime
    path: Path
    sender: str | None = None
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """What last stood at an address: enough to tell, without fetching, that the same file still stands there."""

    address: str
    size_bytes: int
    modified_at: datetime | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file: sheet name (None for a text file), row and column counted from 1, the header as written."""

    sheet: str | None = None
    row: int | None = None
    column: int | None = None
    header: str | None = None

    @property
    def cell(self) -> str | None:
        """The cell in A1 notation, or None when the place is not a single cell."""
        if self.row is None or self.column is None:
            return None
        return f"{column_letter(self.column)}{self.row}"


def column_letter(column: int) -> str:
    """Spreadsheet letters of a 1-based column number: 1 → A, 27 → AA."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say about a delivery: what is wrong, where, and what to do. All four texts are Chinese.

    `found` never carries personal data: the cell of a hashed or dropped column is masked before it comes here.
    """

    rule_id: str
    severity: Severity
    turn: Turn
    message: str
    found: str
    expected: str
    fix: str
    place: Place = Place()


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


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """How one table of a sheet was understood: canonical column name → (1-based source column, header as written).

    `fingerprint` identifies sheet shape and headers; `unknown` are headers no column claims; `missing` are the contract columns
    the table does not have.
    """

    sheet: str | None
    header_first_row: int
    header_last_row: int
    columns: Mapping[str, tuple[int, str]]
    unknown: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Conformed:
    """The rows of one contract × partner × period found in a delivery, before judgement.

    `rows` are 1-based source rows and `layout_index[i]` says which of `layouts` row i came from. Every column of the contract
    is present in `columns`; one the file lacks holds blanks.
    """

    delivery_sha256: str
    partner_code: str
    contract: str
    period: str
    layouts: tuple[SheetLayout, ...]
    rows: npt.NDArray[np.int32]
    layout_index: npt.NDArray[np.int32]
    columns: Mapping[str, CellColumn]
    findings: tuple[Finding, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def place(self, position: int, column: str | None) -> Place:
        """Where row `position` (0-based) stands in the file, narrowed to a contract column when one is named."""
        layout = self.layouts[self.layout_index[position]]
        index, header = layout.columns.get(column or "", (None, None))
        return Place(layout.sheet, int(self.rows[position]), index, header)


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading one delivery gave: its submissions, or the state and findings that say why there are none."""

    delivery: Delivery
    submissions: tuple[Conformed, ...] = ()
    findings: tuple[Finding, ...] = ()
    state: SubmissionState = SubmissionState.RECEIVED


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on one submission: findings, the 0-based positions held back, and the state that follows."""

    submission: Conformed
    state: SubmissionState
    findings: tuple[Finding, ...]
    held: npt.NDArray[np.int64]
    rules_by_held: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


class FigureState(StrEnum):
    """Four things that are never one another: a measured value, nothing recorded, not measured, not yet due."""

    MEASURED = "measured"
    NO_RECORD = "no_record"
    NOT_MEASURED = "not_measured"
    NOT_DUE = "not_due"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a report, with what is needed to follow it to its cells.

    `approximate_part` is the share of `value` that comes from cells marked approximate; `rows_observed` counts the rows
    behind the value (0 with state NO_RECORD). `group` names the slice of a broken-down figure, in the order of the catalogue.
    """

    figure_id: str
    indicator: str
    title: str
    unit: str
    state: FigureState
    value: Decimal | None
    rows_observed: int
    window_from: date
    window_to: date
    is_approximate: bool = False
    approximate_part: Decimal = Decimal(0)
    group: tuple[str, ...] = ()
