"""Step one of making the examples: read a ledger written as plain text, so that what is true is kept apart from how it is typed.

A ledger file has one header line and one line a row, split by ``|``. A cell is
``value``, ``value~typed`` (only about that value), ``value^typed`` (typed otherwise but meaning the value), or ``!typed`` (a fault).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

LEDGERS = Path(__file__).parent / "ledgers"
Value: TypeAlias = str | int | Decimal | date | None

COUNTS = {
    "培训人数": "人", "培训人次": "人次", "人次": "人次", "在校生数": "人", "工位数": "个", "计划数": "人", "录取数": "人", "报到数": "人",
    "参与师生人数": "人", "服务人次": "人次", "场次": "场", "服务单位数": "个", "样本量": "份", "有效样本": "份", "很满意": "份", "满意": "份",
    "一般": "份", "不满意": "份", "无法评估": "份", "年度": "年",
}  # fmt: skip
DECIMALS = {"天数": "天", "人日": "人日", "使用面积（平方米）": "平方米"}
MONEY = {"设备总值（万元）", "合同金额（万元）", "到款额（万元）", "预算金额", "到位金额", "支出金额"}
SHARES = {"完成度（%）"}
DATES = {"派出时间", "返回时间", "获奖时间", "日期", "成立/签署日期"}
MONTHS = {"建成时间", "立项时间", "结题时间"}
EITHER = {"开始时间", "结束时间"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One cell: what is true, what the clerk typed instead (None: the usual way), and whether that is about right or wrong."""

    value: Value
    typed: str | None = None
    is_approximate: bool = False
    is_fault: bool = False


Row: TypeAlias = dict[str, Entry]


def is_good(row: Row) -> bool:
    """Whether no cell of the row is at fault."""
    return not any(entry.is_fault for entry in row.values())


def read_ledger(name: str) -> list[Row]:
    """The rows of ``ledgers/<name>.txt`` under their headers.

    Raises:
        ValueError: a line has another number of cells than the header line.
    """
    path = LEDGERS / f"{name}.txt"
    lines = [
        line for line in path.read_text(encoding="utf-8").splitlines() if line.strip() and not line.startswith("#")
    ]
    headers = _cells(lines[0])
    rows = []
    for line in lines[1:]:
        cells = _cells(line)
        if len(cells) != len(headers):
            raise ValueError(f"{path}: {len(cells)} cells, {len(headers)} headers: {line}")
        rows.append({header: entry(header, cell) for header, cell in zip(headers, cells, strict=True)})
    return rows


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")]


def entry(header: str, cell: str) -> Entry:
    """The entry a cell of the text stands for, typed by its header."""
    if cell.startswith("!"):
        return Entry(None, cell[1:], is_fault=True)
    for mark, is_approximate in (("~", True), ("^", False)):
        if mark in cell:
            value, typed = cell.split(mark, 1)
            return replace(entry(header, value), typed=typed, is_approximate=is_approximate)
    return Entry(_value(header, cell))


def _value(header: str, text: str) -> Value:
    if not text:
        return None
    if header in COUNTS:
        return int(text)
    if header in DECIMALS or header in MONEY or header in SHARES:
        return Decimal(text)
    if header in DATES | MONTHS | EITHER:
        return date.fromisoformat(text if text.count("-") == 2 else f"{text}-01")
    return text
