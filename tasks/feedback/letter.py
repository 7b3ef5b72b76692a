"""Feedback: a letter in Chinese, the same in plain text and HTML: greeting, headed parts of lines and tables, signature."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from schemas.chinese import chinese_ordinal

_TABLE = 'style="border-collapse:collapse;font-size:14px"'
_CELL = 'style="border:1px solid #d1d5db;padding:4px 10px;text-align:left"'


@dataclass(frozen=True, slots=True)
class Part:
    """One headed part: lines of text, then a table of `rows` under `headers` when there is one."""

    heading: str
    lines: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter says. Nothing personal belongs in it: mail is not ours once it is sent."""

    greeting: str
    opening: str
    parts: tuple[Part, ...]
    signature: tuple[str, ...]

    @property
    def text(self) -> str:
        """The letter as plain text."""
        parts = ["\n".join(_text_lines(number, part)) for number, part in enumerate(self.parts, start=1)]
        return "\n\n".join([f"{self.greeting}：", self.opening, *parts, "\n".join(self.signature)]) + "\n"

    @property
    def html(self) -> str:
        """The letter as HTML; every text in it is escaped."""
        parts = "".join(_html_part(number, part) for number, part in enumerate(self.parts, start=1))
        signature = "<br>".join(map(escape, self.signature))
        return (
            '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"></head>'
            '<body style="font-family:sans-serif;font-size:15px;line-height:1.7;color:#1f2937">'
            f"<p>{escape(self.greeting)}：</p><p>{escape(self.opening)}</p>{parts}<p>{signature}</p></body></html>"
        )


def _text_lines(number: int, part: Part) -> Iterator[str]:
    yield f"{chinese_ordinal(number)}、{part.heading}"
    yield from part.lines
    for position, row in enumerate(part.rows, start=1):
        cells = (f"{header}：{cell}" for header, cell in zip(part.headers, row, strict=True) if cell)
        yield f"{position}. {'；'.join(cells)}"


def _html_part(number: int, part: Part) -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in part.lines)
    return f"<h3>{chinese_ordinal(number)}、{escape(part.heading)}</h3>{lines}{_html_table(part)}"


def _html_table(part: Part) -> str:
    if not part.rows:
        return ""
    head = "".join(f"<th {_CELL}>{escape(header)}</th>" for header in part.headers)
    rows = ("".join(f"<td {_CELL}>{escape(cell)}</td>" for cell in row) for row in part.rows)
    return f"<table {_TABLE}><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"
