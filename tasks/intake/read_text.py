"""Intake, reading: a text file (CSV and its like) becomes a grid; a row's number is the one a spreadsheet program shows."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from tasks.intake.grid import Cell, FileRefusedError, Grid, Limits
from tasks.intake.read_encoding import decode_text
from tasks.intake.read_findings import file_finding

if TYPE_CHECKING:
    from _csv import Reader  # what csv.reader gives has no public name

_DELIMITERS = (",", "\t", ";", "|")
_SEPARATOR_LINE = re.compile(r'"?sep=(\t|[^\s"])"?(?:\r\n|\n|\r|$)', re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')
_LINE = re.compile(r"\r\n|\n|\r")
_WRAPPED = re.compile(r'="((?:[^"]|"")*)"\s*')
_FORMULA = re.compile(r"=\s*[@+\-]?\s*[A-Za-z(\d$'\"\u4e00-\u9fff]")
_TYPED_AS_TEXT = re.compile(r"'(?=[\d+\-=@])")
_RUN = 3
"""Rows of one width in a row are a table of their own, not a slip."""


def read_text(content: bytes, limits: Limits | None = None) -> Grid:
    """The table of a text file, in the encoding and with the delimiter the whole of it shows.

    Rows count as in Excel: blank lines count, line breaks within quotes do not, nor does the line `sep=;`.
    Cells with a formula are marked as formulas without a value; `="00123"` and `'00123` are the text they stand for.

    Raises:
        FileRefusedError: the encoding is damaged, quotes do not pair, rows are shifted, or the table is too large.
    """
    limits = limits or Limits()
    text = decode_text(content)
    told = _SEPARATOR_LINE.match(text)
    if told:
        text = text[told.end() :]
    delimiter = told.group(1) if told else _delimiter(text)
    if text.count(delimiter) + text.count("\n") + text.count("\r") > 2 * limits.cells:
        raise _too_wide(text.count("\n"), text.count(delimiter))
    records = _records(text, delimiter)
    _refuse_shifted(records)
    return _grid(records, text, limits)


def _grid(records: list[list[str]], text: str, limits: Limits) -> Grid:
    width = max(map(_written_width, records), default=0)
    if width * len(records) > limits.cells:
        raise _too_wide(len(records), width)
    rows: list[list[Cell]] = [
        [*record] if len(record) == width else [*record[:width], *[""] * (width - len(record))] for record in records
    ]
    marks: dict[tuple[int, int], str] = {}
    if "=" in text or "'" in text:
        for number, row in enumerate(rows, 1):
            marks.update({(number, column): "formula_without_value" for column in _unwrap(row)})
    return Grid(sheet=None, rows=rows, merges=None, marks=marks)


def _unwrap(row: list[Cell]) -> Iterator[int]:
    """Cells of the row become what a spreadsheet program shows of them; columns (from 1) of formulas, which become blank."""
    for position, cell in enumerate(row):
        if not isinstance(cell, str) or cell[:1] not in ("=", "'"):
            continue
        wrapped = _WRAPPED.fullmatch(cell)
        if wrapped:
            row[position] = wrapped.group(1).replace('""', '"')
        elif _FORMULA.match(cell):
            row[position] = ""
            yield position + 1
        elif _TYPED_AS_TEXT.match(cell):
            row[position] = cell[1:]


def _delimiter(text: str) -> str:
    """The mark that parts most lines of the whole text alike, what stands in quotes apart."""
    bare = _QUOTED.sub("", text) if '"' in text else text
    present = [mark for mark in _DELIMITERS if mark in bare] or [mark for mark in ("，",) if mark in bare]
    if len(present) < 2:
        return present[0] if present else ","
    lines = [line for line in _LINE.split(bare) if line.strip()]
    counts = {mark: Counter(line.count(mark) for line in lines) for mark in present}
    # Nobody types a tab into a cell: where most lines have them alike, they part the cells.
    if "\t" in present and 2 * max(lines for number, lines in counts["\t"].items() if number) > len(lines):
        return "\t"
    return max(present, key=lambda mark: (_agreement(counts[mark], len(lines)), -_DELIMITERS.index(mark)))


def _agreement(counts: Counter[int], total: int) -> float:
    """How well the lines agree on a number of marks; a mark that only some have alike counts for little."""
    return max(number * lines * (lines / total) ** 2 for number, lines in counts.items() if number)


def _records(text: str, delimiter: str) -> list[list[str]]:
    # Excel reads `"重点"项目`; strictness only tells such a cell from a quote that never closes and swallows the rest.
    strict = _strict(text, delimiter)
    records: list[list[str]] = []
    start = 1
    try:
        for record in strict:
            records.append(record)
            start = strict.line_num + 1
    except csv.Error as error:
        lenient = _line_by_line(text, delimiter)
        if lenient is None:
            _refuse_long_cell(text, delimiter)
            raise _quotes(start) from error
        return lenient
    if strict.line_num > len(records):
        _refuse_swallowed(records, delimiter)
    return records


def _strict(text: str, delimiter: str) -> Reader:
    is_spaced = f'{delimiter} "' in text
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=is_spaced)


def _refuse_long_cell(text: str, delimiter: str) -> None:
    """Only at its end is told whether a long cell is that alone, or a quote that never closes: then nothing is said here."""
    usual = csv.field_size_limit(len(text))
    try:
        records = list(_strict(text, delimiter))
    except csv.Error:
        return
    finally:
        csv.field_size_limit(usual)
    _refuse_swallowed(records, delimiter)
    lengths = [max(map(len, record), default=0) for record in records]
    row, length = next((row, length) for row, length in enumerate(lengths, 1) if length > usual)
    found = f"第 {row} 行，{length} 个字"
    raise FileRefusedError(file_finding("file.cell_too_long", found=found, row=row, length=length, limit=usual))


def _line_by_line(text: str, delimiter: str) -> list[list[str]] | None:
    """The records as Excel reads them when quotes stand within cells, if none of them spans a line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    records: list[list[str]] = []
    try:
        for record in reader:
            if reader.line_num != len(records) + 1:
                return None
            records.append(record)
    except csv.Error:
        return None
    # An unclosed quote in the last line spans none.
    last = _LINE.split(text.rstrip("\r\n"))[-1]
    return None if last.count('"') % 2 else records


