"""Questions to people: the open ones, the answered ones, and one of them in full."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, select

from warehouse.base import Json
from warehouse.tables import Decision, Question


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question nobody has answered. `choices` are (code, Chinese label); `details` is what the answer needs."""

    question_id: int
    key: str
    kind: str
    is_for_partner: bool
    partner_code: str | None
    contract: str | None
    period: str | None
    delivery_sha256: str | None
    question: str
    choices: tuple[tuple[str, str], ...]
    details: Json | None
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """A question with what was chosen and when; who and why stand in the decision alone."""

    asked: OpenQuestion
    code: str
    text: str | None
    decision_id: int
    decided_at: datetime


_ASKED = (
    Question.id, Question.key, Question.kind, Question.is_for_partner, Question.partner_code, Question.contract,
    Question.period, Question.delivery_sha256, Question.question, Question.choices, Question.details, Question.asked_at,
)  # fmt: skip


def open_questions(
    connection: Connection, *, kind: str | None = None, partner_code: str | None = None
) -> list[OpenQuestion]:
    """The open questions, of one kind or partner when named, the oldest first."""
    is_open = (Question.decision_id.is_(None), Question.withdrawn_at.is_(None))
    statement = select(*_ASKED).where(*is_open, *_of(kind, partner_code)).order_by(Question.id)
    return [_asked(row) for row in connection.execute(statement).mappings()]


def answers(connection: Connection, kind: str | None = None, partner_code: str | None = None) -> list[AnsweredQuestion]:
    """The answered questions, of one kind or partner when named, in the order they were asked."""
    columns = (Question.answer_code, Question.answer_text, Question.decision_id, Decision.decided_at)
    statement = select(*_ASKED, *columns).join(Decision, Decision.id == Question.decision_id)
    rows = connection.execute(statement.where(*_of(kind, partner_code)).order_by(Question.id)).mappings()
    return [
        AnsweredQuestion(_asked(row), row["answer_code"], row["answer_text"], row["decision_id"], row["decided_at"])
        for row in rows
    ]


def answers_to(connection: Connection, keys: Iterable[str]) -> dict[str, str]:
    """Key → code chosen, of those questions that are answered."""
    statement = select(Question.key, Question.answer_code).where(
        Question.key.in_(list(keys)), Question.decision_id.is_not(None)
    )
    return {key: str(code) for key, code in connection.execute(statement)}


def find_question(connection: Connection, question_id: int) -> OpenQuestion | None:
    """The question of that id as it was asked, answered or not."""
    row = connection.execute(select(*_ASKED).where(Question.id == question_id)).mappings().one_or_none()
    return None if row is None else _asked(row)


def _of(kind: str | None, partner_code: str | None) -> list[ColumnElement[bool]]:
    wanted = ((Question.kind, kind), (Question.partner_code, partner_code))
    return [column == value for column, value in wanted if value is not None]


def _asked(row: RowMapping) -> OpenQuestion:
    choices = tuple((choice["code"], choice["label"]) for choice in row["choices"])
    return OpenQuestion(
        row["id"], row["key"], row["kind"], row["is_for_partner"], row["partner_code"], row["contract"], row["period"],
        row["delivery_sha256"], row["question"], choices, row["details"], row["asked_at"],
    )  # fmt: skip
