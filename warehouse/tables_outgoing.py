"""Tables of what is owed and what goes out: obligations, report issues with their figures, dispatches."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from schemas.values import FigureState
from warehouse.base import Base, BigKey, ExactDecimal, Json, Key, choice


class Obligation(Base):
    """One ledger one partner owes for one period, and the last day it may come."""

    __tablename__ = "obligation"

    partner_code: Mapped[str] = mapped_column(primary_key=True)
    contract: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    due_on: Mapped[date]


class ReportState(StrEnum):
    """The life of a report: written, looked over, agreed to, handed out and frozen, replaced by an amended one."""

    DRAFT = "draft"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    ISSUED = "issued"
    AMENDED = "amended"


class ReportIssue(Base):
    """One report with the inputs it is a pure function of, and the files it became; from `issued` on it is frozen.

    `manifest` names every input with its hash; `amends_id` is the issued report this one replaces, and `note` (Chinese) why.
    """

    __tablename__ = "report_issue"

    id: Mapped[Key]
    year: Mapped[int]
    as_of_on: Mapped[date]
    known_at: Mapped[datetime]
    drafted_at: Mapped[datetime | None]
    issued_at: Mapped[datetime | None]
    issued_by: Mapped[str | None]
    state: Mapped[ReportState] = mapped_column(choice(ReportState), server_default="issued")
    versions: Mapped[Json]
    files: Mapped[Json]
    manifest: Mapped[Json | None]
    amends_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("report_issue.id"))
    note: Mapped[str | None]

    __table_args__ = (Index(None, "year", "issued_at"),)


class FigureRow(Base):
    """One figure of an issued report, kept as printed."""

    __tablename__ = "figure"

    report_issue_id: Mapped[int] = mapped_column(BigKey, ForeignKey("report_issue.id"), primary_key=True)
    figure_id: Mapped[str] = mapped_column(primary_key=True)
    indicator: Mapped[str]
    title: Mapped[str]
    unit: Mapped[str]
    state: Mapped[FigureState] = mapped_column(choice(FigureState))
    value: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    rows_observed: Mapped[int]
    window_from: Mapped[date]
    window_to: Mapped[date]
    is_approximate: Mapped[bool]
    approximate_part: Mapped[Decimal] = mapped_column(ExactDecimal)
    slice_names: Mapped[Json]


class Dispatch(Base):
    """A message that left us (or could not). `key` names the occasion, so that a repeated night does not send it twice.

    `details` says what it was about: for a reminder what was missing, [{contract, period, due_on, state}].
    """

    __tablename__ = "dispatch"

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    partner_code: Mapped[str | None]
    recipients: Mapped[Json]
    subject: Mapped[str]
    channel: Mapped[str]
    outcome: Mapped[str]
    reason: Mapped[str | None]
    attachments: Mapped[Json]
    details: Mapped[Json | None]
    report_issue_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("report_issue.id"))
    submission_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("submission.id"))
    sent_at: Mapped[datetime]

    __table_args__ = (Index(None, "partner_code", "sent_at"),)
