"""Great Expectations and our masks agree on whatever comes; where they do not, nothing is let through."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from schemas.cells import CellValue, ConformedCell
from schemas.contract import Column, ColumnType, Contract, shipped_contracts
from schemas.ring import Surroundings, Total
from schemas.rule import RuleKind, rules_of
from schemas.values import Conformed
from tasks.intake.frame import build_frame
from tasks.intake.judge import check
from tasks.intake.masks import find_failures
from tasks.intake.suite import suite_of, table_of

Make = Callable[..., Conformed]


def dirty_rows(contract: Contract, seed: int, count: int) -> list[dict[str, ConformedCell]]:
    """Rows in which every kind of fault occurs, also several in one."""
    chance = random.Random(seed)  # noqa: S311
    return [{column.name: dirty_cell(column, chance) for column in contract.columns} for _ in range(count)]


def dirty_cell(column: Column, chance: random.Random) -> ConformedCell:
    draw = chance.random()
    if draw < 0.1:
        return ConformedCell("")
    if draw < 0.2:
        return ConformedCell("？？", problem="ambiguous")
    value = any_value(column, chance)
    return ConformedCell(f"{value}", value, is_approximate=column.is_numeric and chance.random() < 0.1)


def any_value(column: Column, chance: random.Random) -> CellValue:
    if column.type in {ColumnType.DATE, ColumnType.MONTH}:
        day = date(2018, 6, 1) + timedelta(days=chance.randrange(1800))
        return day.replace(day=1) if column.type is ColumnType.MONTH else day
    if column.type is ColumnType.YEAR:
        return chance.choice([2019, 2020, 2021, 2022])
    if column.is_numeric:
        return chance.choice([-1, 0, 1, 2, 3, 0.1, 0.3, 101, 1e13])
    if column.choices:
        return chance.choice(list(column.choices))
    return chance.choice(["1.2", "1..2", "520901", "讲座", "长" * 400, "电话13800000000", "110101190001010000", "乙"])


def dirty_surroundings(contract: Contract, seed: int) -> Surroundings:
    """Totals of every slot around, so that the outer rings find something and nothing."""
    chance = random.Random(seed)  # noqa: S311
    parts = ["", "甲", "乙", "学校", "专业群一", "1.2", "讲座"]
    totals = {}
    for need in {rule.need for rule in rules_of(contract) if rule.need}:
        totals[need] = tuple(
            Total(code, period, tuple(chance.choice(parts) for _ in need.by), tuple(chance.choice([0.1, 3, 900]) for _ in need.of))
            for code in ("hetian", "wuwei")
            for period in (2018, 2019, 2020, 2021)
            for _ in range(3)
        )  # fmt: skip
    return Surroundings(totals)


@pytest.mark.parametrize("name", ["every_rule", *shipped_contracts()])
def test_both_find_the_same_rows(every_rule: Contract, make_submission: Make, name: str) -> None:
    from tasks.intake.validate import cross_check, find_unexpected

    contract = {**shipped_contracts(), "every_rule": every_rule}[name]
    submissions = [
        make_submission(contract, dirty_rows(contract, seed, count), period=period)
        for seed, (count, period) in enumerate([(120, "2021"), (0, "2021"), (1, "2020"), (60, "2019"), (60, "2021")])
    ]
    frame = build_frame(contract, submissions, dirty_surroundings(contract, 1))
    ours = find_failures(contract, frame)
    theirs = find_unexpected(name, suite_of(contract), table_of(contract, frame))
    assert {rule: rows.tolist() for rule, rows in theirs.items()} == {
        rule: rows.tolist() for rule, rows in ours.items()
    }
    cross_check(contract, theirs, ours)
    if name == "every_rule":
        assert all(len(rows) for rows in ours.values()), "the dirt must reach every rule"


def test_the_verdicts_are_those_of_the_masks(every_rule: Contract, make_submission: Make) -> None:
    from tasks.intake.validate import validate

    submissions = [make_submission(every_rule, dirty_rows(every_rule, seed, 30)) for seed in range(3)]
    around = dirty_surroundings(every_rule, 2)
    for judged, checked in zip(
        validate(every_rule, submissions, around), check(every_rule, submissions, around), strict=True
    ):
        assert (judged.state, judged.findings, judged.held.tolist(), judged.rules_by_held) == (
            checked.state, checked.findings, checked.held.tolist(), checked.rules_by_held
        )  # fmt: skip


def test_nothing_to_validate_is_still_judged(every_rule: Contract, make_submission: Make) -> None:
    from tasks.intake.validate import validate

    assert validate(every_rule, []) == []
    assert [v.findings[0].rule_id for v in validate(every_rule, [make_submission(every_rule, [])])] == [
        "submission.empty"
    ]


def test_a_column_all_blank_is_validated(every_rule: Contract, make_submission: Make) -> None:
    from tasks.intake.validate import validate

    (verdict,) = validate(every_rule, [make_submission(every_rule, [{}, {}])])
    assert verdict.held.tolist() == [0, 1]


def test_each_rule_of_a_contract_is_one_expectation(every_rule: Contract) -> None:
    assert [e["meta"] for e in suite_of(every_rule)] == [{"rule_id": rule.rule_id} for rule in rules_of(every_rule)]
    assert {rule.kind for rule in rules_of(every_rule)} == set(RuleKind)


def test_a_disagreement_names_the_rule_and_both_counts(every_rule: Contract) -> None:
    from tasks.intake.validate import ValidationDisagreementError, cross_check

    ours = {rule.rule_id: np.array([1, 4]) for rule in rules_of(every_rule)}
    cross_check(every_rule, ours, ours)
    told = r"rule every_rule\.once: Great Expectations finds 1 failing rows, our masks 2; .*\[4\]"
    with pytest.raises(ValidationDisagreementError, match=told):
        cross_check(every_rule, {**ours, "every_rule.once": np.array([1])}, ours)
    theirs = {rule: rows for rule, rows in ours.items() if rule != "every_rule.once"}
    with pytest.raises(
        ValidationDisagreementError, match=r"rule every_rule\.once: Great Expectations gave no result; .* 2"
    ):
        cross_check(every_rule, theirs, ours)


def test_a_rule_that_cannot_be_evaluated_stops_everything(every_rule: Contract, make_submission: Make) -> None:
    from tasks.intake.validate import ValidationDisagreementError, find_unexpected

    frame = build_frame(every_rule, [make_submission(every_rule, dirty_rows(every_rule, 1, 5))])
    table = table_of(every_rule, frame).drop(columns="total_count")
    with pytest.raises(ValidationDisagreementError, match=r"rule every_rule\.total_count\.minimum: .* gave no result"):
        find_unexpected("every_rule", suite_of(every_rule), table)


def test_threads_validate_their_own_frames(every_rule: Contract, make_submission: Make) -> None:
    from tasks.intake.validate import validate

    jobs = [[make_submission(every_rule, dirty_rows(every_rule, seed, 20 + seed))] for seed in range(6)]
    held: dict[int, list[int]] = {}

    def run(number: int) -> None:
        held[number] = validate(every_rule, jobs[number])[0].held.tolist()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert held == {number: check(every_rule, job)[0].held.tolist() for number, job in enumerate(jobs)}


def test_great_expectations_is_quiet_and_leaves_no_trace(tmp_path: Path) -> None:
    told = """
from schemas.contract import shipped_contracts
from schemas.cells import CellColumn, ConformedCell
from schemas.values import Conformed, SheetLayout
import numpy as np
from tasks.intake.validate import validate
contract = shipped_contracts()["fund"]
columns = {c.name: CellColumn(np.zeros(2, np.int32), (ConformedCell(""),)) for c in contract.columns}
layout = SheetLayout("S", 1, 1, {c.name: (n, c.header) for n, c in enumerate(contract.columns, 1)})
rows = np.array([2, 3], np.int32)
one = Conformed("0" * 64, "cwc", "fund", "2021", (layout,), rows, np.zeros(2, np.int32), columns)
assert validate(contract, [one])[0].held.tolist() == [0, 1]
"""
    home = tmp_path / "home"
    home.mkdir()
    environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(Path.cwd()), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", told],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [path for path in tmp_path.rglob("*") if path != home] == []
