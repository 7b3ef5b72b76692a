"""Report model: the one description of a year's report that every rendering (docx, pdf, xlsx, html) prints, figure for figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias

Tone: TypeAlias = Literal["plain", "good", "watch", "bad", "muted"]
Align: TypeAlias = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text; `figure_id` when it is a figure whose evidence can be opened."""

    text: str
    figure_id: str | None = None
    is_bold: bool = False


Line: TypeAlias = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; a note is set smaller."""

    line: Line
    kind: Literal["body", "note"] = "body"


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of points."""

    items: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Highlight:
    """One key number of the leader's page: what it is, the number as printed, its unit, and a word on it."""

    title: str
    printed: str
    unit: str
    figure_id: str | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Highlights:
    """The key numbers shown together as tiles."""

    items: tuple[Highlight, ...]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A live formula: column `numerator` over column `denominator` of the same row (0-based grid columns)."""

    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class Total:
    """A live formula: the sum of the same column over these body rows (0-based)."""

    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell. `text` is what is printed; `number` (with an Excel number format) what a spreadsheet calculates with.

    A cell that spans stands at its upper left place; the places it covers have no cell. An anchor is the place in the
    evidence annex to which the other mentions of its figure lead.
    """

    text: str
    number: Decimal | None = None
    number_format: str = "#,##0.######"
    formula: Ratio | Total | None = None
    figure_id: str | None = None
    is_anchor: bool = False
    align: Align = "left"
    tone: Tone = "plain"
    is_bold: bool = False
    row_span: int = 1
    column_span: int = 1


Row: TypeAlias = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A captioned table. `widths` are relative column widths in Chinese characters; a wide one gets a landscape page."""

    table_id: str
    caption: str
    widths: tuple[float, ...]
    header: tuple[Row, ...]
    body: tuple[Row, ...]
    note: str = ""
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """One mark: its category, its series, its value and the value as printed. No value, no mark: only the printed word."""

    label: str
    series: str
    value: Decimal | None
    printed: str
    figure_id: str | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A captioned chart: `bars` lie and are ranked as given, `columns` stand side by side per category."""

    chart_id: str
    caption: str
    kind: Literal["bars", "columns"]
    unit: str
    points: tuple[ChartPoint, ...]
    note: str = ""


Block: TypeAlias = Paragraph | Bullets | Highlights | Table | Chart


@dataclass(frozen=True, slots=True)
class Section:
    """A headed part with blocks and parts of its own."""

    section_id: str
    heading: str
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Cells a figure stands on: whose file, which sheet, column and rows."""

    partner_name: str
    file_name: str
    sheet_name: str
    header: str
    rows: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a figure means and stands on, for the reader who asks."""

    figure_id: str
    title: str
    printed: str
    definition: str
    window: str
    rows_observed: int
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportModel:
    """A year's report. `as_of` is the day it speaks of, `known_at` (UTC) the instant whose knowledge it stands on."""

    school: str
    title: str
    year: int
    as_of: date
    known_at: datetime
    summary: Section
    sections: tuple[Section, ...]
    annexes: tuple[Section, ...]
    evidence: tuple[Evidence, ...] = ()

    @property
    def parts(self) -> tuple[Section, ...]:
        """The summary, the sections and the annexes, in reading order."""
        return (self.summary, *self.sections, *self.annexes)

    @property
    def page_starts(self) -> tuple[int, ...]:
        """Positions of the parts that begin a page: the summary, the first section and the first annex."""
        return (0, 1, 1 + len(self.sections))


def walk(sections: tuple[Section, ...], level: int = 1) -> Iterator[tuple[int, Section]]:
    """Every section in reading order with its level, 1 for the outermost."""
    for section in sections:
        yield level, section
        yield from walk(section.sections, level + 1)


def blocks_of(model: ReportModel) -> Iterator[Block]:
    """Every block in reading order."""
    for _, section in walk(model.parts):
        yield from section.blocks


def tables_of(model: ReportModel) -> tuple[Table, ...]:
    """Every table in reading order."""
    return tuple(block for block in blocks_of(model) if isinstance(block, Table))


def charts_of(model: ReportModel) -> tuple[Chart, ...]:
    """Every chart in reading order."""
    return tuple(block for block in blocks_of(model) if isinstance(block, Chart))


def captions_of(model: ReportModel) -> Mapping[str, str]:
    """Table or chart id → its numbered caption ("表3　…", "图1　…"), numbered through the report.

    Raises:
        ValueError: two of them share an id.
    """
    tables = [(table.table_id, f"表{number}　{table.caption}") for number, table in enumerate(tables_of(model), 1)]
    charts = [(chart.chart_id, f"图{number}　{chart.caption}") for number, chart in enumerate(charts_of(model), 1)]
    captions = dict(tables + charts)
    if len(captions) != len(tables) + len(charts):
        raise ValueError("two tables or charts of the report share an id")
    return captions


def plain_text(line: Line) -> str:
    """A line without its marks."""
    return "".join(run.text for run in line)
