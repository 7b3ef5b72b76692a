"""Feedback: the sheet 问题清单, where a clerk reads what is wrong, what to mend first, and jumps to each cell."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.header_footer import HeaderFooter, HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from schemas.chinese import SEVERITY_NAMES
from schemas.personal import mask_personal_numbers
from schemas.values import Finding, Place, Severity
from tasks.feedback.list_style import BOX, FADED, FONT, INK, LEFT, LINK, MIDDLE, set_text
from tasks.feedback.question_list import LIST_SHEET, AskedQuestion, write_questions

TITLE = LIST_SHEET
SEVERITY_COLOURS: Mapping[Severity, str] = {
    Severity.CRITICAL: "FFC7CF",
    Severity.WARNING: "FFEB9D",
    Severity.INFO: "DDEBF8",
}
"""Each a shade beside what people use, so that a mark of ours is told from a colour of theirs when the file comes back."""

LISTED_PER_KIND = 50
_WEIGHT = list(Severity).index
_FIRST_TO_MEND = 3
_COLUMNS = {
    "序号": 6, "严重程度": 10, "工作表": 14, "单元格": 9, "栏目": 16, "问题": 27, "填的是": 24, "应该是": 30, "怎么改": 42
}  # fmt: skip
_LINE_POINTS = 15.0
_TALLEST_POINTS = 200.0


Kind: TypeAlias = tuple[str, str]
"""What makes two findings the same mistake to a clerk: the rule and its message, which tells why a cell cannot be read."""


@dataclass(frozen=True, slots=True)
class ListedFindings:
    """The findings that get a line of their own, worst first, and how many of each kind there are in all."""

    shown: tuple[Finding, ...]
    totals: Mapping[Kind, int]

    @property
    def left_out(self) -> Mapping[Kind, int]:
        """Kind → findings without a line, for the kinds that have such."""
        shown = Counter(map(kind_of, self.shown))
        return {kind: total - shown[kind] for kind, total in self.totals.items() if total > shown[kind]}


def kind_of(finding: Finding) -> Kind:
    """The kind a finding is counted under."""
    return finding.rule_id, finding.message


def choose_listed(findings: Iterable[Finding]) -> ListedFindings:
    """The first findings of each kind, the worst kinds first and in the order of the sheet within them."""
    kinds = _by_kind(findings)
    shown = [finding for group in kinds.values() for finding in group[:LISTED_PER_KIND]]
    shown.sort(key=lambda finding: _WEIGHT(finding.severity))
    return ListedFindings(tuple(shown), {kind: len(group) for kind, group in kinds.items()})


def _by_kind(findings: Iterable[Finding]) -> dict[Kind, list[Finding]]:
    kinds: dict[Kind, list[Finding]] = defaultdict(list)
    for finding in findings:
        kinds[kind_of(finding)].append(finding)
    return kinds


def summarise(findings: Sequence[Finding]) -> str:
    """One line: how many of each severity, and how many rows wait for it."""
    if not findings:
        return "没有发现问题。"
    counts = Counter(finding.severity for finding in findings)
    parts = [f"{SEVERITY_NAMES[severity]} {counts[severity]} 处" for severity in Severity if counts[severity]]
    rows = {(f.place.sheet, f.place.row) for f in findings if f.severity is Severity.CRITICAL and f.place.column}
    held = f"；其中 {len(rows)} 行改正之前不计入统计" if rows else ""
    return f"共发现 {len(findings)} 处问题：{'，'.join(parts)}{held}。"


def gravest(findings: Iterable[Finding], most: int) -> list[tuple[Finding, int]]:
    """The gravest kinds of problem, the most frequent first, each with its count: mending these clears most of the list."""
    # A verdict on the whole submission is not a thing to mend.
    kinds = _by_kind(finding for finding in findings if not finding.rule_id.startswith("submission."))
    ordered = sorted(kinds.values(), key=lambda kind: (_WEIGHT(kind[0].severity), -len(kind)))
    return [(kind[0], len(kind)) for kind in ordered[:most]]


def worst(findings: Iterable[Finding]) -> Severity:
    """The gravest severity among findings."""
    return min((finding.severity for finding in findings), key=_WEIGHT)


def write_problem_list(
    sheet: Worksheet,
    file_name: str,
    findings: Sequence[Finding],
    note: str,
    linked: Iterable[str],
    questions: Sequence[AskedQuestion] = (),
) -> None:
    """Fill an empty sheet with the list.

    Args:
        sheet: an empty sheet of the workbook handed back.
        file_name: the file as the partner named it.
        findings: every finding on the file.
        note: one sentence on what this workbook is.
        linked: names of the sheets of this workbook that cells can be linked to.
        questions: what the partner is asked to explain, in a part of its own below the list.
    """
    _write_head(sheet, file_name, findings, note, len(questions))
    last = _write_table(sheet, choose_listed(findings), frozenset(linked))
    if questions:
        write_questions(sheet, last + 2, questions)
    _lay_out(sheet)


def _write_head(sheet: Worksheet, file_name: str, findings: Sequence[Finding], note: str, question_count: int) -> None:
    first = _first_to_mend(findings)
    if question_count:
        first += f"\n另有 {question_count} 个问题请说明：见本表末尾“请说明”部分，填写后发回。"
    lines = [f"{TITLE}：{mask_personal_numbers(file_name)}", f"{summarise(findings)}\n{note}", first]
    fonts = [Font(FONT, 15, bold=True, color=INK), Font(FONT, 10, color=FADED), Font(FONT, 10, color=INK)]
    for row, (text, font) in enumerate(zip(lines, fonts, strict=True), start=1):
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=len(_COLUMNS))
        cell = _cell(sheet, row, 1)
        set_text(cell, text)
        cell.font = font
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        sheet.row_dimensions[row].height = max(26.0, _height([(text, sum(_COLUMNS.values()))]) + 6)
    sheet.cell(3, 1).fill = PatternFill("solid", fgColor="F3F4F6")


def _first_to_mend(findings: Sequence[Finding]) -> str:
    lines = [
        f"{number}. {finding.message}（{count} 处）：{finding.fix}"
        for number, (finding, count) in enumerate(gravest(findings, _FIRST_TO_MEND), start=1)
    ]
    return "\n".join(["先改这些：", *lines]) if lines else "没有需要改的地方。"


def _write_table(sheet: Worksheet, listed: ListedFindings, linked: frozenset[str]) -> int:
    """Write the table; returns its last row."""
    for column, header in enumerate(_COLUMNS, start=1):
        cell = sheet.cell(_HEADER_ROW, column, header)
        cell.font = Font(FONT, 10, bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="374151")
        cell.alignment = Alignment(horizontal="center", vertical="center")
        cell.border = BOX
    sheet.row_dimensions[_HEADER_ROW].height = 24
    for row, finding in enumerate(listed.shown, start=_HEADER_ROW + 1):
        _write_line(sheet, row, finding, linked)
    after = _HEADER_ROW + len(listed.shown) + 1
    for row, (kind, count) in enumerate(listed.left_out.items(), start=after):
        total = listed.totals[kind]
        _write_more(sheet, row, f"{kind[1]}：共 {total} 处，上面列出前 {total - count} 处，其余 {count} 处改法相同")
    return after + len(listed.left_out) - 1


def _write_line(sheet: Worksheet, row: int, finding: Finding, linked: frozenset[str]) -> None:
    place = finding.place
    texts = [
        str(row - _HEADER_ROW), SEVERITY_NAMES[finding.severity], place.sheet or "", _where(place), place.header or "",
        finding.message, finding.found, finding.expected, finding.fix,
    ]  # fmt: skip
    for column, text in enumerate(texts, start=1):
        cell = _cell(sheet, row, column)
        set_text(cell, text)
        cell.font = Font(FONT, 10, color=INK)
        cell.border = BOX
        cell.alignment = MIDDLE if column in _CENTRED else LEFT
    sheet.cell(row, 2).fill = PatternFill("solid", fgColor=SEVERITY_COLOURS[finding.severity])
    if place.sheet in linked and place.row:
        _link(_cell(sheet, row, 4), place)
    sheet.row_dimensions[row].height = _height(list(zip(texts, _COLUMNS.values(), strict=True))) + 4


def _write_more(sheet: Worksheet, row: int, text: str) -> None:
    sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=len(_COLUMNS))
    cell = _cell(sheet, row, 1)
    set_text(cell, text)
    cell.font = Font(FONT, 10, italic=True, color=FADED)
    cell.alignment = Alignment(vertical="center", indent=1)
    sheet.row_dimensions[row].height = 20


def _cell(sheet: Worksheet, row: int, column: int) -> Cell:
    """A cell that is nobody's merged remainder: of a merged area only the first is ever written."""
    return cast(Cell, sheet.cell(row, column))


