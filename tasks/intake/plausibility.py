"""Intake, loading: doubts as questions to the partner, and what earlier answers explain."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from schemas.contract import Contract
from schemas.personal import mask_personal_numbers
from schemas.ring import Explained
from schemas.values import Conformed, Delivery, Doubt, Turn, Verdict
from tasks.intake.asking import Asked
from warehouse.base import Json, storable_text
from warehouse.marts.questions import AnsweredQuestion, answers, open_questions
from warehouse.store.questions import answer

PLAUSIBILITY = "plausibility"
EXPLAINED, MISTAKE = "explained", "mistake"
_NAMED = 5
_SAID_MISTAKE = "填写有误"
CHOICES = {EXPLAINED: "情况属实（请写明原因）", MISTAKE: "填写有误，将改正后重新报送"}


def questions_of(
    contract: Contract, verdict: Verdict, delivery: Delivery, answered: Mapping[str, int]
) -> Iterator[Asked]:
    """What to ask the partner about a verdict: one question a rule, about all the parts of the ledger it doubts.

    The key names rule, partner, period and parts; once answered in a period, a doubt further off than the answer explained is
    another question (`answered` counts the answers by key without that number).
    """
    submission = verdict.submission
    for rule_id in dict.fromkeys(doubt.rule_id for doubt in verdict.doubts):
        doubts = [doubt for doubt in verdict.doubts if doubt.rule_id == rule_id]
        told: Json = {"rule_id": rule_id, "doubts": [_record(doubt) for doubt in doubts]}
        key = _key(rule_id, submission, doubts)
        yield Asked(
            f"{key}:{answered[key]}" if answered.get(key) else key, PLAUSIBILITY, _text(contract, submission, doubts),
            CHOICES, submission.partner_code, contract.contract, submission.period, delivery.sha256, told,
            is_for_partner=doubts[0].finding.turn is Turn.SUBMITTER,
        )  # fmt: skip


def _text(contract: Contract, submission: Conformed, doubts: Sequence[Doubt]) -> str:
    found = "；".join(doubt.finding.found for doubt in doubts[:_NAMED])
    more = f"等共 {len(doubts)} 处" if len(doubts) > _NAMED else ""
    return f"{contract.title}（{submission.period} 年度）：{doubts[0].finding.message}（{found}{more}）。请说明"


def _record(doubt: Doubt) -> Json:
    place = doubt.finding.place
    return {
        "part": list(doubt.part), "extent": doubt.extent, "value": doubt.value, "against": doubt.against,
        "sheet": place.sheet, "row": place.row,
    }  # fmt: skip


def _key(rule_id: str, submission: Conformed, doubts: Sequence[Doubt]) -> str:
    parts = sorted("|".join(doubt.part) for doubt in doubts)
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
    return f"{PLAUSIBILITY}:{rule_id}:{submission.partner_code}:{submission.period}:{digest}"


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
        if one.code == EXPLAINED and isinstance(told, dict) and isinstance(told["doubts"], list):
            for doubt in told["doubts"]:
                part = tuple(str(text) for text in doubt["part"])
                yield Explained(str(told["rule_id"]), one.asked.partner_code or "", part, float(doubt["extent"]))


PartnerSlot = tuple[str, str, str]
"""Partner, contract and period."""


def read_asked(connection: Connection) -> dict[PartnerSlot, tuple[tuple[int, str], ...]]:
    """What partners are asked to explain and have not yet: number and text of each question, by what it is about."""
    asked: dict[PartnerSlot, tuple[tuple[int, str], ...]] = defaultdict(tuple)
    for one in open_questions(connection, kind=PLAUSIBILITY):
        if one.is_for_partner:
            slot = (one.partner_code or "", one.contract or "", one.period or "")
            asked[slot] += ((one.question_id, one.question),)
    return dict(asked)


def record_explanations(
    connection: Connection, now: datetime, partner_code: str, by: str, texts: Mapping[int, str]
) -> list[int]:
    """Record what a partner wrote beside its questions as their answers; returns the numbers of those answered by it.

    Only questions put to that partner and still open are answered: the same file read again answers nothing.

    Args:
        connection: a transaction that writes.
        now: the instant of the answer.
        partner_code: whose file it stood in.
        by: who is recorded to have answered.
        texts: number of a question → what was written.
    """
    slots = read_asked(connection).items()
    own = {number for (partner, _, _), asked in slots if partner == partner_code for number, _ in asked}
    answered = sorted(own & texts.keys())
    for number in answered:
        text = storable_text(mask_personal_numbers(texts[number].strip()))
        code = MISTAKE if text.startswith(_SAID_MISTAKE) else EXPLAINED
        answer(connection, now, number, code=code, text=text, by=by, why=text)
    return answered
