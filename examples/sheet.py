"""Step three: lay a ledger out as clerks do: title, stamp line, grouped headers, merged cells, subtotals, page breaks, footers, notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby

from examples.ledger import MONEY, Row, Value, is_good
from examples.typing_styles import Cell, Hand


@dataclass(frozen=True, slots=True)
class Dirt:
    """What a clerk does to a table besides filling it in."""

    title: str | None = None
    stamp: str | None = None
    rename: dict[str, str] = field(default_factory=dict)
    omit: tuple[str, ...] = ()
    extra: dict[str, str] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    merge: tuple[str, ...] = ()
    subtotal: tuple[str, str] | None = None
    total: str | None = None
    repeat_header_every: int = 0
    blank_every: int = 0
    leading_blank_rows: int = 0
    footer: str | None = None
    notes: tuple[str, ...] = ()
    hide_rows: tuple[int, ...] = ()
    is_numbered: bool = True


@dataclass(slots=True)
class Sheet:
    """A grid ready to be written. Rows and columns of merges are 0-based; `source_rows` are the 1-based rows of the ledger's rows."""

    name: str
    cells: list[list[Cell]] = field(default_factory=list)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    header_rows: list[int] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    is_hidden: bool = False
    source_rows: list[int] = field(default_factory=list)


def compose_sheet(name: str, rows: list[Row], hand: Hand, dirt: Dirt) -> Sheet:
    """The ledger's rows as a sheet under the given dirt."""
    return _Layout(Sheet(name), rows, hand, dirt).compose()


class _Layout:
    def __init__(self, sheet: Sheet, rows: list[Row], hand: Hand, dirt: Dirt) -> None:
        self.sheet, self.rows, self.hand, self.dirt = sheet, rows, hand, dirt
        self.headers = [header for header in rows[0] if header not in dirt.omit]
        self.first = 1 if dirt.is_numbered else 0
        self.width = self.first + len(self.headers) + len(dirt.extra)

    def compose(self) -> Sheet:
        self._top()
        self._header()
        self._body()
        self._foot()
        return self.sheet

    def _add(self, *cells: Cell) -> int:
        self.sheet.cells.append(list(cells))
        return len(self.sheet.cells) - 1

    def _wide(self, text: str) -> None:
        row = self._add(text)
        self.sheet.merges.append((row, 0, row, self.width - 1))

    def _top(self) -> None:
        for _ in range(self.dirt.leading_blank_rows):
            self._add()
        for text in (self.dirt.title, self.dirt.stamp):
            if text:
                self._wide(text)

    def _header(self) -> None:
        shown = [self.dirt.rename.get(header, header) for header in self.headers]
        bottom: list[Cell] = [*(["序号"] if self.first else []), *shown, *self.dirt.extra]
        if self.dirt.groups:
            self._grouped_header(bottom)
        else:
            self.sheet.header_rows.append(self._add(*bottom))

    def _grouped_header(self, bottom: list[Cell]) -> None:
        top = list(bottom)
        upper = len(self.sheet.cells)
        grouped = set()
        for group, members in self.dirt.groups.items():
            columns = [self.first + self.headers.index(member) for member in members]
            top[columns[0] : columns[-1] + 1] = [group, *[None] * (len(columns) - 1)]
            grouped.update(columns)
            self.sheet.merges.append((upper, columns[0], upper, columns[-1]))
        for column in range(self.width):
            if column not in grouped:
                bottom[column] = None
                self.sheet.merges.append((upper, column, upper + 1, column))
        self.sheet.header_rows += [self._add(*top), self._add(*bottom)]

    def _body(self) -> None:
        column = self.dirt.subtotal[0] if self.dirt.subtotal else None
        turn = 0
        for _, group in groupby(self.rows, key=lambda row: row[column].value if column else None):
            members = list(group)
            for row in members:
                self._page_break(turn)
                self._row(row, turn)
                turn += 1
            if self.dirt.subtotal:
                self._sums(self.dirt.subtotal[1], members)
        self._merge_down()
        if self.dirt.total:
            self._sums(self.dirt.total, self.rows)

    def _page_break(self, turn: int) -> None:
        if turn and self.dirt.blank_every and turn % self.dirt.blank_every == 0:
            self._add()
        if turn and self.dirt.repeat_header_every and turn % self.dirt.repeat_header_every == 0:
            self._header()

    def _row(self, row: Row, turn: int) -> None:
        number: list[Cell] = [turn + 1] if self.first else []
        written = [self.hand.write(header, row[header], turn) for header in self.headers]
        at = self._add(*number, *written, *[text if turn % 3 == 0 else None for text in self.dirt.extra.values()])
        self.sheet.source_rows.append(at + 1)
        if turn in self.dirt.hide_rows:
            self.sheet.hidden_rows.append(at)

    def _sums(self, label: str, rows: list[Row]) -> None:
        line: list[Cell] = [None] * self.width
        line[0] = label
        for index, header in enumerate(self.headers):
            numbers = [number for row in rows if (number := _number(row[header].value)) is not None]
            if (
                header not in {"年度", "代码版本", "完成度（%）"}
                and numbers
                and not isinstance(rows[0][header].value, date)
            ):
                line[self.first + index] = self._sum_text(header, sum(numbers, Decimal(0)))
        self._add(*line)

    def _sum_text(self, header: str, total: Decimal) -> Cell:
        scale = 10_000 if header in MONEY and self.hand.is_in_yuan else 1
        return float(total * scale) if total * scale % 1 else int(total * scale)

    def _merge_down(self) -> None:
        for header in self.dirt.merge:
            column = self.first + self.headers.index(header)
            for value, run in groupby(self._runs(header), key=lambda item: item[0]):
                rows = [row for _, row in run]
                if value[0] is None or len(rows) == 1:
                    continue
                self.sheet.merges.append((rows[0], column, rows[-1], column))
                for row in rows[1:]:
                    self.sheet.cells[row][column] = None

    def _runs(self, header: str) -> list[tuple[tuple[Value, int], int]]:
        """Each row's value and grid row, with a run number that changes wherever another line lies between."""
        runs, break_count, previous = [], 0, None
        for row, source_row in zip(self.rows, self.sheet.source_rows, strict=True):
            if previous is not None and source_row != previous + 1:
                break_count += 1
            is_plain = row[header].typed is None
            runs.append(((row[header].value if is_plain else None, break_count), source_row - 1))
            previous = source_row
        return runs

    def _foot(self) -> None:
        if self.dirt.footer:
            self._wide(self.dirt.footer)
        for note in self.dirt.notes:
            self._wide(note)


def _number(value: Value) -> Decimal | None:
    return Decimal(value) if isinstance(value, int | Decimal) else None


def good_rows(rows: list[Row]) -> list[Row]:
    """The rows a careful reader takes."""
    return [row for row in rows if is_good(row)]
