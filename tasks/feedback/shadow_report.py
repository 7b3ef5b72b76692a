"""Feedback to the office: what a rule tried out would change, as Chinese lines and as a workbook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import xlsxwriter
from xlsxwriter.workbook import Workbook

from schemas.chinese import SEVERITY_NAMES, STATE_NAMES
from schemas.personal import mask_personal_numbers
from schemas.values import SubmissionState
from tasks.intake.shadow_values import LISTED_PER_RULE, Case, LedgerShift, RuleShift, Shadow

_SHOWN_PER_RULE = 5
# Nothing a partner wrote may become a formula, a link or a number by its looks.
_AS_WRITTEN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
Names = Mapping[str, str]
"""Partner code → name."""
Row = tuple[str | int, ...]


def shadow_headline(shadow: Shadow) -> str:
    """What it comes to, in one Chinese sentence."""
    newly = sum(one.fails_newly for one in shadow.ledgers)
    no_longer = sum(one.fails_no_longer for one in shadow.ledgers)
    return (
        f"{shadow.title}：试判台账 {shadow.ledgers_judged} 份，新通不过的 {newly} 份，不再通不过的 {no_longer} 份，"
        f"会变动的指标值 {len(shadow.figures)} 个"
    )


def shadow_lines(shadow: Shadow, names: Names) -> list[str]:
    """The whole in Chinese lines; of each rule a few places, the rest is in the workbook and the JSON."""
    return [
        f"{shadow_headline(shadow)}（只是试行，没有写入任何数据）",
        *_version_note(shadow),
        *_block("结论会变的台账", [_ledger_line(one, names) for one in shadow.ledgers]),
        *_block("规则", [line for one in shadow.rules for line in _rule_lines(one, shadow.cases, names)]),
        *_block("会变动的指标值", [one.told() for one in shadow.figures]),
    ]


def without_cells(shadow: Shadow) -> Shadow:
    """The same without what stands in the cells, for where nothing a partner wrote may be kept."""
    return replace(shadow, cases=tuple(replace(case, found="") for case in shadow.cases))


def write_shadow(shadow: Shadow, names: Names, path: Path) -> None:
    """Write it as a workbook: ledgers, rules, places (at most so many a rule; the totals are exact) and figures.

    Raises:
        OSError: the file cannot be written.
    """
    with xlsxwriter.Workbook(str(path), _AS_WRITTEN) as book:
        said = [(line,) for line in (shadow_headline(shadow), *_version_note(shadow))]
        _add_sheet(book, "小结", ("规则试行（没有写入任何数据）",), said, (100,))
        _add_sheet(book, "台账", _LEDGER_HEADS, [_ledger_row(one, names) for one in shadow.ledgers], _LEDGER_WIDTHS)
        _add_sheet(book, "规则", _RULE_HEADS, [_rule_row(one) for one in shadow.rules], (44, 10, 50, 10, 10, 10))
        _add_sheet(book, "位置", _CASE_HEADS, [_case_row(one, names) for one in shadow.cases], _CASE_WIDTHS)
        _add_sheet(book, "指标", _FIGURE_HEADS, list(_figure_rows(shadow)), (8, 44, 24, 16, 16, 16, 8))


_LEDGER_HEADS = (
    "报送单位", "年度", "文件", "现行有效", "原结论", "新结论", "读到的行", "原留置行", "新留置行", "变化",
)  # fmt: skip
_LEDGER_WIDTHS = (24, 8, 40, 10, 20, 20, 10, 10, 10, 14)
_RULE_HEADS = ("规则", "程度", "问题", "新增（处）", "消失（处）", "涉及台账")
_CASE_HEADS = ("变化", "规则", "程度", "报送单位", "年度", "文件", "工作表", "单元格", "问题", "填的是")
_CASE_WIDTHS = (8, 44, 10, 24, 8, 40, 16, 10, 50, 24)
_FIGURE_HEADS = ("年度", "指标", "分组", "现值", "新值", "变动", "单位")


def _version_note(shadow: Shadow) -> list[str]:
    if shadow.version_after > shadow.version_before:
        return []
    return [
        f"提示：这份约定的版本号仍是第 {shadow.version_after} 版；正式采用前请改为第 {shadow.version_before + 1} 版。"
    ]


def _block(heading: str, lines: Sequence[str]) -> Iterator[str]:
    yield f"{heading}：" if lines else f"{heading}：没有。"
    yield from (f"  {line}" for line in lines)


def _state(state: SubmissionState | None) -> str:
    return STATE_NAMES[state] if state else "不认作这种台账"


def _change(one: LedgerShift) -> str:
    if one.fails_newly:
        return "新通不过"
    return "不再通不过" if one.fails_no_longer else "提示有变"


def _ledger_line(one: LedgerShift, names: Names) -> str:
    kept = one.counts and one.state_after is SubmissionState.REFUSED
    note = "；现行数据在新的一份被接收以前继续计入" if kept else ""
    return (
        f"{_change(one)}：{names.get(one.partner_code, one.partner_code)} {one.period} 年度“{one.file_name}”："
        f"{_state(one.state_before)} → {_state(one.state_after)}，留置行 {one.held_before} → {one.held_after}"
        f"（共 {one.rows_read} 行）{note}"
    )


def _rule_lines(one: RuleShift, cases: Sequence[Case], names: Names) -> Iterator[str]:
    severity = SEVERITY_NAMES[one.severity]
    yield (
        f"{one.rule_id}（{severity}）{one.message}：新增 {one.appearing:,} 处，消失 {one.disappearing:,} 处，"
        f"涉及台账 {one.ledgers} 份"
    )
    mine = [case for case in cases if (case.rule_id, case.severity) == (one.rule_id, one.severity)]
    yield from (f"  {_case_line(case, names)}" for case in mine[:_SHOWN_PER_RULE])
    total = one.appearing + one.disappearing
    if total > _SHOWN_PER_RULE:
        yield f"  ……共 {total:,} 处，这里只列 {_SHOWN_PER_RULE} 处"


def _case_line(case: Case, names: Names) -> str:
    found = f"：{case.found}" if case.found else ""
    place = " ".join(filter(None, (case.place.sheet, case.place.cell or _row(case))))
    side = "新增" if case.appears else "消失"
    partner = names.get(case.partner_code, case.partner_code)
    return mask_personal_numbers(f"{side}：{partner} {case.period} 年度“{case.file_name}”{place}{found}")


def _row(case: Case) -> str:
    return f"第 {case.place.row} 行" if case.place.row else ""


def _ledger_row(one: LedgerShift, names: Names) -> Row:
    return (
        names.get(one.partner_code, one.partner_code), one.period, one.file_name, "是" if one.counts else "否",
        _state(one.state_before), _state(one.state_after), one.rows_read, one.held_before, one.held_after, _change(one),
    )  # fmt: skip


def _rule_row(one: RuleShift) -> Row:
    return one.rule_id, SEVERITY_NAMES[one.severity], one.message, one.appearing, one.disappearing, one.ledgers


def _case_row(case: Case, names: Names) -> Row:
    return (
        "新增" if case.appears else "消失", case.rule_id, SEVERITY_NAMES[case.severity],
        names.get(case.partner_code, case.partner_code), case.period, case.file_name, case.place.sheet or "",
        case.place.cell or _row(case), case.message, case.found,
    )  # fmt: skip


def _figure_rows(shadow: Shadow) -> Iterator[Row]:
    for one in shadow.figures:
        before, after = ("无" if value is None else f"{value:,f}" for value in (one.before, one.after))
        yield one.year, one.title, "、".join(one.group), before, after, f"{one.by:+,f}", one.unit


def _add_sheet(book: Workbook, name: str, heads: Row, rows: Sequence[Row], widths: Sequence[int]) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    sheet.set_paper(9)  # A4
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.write_row(0, 0, heads, book.add_format({"bold": True, "bottom": 1}))
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    for number, row in enumerate(rows, start=1):
        sheet.write_row(number, 0, [mask_personal_numbers(v) if isinstance(v, str) else v for v in row], wrapped)
    if name == "位置":
        sheet.write_string(len(rows) + 1, 0, f"注：每条规则新增、消失各最多列 {LISTED_PER_RULE} 处，总数见“规则”表。")
