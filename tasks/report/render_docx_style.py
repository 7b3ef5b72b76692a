"""Render the report as docx, its looks: paper, styles and fonts as a Chinese official document has them, header and footer."""

from __future__ import annotations

from docx.document import Document as DocxDocument
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.section import Section as PageSection
from docx.shared import Cm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph as DocxParagraph

from tasks.report.model import ReportModel
from tasks.report.render_style import ACCENT, INK, TONES, without_controls

LATIN, SONG, HEI = "Times New Roman", "宋体", "黑体"
TABLE_TEXT, NOTE_TEXT, BODY_TEXT = "Table Text", "Report Note", "Report Body"
TEXT_WIDTH_CM, WIDE_WIDTH_CM = 15.6, 24.7
_HEADINGS = {"Title": 24, "Heading 1": 16, "Heading 2": 14, "Heading 3": 12}


def set_styles(document: DocxDocument) -> None:
    """Give the built-in styles (shown as 标题 1, 题注 … in Chinese Word) their fonts, and add those for body, notes and tables."""
    _font(document.styles["Normal"], 12, SONG, INK)
    document.styles["Normal"].paragraph_format.space_after = Pt(0)
    for borders in document.styles["Title"].element.xpath("w:pPr/w:pBdr"):
        borders.getparent().remove(borders)
    for language in document.styles.element.xpath("w:docDefaults//w:lang"):
        language.set(qn("w:eastAsia"), "zh-CN")
    for name, size in _HEADINGS.items():
        _font(document.styles[name], size, HEI, ACCENT if size > 12 else INK)
        document.styles[name].paragraph_format.space_before = Pt(14 if size < 24 else 0)
        document.styles[name].paragraph_format.space_after = Pt(8)
    _font(document.styles["Caption"], 10.5, HEI, INK)
    document.styles["Caption"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.styles["Caption"].paragraph_format.space_before = Pt(8)
    document.styles["Caption"].paragraph_format.space_after = Pt(4)
    body = _new_style(document, BODY_TEXT, 12, INK)
    body.paragraph_format.first_line_indent = Pt(24)
    body.paragraph_format.line_spacing = 1.4
    _new_style(document, NOTE_TEXT, 9, TONES["muted"]).paragraph_format.space_after = Pt(4)
    _new_style(document, TABLE_TEXT, 9, INK).paragraph_format.space_before = Pt(1)
    # Ten points, set close: the leader's page must stay one page.
    _font(document.styles["List Bullet"], 10, SONG, INK)
    document.styles["List Bullet"].paragraph_format.line_spacing = 1.1
    document.styles["List Bullet"].paragraph_format.space_after = Pt(2)


def _new_style(document: DocxDocument, name: str, size: float, colour: str) -> ParagraphStyle:
    style: ParagraphStyle = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = document.styles["Normal"]
    _font(style, size, SONG, colour)
    return style


def _font(style: ParagraphStyle, size: float, east_asian: str, colour: str) -> None:
    style.font.size = Pt(size)
    style.font.color.rgb = RGBColor.from_string(colour)
    style.font.italic = False
    style.font.name = LATIN
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:hAnsi"), LATIN)
    fonts.set(qn("w:eastAsia"), east_asian)


def set_page(section: PageSection, is_wide: bool) -> None:
    """A4 upright, or lying for wide tables."""
    long, short = Cm(29.7), Cm(21.0)
    section.orientation = WD_ORIENT.LANDSCAPE if is_wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (long, short) if is_wide else (short, long)
    section.left_margin = section.right_margin = Cm(2.5 if is_wide else 2.7)
    section.top_margin = section.bottom_margin = Cm(2.5)


def set_header_and_footer(section: PageSection, model: ReportModel) -> None:
    """The title above, "第 n 页 共 m 页" below, on every page but the cover."""
    section.different_first_page_header_footer = True
    header, footer = section.header.paragraphs[0], section.footer.paragraphs[0]
    header.alignment = footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    header.style = footer.style = NOTE_TEXT
    header.add_run(without_controls(f"{model.school}　{model.title}"))
    for text, instruction in (("第 ", "PAGE"), (" 页　共 ", "NUMPAGES")):
        footer.add_run(text)
        add_field(footer, instruction, "1")
    footer.add_run(" 页")


def add_field(paragraph: DocxParagraph, instruction: str, shown: str) -> None:
    """A field that Word works out, with what is shown until then."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), instruction)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = shown
    run.append(text)
    field.append(run)
    paragraph._p.append(field)
