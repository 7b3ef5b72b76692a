"""Intake, loading: the two things only loading can find, worded for the partner."""

from __future__ import annotations

from schemas.contract import Contract
from schemas.values import Delivery, Finding, Severity, Turn


def late_file(delivery: Delivery) -> Finding:
    """An older file turned up after the one in force."""
    changed = f"{delivery.modified_at:%Y-%m-%d %H:%M}（UTC）" if delivery.modified_at else "未知"
    return Finding(
        "load.late_file", Severity.INFO, Turn.NOBODY, "这份文件比现行有效的文件旧，未采用",
        f"{delivery.file_name}，修改时间 {changed}", "修改时间不早于现行有效的文件",
        "无需处理；如果应以这份文件为准，请打开后重新保存，再按原来的文件名报送",
    )  # fmt: skip


def no_room(contract: Contract, header: str, found: str) -> Finding:
    """A number in the column `header` is too large for its fact table, so the whole ledger is refused."""
    return Finding(
        "load.unstorable", Severity.CRITICAL, Turn.SUBMITTER, f"“{header}”的数值过大，无法入库，整份{contract.title}未采用",
        found, "与实际相符的数值", f"请核对“{header}”的数值和计量单位，改正后重新报送",
    )  # fmt: skip


def awaiting(kind: str, question: str) -> Finding:
    """The file waits for an answer of the office; `question` is what was asked."""
    message = {
        "shrink": "这次的行数比现行版本少得多，等双高办确认后采用",
        "order": "看不出这份文件是不是最新的一份，等双高办确认后采用",
    }[kind]
    return Finding(
        f"load.{kind}", Severity.WARNING, Turn.US, message, question, "行数和修改时间都说明它是最新、完整的一份",
        "由双高办确认；如果这份文件不完整或不是最新的，请重新报送完整的最新文件",
    )  # fmt: skip
