"""Render the report as docx, its contents: a contents field filled with links to the headings; F9 in Word adds page numbers."""

from __future__ import annotations

from collections.abc import Sequence

from docx.document import Document as DocxDocument
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Pt
from docx.text.paragraph import Paragraph as DocxParagraph

from tasks.report.render_style import without_controls

CONTENTS_DEPTH = 2


def add_contents(document: DocxDocument, headings: Sequence[tuple[int, str]]) -> None:
    """The contents page. Entries are links; page numbers are Word's to know, so none are guessed."""
    title = document.add_paragraph("目　录", style="Heading 3")
    title.paragraph_format.page_break_before = True
    instruction = f'TOC \\o "1-{CONTENTS_DEPTH}" \\h \\z \\u'
    for position, (level, text) in enumerate(headings, 1):
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.left_indent = Pt(21 * (level - 1))
        paragraph.paragraph_format.space_after = Pt(3)
        if position == 1:
            _append(paragraph, _field_mark("begin"), _instruction(instruction), _field_mark("separate"))
        paragraph._p.append(_link(_name(position), without_controls(text)))
        if position == len(headings):
            _append(paragraph, _field_mark("end"))


def add_bookmark(paragraph: DocxParagraph, number: int) -> None:
    """Name a heading so that its entry in the contents can lead to it."""
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for mark in (start, end):
        mark.set(qn("w:id"), str(number))
    start.set(qn("w:name"), _name(number))
    paragraph._p.insert(1, start)
    paragraph._p.append(end)


def _name(number: int) -> str:
    return f"_Toc{number:08d}"


def _append(paragraph: DocxParagraph, *children: BaseOxmlElement) -> None:
    for child in children:
        run = OxmlElement("w:r")
        run.append(child)
        paragraph._p.append(run)


def _field_mark(kind: str) -> BaseOxmlElement:
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    return mark


def _instruction(text: str) -> BaseOxmlElement:
    instruction = OxmlElement("w:instrText")
    instruction.set(qn("xml:space"), "preserve")
    instruction.text = text
    return instruction


def _link(name: str, text: str) -> BaseOxmlElement:
    link, run, words = OxmlElement("w:hyperlink"), OxmlElement("w:r"), OxmlElement("w:t")
    link.set(qn("w:anchor"), name)
    words.text = text
    run.append(words)
    link.append(run)
    return link
