"""Every rule fails on its failing example and not on its passing one, in the validation of a night; doubts become questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date

import pytest

from schemas.cells import CellValue, ConformedCell
from schemas.contract import DATED, Column, ColumnType, Contract, Privacy, shipped_contracts
from schemas.ring import Example, Explained, Surroundings
from schemas.rule import Rule, RuleKind, rules_of
from schemas.values import Conformed, Severity, SubmissionState, Verdict
from tasks.intake.judge import check
from tasks.intake.surroundings import totals_of, with_tonight

Make = Callable[..., Conformed]
EACH = pytest.mark.parametrize("name", shipped_contracts())
Row = Mapping[str, object]


def good_cell(column: Column) -> CellValue:
    if column.choices:
        return next(iter(column.choices))
    if column.type in DATED:
        return date(2021, 3, 1)
    if column.type is ColumnType.YEAR:
        return 2021
    if column.is_numeric:
        return max(column.minimum or 0, min(1, column.maximum or 1))
    if column.type is ColumnType.PARTNER:
        return "hetian"
    return (column.example if column.privacy is Privacy.NONE else "") or "a1"


def row_of(contract: Contract, told: Row) -> dict[str, object]:
    """A row with what is told and whatever else a row must have."""
    needed = {column.name: good_cell(column) for column in contract.columns if column.required}
    return {**needed, **{name: _stored(contract.column(name), value) for name, value in told.items()}}


def _stored(column: Column, value: object) -> object:
    return date.fromisoformat(value) if column.type in DATED and isinstance(value, str) else value


def bad_cell(column: Column, rule: Rule) -> object:
    bound = rule.bound or 0
    made: Mapping[RuleKind, object] = {
        RuleKind.READABLE: ConformedCell("？？", problem="ambiguous"),
        RuleKind.REQUIRED: None,
        RuleKind.MINIMUM: bound - 1,
        RuleKind.MAXIMUM: bound + 1,
        RuleKind.MAX_LENGTH: "长" * (int(bound) + 1) if rule.kind is RuleKind.MAX_LENGTH else None,
        RuleKind.PATTERN: "？",
        RuleKind.IN_PERIOD: 2031 if column.type is ColumnType.YEAR else date(2031, 1, 1),
        RuleKind.NO_PERSONAL_NUMBER: "13800000000",
    }
    return made[rule.kind]


def examples_of(contract: Contract, rule: Rule) -> tuple[Example | Row, Example | Row]:
    """The passing and the failing example: declared ones as they stand, those of a column made from its type."""
    for declared in (*contract.rules, *contract.rings):
        if rule.rule_id == f"{contract.contract}.{declared.id}":
            assert declared.passes
            assert declared.fails
            return declared.passes, declared.fails
    column = contract.column(rule.columns[0])
    return {column.name: good_cell(column)}, {column.name: bad_cell(column, rule)}


def around(
    contracts: Mapping[str, Contract], contract: Contract, make: Make, told: Iterable[tuple[str, Example]]
) -> Surroundings:
    """What the examples say stands in the warehouse: each under a partner of its own."""
    held = [
        replace(_made(contract, make, example.before, example.period - 1), partner_code=code) for code, example in told
    ]
    totals = {}
    for need in {rule.need for rule in rules_of(contract) if rule.need}:
        if need.contract == contract.contract:
            found = [total for one in held if len(one) for total in totals_of(contract, need, one)]
        else:
            other = contracts[need.contract]
            rows = [row for _, example in told for row in example.others if set(row) <= {c.name for c in other.columns}]
            found = list(totals_of(other, need, _made(other, make, rows, 2021)))
        totals[need] = tuple(found)
    return Surroundings(totals)


def _made(contract: Contract, make: Make, rows: Iterable[Row], period: int) -> Conformed:
    return make(contract, [row_of(contract, row) for row in rows], period=str(period))


@EACH
def test_every_rule_passes_and_fails_on_its_examples(name: str, make_submission: Make) -> None:
    from tasks.intake.validate import validate

    contract = shipped_contracts()[name]
    wanted: list[tuple[str, Rule, bool]] = []
    submissions, told = [], []
    for number, rule in enumerate(rules_of(contract)):
        for example, fails in zip(examples_of(contract, rule), (False, True), strict=True):
            whole = example if isinstance(example, Example) else Example(rows=({},))
            rows = whole.rows if isinstance(example, Example) else (example,)
            code = f"p{number}{'f' if fails else 'p'}"
            submissions.append(replace(_made(contract, make_submission, rows, whole.period), partner_code=code))
            told.append((code, whole))
            wanted.append((code, rule, fails))
    verdicts = validate(contract, submissions, around(shipped_contracts(), contract, make_submission, told))
    failed = [
        (code, rule.rule_id, rule.rule_id in ids(verdict))
        for verdict, (code, rule, _) in zip(verdicts, wanted, strict=True)
    ]
    assert failed == [(code, rule.rule_id, fails) for code, rule, fails in wanted]


def ids(verdict: Verdict) -> set[str]:
    return {finding.rule_id for finding in verdict.findings}


SESSIONS = shipped_contracts()["training_session"]
JUMP = "training_session.person_times_jump"


def sessions(make: Make, times: int, year: int = 2021) -> Conformed:
    day = {"started_on": date(year, 3, 1), "ended_on": date(year, 3, 2)}
    return make(SESSIONS, [row_of(SESSIONS, {"trainee_person_times": times, **day})], period=str(year))


def known(make: Make, times: int, *explained: Explained) -> Surroundings:
    needs = {rule.need for rule in rules_of(SESSIONS) if rule.rule_id == JUMP and rule.need}
    last = sessions(make, times, 2020)
    return Surroundings(
        {need: with_tonight(SESSIONS, need, (), {"training_session": [last]}) for need in needs}, explained
    )


def test_a_doubt_holds_no_row_and_says_both_sums(make_submission: Make) -> None:
    (verdict,) = check(SESSIONS, [sessions(make_submission, 3000)], known(make_submission, 300))
    assert (verdict.state, verdict.held.tolist()) == (SubmissionState.ACCEPTED_WITH_FINDINGS, [])
    (doubt,) = verdict.doubts
    assert (doubt.rule_id, doubt.part, doubt.value, doubt.against, doubt.extent) == (JUMP, (), 3000, 300, 10)
    assert doubt.finding.found == "本年度合计 3,000 人次，上一年度 300 人次，是上一年度的 10.00 倍"
    assert doubt.finding.severity is Severity.WARNING


@pytest.mark.parametrize(("times", "asked"), [(3000, False), (3600, True)])
def test_what_was_explained_is_not_asked_again_unless_it_is_further_off(
    make_submission: Make, times: int, asked: bool
) -> None:
    explained = Explained(JUMP, "hetian", (), 10.0)
    (verdict,) = check(SESSIONS, [sessions(make_submission, times)], known(make_submission, 300, explained))
    assert bool(verdict.doubts) is asked
    assert (verdict.findings == ()) is not asked


def test_a_rule_of_other_years_does_not_run(make_submission: Make) -> None:
    limited = SESSIONS.model_copy(
        update={"rings": tuple(ring.model_copy(update={"years": (2022, 2023)}) for ring in SESSIONS.rings)}
    )
    (verdict,) = check(limited, [sessions(make_submission, 3000)], known(make_submission, 300))
    assert verdict.findings == ()


def test_a_slot_sent_anew_this_night_counts_as_it_is_sent(make_submission: Make) -> None:
    (need,) = {rule.need for rule in rules_of(SESSIONS) if rule.rule_id == JUMP and rule.need}
    before = tuple(totals_of(SESSIONS, need, sessions(make_submission, 300, 2020)))
    anew = with_tonight(SESSIONS, need, before, {"training_session": [sessions(make_submission, 900, 2020)]})
    assert [total.amounts for total in anew] == [(900.0,)]
