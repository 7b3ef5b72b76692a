"""Intake, after judgement: what the office has approved to pass is let through, findings kept, as far as the approval goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from schemas.contract import Contract
from schemas.rule import Rule, RuleKind, rules_of
from schemas.values import Conformed, Finding, Severity, SubmissionState, Turn, Verdict
from tasks.intake.frame import build_frame
from tasks.intake.masks import find_failures
from tasks.intake.wording import rule_findings
from warehouse.marts.waivers import GrantedWaiver

REFUSED = "submission.refused"
_COMPARING = frozenset({RuleKind.ORDERED, RuleKind.AT_MOST, RuleKind.SUM_OF, RuleKind.REQUIRED_WHEN})
"""What judgement does not say twice of a cell that is wrong in itself; once that is waived, it has to be said."""


@dataclass(frozen=True, slots=True)
class _Ruling:
    """What waivers come to for one rule of one submission. `note` is added to its findings."""

    rule: Rule
    rows: frozenset[int]
    is_waived: bool
    note: str


def waive(contract: Contract, verdict: Verdict, waivers: Sequence[GrantedWaiver]) -> Verdict:
    """The verdict after waivers: rows held by waived rules alone are let through; an exceeded waiver lets nothing through.

    A waived finding keeps its severity; it is nobody's turn, and its message says until when it was approved.
    """
    about = (verdict.submission.contract, verdict.submission.partner_code, verdict.submission.period)
    mine = [one for one in waivers if one.rule_id is not None and one.covers(*about)]
    rulings = list(_rulings(contract, verdict, mine)) if mine and len(verdict.held) else []
    if not rulings:
        return verdict
    noted = tuple(_noted(finding, verdict.submission, rulings) for finding in verdict.findings)
    by_row, added = _still_held(contract, verdict, {r.rule.rule_id for r in rulings if r.is_waived})
    held = np.array(sorted(by_row), dtype=np.int64)
    return _stated(contract, replace(verdict, findings=(*noted, *added), held=held, rules_by_held=by_row))


def _rulings(contract: Contract, verdict: Verdict, waivers: Sequence[GrantedWaiver]) -> Sequence[_Ruling]:
    rows: dict[str, set[int]] = defaultdict(set)
    for row, rule_ids in verdict.rules_by_held.items():
        for rule_id in rule_ids:
            rows[rule_id].add(row)
    rules = {rule.rule_id: rule for rule in rules_of(contract)}
    granted = {rule_id: [one for one in waivers if one.rule_id == rule_id] for rule_id in rows if rule_id in rules}
    return [_ruling(rules[rule_id], rows[rule_id], found, verdict) for rule_id, found in granted.items() if found]


def _ruling(rule: Rule, rows: set[int], granted: Sequence[GrantedWaiver], verdict: Verdict) -> _Ruling:
    enough = [one for one in granted if one.tolerates(len(rows), len(verdict.submission))]
    if enough:
        last = max(one.expires_on for one in enough)
        return _Ruling(rule, frozenset(rows), True, f"（已批准放行，至 {last.isoformat()}）")
    limits = "、".join(_limit(one) for one in granted)
    return _Ruling(
        rule, frozenset(rows), False, f"（批准放行的上限是{limits}，这次有 {len(rows)} 行，已超出，没有放行）"
    )


def _limit(one: GrantedWaiver) -> str:
    count = None if one.tolerated_count is None else f" {one.tolerated_count} 行"
    share = None if one.tolerated_share is None else f"全表行数的 {one.tolerated_share:.1%} "
    return "且不超过".join(filter(None, (count, share)))


def _noted(finding: Finding, submission: Conformed, rulings: Sequence[_Ruling]) -> Finding:
    ruling = next((one for one in rulings if _is_of(finding, submission, one)), None)
    if ruling is None:
        return finding
    message = f"{finding.message}{ruling.note}"
    if not ruling.is_waived:
        return replace(finding, message=message)
    fix = "已批准放行，不需要改正"
    return replace(finding, message=message, fix=fix, turn=Turn.NOBODY, rule_id=ruling.rule.rule_id)


def _is_of(finding: Finding, submission: Conformed, ruling: _Ruling) -> bool:
    """Damage done by software is filed under its own id; it is the rule's finding when it stands in one of its cells."""
    if finding.rule_id == ruling.rule.rule_id:
        return True
    if not finding.rule_id.startswith("damage.") or ruling.rule.kind is not RuleKind.READABLE:
        return False
    return any(submission.place(row, ruling.rule.columns[0]) == finding.place for row in ruling.rows)


def _still_held(
    contract: Contract, verdict: Verdict, waived: set[str]
) -> tuple[Mapping[int, tuple[str, ...]], Sequence[Finding]]:
    """Rows other rules hold, and what was left unsaid of those let through as far as the waived rule goes."""
    left = {row: tuple(one for one in ids if one not in waived) for row, ids in verdict.rules_by_held.items()}
    by_row = {row: ids for row, ids in left.items() if ids}
    freed = np.array(sorted(set(left) - set(by_row)), dtype=np.int64)
    added: list[Finding] = []
    if len(freed):
        failures = find_failures(contract, build_frame(contract, [verdict.submission]))
        for rule in rules_of(contract):
            if rule.kind in _COMPARING and rule.rule_id not in waived:
                positions = np.intersect1d(failures[rule.rule_id], freed)
                added += rule_findings(contract, verdict.submission, rule, positions)
                if rule.severity is Severity.CRITICAL:
                    by_row |= {row: (*by_row.get(row, ()), rule.rule_id) for row in positions.tolist()}
    said = {(one.rule_id, one.place) for one in verdict.findings}
    return by_row, [one for one in added if (one.rule_id, one.place) not in said]


def _stated(contract: Contract, verdict: Verdict) -> Verdict:
    """The state that follows from what is still held; a submission refused for its number of held rows may no longer be."""
    total, held = len(verdict.submission), len(verdict.held)
    if total in (0, held) or held / total > contract.refuse_above_share:
        return verdict
    findings = tuple(finding for finding in verdict.findings if finding.rule_id != REFUSED)
    refusing = any(finding.rule_id.startswith("submission.") for finding in findings)
    state = verdict.state if refusing else SubmissionState.ACCEPTED_WITH_FINDINGS
    return replace(verdict, state=state, findings=findings)
