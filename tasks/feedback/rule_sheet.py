"""Feedback to clerks and the office: the rule catalogue as a workbook, with an example of what passes and of what does not."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import xlsxwriter

from schemas.chinese import SEVERITY_NAMES
from schemas.contract import Contract, CrossRule
from schemas.dictionary import QUESTION_NAME, TURN_NAMES
from schemas.ring import Example, RingRule, RowExample
from schemas.rule import Rule, RuleKind, bound_text, rules_of

HEADS = (
    "规则编号", "台账", "栏目", "范围", "程度", "问题", "要求", "怎么改", "由谁处理", "通过的例子", "不通过的例子", "适用年度",
)  # fmt: skip
_WIDTHS = (34, 24, 20, 14, 10, 36, 36, 40, 10, 36, 36, 12)
_LINE_POINTS = 17
_TABLE = frozenset({RuleKind.UNIQUE, RuleKind.CONTAINED})
_HISTORY = frozenset({RuleKind.JUMP, RuleKind.FALLS, RuleKind.CUMULATIVE})
_AS_WRITTEN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}


def write_rule_sheet(contracts: Mapping[str, Contract], path: Path) -> int:
    """Write every rule of these contracts, one a row, filtered and ready to print; returns how many there are.

    Raises:
        OSError: the file cannot be written.
    """
    rows = [row for contract in contracts.values() for row in rule_rows(contract)]
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, _AS_WRITTEN) as book:
        sheet = book.add_worksheet("规则目录")
        head = book.add_format(
            {"bold": True, "bg_color": "#DCE6F1", "border": 1, "text_wrap": True, "valign": "vcenter"}
        )
        body = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
        sheet.write_row(0, 0, HEADS, head)
        for number, row in enumerate(rows, start=1):
            sheet.set_row(number, _LINE_POINTS * max(map(_lines, row, _WIDTHS)))
            sheet.write_row(number, 0, row, body)
        for column, width in enumerate(_WIDTHS):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, len(rows), len(HEADS) - 1)
        sheet.set_paper(8)  # A3: twelve columns of text are not read on A4
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_footer("&C第 &P 页，共 &N 页")
    path.write_bytes(written.getvalue())
    return len(rows)


def _lines(text: str, width: int) -> int:
    """Lines a text takes in a column; a Chinese character is two wide. Not every program makes rows high enough by itself."""
    return sum(
        max(1, math.ceil(sum(1 + (char > "\u2e80") for char in line) / (width - 1))) for line in text.split("\n")
    )


def rule_rows(contract: Contract) -> Iterator[tuple[str, ...]]:
    """One row a rule under `HEADS`, as a clerk reads it."""
    declared = {
        f"{contract.contract}.{one.id}": (one.passes, one.fails)
        for one in (*contract.rules, *contract.rings)
        if isinstance(one, CrossRule | RingRule)
    }
    for rule in rules_of(contract):
        headers = "、".join(contract.column(name).header for name in rule.columns)
        severity = QUESTION_NAME if rule.is_question else SEVERITY_NAMES[rule.severity]
        told = declared.get(rule.rule_id)
        good = _told(contract, told[0]) if told and told[0] else _good_cell(contract, rule)
        bad = _told(contract, told[1]) if told and told[1] else _bad_cell(contract, rule)
        yield (
            rule.rule_id, contract.title, headers, _ring(rule.kind), severity, rule.message, rule.expected, rule.fix,
            TURN_NAMES[rule.turn], good, bad, f"{rule.years[0]}—{rule.years[1]}",
        )  # fmt: skip


def _ring(kind: RuleKind) -> str:
    if kind is RuleKind.COUNTERPART:
        return "与其他台账对照"
    if kind in _HISTORY:
        return "与往年对照"
    return "整张表" if kind in _TABLE else "单元格和行"


def _good_cell(contract: Contract, rule: Rule) -> str:
    column = contract.column(rule.columns[0])
    return str(column.example or next(iter(column.choices or ()), ""))


def _bad_cell(contract: Contract, rule: Rule) -> str:
    column = contract.column(rule.columns[0])
    bound = bound_text(column, rule.bound) if rule.bound is not None else ""
    told: Mapping[RuleKind, str] = {
        RuleKind.READABLE: "？？",
        RuleKind.REQUIRED: "（空白）",
        RuleKind.MINIMUM: f"比 {bound} 小的数",
        RuleKind.MAXIMUM: f"比 {bound} 大的数",
        RuleKind.MAX_LENGTH: f"超过 {bound} 个字的文字",
        RuleKind.PATTERN: "？",
        RuleKind.IN_PERIOD: f"{rule.years[1] + 8} 年的日期",
        RuleKind.NO_PERSONAL_NUMBER: "13800000000",
    }
    return told[rule.kind]


def _told(contract: Contract, example: Example | RowExample) -> str:
    """An example in the words of the headers: one line a row; what stands in other ledgers or years is named as such."""
    if not isinstance(example, Example):
        return _row(contract, example)
    lines = [_row(contract, row) for row in example.rows]
    lines += [f"上一年度：{_row(contract, row)}" for row in example.before]
    lines += [f"另一台账：{'，'.join(f'{value}' for value in row.values())}" for row in example.others]
    return "\n".join(lines)


def _row(contract: Contract, row: RowExample) -> str:
    return "，".join(
        f"{contract.column(name).header}：{'（空白）' if value is None else value}" for name, value in row.items()
    )
