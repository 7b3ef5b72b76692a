"""Tables of judgement: findings, quarantined rows, and the decisions people took."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from schemas.values import Severity, Turn
from warehouse.base import Base, BigKey, Json, Key, choice


class FindingRow(Base):
    """One finding of one submission. `source_row` and `source_column` count from 1, as the partner's program shows them."""

    __tablename__ = "finding"

    id: Mapped[Key]
    submission_id: Mapped[int] = mapped_column(BigKey, ForeignKey("submission.id"))
    rule_id: Mapped[str]
    severity: Mapped[Severity] = mapped_column(choice(Severity))
    turn: Mapped[Turn] = mapped_column(choice(Turn))
    message: Mapped[str]
    found: Mapped[str]
    expected: Mapped[str]
    fix: Mapped[str]
    sheet: Mapped[str | None]
    source_row: Mapped[int | None]
    source_column: Mapped[int | None]
    header: Mapped[str | None]

    __table_args__ = (Index(None, "submission_id"),)


class Quarantine(Base):
    """A row held back: its cells verbatim by header (personal ones masked) and the rules that hold it."""

    __tablename__ = "quarantine"

    submission_id: Mapped[int] = mapped_column(BigKey, ForeignKey("submission.id"), primary_key=True)
    layout_index: Mapped[int] = mapped_column(primary_key=True)
    source_row: Mapped[int] = mapped_column(primary_key=True)
    cells: Mapped[Json]
    rule_ids: Mapped[Json]


class Decision(Base):
    """Who decided what, when and why. The database itself refuses to change or delete a row (triggers in the migration)."""

    __tablename__ = "decision"

    id: Mapped[Key]
    decided_at: Mapped[datetime]
    decided_by: Mapped[str]
    kind: Mapped[str]
    subject_kind: Mapped[str]
    subject: Mapped[str]
    why: Mapped[str]
    details: Mapped[Json | None]

    __table_args__ = (Index(None, "subject_kind", "subject"),)


class Question(Base):
    """Something only a person can settle: a drifted layout, a shrunken file, an unlikely figure, a mail nobody claims.

    `key` names the matter, so that it is asked once however often it is met. `is_for_partner` says who is to answer: the
    partner or the office. `choices` is a list of {code, label}; `details` is what the answer needs to be carried out.
    It is open until `decision_id` holds the answer or `withdrawn_at` says that the matter went away.
    """

    __tablename__ = "question"

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    is_for_partner: Mapped[bool]
    partner_code: Mapped[str | None]
    contract: Mapped[str | None]
    period: Mapped[str | None]
    delivery_sha256: Mapped[str | None] = mapped_column(ForeignKey("delivery.sha256"))
    question: Mapped[str]
    choices: Mapped[Json]
    details: Mapped[Json | None]
    asked_at: Mapped[datetime]
    answer_code: Mapped[str | None]
    answer_text: Mapped[str | None]
    decision_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("decision.id"))
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "kind", "partner_code"),)


class Waiver(Base):
    """A tolerated exception. An open partner, contract or period (NULL) means all of them.

    With a `rule_id` it lets so many rows (or such a share of a submission's rows) pass that the rule would hold; without one
    the ledger itself need not be sent. It ends after `expires_on`, or when `revoked_by_id` takes it back; who granted it and why
    stands in the decision.
    """

    __tablename__ = "waiver"

    id: Mapped[Key]
    rule_id: Mapped[str | None]
    partner_code: Mapped[str | None]
    contract: Mapped[str | None]
    period: Mapped[str | None]
    tolerated_count: Mapped[int | None]
    tolerated_share: Mapped[float | None]
    granted_at: Mapped[datetime]
    expires_on: Mapped[date]
    decision_id: Mapped[int] = mapped_column(BigKey, ForeignKey("decision.id"))
    revoked_by_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("decision.id"))

    __table_args__ = (
        CheckConstraint("tolerated_count IS NULL OR tolerated_count >= 0", name="count"),
        CheckConstraint("tolerated_share IS NULL OR tolerated_share BETWEEN 0 AND 1", name="share"),
        Index(None, "rule_id", "partner_code"),
    )