def _refuse_swallowed(records: Sequence[Sequence[str]], delimiter: str) -> None:
    """Two quotes left open, one behind the other, pair up and take the rows between them for one cell."""
    usual = _usual_width(records)
    if usual < _RUN:
        return
    for number, record in enumerate(records, 1):
        for cell in record:
            # The first and last of its lines are parts of rows, those between are whole ones.
            if any(line.count(delimiter) >= usual - 1 for line in _LINE.split(cell)[1:-1]):
                raise _quotes(number)


def _refuse_shifted(records: Sequence[Sequence[str]]) -> None:
    """A cell with a bare delimiter in its text moves all behind it one column on: such a row is longer than its table."""
    usual = _usual_width(records)
    if usual < _RUN or max(map(len, records)) <= usual:
        return
    numbered = [(number, _written_width(record)) for number, record in enumerate(records, 1) if any(record)]
    shifted: list[int] = []
    for width, together in groupby(numbered, key=lambda one: one[1]):
        numbers = [number for number, _ in together]
        if width > usual and len(numbers) < _RUN:
            shifted += numbers
    if shifted:
        rows = "、".join(map(str, shifted[:5])) + (f" 等 {len(shifted)}" if len(shifted) > 5 else "")
        raise FileRefusedError(file_finding("file.shifted_rows", found=f"第 {rows} 行", rows=rows, usual=usual))


def _usual_width(records: Iterable[Sequence[str]]) -> int:
    widths = Counter(len(record) for record in records if any(record))
    return max(widths, key=lambda width: (widths[width], width), default=0)


def _written_width(record: Sequence[str]) -> int:
    width = len(record)
    while width and not record[width - 1]:
        width -= 1
    return width


def _quotes(row: int) -> FileRefusedError:
    return FileRefusedError(file_finding("file.quotes_open", found=f"第 {row} 行起", row=row))


def _too_wide(rows: int, columns: int) -> FileRefusedError:
    found = f"{rows} 行 × {columns} 列"
    return FileRefusedError(file_finding("file.far_cell", found=found, rows=rows, columns=columns))
