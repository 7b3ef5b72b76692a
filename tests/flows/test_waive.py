"""Waivers as the operator meets them: held rows, an approval, the rows are in, the approval taken back, they are held again."""

from __future__ import annotations

import json
import sqlite3
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
import xlsxwriter

from tests.demonstration import COMMAND, run_command

pytestmark = [pytest.mark.timeout(280), pytest.mark.usefixtures("shared_prefect"), pytest.mark.xdist_group("office")]
HEADERS = ["培训项目名称", "受训单位", "培训方式", "开始时间", "结束时间", "培训人次"]
RULE = "training_session.ends_after_start"
WHO = ("--by", "甲老师", "--why", "已电话核实")


def _run(home: Path, *arguments: str, code: int = 0) -> str:
    return run_command([str(COMMAND), *arguments], home, code)


def _in_force(home: Path) -> tuple[int, int]:
    """Rows loaded and held of what is in force."""
    connection = sqlite3.connect(home / "warehouse.db")
    statement = "SELECT rows_loaded, rows_held FROM submission WHERE in_force_from IS NOT NULL AND in_force_to IS NULL"
    (found,) = connection.execute(statement).fetchall()
    connection.close()
    return (int(found[0]), int(found[1]))


def test_an_approval_lets_rows_in_and_its_end_holds_them_again(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox" / "hetian"
    inbox.mkdir(parents=True)
    with xlsxwriter.Workbook(inbox / "培训.xlsx") as book:
        sheet = book.add_worksheet("台账")
        sheet.write(0, 0, "2021年度师资培训台账")
        sheet.write_row(1, 0, HEADERS)
        for number in range(10):
            ended_on = "2021-03-01" if number < 2 else "2021-03-09"
            sheet.write_row(
                number + 2, 0, [f"研修班{number}", "和田职业技术学院", "线下", "2021-03-05", ended_on, 20 + number]
            )
    _run(tmp_path, "collect", "--partner", "hetian", code=1)
    assert _in_force(tmp_path) == (8, 2)
    _run(tmp_path, "waive", RULE, "--partner", "hetian", "--count", "2", "--until", "2099-12-31", *WHO)
    assert _in_force(tmp_path) == (10, 0)
    (told,) = json.loads(_run(tmp_path, "waivers", "--json"))
    assert (told["waiver"]["rule_id"], told["rows"]) == (RULE, 2)
    assert "靠它入库 2 行" in _run(tmp_path, "waivers")
    mails = sorted((tmp_path / "outbox" / "mail").rglob("*.eml"))
    _run(tmp_path, "waive", "--revoke", str(told["waiver"]["waiver_id"]), *WHO)
    assert _in_force(tmp_path) == (8, 2)
    (told_again,) = set((tmp_path / "outbox" / "mail").rglob("*.eml")) - set(mails)
    letter = message_from_bytes(told_again.read_bytes(), policy=default).get_body(("plain",))
    assert letter is not None
    assert "原结论：已接收（有问题行）；现结论：已接收（有问题行），2 行有严重问题。" in letter.get_content()
    told_so_far = len(mails) + 1
    _run(tmp_path, "replay", "--rule", RULE, "--period", "2021")
    assert len(list((tmp_path / "outbox" / "mail").rglob("*.eml"))) == told_so_far, "the same verdict is not told again"
    assert _run(tmp_path, "waivers") == "没有有效的放行。\n"
    _run(tmp_path, "waive", "training_session.nothing", "--until", "2099-12-31", *WHO, code=2)
