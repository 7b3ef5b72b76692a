"""The impact of a file, seen before it is accepted: rows and figures, and a warehouse in which nothing has changed."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest
import xlsxwriter

from schemas.contract import CONTRACTS
from tests.demonstration import COMMAND, run_command

pytestmark = [pytest.mark.timeout(280), pytest.mark.usefixtures("shared_prefect"), pytest.mark.xdist_group("office")]
HEADERS = ["培训项目名称", "受训单位", "培训方式", "开始时间", "结束时间", "培训人次"]
Row = tuple[str, int]


def write_ledger(path: Path, rows: Iterable[Row], ended_on: str = "2021-03-09") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("台账")
        sheet.write(0, 0, "2021年度师资培训台账")
        sheet.write_row(1, 0, HEADERS)
        for place, (name, times) in enumerate(rows, start=2):
            sheet.write_row(place, 0, [name, "和田职业技术学院", "线下", "2021-03-05", ended_on, times])


def everything(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables."""
    connection = sqlite3.connect(home / "warehouse.db")
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = {name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names}  # noqa: S608
    connection.close()
    return rows


def test_a_preview_tells_rows_and_figures_and_writes_nothing(tmp_path: Path) -> None:
    first = [(f"研修班{n}", 20 + n) for n in range(6)]
    write_ledger(tmp_path / "inbox" / "hetian" / "培训.xlsx", first)
    run_command([str(COMMAND), "collect", "--partner", "hetian"], tmp_path)
    before = everything(tmp_path)
    # One row gone, two changed by ten each, three new ones of a hundred each.
    second = [
        *((name, times + 10 * (n < 2)) for n, (name, times) in enumerate(first[:5])),
        *((f"新班{n}", 100) for n in range(3)),
    ]
    again = tmp_path / "again.xlsx"
    write_ledger(again, second)
    command = [str(COMMAND), "impact", str(again), "--partner", "hetian"]
    told = json.loads(run_command([*command, "--json"], tmp_path))
    (ledger,) = told["ledgers"]
    assert (ledger["replaces"], ledger["rows"]) == ("培训.xlsx", {"new": 3, "changed": 2, "gone": 1})
    person_times = [one for one in told["figures"] if one["before"] == "135" and one["year"] == 2021]
    assert {(one["after"], one["by"]) for one in person_times} == {("430", "295")}
    text = run_command(command, tmp_path)
    assert "新增 3 行、修改 2 行、减少 1 行" in text
    assert "135 → 430" in text
    stricter = tmp_path / "training_session.yaml"
    in_use = (CONTRACTS / stricter.name).read_text(encoding="utf-8")
    stricter.write_text(in_use.replace("maximum: 100000\n", "maximum: 24\n"), encoding="utf-8")
    tried = json.loads(
        run_command(
            [str(COMMAND), "shadow", str(stricter), "--json", "--to", str(tmp_path / "试行.xlsx")], tmp_path, code=1
        )
    )
    assert [(one["held_before"], one["held_after"], one["fails_newly"]) for one in tried["ledgers"]] == [(0, 1, True)]
    assert [(one["cell"], one["found"]) for one in tried["cases"]] == [("F8", "25")]
    assert {(one["before"], one["by"]) for one in tried["figures"] if one["year"] == 2021} >= {("135", "-25")}
    assert zipfile.is_zipfile(tmp_path / "试行.xlsx")
    assert everything(tmp_path) == before


def test_a_file_to_be_refused_changes_nothing(tmp_path: Path) -> None:
    again = tmp_path / "again.xlsx"
    write_ledger(again, [("研修班", 20)], ended_on="2021-03-01")
    command = [str(COMMAND), "impact", str(again), "--partner", "hetian"]
    told = run_command(command, tmp_path)
    assert "会整份退回（1 行中 1 行有严重问题）" in told
    assert "没有指标值会变动。" in told
    assert run_command([str(COMMAND), "impact", str(again), "--partner", "nowhere"], tmp_path, code=2) == ""
