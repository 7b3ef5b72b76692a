"""Render the report as docx: a Word document the office can edit, with styles, contents, numbered captions and lying pages."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from itertools import zip_longest
from pathlib import Path

from docx import Document
from docx.document import Document as DocxDocument
from docx.enum.section import WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.text.paragraph import Paragraph as DocxParagraph

from tasks.report.charts import draw_png
from tasks.report.model import (
    Block,
    Bullets,
    Chart,
    Highlights,
    Line,
    Paragraph,
    ReportModel,
    Section,
    Table,
    captions_of,
    walk,
)
from tasks.report.render_docx_contents import CONTENTS_DEPTH, add_bookmark, add_contents
from tasks.report.render_docx_style import (
    BODY_TEXT,
    NOTE_TEXT,
    TABLE_TEXT,
    TEXT_WIDTH_CM,
    WIDE_WIDTH_CM,
    add_field,
    set_header_and_footer,
    set_page,
    set_styles,
)
from tasks.report.render_docx_table import highlights_element, table_element
from tasks.report.render_style import chinese_date, chinese_instant, without_controls, write_stable_zip


def render_docx(model: ReportModel, path: Path) -> None:
    """Write the report as a Word document, the same bytes for the same model.

    Raises:
        OSError: the file cannot be written.
    """
    document = Document()
    set_styles(document)
    _set_properties(document, model)
    set_page(document.sections[0], is_wide=False)
    set_header_and_footer(document.sections[0], model)
    _add_cover(document, model)
    add_contents(document, [(level, part.heading) for level, part in walk(model.parts) if level <= CONTENTS_DEPTH])
    _Writer(document, captions_of(model)).add_parts(model)
    made = BytesIO()
    document.save(made)
    write_stable_zip(made, path)


def _set_properties(document: DocxDocument, model: ReportModel) -> None:
    properties = document.core_properties
    properties.author = properties.last_modified_by = without_controls(model.school)[:255]
    properties.title = without_controls(model.title)[:255]
    properties.comments, properties.language = "", "zh-CN"
    properties.created = properties.modified = model.known_at.replace(microsecond=0)


def _add_cover(document: DocxDocument, model: ReportModel) -> None:
    lines = (
        (model.school, "Normal", 150),
        (model.title, "Title", 12),
        (f"数据截止日：{chinese_date(model.as_of)}", "Normal", 250),
        (f"数据版本：{chinese_instant(model.known_at)}", "Normal", 6),
    )
    for text, style, space in lines:
        paragraph = document.add_paragraph(without_controls(text), style)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.space_before = Pt(space)


class _Writer:
    """Adds the parts of a report to a document, turning the page for wide tables."""

    def __init__(self, document: DocxDocument, captions: Mapping[str, str]) -> None:
        self.document = document
        self.captions = captions
        self.is_wide = False
        self.is_fresh_page = False
        self.bookmarks = 0

    def add_parts(self, model: ReportModel) -> None:
        for position, part in enumerate(model.parts):
            self._add_section(part, 1, starts_page=position in model.page_starts)

    def _add_section(self, section: Section, level: int, *, starts_page: bool = False) -> None:
        begins_wide = bool(section.blocks) and _is_wide(section.blocks[0])
        self._turn(begins_wide)
        heading = self.document.add_heading(without_controls(section.heading), min(level, 3))
        heading.paragraph_format.page_break_before = starts_page and not self.is_fresh_page
        self.is_fresh_page = False
        if level <= CONTENTS_DEPTH:
            self.bookmarks += 1
            add_bookmark(heading, self.bookmarks)
        for block, following in zip_longest(section.blocks, section.blocks[1:]):
            self._turn(_is_wide(block))
            self._add(block, leads=isinstance(following, Table) and not _is_wide(following))
        for each in section.sections:
            self._add_section(each, level + 1)

    def _turn(self, is_wide: bool) -> None:
        if is_wide != self.is_wide:
            section = self.document.add_section(WD_SECTION.NEW_PAGE)
            section.different_first_page_header_footer = False
            set_page(section, is_wide)
            self.is_wide, self.is_fresh_page = is_wide, True

    def _add(self, block: Block, *, leads: bool) -> None:
        """Add a block; running text that leads to a table stays on its page."""
        self.is_fresh_page = False
        match block:
            case Paragraph():
                paragraph = self._add_line(block.line, NOTE_TEXT if block.kind == "note" else BODY_TEXT)
                paragraph.paragraph_format.keep_with_next = leads
            case Bullets():
                for item in block.items:
                    self._add_line(item, "List Bullet")
            case Highlights():
                self.document.element.body.insert_element_before(
                    highlights_element(block, self._width, self._table_style), "w:sectPr"
                )
                self.document.add_paragraph(style=NOTE_TEXT)
            case Table():
                self._add_table(block)
            case Chart():
                self._add_chart(block)

    def _add_line(self, line: Line, style: str) -> DocxParagraph:
        paragraph = self.document.add_paragraph(style=style)
        for run in line:
            paragraph.add_run(without_controls(run.text)).bold = run.is_bold or None
        return paragraph

    def _add_table(self, table: Table) -> None:
        self._add_caption(table.table_id).paragraph_format.keep_with_next = True
        made = table_element(table, self._width, self._table_style)
        self.document.element.body.insert_element_before(made, "w:sectPr")
        # Word joins two tables that touch, so a paragraph always follows.
        self.document.add_paragraph(without_controls(table.note), style=NOTE_TEXT)

    def _add_chart(self, chart: Chart) -> None:
        picture = self.document.add_picture(BytesIO(draw_png(chart)), width=Cm(self._width - 0.4))
        picture._inline.docPr.set("descr", without_controls(self.captions[chart.chart_id]))
        paragraph = self.document.paragraphs[-1]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.keep_with_next = True
        self._add_caption(chart.chart_id)
        if chart.note:
            self.document.add_paragraph(without_controls(chart.note), style=NOTE_TEXT)

    def _add_caption(self, key: str) -> DocxParagraph:
        """A caption whose number is a field, so that Word can make its own lists of tables and figures."""
        label, text = without_controls(self.captions[key]).split("　", 1)
        paragraph = self.document.add_paragraph(label[0], style="Caption")
        add_field(paragraph, f"SEQ {label[0]} \\* ARABIC", label[1:])
        paragraph.add_run(f"　{text}")
        return paragraph

    @property
    def _width(self) -> float:
        return WIDE_WIDTH_CM if self.is_wide else TEXT_WIDTH_CM

    @property
    def _table_style(self) -> str:
        style_id = self.document.styles[TABLE_TEXT].element.get(qn("w:styleId"))
        return str(style_id)


def _is_wide(block: Block) -> bool:
    return isinstance(block, Table) and block.is_wide
