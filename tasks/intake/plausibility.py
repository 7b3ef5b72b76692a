"""Intake, loading: doubts as questions to the partner, and what earlier answers explain."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection

from schemas.contract import Contract
from schemas.ring import Explained
from schemas.values import Conformed, Delivery, Doubt, Verdict
from tasks.intake.asking import Asked
from warehouse.base import Json
from warehouse.marts.questions import AnsweredQuestion, answers

PLAUSIBILITY = "plausibility"
EXPLAINED, MISTAKE = "explained", "mistake"
CHOICES = {EXPLAINED: "情况属实（请写明原因）", MISTAKE: "填写有误，将改正后重新报送"}


def questions_of(
    contract: Contract, verdict: Verdict, delivery: Delivery, answered: Mapping[str, int]
) -> Iterator[Asked]:
    """What to ask the partner about a verdict.

    The key names rule, partner, contract, period and part; once answered in a period, a doubt further off than the answer
    explained is another question (`answered` counts the answers by key without that number).
    """
    submission = verdict.submission
    for doubt in verdict.doubts:
        finding = doubt.finding
        text = f"{contract.title}（{submission.period} 年度）：{finding.message}（{finding.found}）。请说明"
        told: Json = {
            "rule_id": doubt.rule_id, "part": list(doubt.part), "extent": doubt.extent, "value": doubt.value,
            "against": doubt.against, "sheet": finding.place.sheet, "row": finding.place.row,
        }  # fmt: skip
        key = doubt_key(doubt, submission)
        yield Asked(
            f"{key}:{answered[key]}" if answered.get(key) else key, PLAUSIBILITY, text, CHOICES, submission.partner_code,
            contract.contract, submission.period, delivery.sha256, told, is_for_partner=True,
        )  # fmt: skip


def doubt_key(doubt: Doubt, submission: Conformed) -> str:
    """The key of the first question about a doubt."""
    part = hashlib.sha256("|".join(doubt.part).encode()).hexdigest()[:12] if doubt.part else "all"
    return f"{PLAUSIBILITY}:{doubt.rule_id}:{submission.partner_code}:{submission.period}:{part}"


def answered_keys(connection: Connection) -> dict[str, int]:
    """How often each doubt was answered, by the key of its first question."""
    counted: dict[str, int] = {}
    for one in answers(connection, PLAUSIBILITY):
        key = ":".join(one.asked.key.split(":")[:5])
        counted[key] = counted.get(key, 0) + 1
    return counted


def read_explained(connection: Connection) -> tuple[Explained, ...]:
    """What was explained so far, in any period: next year's doubts are weighed against it."""
    return tuple(_explained(answers(connection, PLAUSIBILITY)))


def _explained(answered: Iterable[AnsweredQuestion]) -> Iterator[Explained]:
    for one in answered:
        told = one.asked.details
        if one.code == EXPLAINED and isinstance(told, dict) and isinstance(told["part"], list):
            part = tuple(str(text) for text in told["part"])
            yield Explained(str(told["rule_id"]), one.asked.partner_code or "", part, float(str(told["extent"])))
