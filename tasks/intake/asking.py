"""Intake, loading: the questions put to the office before a file is taken, worded, and what their answers settle."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from schemas.chinese import OFFICE_ZONE
from schemas.contract import Contract
from schemas.personal import mask_personal_numbers
from schemas.values import Delivery
from warehouse.base import Json
from warehouse.marts.questions import AnsweredQuestion, answers
from warehouse.store.questions import ask

SHRINK, ORDER, LAYOUT_DRIFT, WAIVER_ENDED = "shrink", "order", "layout_drift", "waiver_ended"
KEEP = "keep"

Slot = tuple[str, str]
"""Partner code and period, under a contract known from elsewhere."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about to be asked; see `warehouse.store.questions.ask`."""

    key: str
    kind: str
    question: str
    choices: Mapping[str, str]
    partner_code: str
    contract: str
    period: str | None
    delivery_sha256: str
    details: Json
    is_for_partner: bool = False

    def put(self, connection: Connection, now: datetime) -> int:
        """Ask it, once; returns its id."""
        return ask(
            connection, now, key=self.key, kind=self.kind, question=self.question, choices=self.choices,
            partner_code=self.partner_code, contract=self.contract, period=self.period,
            delivery_sha256=self.delivery_sha256, details=self.details, is_for_partner=self.is_for_partner,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settled:
    """What people have decided for one slot: bytes to take, and bytes not to take with the instant of that decision."""

    chosen: frozenset[str] = frozenset()
    declined: Mapping[str, datetime] = field(default_factory=dict)

    def declines(self, sha256: str, modified_at: datetime | None) -> bool:
        """Whether these bytes were decided against. Saved again since, they are their sender's newer word."""
        decided_at = self.declined.get(sha256)
        return decided_at is not None and (modified_at is None or modified_at <= decided_at)


def read_settled(connection: Connection, contract: str, partner_codes: Iterable[str]) -> dict[Slot, Settled]:
    """By slot, what the answers on shrunken files and on the order of files come to; a later answer goes before an earlier."""
    wanted = set(partner_codes)
    found = [one for kind in (SHRINK, ORDER) for one in answers(connection, kind)]
    settled: dict[Slot, Settled] = {}
    for one in sorted(found, key=lambda answered: answered.decision_id):
        slot = (one.asked.partner_code or "", one.asked.period or "")
        if one.asked.contract == contract and slot[0] in wanted:
            settled[slot] = _with(settled.get(slot, Settled()), one)
    return settled


def shrink_question(contract: Contract, slot: Slot, delivery: Delivery, rows: int, before: tuple[str, int]) -> Asked:
    """Whether a file with far fewer rows than what counts now, `before` (file name, rows), is meant so."""
    name, rows_before = before
    question = (
        f"{contract.title}（{slot[1]} 年度）：这次的《{shown_name(delivery.file_name)}》只有 {rows} 行，"
        f"现行版本《{shown_name(name)}》有 {rows_before} 行。是确实减少了，还是文件不完整？确认以前，现行版本继续有效。"
    )
    choices = {"accept": f"确实减少了，采用这次的 {rows} 行", KEEP: f"文件不完整，保留现行的 {rows_before} 行"}
    candidate = _candidate("accept", delivery, rows)
    key = _key(SHRINK, contract, slot, [delivery.sha256, str(delivery.modified_at)])
    return Asked(
        key, SHRINK, question, choices, slot[0], contract.contract, slot[1], delivery.sha256,
        {"candidates": [candidate], "rows_before": rows_before},
    )  # fmt: skip


def order_question(
    contract: Contract, slot: Slot, candidates: Sequence[tuple[Delivery, int]], current: tuple[str, int] | None
) -> Asked:
    """Which of several files with their rows is the newest, when times do not tell; `current` (file name, rows) counts now."""
    listed = sorted(candidates, key=lambda one: (one[0].address, one[0].sha256))
    shown = [f"《{shown_name(d.file_name)}》（{_time(d.modified_at)}，{rows} 行）" for d, rows in listed]
    keeping = f"保留现行版本《{shown_name(current[0])}》（{current[1]} 行）" if current else "都不采用，请报送单位重报"
    choices = {str(n): f"采用{text}" for n, text in enumerate(shown, start=1)} | {KEEP: keeping}
    question = (
        f"{contract.title}（{slot[1]} 年度）：从文件时间看不出哪一份是最新的：{'、'.join(shown)}。应以哪一份为准？"
        f"{'确认以前，现行版本继续有效。' if current else '确认以前，都不计入数据。'}"
    )
    told = [_candidate(str(n), delivery, rows) for n, (delivery, rows) in enumerate(listed, start=1)]
    key = _key(ORDER, contract, slot, [part for d, _ in listed for part in (d.sha256, str(d.modified_at))])
    return Asked(
        key, ORDER, question, choices, slot[0], contract.contract, slot[1], listed[0][0].sha256, {"candidates": told}
    )


def candidates_of(details: Json | None) -> list[dict[str, object]]:
    """The files a question on shrinking or order is about: {code, delivery_sha256, file_name, modified_at, rows}."""
    found = details.get("candidates") if isinstance(details, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _with(settled: Settled, one: AnsweredQuestion) -> Settled:
    codes = {str(c["delivery_sha256"]): c["code"] for c in candidates_of(one.asked.details)}
    chosen = {sha for sha, code in codes.items() if code == one.code}
    declined = {sha: one.decided_at for sha, code in codes.items() if code != one.code}
    kept = {sha: at for sha, at in settled.declined.items() if sha not in chosen}
    return Settled(settled.chosen - declined.keys() | chosen, kept | declined)


def _candidate(code: str, delivery: Delivery, rows: int) -> dict[str, object]:
    return {
        "code": code, "delivery_sha256": delivery.sha256, "file_name": shown_name(delivery.file_name), "rows": rows,
        "modified_at": delivery.modified_at.isoformat() if delivery.modified_at else None,
    }  # fmt: skip


def _key(kind: str, contract: Contract, slot: Slot, parts: Sequence[str]) -> str:
    digest = hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]
    return f"{kind}:{contract.contract}:{slot[0]}:{slot[1]}:{digest}"


def shown_name(file_name: str) -> str:
    """A file name on one line, without numbers of persons."""
    return mask_personal_numbers(" ".join(file_name.split()))


def _time(modified_at: datetime | None) -> str:
    return f"{modified_at.astimezone(OFFICE_ZONE):%Y-%m-%d %H:%M} 修改" if modified_at else "修改时间不明"
