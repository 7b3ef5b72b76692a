"""Intake, judgement of the outer rings: which comparisons still stand, and how they are worded."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from schemas.contract import Column, ColumnType, Contract
from schemas.rule import RINGS, Rule, RuleKind, rules_of
from schemas.values import Conformed, Doubt, Finding
from tasks.intake.frame import Frame
from tasks.intake.rings import Claim, claims_of
from tasks.intake.wording import shown

Claims = Mapping[str, Mapping[int, Claim]]
"""By ring rule, the claims that fail and were not explained before, by frame row."""


def doubtful_claims(contract: Contract, frame: Frame) -> Claims:
    """What the outer rings find in the frame; a doubt explained before is not raised again unless it is further off."""
    return {
        rule.rule_id: {claim.row: claim for claim in claims_of(frame, rule) if claim.fails and not _known(frame, rule, claim)}
        for rule in rules_of(contract)
        if rule.kind in RINGS
    }  # fmt: skip


def _known(frame: Frame, rule: Rule, claim: Claim) -> bool:
    code = frame.submissions[frame.submission[claim.row]].partner_code
    return rule.is_question and any(
        (one.rule_id, one.partner_code, one.part) == (rule.rule_id, code, claim.part) and claim.extent <= one.extent
        for one in frame.surroundings.explained
    )


def ring_finding(contract: Contract, submission: Conformed, rule: Rule, position: int, claim: Claim) -> Finding:
    """A failing claim as a finding on row `position` of the submission."""
    place = submission.place(position, rule.columns[0])
    found = _found(contract, submission, rule, position, claim)
    return Finding(rule.rule_id, rule.severity, rule.turn, rule.message, found, rule.expected, rule.fix, place)


def doubt_of(rule: Rule, claim: Claim, finding: Finding) -> Doubt:
    """The claim as the verdict carries it."""
    return Doubt(rule.rule_id, claim.part, claim.value, claim.against, claim.extent, finding)


def _found(contract: Contract, submission: Conformed, rule: Rule, position: int, claim: Claim) -> str:
    columns = [contract.column(name) for name in rule.columns]
    value, against = _number(columns[0], claim.value), _number(columns[-1], claim.against)
    match rule.kind:
        case RuleKind.JUMP:
            return f"本年度合计 {value}，上一年度 {against}，是上一年度的 {claim.value / claim.against:.2f} 倍"
        case RuleKind.FALLS:
            less = _number(columns[0], claim.against - claim.value)
            return f"本次累计 {value}，上一次累计 {against}，少了 {less}"
        case RuleKind.CUMULATIVE:
            where = f"{claim.part[0]}：" if claim.part[0] else ""
            return f"{where}历年累计“{columns[0].header}” {value}，“{columns[-1].header}” {against}"
        case RuleKind.CONTAINED:
            ring = rule.ring
            whole, parts = (ring.whole, "、".join(ring.parts)) if ring else ("", "")
            return f"{whole} {value}，{parts}之和 {against}"
        case _:
            cells = ((column, submission.columns[column.name][position]) for column in columns)
            return "；".join(f"“{column.header}”：{shown(column, cell)}" for column, cell in cells)


def _number(column: Column, value: float) -> str:
    """A sum as a clerk writes it: money in the unit of its column, a count of filled cells in rows."""
    number = round(Decimal(str(value)), 2)
    unit = column.unit or ""
    if column.type is ColumnType.MONEY and unit == "万元":
        number /= 10_000
    if not column.is_numeric:
        unit = "条"
    return f"{number.normalize():,f} {unit}".strip()
