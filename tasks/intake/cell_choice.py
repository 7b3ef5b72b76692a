"""Intake, conforming: cells as choices from a contract's list, also two choices written in one cell (国家级一等奖)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from rapidfuzz import fuzz, process

from schemas.cells import ConformedCell
from schemas.contract import Column, ColumnType, Contract
from tasks.intake.cell_text import error_in, folded, is_nothing, raw_text
from tasks.intake.grid import Cell

_BRACKETS = re.compile(r"[(\[【][^)\]】]*[)\]】]")
_BETWEEN = re.compile(r"[()\[\]【】/、,，;；·・\-+&|:：]")
"""What stands between two choices in one cell: 国家级/一等奖, 一等奖（国家级）."""
_SIMILAR = 50.0
_SUGGESTIONS = 2


class ChoiceReader:
    """Reads the cells of one choice column; spellings are compared without width, case and spaces."""

    def __init__(self, contract: Contract, column: Column) -> None:
        self._own = _spellings(column)
        self._others = [
            _spellings(other)
            for other in contract.columns
            if other.type is ColumnType.CHOICE and other.name != column.name
        ]
        self._choices = tuple(column.choices or ())

    def read(self, cell: Cell) -> ConformedCell:
        """The canonical choice, or problem bad_choice with the nearest choices."""
        raw = raw_text(cell)
        if error_in(raw):
            return ConformedCell(raw, problem="error_cell")
        choice = self.find(raw)
        if choice is not None:
            return ConformedCell(raw, choice)
        if is_nothing(raw):
            return ConformedCell(raw)
        return ConformedCell(raw, problem="bad_choice", candidates=self._nearest(raw))

    def find(self, text: str) -> str | None:
        """The choice a text names, alone or beside a choice of another column, or None."""
        key = folded(text)
        return self._own.get(key) or self._own.get(_BRACKETS.sub("", key)) or self.find_joint(key)

    def find_joint(self, text: str) -> str | None:
        """The choice a text names beside a choice of another column (国家级/一等奖, 一等奖（国家级）), or None."""
        key = folded(text)
        return self.joint.get(key) or self.joint.get(_BETWEEN.sub("", key))

    @cached_property
    def joint(self) -> Mapping[str, str]:
        """Spelling of two choices in one cell, this column's and another's → this column's choice."""
        pairs: dict[str, str] = {}
        for other in self._others:
            for mine, choice in self._own.items():
                for theirs in other:
                    pairs[mine + theirs] = pairs[theirs + mine] = choice
        return {key: choice for key, choice in pairs.items() if key not in self._own}

    def _nearest(self, raw: str) -> tuple[str, ...]:
        found = process.extract(raw, self._choices, scorer=fuzz.ratio, score_cutoff=_SIMILAR, limit=_SUGGESTIONS)
        return tuple(text for text, _, _ in found)


def _spellings(column: Column) -> dict[str, str]:
    choices = column.choices or {}
    synonyms = {folded(word): choice for choice, words in choices.items() for word in words}
    return synonyms | {folded(choice): choice for choice in choices}