def _where(place: Place) -> str:
    if place.row is None:
        return "整张表" if place.sheet else "整个文件"
    return place.cell or f"第 {place.row} 行"


def _link(cell: Cell, place: Place) -> None:
    target = place.cell or f"A{place.row}"
    location = f"{quote_sheetname(place.sheet or '')}!{target}"
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=location, tooltip="点击跳到这个单元格")
    cell.font = Font(FONT, 10, color=LINK, underline="single")


def _height(texts: Sequence[tuple[str, int]]) -> float:
    """Height in points that shows every text, each wrapped to its column's width in characters."""
    lines = max(sum(max(1, -(-_width(line) // max(1, wide - 3))) for line in text.split("\n")) for text, wide in texts)
    return min(_TALLEST_POINTS, lines * _LINE_POINTS)


def _width(text: str) -> int:
    return sum(2 if ord(character) > 0x2E7F or character in "“”…—" else 1 for character in text)


def _lay_out(sheet: Worksheet) -> None:
    for column, width in enumerate(_COLUMNS.values(), start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = f"A{_HEADER_ROW + 1}"
    sheet.sheet_view.showGridLines = False
    sheet.sheet_view.tabSelected = True
    sheet.sheet_properties.tabColor = "DC2626"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = Worksheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{_HEADER_ROW}:{_HEADER_ROW}"
    sheet.print_options.horizontalCentered = True
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top, sheet.page_margins.bottom, sheet.page_margins.footer = 0.6, 0.8, 0.4
    numbered = HeaderFooterItem(center=_HeaderFooterPart(text="第 &P 页，共 &N 页"))
    sheet.HeaderFooter = HeaderFooter(oddFooter=numbered)


_HEADER_ROW = 4
_CENTRED = frozenset({1, 2, 4})
