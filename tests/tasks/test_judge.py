"""Findings read as a clerk needs them, nothing personal in them, and the right rows and submissions are held back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from schemas.cells import ConformedCell
from schemas.contract import Contract
from schemas.rule import rules_of
from schemas.values import Conformed, Finding, Place, Severity, SheetLayout, SubmissionState, Turn
from tasks.intake.judge import check, judge

GOOD = {
    "item_name": "讲座", "item_code": "1.2", "kind_code": "甲", "year": 2021, "started_on": date(2021, 3, 5),
    "ended_on": date(2021, 3, 1), "total_count": 10, "men_count": 4, "women_count": 6, "cost_cny": 1e6,
    "teacher_names": "王某", "id_number_hash": "a1",
}  # fmt: skip
Make = Callable[..., Conformed]


def rows(count: int, **changed: object) -> list[dict[str, object]]:
    """So many good rows, the first of them changed."""
    good = [{**GOOD, "item_name": f"讲座{number}"} for number in range(count)]
    return [{**good[0], **changed}, *good[1:]]


def test_good_rows_are_accepted_without_a_word(every_rule: Contract, make_submission: Make) -> None:
    submission = make_submission(every_rule, rows(3))
    (verdict,) = check(every_rule, [submission])
    assert verdict.submission is submission
    assert (verdict.state, verdict.findings, verdict.held.tolist()) == (SubmissionState.ACCEPTED, (), [])


def test_a_critical_finding_holds_its_row_and_says_where_and_what(every_rule: Contract, make_submission: Make) -> None:
    unknown = ConformedCell("丙类", problem="bad_choice")
    (verdict,) = check(every_rule, [make_submission(every_rule, rows(3, kind_code=unknown, total_count=-10))])
    assert verdict.state is SubmissionState.ACCEPTED_WITH_FINDINGS
    assert verdict.held.tolist() == [0]
    assert verdict.rules_by_held == {0: ("every_rule.kind_code.readable", "every_rule.total_count.minimum")}
    assert verdict.findings == (
        Finding(
            "every_rule.kind_code.readable", Severity.CRITICAL, Turn.SUBMITTER, "“类别”不在可选项内", "丙类",
            "下列之一：甲、乙", "请从可选项中选择一项填写；都不合适时请与双高办联系", Place("台账", 4, 3, "类别"),
        ),
        Finding(
            "every_rule.total_count.minimum", Severity.CRITICAL, Turn.SUBMITTER, "“合计人数”小于允许的最小值", "-10",
            "不小于 0 人", "请核对原始记录后改正“合计人数”", Place("台账", 4, 7, "合计人数"),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"total_count": -10}, ["total_count.minimum"]),
        ({"total_count": 14}, ["adds_up"]),
        ({"men_count": ConformedCell("四", problem="not_number"), "total_count": 3}, ["men_count.readable"]),
        ({"started_on": date(2031, 3, 5)}, ["started_on.in_period"]),
        ({"started_on": date(2021, 5, 5)}, ["in_order"]),
    ],
)
def test_a_cell_that_is_wrong_in_itself_is_told_of_once(
    every_rule: Contract, make_submission: Make, changed: dict[str, object], told: list[str]
) -> None:
    (verdict,) = check(every_rule, [make_submission(every_rule, rows(3, **changed))])
    assert [f.rule_id.partition(".")[2] for f in verdict.findings] == told
    assert verdict.held.tolist() == [0]


def test_rows_that_repeat_one_another_are_told_though_a_cell_is_wrong_too(
    every_rule: Contract, make_submission: Make
) -> None:
    twin = {**GOOD, "total_count": -10}
    (verdict,) = check(every_rule, [make_submission(every_rule, [*rows(9), twin, twin])])
    assert [f.rule_id.partition(".")[2] for f in verdict.findings] == ["once", "total_count.minimum"] * 2


def test_a_warning_lets_its_row_through(every_rule: Contract, make_submission: Make) -> None:
    (verdict,) = check(every_rule, [make_submission(every_rule, rows(1, kind_code="乙", cost_cny=None))])
    assert verdict.state is SubmissionState.ACCEPTED_WITH_FINDINGS
    assert verdict.held.tolist() == []
    assert [(f.message, f.found, f.place.cell) for f in verdict.findings] == [
        ("乙类没有金额", "“金额”：（空）；“类别”：乙", "J4")
    ]


def test_bounds_are_worded_in_the_columns_own_unit(every_rule: Contract, make_submission: Make) -> None:
    dear = ConformedCell("2,000,000", 2e10)
    (verdict,) = check(every_rule, [make_submission(every_rule, rows(3, cost_cny=dear))])
    assert [(f.found, f.expected) for f in verdict.findings] == [("2,000,000", "不大于 1000000 万元")]


def test_nothing_personal_reaches_a_finding(every_rule: Contract, make_submission: Make) -> None:
    told = {
        "item_name": "找13800000000",
        "teacher_names": "王某某、李某某",
        "id_number_hash": ConformedCell("110101190001010000", problem="bad_code"),
        "men_count": ConformedCell("见 110101190001010000", problem="not_number"),
    }
    (verdict,) = check(every_rule, [make_submission(every_rule, rows(9, **told))])
    assert [(f.rule_id.partition(".")[2], f.found) for f in verdict.findings] == [
        ("item_name.max_length", "找［号码已隐去］"),
        ("men_count.readable", "见 ［号码已隐去］"),
        ("teacher_names.max_length", "（个人信息，不显示）"),
        ("id_number_hash.readable", "（个人信息，不显示）"),
        ("item_name.no_personal_number", "找［号码已隐去］"),
    ]


def test_a_long_cell_is_cut_and_its_length_told(every_rule: Contract, make_submission: Make) -> None:
    (verdict,) = check(every_rule, [make_submission(every_rule, rows(3, item_name="长" * 500))])
    assert [f.found for f in verdict.findings] == ["长" * 120 + "…（共 500 个字符）"]


def test_repeated_rows_name_one_another(every_rule: Contract, make_submission: Make) -> None:
    submission = make_submission(every_rule, [*rows(20), *([GOOD] * 8)])
    layouts = (*submission.layouts, replace(submission.layouts[0], sheet="续表"))
    submission = replace(submission, layouts=layouts, layout_index=np.repeat(np.int32([0, 1]), [27, 1]))
    (verdict,) = check(every_rule, [submission])
    assert [f.found for f in verdict.findings] == [
        "与第 25、26、27、28、29 行等共 7 行相同",
        *["与第 24、26、27、28、29 行等共 7 行相同", "与第 24、25、27、28、29 行等共 7 行相同"],
        *["与第 24、25、26、28、29 行等共 7 行相同", "与第 24、25、26、27、29 行等共 7 行相同"],
        *["与第 24、25、26、27、28 行等共 7 行相同"] * 2,
        "与第 台账!24、台账!25、台账!26、台账!27、台账!28 行等共 7 行相同",
    ]
    pair = make_submission(every_rule, [*rows(20), GOOD, GOOD])
    pair = replace(pair, layouts=layouts, layout_index=np.repeat(np.int32([0, 1]), [21, 1]))
    assert [f.found for f in check(every_rule, [pair])[0].findings] == ["与第 续表!25 行相同", "与第 台账!24 行相同"]


def test_a_column_the_table_lacks_is_said_once(every_rule: Contract, make_submission: Make) -> None:
    told = [{**row, "id_number_hash": None} for row in rows(40)]
    (verdict,) = check(every_rule, [make_submission(every_rule, told, lacking=["id_number_hash"])])
    assert verdict.state is SubmissionState.REFUSED
    assert len(verdict.held) == 40
    assert [(f.rule_id, f.found, f.place) for f in verdict.findings] == [
        ("submission.refused", "共 40 行，其中 40 行有严重问题（100%）", Place()),
        (
            "every_rule.id_number_hash.required",
            "表头中没有“身份证号”这一列，涉及 40 行",
            Place("台账", 3, None, "身份证号"),
        ),
    ]


@pytest.mark.parametrize(
    ("bad", "total", "state"),
    [
        (1, 2, SubmissionState.ACCEPTED_WITH_FINDINGS),
        (2, 3, SubmissionState.REFUSED),
        (1, 1, SubmissionState.REFUSED),
    ],
)
def test_what_is_mostly_wrong_is_refused_whole(
    every_rule: Contract, make_submission: Make, bad: int, total: int, state: SubmissionState
) -> None:
    told = [{**row, "item_name": None} if number < bad else row for number, row in enumerate(rows(total))]
    (verdict,) = check(every_rule, [make_submission(every_rule, told)])
    assert verdict.state is state
    assert len(verdict.held) == bad
    refused = [f for f in verdict.findings if f.rule_id == "submission.refused"]
    assert (verdict.findings[:1] == tuple(refused)) is (state is SubmissionState.REFUSED)


def test_no_row_left_is_refused_however_large_a_share_may_be_held(every_rule: Contract, make_submission: Make) -> None:
    lenient = every_rule.model_copy(update={"refuse_above_share": 1.0})
    (verdict,) = check(lenient, [make_submission(lenient, rows(1, item_name=None))])
    assert verdict.state is SubmissionState.REFUSED


def test_an_empty_submission_is_refused(every_rule: Contract, make_submission: Make) -> None:
    (verdict,) = check(every_rule, [make_submission(every_rule, [])])
    assert verdict.state is SubmissionState.REFUSED
    assert [(f.rule_id, f.message) for f in verdict.findings] == [("submission.empty", "表中没有一行数据")]


def test_findings_of_the_reading_are_carried_along(every_rule: Contract, make_submission: Make) -> None:
    unknown = Finding(
        "layout.unknown_header", Severity.WARNING, Turn.US, "表头不在模板中", "学期", "", "", Place("台账", 3)
    )
    submission = replace(make_submission(every_rule, rows(2, total_count=-10)), findings=(unknown,))
    (verdict,) = check(every_rule, [submission])
    assert verdict.state is SubmissionState.ACCEPTED_WITH_FINDINGS
    assert [f.rule_id for f in verdict.findings] == [
        "layout.unknown_header",
        "every_rule.total_count.minimum",
    ]


def test_each_submission_gets_the_findings_of_its_own_rows(every_rule: Contract, make_submission: Make) -> None:
    submissions = [
        make_submission(every_rule, rows(3)),
        make_submission(every_rule, rows(3, item_code="x")),
        make_submission(every_rule, []),
        make_submission(every_rule, [*rows(2), {**GOOD, "item_name": None}]),
    ]
    verdicts = check(every_rule, submissions)
    assert [verdict.held.tolist() for verdict in verdicts] == [[], [0], [], [2]]
    assert [[f.place.row for f in verdict.findings] for verdict in verdicts] == [[], [4], [None], [6]]


def test_a_rule_nobody_judged_lets_nothing_through(every_rule: Contract, make_submission: Make) -> None:
    failures = {rule.rule_id: np.zeros(0, dtype=np.int64) for rule in rules_of(every_rule)[1:]}
    with pytest.raises(KeyError, match=r"every_rule\.item_name\.readable"):
        judge(every_rule, [make_submission(every_rule, rows(1))], failures, {})


def test_checking_needs_neither_great_expectations_nor_pandas() -> None:
    told = "import sys, tasks.intake.judge; sys.exit('great_expectations' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told], check=False).returncode == 0


def test_findings_stand_in_the_order_of_the_sheet(every_rule: Contract, make_submission: Make) -> None:
    layout = SheetLayout("另一张", 1, 1, {c.name: (n, c.header) for n, c in enumerate(every_rule.columns, 1)})
    submission = make_submission(every_rule, [{**row, "men_count": None, "women_count": None} for row in rows(4)])
    submission = replace(
        submission,
        layouts=(*submission.layouts, layout),
        layout_index=np.int32([0, 1, 0, 1]),
        rows=np.int32([9, 2, 5, 8]),
    )
    (verdict,) = check(every_rule, [submission])
    assert [(f.place.sheet, f.place.row) for f in verdict.findings[1:]] == [
        ("台账", 5), ("台账", 9), ("另一张", 2), ("另一张", 8)
    ]  # fmt: skip
