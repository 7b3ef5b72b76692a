"""Intake, reading: what a sheet is once its file is open: rows of cells that keep their place, merges and marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TypeAlias

from schemas.values import Finding

Cell: TypeAlias = str | int | float | bool | date | datetime | time | timedelta
"""One cell as decoded; a blank is the empty string."""

Box: TypeAlias = tuple[int, int, int, int]
"""A merged range: first row, first column, last row, last column, counted from 1."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be: bytes as received, bytes when unpacked, cells of the box its sheets span, and counts.

    `styles` is a little above what Excel itself can hold; `depth` is how deep XML elements may stand in one another.
    """

    file_bytes: int = 100 * 2**20
    unpacked_bytes: int = 2**30
    cells: int = 12_000_000
    sheets: int = 1_000
    styles: int = 131_000
    depth: int = 256


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet. `rows[i]` is source row i + 1, and all rows are equally wide.

    `merges` is None where the format cannot say (text files, ods): a blank under a value may then stand for it.
    `marks` tells blanks that are none: (row, column), counted from 1 → error_cell or formula_without_value.
    `hidden_rows` and `hidden_columns`, counted from 1, are read like the others, and said; `is_filtered` when a filter hides them.
    """

    sheet: str | None
    rows: Sequence[Sequence[Cell]]
    merges: tuple[Box, ...] | None = None
    marks: Mapping[tuple[int, int], str] = field(default_factory=dict)
    is_1904: bool = False
    is_hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    is_filtered: bool = False

    @property
    def width(self) -> int:
        """Columns of the sheet."""
        return len(self.rows[0]) if self.rows else 0


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """What opening a file gave: its sheets that hold anything, the names of those that do not, and what to say of the file.

    `findings` are about how the file was saved (a web page named .xls, macros that were left out), never about its data.
    """

    grids: tuple[Grid, ...]
    findings: tuple[Finding, ...] = ()
    empty_sheets: tuple[str, ...] = ()


class FileRefusedError(Exception):
    """The file as a whole cannot be read; `finding` says why, in Chinese."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.rule_id)
        self.finding = finding
