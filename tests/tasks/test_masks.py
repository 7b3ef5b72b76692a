"""Every kind of rule fails on what it is for and on nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from schemas.cells import ConformedCell
from schemas.contract import Contract
from schemas.rule import RuleKind, rules_of
from schemas.values import Conformed
from tasks.intake.frame import build_frame
from tasks.intake.masks import find_failures

GOOD = {
    "item_name": "讲座", "item_code": "1.2", "kind_code": "甲", "year": 2021, "started_on": date(2021, 3, 5),
    "ended_on": date(2021, 3, 1), "total_count": 10, "men_count": 4, "women_count": 6, "cost_cny": 1e6,
    "teacher_names": "王某", "id_number_hash": "a1",
}  # fmt: skip
UNREAD = ConformedCell("若干", problem="not_number")


def failing(contract: Contract, *submissions: Conformed) -> dict[str, list[int]]:
    """Failing frame rows of the rules that fail, without the contract's name before their ids."""
    found = find_failures(contract, build_frame(contract, submissions))
    assert set(found) == {rule.rule_id for rule in rules_of(contract)}
    return {rule_id.partition(".")[2]: rows.tolist() for rule_id, rows in found.items() if len(rows)}


def test_a_contract_of_every_kind_has_every_kind(every_rule: Contract) -> None:
    assert {rule.kind for rule in rules_of(every_rule)} == set(RuleKind)


@pytest.mark.parametrize(
    ("changed", "rules"),
    [
        ({}, []),
        ({"item_name": None}, ["item_name.required"]),
        ({"item_name": "很长很长很长很长的"}, ["item_name.max_length"]),
        ({"item_name": "1380000 0000"}, ["item_name.max_length"]),
        ({"item_name": ConformedCell("#REF!", problem="error_cell")}, ["item_name.readable"]),
        ({"item_name": "13800000000"}, ["item_name.max_length", "item_name.no_personal_number"]),
        ({"item_code": "1."}, ["item_code.pattern"]),
        ({"item_code": "1.2\n"}, ["item_code.pattern"]),
        ({"item_code": None}, []),
        ({"kind_code": ConformedCell("丙", problem="bad_choice")}, ["kind_code.readable"]),
        ({"kind_code": "乙", "cost_cny": None}, ["cost_when"]),
        ({"kind_code": "乙", "cost_cny": UNREAD}, ["cost_cny.readable"]),
        ({"kind_code": "甲", "cost_cny": None}, []),
        ({"cost_cny": 2e10}, ["cost_cny.maximum"]),
        ({"year": 2020}, ["year.in_period"]),
        ({"year": None}, []),
        ({"started_on": date(2022, 1, 1)}, ["in_order"]),
        ({"started_on": date(2023, 1, 1), "ended_on": None}, ["started_on.in_period"]),
        ({"started_on": date(2019, 12, 31)}, ["started_on.in_period"]),
        ({"started_on": date(2021, 3, 31)}, []),
        ({"started_on": date(2021, 4, 1)}, ["in_order"]),
        ({"ended_on": date(2022, 1, 1)}, ["ended_on.in_period"]),
        ({"ended_on": None}, []),
        ({"total_count": -1, "men_count": None}, ["total_count.minimum"]),
        ({"total_count": 101, "men_count": None}, ["total_count.maximum"]),
        ({"total_count": 11}, []),
        ({"total_count": 12}, ["adds_up"]),
        ({"total_count": ConformedCell("约90", 90, is_approximate=True)}, []),
        ({"total_count": 3, "women_count": None}, ["fewer_men"]),
        ({"men_count": None, "women_count": None}, ["someone"]),
        ({"men_count": UNREAD, "women_count": None}, ["men_count.readable"]),
        ({"teacher_names": "王某某、李某某"}, ["teacher_names.max_length"]),
        ({"id_number_hash": None}, ["id_number_hash.required"]),
        ({"phone_number": "13800000000"}, []),
    ],
    ids=str,
)  # fmt: skip
def test_one_wrong_cell_fails_its_rules_only(
    every_rule: Contract, make_submission: Callable[..., Conformed], changed: dict[str, object], rules: list[str]
) -> None:
    other = {**GOOD, "item_name": "另一行"}
    submission = make_submission(every_rule, [other, {**GOOD, **changed}])
    assert failing(every_rule, submission) == {rule: [1] for rule in rules}


def test_rows_repeat_within_their_submission_only(
    every_rule: Contract, make_submission: Callable[..., Conformed]
) -> None:
    blank_key = {**GOOD, "item_name": None}
    unread_key = {**GOOD, "item_code": ConformedCell("#N/A", problem="error_cell")}
    first = make_submission(
        every_rule, [GOOD, {**GOOD, "item_name": ConformedCell(" 讲座", "讲座")}, blank_key, blank_key]
    )
    second = make_submission(
        every_rule, [GOOD, unread_key, unread_key, {**GOOD, "item_code": None}, {**GOOD, "item_code": None}]
    )
    assert failing(every_rule, first, second) == {
        "once": [0, 1, 7, 8],
        "item_name.required": [2, 3],
        "item_code.readable": [5, 6],
    }


def test_each_submission_is_held_against_its_own_period(
    every_rule: Contract, make_submission: Callable[..., Conformed]
) -> None:
    early, late = (make_submission(every_rule, [GOOD], period=period) for period in ("2019", "2021"))
    assert failing(every_rule, early, late) == {
        "year.in_period": [0], "started_on.in_period": [0], "ended_on.in_period": [0]
    }  # fmt: skip


def test_no_rows_no_failures(every_rule: Contract, make_submission: Callable[..., Conformed]) -> None:
    assert failing(every_rule) == {}
    assert failing(every_rule, make_submission(every_rule, [])) == {}


def test_a_submission_that_cannot_be_judged_is_named(
    every_rule: Contract, make_submission: Callable[..., Conformed]
) -> None:
    with pytest.raises(ValueError, match="period '上半年'"):
        build_frame(every_rule, [make_submission(every_rule, [GOOD], period="上半年")])
    other = every_rule.model_copy(update={"contract": "another"})
    with pytest.raises(ValueError, match="'every_rule' cannot be judged by contract 'another'"):
        build_frame(other, [make_submission(every_rule, [GOOD])])
    with pytest.raises(ValueError, match="column total_count"):
        build_frame(every_rule, [make_submission(every_rule, [{**GOOD, "total_count": "十"}])])
