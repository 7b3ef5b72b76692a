"""The rules projected from the contracts, and their Chinese texts."""

from __future__ import annotations

import re

import pytest

from schemas.contract import Contract, Privacy, shipped_contracts
from schemas.rule import Rule, RuleKind, problem_text, rule_texts, rules_of
from schemas.values import Severity, Turn

EACH = pytest.mark.parametrize("contract", shipped_contracts().values(), ids=lambda contract: contract.contract)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def rule(rule_id: str) -> Rule:
    (found,) = [r for r in rules_of(shipped_contracts()[rule_id.split(".", maxsplit=1)[0]]) if r.rule_id == rule_id]
    return found


@EACH
def test_rule_ids_are_unique(contract: Contract) -> None:
    ids = [r.rule_id for r in rules_of(contract)]
    assert len(ids) == len(set(ids))
    assert all(rule_id.startswith(f"{contract.contract}.") for rule_id in ids)


@EACH
def test_every_rule_speaks_chinese_with_nothing_left_open(contract: Contract) -> None:
    for r in rules_of(contract):
        for text in (r.message, r.expected, r.fix):
            assert CHINESE.search(text), r.rule_id
            assert not re.search(r"[{}]|None|e[+-]\d|^，|  | $", text), (r.rule_id, text)


@EACH
def test_every_reason_a_cell_cannot_be_read_speaks_chinese(contract: Contract) -> None:
    for column in contract.columns:
        for problem in (*rule_texts().problems, *rule_texts().damages):
            text = problem_text(column, problem, ("甲校", "乙校"))
            for words in (text.message, text.expected, text.fix):
                assert CHINESE.search(words), (column.name, problem)
                assert not re.search(r"[{}]|None|^，", words), (column.name, problem, words)


@EACH
def test_dropped_columns_have_no_rules(contract: Contract) -> None:
    dropped = {column.name for column in contract.columns if column.privacy is Privacy.DROPPED}
    assert dropped.isdisjoint(name for r in rules_of(contract) for name in r.columns)


@pytest.mark.parametrize(
    ("rule_id", "expected"),
    [
        ("training_session.trainee_person_days.maximum", "不大于 3000000 人日"),
        ("training_room.equipment_cny.maximum", "不大于 1000000 万元"),
        ("training_room.area_sqm.minimum", "不小于 0 平方米"),
        ("task_progress.completion_share.maximum", "不大于 1000%"),
        ("award.awarded_on.in_period", "在填报年度之内"),
        ("dispatched_person.returned_on.in_period", "在填报年度或前后一年之内"),
        ("training_room.built_on.in_period", "不晚于填报年度末"),
        ("training_room.built_on.readable", "真实存在的日期，如“2021年3月”"),
        ("enrolment.plan_type_code.readable", "下列之一：定向、西部协作、3+2、普通"),
        ("enrolment.planned_count.readable", "整数（单位：人）"),
        ("enrolment.programme_code.pattern", "符合规定格式，如“520901”"),
        ("support_project.ends_after_start", "“开始时间”不晚于“结束时间”"),
        ("support_project.completed_has_end", "“状态”为“已完成”时填写“结束时间”"),
        ("satisfaction.valid_within_sample", "“有效样本”不大于“样本量”"),
        ("satisfaction.valid_is_sum", "“有效样本”等于“很满意”、“满意”、“一般”、“不满意”、“无法评估”之和"),
        ("indicator_target.one_row_an_indicator", "“层面”、“指标编码”合起来不与其他行重复"),
    ],
)
def test_what_a_rule_expects_is_said_as_a_clerk_would_write_it(rule_id: str, expected: str) -> None:
    assert rule(rule_id).expected == expected


def test_a_bound_of_money_is_in_yuan_whatever_the_header_says() -> None:
    assert rule("training_room.equipment_cny.maximum").bound == 10_000_000_000


def test_a_column_s_own_advice_takes_the_place_of_the_general_one() -> None:
    column = shipped_contracts()["dispatched_person"].column("id_number_hash")
    assert problem_text(column, "bad_code").fix == "请删除身份证号这一列后再报送"
    assert rule("dispatched_person.id_number_hash.readable").fix == "请删除身份证号这一列后再报送"


def test_candidates_are_offered_when_there_are_any() -> None:
    column = shipped_contracts()["award"].column("awarded_institution_code")
    with_names = problem_text(column, "unknown_partner", ("和田职业技术学院", "武威职业学院"))
    assert with_names.expected == "已登记单位的全称或常用简称；最接近的有：和田职业技术学院、武威职业学院"
    assert problem_text(column, "unknown_partner").expected == "已登记单位的全称或常用简称"


def test_a_rule_carries_what_its_check_needs() -> None:
    assert rule("training_session.started_on.in_period").span == "year"
    assert rule("enrolment.programme_code.pattern").pattern == "[0-9]{5}[0-9A-Za-z][A-Za-z]{0,2}"
    required = rule("task_progress.completed_has_evidence")
    assert (required.kind, required.equals, required.columns) == (
        RuleKind.REQUIRED_WHEN,
        "已完成",
        ("evidence_text", "status_code"),
    )


def test_numbers_of_persons_in_a_text_are_a_warning_and_the_submitter_s_turn() -> None:
    found = rule("activity.activity_name.no_personal_number")
    assert (found.severity, found.turn) == (Severity.WARNING, Turn.SUBMITTER)


def test_duplicates_hold_nothing_back_but_in_the_plan() -> None:
    critical = {
        r.rule_id
        for contract in shipped_contracts().values()
        for r in rules_of(contract)
        if r.kind is RuleKind.UNIQUE and r.severity is Severity.CRITICAL
    }
    assert critical == {
        "indicator_actual.one_row_an_indicator",
        "indicator_target.one_row_an_indicator",
        "plan_task.one_row_a_task",
    }
