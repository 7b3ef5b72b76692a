"""Intake, reading: the XML of a sheet element by element: slow, for the few writers that leave out where a cell stands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tasks.intake.grid import Limits
from tasks.intake.read_parts import Parts
from tasks.intake.read_sheets import SheetExtras, Span, within
from tasks.intake.read_xml import parse_xml

MOST_COLUMNS = 16_384
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,10})")
_TRUE = ("1", "true")


def walk_sheet(parts: Parts, part: str, limits: Limits) -> SheetWalk:
    """Walk through one sheet part.

    Raises:
        FileRefusedError: no sound XML.
    """
    walk = SheetWalk()
    with parts.open(part) as stream:
        parse_xml(stream, walk, limits)
    return walk


@dataclass(slots=True)
class SheetWalk:
    """Hears a sheet; a row or cell that does not say where it stands follows the one before it."""

    marks: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[Span] = field(default_factory=list)
    has_filter: bool = False
    corner: tuple[int, int] = (1, 1)
    row: int = 0
    column: int = 0
    has_formula: bool = False
    has_value: bool = False
    is_value: bool = False

    def extras(self, filters_a_table: bool) -> SheetExtras:
        """What was heard, as far as calamine would not tell it."""
        columns = within(self.hidden_columns, MOST_COLUMNS)
        is_filtered = bool(self.hidden_rows) and (self.has_filter or filters_a_table)
        return SheetExtras(self.marks, (), frozenset(self.hidden_rows), columns, is_filtered)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        name = tag.rpartition("}")[2]
        if name == "row":
            self._start_row(attributes)
        elif name == "c":
            self._start_cell(attributes)
        elif name == "col" and attributes.get("hidden") in _TRUE:
            self.hidden_columns.append((_number(attributes, "min"), _number(attributes, "max")))
        elif name == "filterColumn":
            self.has_filter = True
        self.has_formula = self.has_formula or name == "f"
        self.is_value = name in ("v", "t")

    def end(self, tag: str) -> None:
        """An element ends."""
        self.is_value = False
        if tag.rpartition("}")[2] != "c":
            return
        if self.has_value or (self.row, self.column) in self.marks:
            self.corner = (max(self.corner[0], self.row), max(self.corner[1], self.column))
        elif self.has_formula:
            self.marks[self.row, self.column] = "formula_without_value"

    def data(self, text: str) -> None:
        """Text within an element, perhaps a part of it only."""
        self.has_value = self.has_value or (self.is_value and text != "")

    def _start_row(self, attributes: dict[str, str]) -> None:
        self.row, self.column = _number(attributes, "r", self.row + 1), 0
        if attributes.get("hidden") in _TRUE:
            self.hidden_rows.append(self.row)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        match = _REFERENCE.fullmatch(attributes.get("r", ""))
        self.column += 1
        if match:
            self.row, self.column = int(match.group(2)), column_number(match.group(1))
        self.has_formula = self.has_value = False
        if attributes.get("t") == "e":
            self.marks[self.row, self.column] = "error_cell"


def column_number(letters: str) -> int:
    """1-based number of a column: A → 1, AA → 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _number(attributes: dict[str, str], name: str, otherwise: int = 1) -> int:
    text = attributes.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 11 else otherwise
