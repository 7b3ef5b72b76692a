"""What a partner is asked to explain stands in the marked workbook, is answered there, read back and recorded once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import Engine, select

from schemas.contract import shipped_contracts
from schemas.values import Delivery, Reading
from sources.registry import Registry
from tasks.feedback.blank import FIRST_ROW, write_blank_workbook
from tasks.feedback.marked import write_list_workbook, write_marked_workbook
from tasks.feedback.question_list import read_answers
from tasks.intake.judge import check
from tasks.intake.plausibility import CHOICES, PLAUSIBILITY, read_asked, record_explanations
from tests.tasks.test_marked_sent_back import ROW
from warehouse.engine import begin_write
from warehouse.marts.questions import answers
from warehouse.store.questions import ask
from warehouse.tables import Decision

NOW = datetime(2022, 1, 5, 18, tzinfo=UTC)
CONTRACT = shipped_contracts()["training_session"]
QUESTIONS = [(7, "人次比上一年度增加很多（是上一年度的 10.00 倍）。请说明"), (12, "=1+1 的合计比累计少。请说明")]


def _list_of(path: Path) -> tuple[Workbook, Worksheet, dict[str, int]]:
    """The workbook, its list, and the row of each question by its number."""
    workbook = load_workbook(path)
    sheet = workbook["问题清单"]
    assert isinstance(sheet, Worksheet)
    (header,) = [row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 7).value == "您的说明（请在此填写）"]
    return workbook, sheet, {str(sheet.cell(row, 1).value): row for row in range(header + 1, sheet.max_row + 1)}


def test_answers_written_beside_the_questions_are_read_back(
    tmp_path: Path, registry: Registry, read: Callable[..., Reading]
) -> None:
    path = write_blank_workbook(CONTRACT, registry.partners["hetian"], 2021, tmp_path / "form.xlsx")
    workbook = load_workbook(path)
    for column, value in enumerate([1, *ROW], start=1):
        workbook.worksheets[0].cell(FIRST_ROW, column, value)
    workbook.save(path)
    delivery = replace(read(path).delivery, path=path)
    marked = write_marked_workbook(delivery, [], tmp_path / "marked.xlsx", QUESTIONS)
    assert read_answers(marked) == {}
    assert read_answers(path) == {}

    workbook, sheet, rows = _list_of(marked)
    assert rows.keys() == {"7", "12"}
    assert [sheet.cell(rows[str(number)], 2).value for number, _ in QUESTIONS] == [text for _, text in QUESTIONS]
    assert (sheet.cell(rows["12"], 2).data_type, sheet.cell(rows["12"], 7).number_format) == ("s", "@")
    assert str(sheet["A3"].value).endswith("另有 2 个问题请说明：见本表末尾“请说明”部分，填写后发回。")
    sheet.cell(rows["12"], 7).value = "  新增两个校区\n合办班次  "
    sheet.insert_rows(4, 3)  # a clerk moves things
    workbook.save(marked)
    assert read_answers(marked) == read_answers(marked.read_bytes()) == {12: "新增两个校区\n合办班次"}

    reading = read(marked)
    assert reading.findings == ()
    (verdict,) = check(CONTRACT, list(reading.submissions))
    assert (len(verdict.submission), verdict.findings) == (1, ())


def test_a_file_of_any_other_kind_holds_no_answers(tmp_path: Path) -> None:
    workbook = Workbook()
    workbook.create_sheet("问题清单")["A1"] = "编号"
    workbook.save(tmp_path / "other.xlsx")
    assert read_answers(tmp_path / "other.xlsx") == {}
    for content in (b"", b"PK\x03\x04 cut short", "问题清单".encode("utf-16-le"), "问题清单,1".encode()):
        assert read_answers(content) == {}


def test_a_list_alone_asks_too(tmp_path: Path, make_delivery: Callable[..., Delivery]) -> None:
    path = write_list_workbook(make_delivery(), [], tmp_path / "list.xlsx", QUESTIONS)
    workbook, sheet, rows = _list_of(path)
    sheet.cell(rows["7"], 7).value = 3
    workbook.save(path)
    assert read_answers(path) == {7: "3"}


def _asked(engine: Engine, key: str, **told: object) -> int:
    usual = {"kind": PLAUSIBILITY, "question": f"{key}。请说明", "is_for_partner": True, "partner_code": "hetian"}
    slot = {"contract": "award", "period": "2021", "choices": CHOICES}
    with begin_write(engine) as connection:
        return ask(connection, NOW, key=key, **{**usual, **slot, **told})  # type: ignore[arg-type]


def test_only_a_partners_own_open_questions_are_answered_and_once(engine: Engine) -> None:
    first, second = _asked(engine, "甲"), _asked(engine, "乙")
    others = [_asked(engine, "丙", partner_code="wuwei"), _asked(engine, "丁", is_for_partner=False)]
    blank = _asked(engine, "戊", contract="enrolment")
    texts = {first: " 扩招了，电话13800000000 ", second: "填写有误，已改正", 999: "没有这个问题"}
    texts |= dict.fromkeys(others, "不是问我们的")
    recorded = []
    for _ in range(2):
        with begin_write(engine) as connection:
            recorded.append(record_explanations(connection, NOW, "hetian", "和田职业技术学院", texts))
    assert recorded == [[first, second], []]
    with engine.connect() as connection:
        found = [(one.asked.question_id, one.code, one.text) for one in answers(connection)]
        decisions = [tuple(row) for row in connection.execute(select(Decision.decided_by, Decision.why))]
        asked = read_asked(connection)
    (_, _, said), (_, _, mended) = found
    assert [one[:2] for one in found] == [(first, "explained"), (second, "mistake")]
    assert said is not None
    assert said.startswith("扩招了")
    assert "13800000000" not in said
    assert decisions == [("和田职业技术学院", said), ("和田职业技术学院", mended)]
    assert asked == {
        ("wuwei", "award", "2021"): ((others[0], "丙。请说明"),),
        ("hetian", "enrolment", "2021"): ((blank, "戊。请说明"),),
    }
