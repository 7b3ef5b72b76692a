"""Questions as the operator meets them: two nights through the real flows, one question, its answer, and the file is in."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import pytest
import xlsxwriter

from tests.demonstration import COMMAND, run_command

pytestmark = [pytest.mark.timeout(280), pytest.mark.usefixtures("shared_prefect"), pytest.mark.xdist_group("office")]
HEADERS = ["培训项目名称", "受训单位", "培训方式", "开始时间", "结束时间", "培训人次"]
ROWS = [[f"研修班{n}", "和田职业技术学院", "线下", "2021-03-05", "2021-03-09", 20 + n] for n in range(40)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office whose ledger came in full one night and with 4 rows and another header the next."""
    home = tmp_path_factory.mktemp("questions")
    inbox = home / "inbox" / "hetian"
    inbox.mkdir(parents=True)
    _send(inbox / "培训.xlsx", 2021, HEADERS, ROWS, 1)
    _send(inbox / "培训2020.xlsx", 2020, HEADERS, _in_2020(ROWS), 1)
    _run(home, "collect", "--partner", "hetian")
    _send(inbox / "培训.xlsx", 2021, HEADERS, ROWS[:4], 2)
    drifted = [*HEADERS[:5], "参加培训的人次数"]
    _send(inbox / "培训2020.xlsx", 2020, drifted, _in_2020(ROWS[:38]), 2)
    _run(home, "collect", "--partner", "hetian", code=1)
    return home


def _send(path: Path, year: int, headers: list[str], rows: list[list[object]], day: int) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("台账")
        sheet.write(0, 0, f"{year}年度师资培训台账")
        for number, row in enumerate([headers, *rows], start=1):
            sheet.write_row(number, 0, row)
    os.utime(path, (1_640_000_000 + day * 86_400,) * 2)


def _in_2020(rows: list[list[object]]) -> list[list[object]]:
    return [[*row[:3], "2020-03-05", "2020-03-09", row[5]] for row in rows]


def _run(home: Path, *arguments: str, code: int = 0) -> str:
    return run_command([str(COMMAND), *arguments], home, code)


def _rows_in_force(home: Path) -> dict[str, int]:
    with sqlite3.connect(home / "warehouse.db") as connection:
        statement = "SELECT period, rows_loaded FROM submission WHERE in_force_from IS NOT NULL AND in_force_to IS NULL"
        found = dict(connection.execute(statement))
    connection.close()
    return found


def _mail_count(home: Path) -> int:
    return len(list((home / "outbox" / "mail").rglob("*.eml")))


def test_the_operator_finds_each_question_once_answers_it_and_the_file_is_loaded_and_told(home: Path) -> None:
    asked = json.loads(_run(home, "questions", "--json", code=1))
    assert sorted((q["kind"], q["period"], [code for code, _ in q["choices"]]) for q in asked) == [
        ("layout_drift", "2020", ["accept", "refuse"]),
        ("shrink", "2021", ["accept", "keep"]),
    ]
    assert _rows_in_force(home) == {"2020": 40, "2021": 40}
    with sqlite3.connect(home / "warehouse.db") as connection:
        (summary,) = connection.execute("SELECT summary FROM night ORDER BY id DESC LIMIT 1").fetchone()
    connection.close()
    assert len(json.loads(summary)["open_questions"]) == 2
    mails = _mail_count(home)
    number = {q["kind"]: str(q["question_id"]) for q in asked}
    who = ("--by", "甲老师", "--why", "已电话核实")
    assert "结论有变化的" in _run(home, "answer", number["layout_drift"], "accept", *who)
    assert _rows_in_force(home) == {"2020": 38, "2021": 40}
    _run(home, "answer", number["shrink"], "accept", *who)
    assert _rows_in_force(home) == {"2020": 38, "2021": 4}
    assert _mail_count(home) == mails + 2
    left = _run(home, "questions", code=1)
    assert left.endswith("待答复的问题：1 个\n")
    assert "数值存疑" in left, "4 rows after 40: the partner is asked why"
    _run(home, "answer", number["shrink"], "accept", *who, code=2)
    _run(home, "replay", "--in-force")
    assert (_rows_in_force(home), _mail_count(home)) == ({"2020": 38, "2021": 4}, mails + 2)
