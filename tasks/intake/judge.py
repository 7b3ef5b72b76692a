"""Intake, judgement: words the findings, decides which rows are held back and what becomes of a submission."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from schemas.contract import Contract
from schemas.ring import NOTHING_KNOWN, Surroundings
from schemas.rule import RINGS, Rule, RuleKind, rules_of
from schemas.values import Conformed, Finding, Severity, SubmissionState, Turn, Verdict
from tasks.intake.doubts import Claims, doubt_of, doubtful_claims, ring_finding
from tasks.intake.frame import build_frame
from tasks.intake.masks import find_failures
from tasks.intake.rings import Claim
from tasks.intake.wording import missing_column_finding, rule_findings

Positions = npt.NDArray[np.int64]

_COMPARING = frozenset({RuleKind.ORDERED, RuleKind.AT_MOST, RuleKind.SUM_OF, RuleKind.REQUIRED_WHEN})
_ACROSS = _COMPARING | {RuleKind.UNIQUE, RuleKind.ANY_OF}


def check(
    contract: Contract, submissions: Sequence[Conformed], surroundings: Surroundings = NOTHING_KNOWN
) -> list[Verdict]:
    """Judge submissions of one contract with our own masks alone, without Great Expectations.

    Raises:
        ValueError: a submission is of another contract, or its period is not a year.
    """
    frame = build_frame(contract, submissions, surroundings)
    return judge(contract, submissions, find_failures(contract, frame), doubtful_claims(contract, frame))


def judge(
    contract: Contract, submissions: Sequence[Conformed], failures: Mapping[str, Positions], claims: Claims
) -> list[Verdict]:
    """One verdict a submission, in their order.

    Args:
        contract: the contract all of them fall under.
        submissions: the submissions the failures were found in, in the order of the frame.
        failures: frame rows failing each rule, by rule id; see `find_failures`.
        claims: what the outer rings find; see `doubtful_claims`. A failure without a claim was explained before.

    Raises:
        KeyError: a rule of the contract has no entry: what was not judged is not let through.
    """
    ends = np.cumsum([len(submission) for submission in submissions])
    rules = rules_of(contract)
    split = {
        rule.rule_id: np.split(failures[rule.rule_id], np.searchsorted(failures[rule.rule_id], ends)) for rule in rules
    }
    starts = (0, *ends.tolist())
    return [
        _with_rings(
            contract,
            _verdict(contract, submission, _said_once(_on_rows(rules, split, n, starts[n]))),
            _told(rules, split, claims, n, starts[n]),
        )
        for n, submission in enumerate(submissions)
    ]


Split = Mapping[str, Sequence[Positions]]
"""By rule, its failing frame rows submission by submission."""


def _on_rows(rules: Sequence[Rule], split: Split, number: int, start: int) -> list[tuple[Rule, Positions]]:
    return [(rule, split[rule.rule_id][number] - start) for rule in rules if rule.kind not in RINGS]


def _told(
    rules: Sequence[Rule], split: Split, claims: Claims, number: int, start: int
) -> list[tuple[Rule, int, Claim]]:
    """What the outer rings say of one submission: rule, its own row and the claim."""
    return [
        (rule, row - start, claims[rule.rule_id][row])
        for rule in rules
        if rule.kind in RINGS
        for row in split[rule.rule_id][number].tolist()
        if row in claims[rule.rule_id]
    ]


def _with_rings(contract: Contract, verdict: Verdict, told: Sequence[tuple[Rule, int, Claim]]) -> Verdict:
    """The verdict with what the outer rings say; a ledger that is refused is not asked about."""
    if not told or verdict.state is SubmissionState.REFUSED:
        return verdict
    found = [
        (rule, claim, ring_finding(contract, verdict.submission, rule, position, claim))
        for rule, position, claim in told
    ]
    return replace(
        verdict,
        state=SubmissionState.ACCEPTED_WITH_FINDINGS,
        findings=(*verdict.findings, *(finding for _, _, finding in found)),
        doubts=tuple(doubt_of(rule, claim, finding) for rule, claim, finding in found if rule.is_question),
    )


def _said_once(failing: Sequence[tuple[Rule, Positions]]) -> list[tuple[Rule, Positions]]:
    """Without what a cell that is wrong in itself does not agree with: a second complaint about one cell confuses a clerk.

    Its row is held either way.
    """
    wrong: dict[str, list[Positions]] = defaultdict(list)
    for rule, positions in failing:
        if rule.kind not in _ACROSS and rule.severity is Severity.CRITICAL and len(positions):
            wrong[rule.columns[0]].append(positions)
    return [(rule, _apart_from(positions, rule, wrong)) for rule, positions in failing]


def _apart_from(positions: Positions, rule: Rule, wrong: Mapping[str, Sequence[Positions]]) -> Positions:
    told = [rows for column in rule.columns for rows in wrong.get(column, ())]
    if rule.kind not in _COMPARING or not told:
        return positions
    return positions[~np.isin(positions, np.concatenate(told))]


@dataclass(frozen=True, slots=True)
class _Weighed:
    """What the failures of one submission come to."""

    findings: tuple[Finding, ...]
    held: Positions
    rules_by_held: Mapping[int, tuple[str, ...]]


def _verdict(contract: Contract, submission: Conformed, failing: Sequence[tuple[Rule, Positions]]) -> Verdict:
    weighed = _weigh(contract, submission, failing)
    on_top = _reason_to_refuse(contract, submission, weighed)
    findings = (*on_top, *submission.findings, *weighed.findings)
    accepted = SubmissionState.ACCEPTED_WITH_FINDINGS if findings else SubmissionState.ACCEPTED
    state = SubmissionState.REFUSED if on_top else accepted
    return Verdict(submission, state, findings, weighed.held, weighed.rules_by_held)


def _weigh(contract: Contract, submission: Conformed, failing: Sequence[tuple[Rule, Positions]]) -> _Weighed:
    rules_by_row: dict[int, list[str]] = defaultdict(list)
    findings: list[Finding] = []
    for rule, positions in failing:
        if not len(positions):
            continue
        if rule.severity is Severity.CRITICAL:
            for position in positions.tolist():
                rules_by_row[position].append(rule.rule_id)
        findings += _findings(contract, submission, rule, positions)
    held = np.array(sorted(rules_by_row), dtype=np.int64)
    return _Weighed(_in_sheet_order(findings), held, {row: tuple(rules_by_row[row]) for row in held.tolist()})


def _findings(contract: Contract, submission: Conformed, rule: Rule, positions: Positions) -> Iterator[Finding]:
    """One finding a row; but one a table where the table lacks the column, for no cell can be pointed at."""
    column = contract.column(rule.columns[0])
    layouts = submission.layout_index[positions]
    lacking = [n for n, layout in enumerate(submission.layouts) if column.name not in layout.columns]
    for number in lacking:
        count = int(np.count_nonzero(layouts == number))
        if count:
            yield missing_column_finding(rule, column, submission.layouts[number], count)
    yield from rule_findings(contract, submission, rule, positions[~np.isin(layouts, lacking)])


def _in_sheet_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Row by row, as a clerk works through the sheet; the worse first within a row."""
    weight = {severity: number for number, severity in enumerate(Severity)}
    sheets = {sheet: number for number, sheet in enumerate(dict.fromkeys(f.place.sheet for f in findings))}

    def key(finding: Finding) -> tuple[int, int, int, int]:
        place = finding.place
        return sheets[place.sheet], place.row or 0, weight[finding.severity], place.column or 0

    return tuple(sorted(findings, key=key))


def _reason_to_refuse(contract: Contract, submission: Conformed, weighed: _Weighed) -> tuple[Finding, ...]:
    total, held = len(submission), len(weighed.held)
    if total == 0:
        return (_EMPTY,)
    if held == total or held / total > contract.refuse_above_share:
        return (_refused(contract, total, held),)
    return ()


_EMPTY = Finding(
    "submission.empty", Severity.CRITICAL, Turn.SUBMITTER,
    "表中没有一行数据", "0 行", "表头下面至少有一行数据",
    "请填写数据后重新报送；本期确实没有发生的，请与双高办联系说明",
)  # fmt: skip


def _refused(contract: Contract, total: int, held: int) -> Finding:
    return Finding(
        "submission.refused", Severity.CRITICAL, Turn.SUBMITTER,
        "整份退回：有严重问题的行太多，本次没有入库，以前已接收的数据不受影响",
        f"共 {total} 行，其中 {held} 行有严重问题（{held / total:.0%}）",
        f"有严重问题的行不超过 {contract.refuse_above_share:.0%}，并且至少有一行没有严重问题",
        "请按下列各条改正后重新报送整份表格；很多行是同一个问题的，请先检查表头、计量单位和年度",
    )  # fmt: skip
