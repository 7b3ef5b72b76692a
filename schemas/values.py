"""The frozen values that travel between rooms: who sent what, what was read from it, what was found, what it amounts to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from schemas.cells import CellColumn


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
    """Bytes as a partner left them. `path` is the untouched landed copy, named by its sha256.

    `subject` is that of the mail it came in: the answer repeats it, so that it goes into the same thread, and nothing keeps it.
    """

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
    etag: str | None = None
    message_id: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """What last stood at an address: enough to tell, without fetching, that the same file still stands there."""

    address: str
    size_bytes: int
    modified_at: datetime | None
    sha256: str
    etag: str | None = None


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


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A header no column claims, at a 1-based source column.

    `fits` are the contract columns the table lacks whose cells could be those below it; `fits_closely` are those of them
    that take few things (dates, numbers, choices, names of partners).
    """

    position: int
    header: str
    fits: tuple[str, ...] = ()
    fits_closely: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """How one table of a sheet was understood: canonical column name → (1-based source column, header as written).

    `fingerprint` identifies sheet shape and headers; `unknown` are headers no column claims, `unplaced` what is known of them;
    `missing` are the contract columns the table does not have.
    """

    sheet: str | None
    header_first_row: int
    header_last_row: int
    columns: Mapping[str, tuple[int, str]]
    unknown: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    fingerprint: str = ""
    unplaced: tuple[Unplaced, ...] = ()


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
class RefusedTable:
    """A table known as one of a contract that could not be taken because of its header. `period` None: no year was found."""

    contract: str
    period: str | None
    layout: SheetLayout


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading one delivery gave: its submissions, or the state and findings that say why there are none.

    `refused_tables` are those a required column is missing from; the findings say so to their sender. `untaken` are the
    ledgers that were recognised, but of which nothing was taken: contract and the year it says, None where it says none.
    """

    delivery: Delivery
    submissions: tuple[Conformed, ...] = ()
    findings: tuple[Finding, ...] = ()
    state: SubmissionState = SubmissionState.RECEIVED
    refused_tables: tuple[RefusedTable, ...] = ()
    untaken: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something unlikely that a short answer settles, beside the finding that tells it.

    `part` is the slice of the ledger it concerns (empty: all of it). `extent` grows with how unlikely it is; an answer covers
    the same rule, partner and part in later periods up to the same extent.
    """

    rule_id: str
    part: tuple[str, ...]
    value: float
    against: float
    extent: float
    finding: Finding


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on one submission: findings, the 0-based positions held back, and the state that follows."""

    submission: Conformed
    state: SubmissionState
    findings: tuple[Finding, ...]
    held: npt.NDArray[np.int64]
    rules_by_held: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    doubts: tuple[Doubt, ...] = ()


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
    behind the value (0 with state NO_RECORD), `rows_found` those that fit, blank cells and all: a figure without a value
    whose rows are there was not filled in. `group` names the slice of a broken-down figure, in the order of the catalogue.
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
    rows_found: int = 0
