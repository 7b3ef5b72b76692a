"""The data dictionary and the rule catalogue hold every column and every rule, as tables that stay whole."""

from __future__ import annotations

import re
from pathlib import Path

from schemas.contract import shipped_contracts
from schemas.dictionary import data_dictionary, rule_catalogue
from schemas.rule import rules_of


def rows_of(document: str) -> list[list[str]]:
    lines = [line for line in document.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def sections_of(document: str) -> list[str]:
    return re.findall(r"^## .+（`(\w+)`，第 \d+ 版）$", document, flags=re.MULTILINE)


def test_the_dictionary_has_every_column_of_every_contract() -> None:
    contracts = shipped_contracts()
    document = data_dictionary(contracts)
    rows = rows_of(document)
    assert {len(row) for row in rows} == {10}
    fields = [row[1] for row in rows if row[1].startswith("`")]
    assert fields == [f"`{column.name}`" for contract in contracts.values() for column in contract.columns]
    assert sections_of(document) == list(contracts)


def test_a_column_of_the_dictionary() -> None:
    contracts = {"technical_service": shipped_contracts()["technical_service"]}
    (row,) = [row for row in rows_of(data_dictionary(contracts)) if row[1] == "`contract_cny`"]
    assert row == [
        "合同金额（万元）",
        "`contract_cny`",
        "金额",
        "",
        "万元",
        "不小于 0；不大于 1000000",
        "合同金额；没有写单位时按万元计，没有合同的不填",
        "12.5",
        "合同额、合同经费、合同总额、合同总金额",
        "",
    ]


def test_the_dictionary_says_what_becomes_of_personal_columns() -> None:
    document = data_dictionary({"dispatched_person": shipped_contracts()["dispatched_person"]})
    privacy = {row[0]: row[9] for row in rows_of(document) if row[9].startswith("个人信息：")}
    assert privacy == {
        "姓名": "个人信息：不进入报告、日志和邮件",
        "工号": "个人信息：只保存加密后的摘要",
        "身份证号": "个人信息：只保存加密后的摘要",
        "联系电话": "个人信息：不保存",
    }


def test_the_catalogue_has_every_rule_of_every_contract() -> None:
    contracts = shipped_contracts()
    document = rule_catalogue(contracts)
    rows = rows_of(document)
    assert {len(row) for row in rows} == {7}
    listed = [row[0] for row in rows if row[0].startswith("`")]
    assert listed == [f"`{rule.rule_id}`" for contract in contracts.values() for rule in rules_of(contract)]
    assert sections_of(document) == list(contracts)


def test_a_rule_of_the_catalogue() -> None:
    contracts = {"enrolment": shipped_contracts()["enrolment"]}
    (row,) = [row for row in rows_of(rule_catalogue(contracts)) if row[0] == "`enrolment.registered_within_admitted`"]
    assert row == [
        "`enrolment.registered_within_admitted`",
        "提醒",
        "报到数、录取数",
        "报到数大于录取数",
        "“报到数”不大于“录取数”",
        "请核对两个数，检查是否填错了列；确有补录的，请与双高办联系说明",
        "填报单位",
    ]


def test_the_published_catalogue_is_fresh() -> None:
    """Write it again with `doublehigh contracts --rules > docs/rules.md`."""
    published = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
    assert published.rstrip("\n") == rule_catalogue(shipped_contracts()).rstrip("\n")


def test_a_question_of_the_catalogue() -> None:
    contracts = {"training_room": shipped_contracts()["training_room"]}
    (row,) = [row for row in rows_of(rule_catalogue(contracts)) if row[0] == "`training_room.rooms_fall`"]
    assert row[1:3] == ["请说明（照常入库）", "实训室名称"]
