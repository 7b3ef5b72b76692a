"""The downloadable rule catalogue holds every rule, with an example of each side, and nothing that runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from schemas.contract import shipped_contracts
from schemas.dictionary import rule_catalogue
from schemas.rule import rules_of
from tasks.feedback.rule_sheet import HEADS, write_rule_sheet


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    path = tmp_path_factory.mktemp("rules") / "规则目录.xlsx"
    count = write_rule_sheet(shipped_contracts(), path)
    book = load_workbook(path)
    (sheet,) = book.worksheets
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == f"A1:L{count + 1}"
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}
    heads, *found = sheet.iter_rows(values_only=True)
    assert heads == HEADS
    return [dict(zip(HEADS, map(str, row), strict=True)) for row in found]


def test_each_rule_stands_once_as_in_the_catalogue(rows: list[dict[str, str]]) -> None:
    wanted = [rule.rule_id for contract in shipped_contracts().values() for rule in rules_of(contract)]
    assert [row["规则编号"] for row in rows] == wanted
    page = rule_catalogue(shipped_contracts()).replace("\\|", "|")
    assert [row["规则编号"] for row in rows if f"| {row['问题']} | {row['要求']} | {row['怎么改']} |" not in page] == []


def test_each_has_an_example_that_does_not_pass_and_the_years_it_holds_for(rows: list[dict[str, str]]) -> None:
    assert [row["规则编号"] for row in rows if row["不通过的例子"] in {"", "None"}] == []
    assert {row["适用年度"] for row in rows} == {"2019—2023"}
    assert {row["范围"] for row in rows} == {"单元格和行", "整张表", "与其他台账对照", "与往年对照"}


def test_an_example_is_told_in_the_words_of_the_ledger(rows: list[dict[str, str]]) -> None:
    (jump,) = [row for row in rows if row["规则编号"] == "training_session.person_times_jump"]
    assert "上一年度：培训人次：" in jump["不通过的例子"]
    (ends,) = [row for row in rows if row["规则编号"] == "training_session.ends_after_start"]
    assert ends["不通过的例子"].startswith("开始时间：")


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_rule_sheet(shipped_contracts(), tmp_path / "nowhere" / "rules.xlsx")
