"""Writes questions only a person can settle, each asked once, and their answers as decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select, update

from schemas.errors import MisconfiguredError
from warehouse.base import Json, storable_text, table_of
from warehouse.store.decisions import record_decision
from warehouse.store.upsert import insert_if_new
from warehouse.tables import Question

QUESTION = table_of(Question)


def ask(
    connection: Connection,
    now: datetime,
    *,
    key: str,
    kind: str,
    question: str,
    choices: Mapping[str, str],
    is_for_partner: bool = False,
    partner_code: str | None = None,
    contract: str | None = None,
    period: str | None = None,
    delivery_sha256: str | None = None,
    details: Json | None = None,
) -> int:
    """Ask, once for each `key`: asked again, it is the same question; one that was withdrawn is open again.

    Args:
        connection: a transaction that writes.
        now: the instant of asking.
        key: names the matter.
        kind: layout_drift, shrink, order, unmatched_mail or plausibility.
        question: the Chinese text.
        choices: code of each possible answer → its Chinese label.
        is_for_partner: whether the partner answers and not the office.
        partner_code: the partner it concerns, if any.
        contract: the contract it concerns, if any.
        period: the year it concerns, if any.
        delivery_sha256: the delivery it arose from; recorded before.
        details: what carrying the answer out needs.

    Returns:
        The id of the question.
    """
    asked = {
        "key": storable_text(key), "kind": kind, "is_for_partner": is_for_partner, "partner_code": partner_code,
        "contract": contract, "period": period, "delivery_sha256": delivery_sha256, "question": storable_text(question),
        "choices": [{"code": code, "label": label} for code, label in choices.items()], "details": details,
        "asked_at": now,
    }  # fmt: skip
    insert_if_new(connection, Question, [asked])
    found = connection.execute(
        select(QUESTION.c.id, QUESTION.c.withdrawn_at).where(QUESTION.c.key == asked["key"])
    ).one()
    if found.withdrawn_at is not None:
        asked_anew = {name: value for name, value in asked.items() if name != "key"}
        connection.execute(update(QUESTION).where(QUESTION.c.id == found.id).values(**asked_anew, withdrawn_at=None))
    return int(found.id)


def answer(
    connection: Connection, now: datetime, question_id: int, *, code: str, text: str | None = None, by: str, why: str
) -> None:
    """Answer an open question: a decision says who chose what and why; no person stands anywhere else.

    Args:
        connection: a transaction that writes.
        now: the instant of the answer.
        question_id: as `ask` returned it.
        code: the code of one of its choices.
        text: what is to be kept of the answer beside the choice.
        by: who decides.
        why: the reason given.

    Raises:
        MisconfiguredError: there is no such question or choice, it is not open, or who or why is blank.
    """
    found = _open(connection, question_id)
    labels = {choice["code"]: choice["label"] for choice in found["choices"]}
    if code not in labels:
        known = "、".join(f"{one}（{label}）" for one, label in labels.items())
        raise MisconfiguredError(f"问题 {question_id} 没有“{code}”这一选项；可选：{known}")
    if not by.strip() or not why.strip():
        raise MisconfiguredError(f"答复问题 {question_id} 需要写明答复人和理由")
    decision_id = record_decision(
        connection, now, decided_by=by.strip(), kind=found["kind"], subject_kind="question", subject=found["key"],
        why=why.strip(), details={"choice": code, "label": labels[code], "text": text},
    )  # fmt: skip
    connection.execute(
        update(QUESTION)
        .where(QUESTION.c.id == question_id)
        .values(answer_code=code, answer_text=text, decision_id=decision_id)
    )


def withdraw(connection: Connection, now: datetime, keys: Iterable[str]) -> None:
    """Close open questions whose matter went away by itself; what is answered, or was never asked, is left alone."""
    wanted = [storable_text(key) for key in keys]
    if wanted:
        is_open = QUESTION.c.decision_id.is_(None) & QUESTION.c.withdrawn_at.is_(None)
        connection.execute(update(QUESTION).where(QUESTION.c.key.in_(wanted), is_open).values(withdrawn_at=now))


def _open(connection: Connection, question_id: int) -> RowMapping:
    # Locked on PostgreSQL, so that of two answers at once the second finds the first; SQLite has one writer anyway.
    columns = (
        QUESTION.c.key, QUESTION.c.kind, QUESTION.c.choices, QUESTION.c.decision_id, QUESTION.c.withdrawn_at,
    )  # fmt: skip
    found = (
        connection.execute(select(*columns).where(QUESTION.c.id == question_id).with_for_update())
        .mappings()
        .one_or_none()
    )
    if found is None:
        raise MisconfiguredError(f"没有编号为 {question_id} 的问题；运行 doublehigh questions 查看待答复的问题")
    if found["decision_id"] is not None:
        raise MisconfiguredError(f"问题 {question_id} 已经答复过，不能再改；情况有变时会重新提问")
    if found["withdrawn_at"] is not None:
        raise MisconfiguredError(f"问题 {question_id} 已经撤回，无需答复")
    return found
