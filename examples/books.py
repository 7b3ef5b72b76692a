"""The list of example workbooks (books.yaml) turned into sheets, with what is true of every row kept beside what is typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict

import yaml

from examples import bulk_people, bulk_things
from examples.ledger import Entry, Row, entry, read_ledger
from examples.sheet import Dirt, Sheet, compose_sheet
from examples.typing_styles import Hand

BOOKS = Path(__file__).parent / "books.yaml"
BULK: Mapping[str, Callable[[int], list[Row]]] = {
    "dispatched": bulk_people.dispatched,
    "students_awards": bulk_people.students_awards,
    "practice": bulk_people.practice,
    "other_activities": bulk_people.other_activities,
    "tw": lambda year: bulk_people.practice(year) + bulk_people.other_activities(year),
    "hetian_rooms": bulk_things.hetian_rooms,
    "funds": bulk_things.funds,
}


@dataclass(frozen=True, slots=True)
class Page:
    """One sheet: the ledger it holds (contract None: no ledger), its rows in truth, and the grid as typed."""

    contract: str | None
    period: str | None
    rows: list[Row]
    sheet: Sheet


@dataclass(frozen=True, slots=True)
class Book:
    """One workbook of an inbox and its fate: in_force, refused, unreadable or unrecognised."""

    night: int
    partner: str
    file: str
    form: str
    fate: str
    odd: str
    happens: str
    pages: tuple[Page, ...]

    @property
    def path(self) -> str:
        """Where the workbook stands below `inboxes/`."""
        return f"night{self.night}/{self.partner}/{self.file}"


class _PageText(TypedDict, total=False):
    name: str
    ledger: str
    contract: str | None
    period: int
    rows: list[int]
    edits: dict[int, dict[str, str]]
    hand: dict[str, str | list[str]]
    dirt: dict[str, object]
    combined_grade: bool
    personal: bool
    is_hidden: bool


def load_books() -> list[Book]:
    """Every example workbook, in the order of the list."""
    texts = yaml.safe_load(BOOKS.read_text(encoding="utf-8"))["books"]
    return [_book(text) for text in texts]


def _book(text: dict[str, object]) -> Book:
    sheets = text.pop("sheets")
    assert isinstance(sheets, list)  # noqa: S101 - a slip in our own list should stop the making
    file = str(text["file"])
    facts = {"form": file.rpartition(".")[2], **text}
    return Book(**facts, pages=tuple(_page(sheet) for sheet in sheets))  # type: ignore[arg-type]


def _page(text: _PageText) -> Page:
    rows = _edited(_rows(text), text.get("edits", {}))
    if text.get("personal"):
        rows = [_with_personal_numbers(row, turn) for turn, row in enumerate(rows)]
    dirt = _dirt(text.get("dirt", {"is_numbered": False}))
    rows = [{header: cell for header, cell in row.items() if header not in dirt.omit} for row in rows]
    if text.get("combined_grade"):
        rows = [_with_combined_grade(row) for row in rows]
        dirt = replace(dirt, omit=(*dirt.omit, "级别"), rename={**dirt.rename, "等级": "获奖等级"})
    sheet = compose_sheet(text["name"], rows, _hand(text.get("hand", {})), dirt)
    sheet.is_hidden = text.get("is_hidden", False)
    period = text.get("period")
    return Page(text["contract"], str(period) if period else None, rows, sheet)


def _rows(text: _PageText) -> list[Row]:
    name, _, year = text["ledger"].rpartition("_")
    rows = BULK[name](int(year)) if name in BULK else read_ledger(text["ledger"])
    first, last = text.get("rows", [1, len(rows)])
    return rows[first - 1 : last]


def _edited(rows: list[Row], edits: Mapping[int, Mapping[str, str]]) -> list[Row]:
    edited = list(rows)
    for number, cells in edits.items():
        changes = {header: entry(header, cell) for header, cell in cells.items()}
        edited[number - 1] = {**edited[number - 1], **changes}
    return edited


def _with_personal_numbers(row: Row, turn: int) -> Row:
    """Numbers of the right length that belong to nobody: born on 1 January 1900, check digit not computed; a phone of zeros."""
    return {**row, "身份证号": Entry(f"11010119000101{turn + 1:03d}X"), "联系电话": Entry(f"1300000{turn:04d}")}


def _with_combined_grade(row: Row) -> Row:
    grade = row["等级"]
    return {**row, "等级": replace(grade, typed=f"{row['级别'].value}{grade.typed or grade.value}")}


def _hand(text: Mapping[str, str | list[str]]) -> Hand:
    lists = {name: tuple(text[name]) for name in ("dates", "numbers", "shares") if name in text}
    return Hand(**lists, money_unit=str(text.get("money_unit", "万元")))


def _dirt(text: Mapping[str, object]) -> Dirt:
    tuples = {"omit", "merge", "notes", "hide_rows", "subtotal"}
    facts = {
        name: tuple(value) if name in tuples and isinstance(value, list) else value for name, value in text.items()
    }
    return Dirt(**facts)  # type: ignore[arg-type]
