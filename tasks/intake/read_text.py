"""Intake, reading: a text file (CSV and its like) becomes a grid; a row's number is the number of its record."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter

from tasks.intake.grid import FileRefusedError, Grid
from tasks.intake.read_findings import file_finding

_DELIMITERS = (",", "\t", ";", "|")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_SAMPLE = 50


def read_text(content: bytes) -> Grid:
    """The table of a text file, in the encoding and with the delimiter it shows.

    Raises:
        FileRefusedError: no encoding fits the whole file, it holds control characters, or a quote never closes.
    """
    text = _decoded(content)
    if _CONTROL.search(text):
        raise _unreadable("文本中夹有控制字符，不是正常的 CSV 文件")
    records = _records(text, _delimiter(text))
    width = max(map(len, records), default=0)
    rows = [record + [""] * (width - len(record)) for record in records]
    return Grid(sheet=None, rows=rows, merges=None)


def _decoded(content: bytes) -> str:
    # A byte order mark decides; else strict UTF-8 before GB18030, which accepts nearly every sequence of bytes.
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    elif content.startswith(b"\xef\xbb\xbf"):
        encodings = ("utf-8-sig",)
    else:
        encodings = ("utf-8", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unreadable("文字编码混乱，既不是 UTF-8 也不是 GB18030")


def _delimiter(text: str) -> str:
    lines = [line for line in text.splitlines()[:_SAMPLE] if line.strip()]
    return max(_DELIMITERS, key=lambda mark: _agreement(lines, mark))


def _agreement(lines: list[str], mark: str) -> int:
    """How many lines share the commonest number of this mark: a table's own delimiter recurs alike."""
    counts = Counter(line.count(mark) for line in lines)
    counts.pop(0, None)
    return max((number * lines_alike for number, lines_alike in counts.items()), default=0)


def _records(text: str, delimiter: str) -> list[list[str]]:
    # strict: without it an unclosed quote silently swallows the rest of the file into one cell.
    is_balanced = text.count('"') % 2 == 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=not is_balanced)
    try:
        return list(reader)
    except csv.Error as error:
        raise _unreadable(f"第 {reader.line_num} 行附近的引号没有成对") from error


def _unreadable(reason: str) -> FileRefusedError:
    return FileRefusedError(file_finding("file.unreadable", found=reason, reason=reason))
