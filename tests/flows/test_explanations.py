"""Nights over a doubt: asked in the marked workbook and the receipt, answered in the workbook sent back, recorded once."""

from __future__ import annotations

import email
from datetime import date
from email.policy import default
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import select

from schemas.contract import shipped_contracts
from sources.registry import load_registry
from tasks.feedback.blank import FIRST_ROW, write_blank_workbook
from tests.demonstration import ROOT
from tests.environment import office_environment
from tests.flows.two_nights import Nights
from warehouse.engine import open_engine
from warehouse.marts.questions import answers, open_questions
from warehouse.migrate import migrate
from warehouse.tables import Decision

REASON = "2021年起承担国培项目，人次大幅增加"


def _ledger(to: Path, year: int, times: int) -> None:
    contract = shipped_contracts()["training_session"]
    partner = load_registry(ROOT / "sources" / "partners").partners["hetian"]
    path = write_blank_workbook(contract, partner, year, to)
    workbook = load_workbook(path)
    day = date(year, 3, 1)
    row: list[str | int | date] = [
        1,
        "新能源汽车师资培训",
        "和田职业技术学院",
        "师资",
        "线下",
        day,
        day,
        1,
        times,
        times,
        times,
    ]
    for column, value in enumerate(row, start=1):
        workbook.worksheets[0].cell(FIRST_ROW, column, value)
    workbook.save(path)


def _receipts(home: Path) -> dict[Path, str]:
    """The text of each mail written so far."""
    found = {}
    for path in (home / "outbox/mail").rglob("*.eml"):
        message = email.message_from_bytes(path.read_bytes(), policy=default)
        body = message.get_body(("plain",))
        found[path] = body.get_content() if body else ""
    return found


@pytest.mark.xdist_group("office")
@pytest.mark.usefixtures("shared_prefect")
def test_a_doubt_is_asked_answered_in_the_workbook_and_recorded_once(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox" / "hetian"
    inbox.mkdir(parents=True)
    migrate(f"sqlite:///{tmp_path / 'warehouse.db'}")
    engine = open_engine(f"sqlite:///{tmp_path / 'warehouse.db'}")
    with Nights(office_environment(tmp_path)) as nights:
        _ledger(inbox / "2020.xlsx", 2020, 300)
        nights.run()
        _ledger(inbox / "2021.xlsx", 2021, 3000)
        nights.run()
        with engine.connect() as connection:
            asked = open_questions(connection, partner_code="hetian")
        told = [text for text in _receipts(tmp_path).values() if "把该文件发回" in text]
        (marked,) = (tmp_path / "outbox" / "hetian").rglob("2021-*.xlsx")
        workbook = load_workbook(marked)
        sheet = workbook["问题清单"]
        assert isinstance(sheet, Worksheet)
        for row in range(1, sheet.max_row + 1):
            if str(sheet.cell(row, 1).value) in {str(one.question_id) for one in asked}:
                sheet.cell(row, 7).value = REASON
        workbook.save(inbox / "2021说明.xlsx")
        nights.run()
        (inbox / "2021说明-副本.xlsx").write_bytes((inbox / "2021说明.xlsx").read_bytes())
        nights.run()
    assert asked
    assert all(one.is_for_partner for one in asked)
    assert len(told) == 1
    assert all(f"问题 {one.question_id}：{one.question}" in told[0] for one in asked)
    with engine.connect() as connection:
        found = [(one.asked.question_id, one.code, one.text) for one in answers(connection)]
        decided = [tuple(row) for row in connection.execute(select(Decision.decided_by, Decision.why))]
        still_open = open_questions(connection, partner_code="hetian")
    engine.dispose()
    assert found == [(one.question_id, "explained", REASON) for one in asked]
    assert decided == [("和田职业技术学院", REASON)] * len(asked)
    assert still_open == []
