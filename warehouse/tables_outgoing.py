"""Tables of what is owed and what goes out: obligations, report issues with their figures, dispatches."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

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


class ReportIssue(Base):
    """One report as it was issued: the inputs it is a pure function of, and the files it became."""

    __tablename__ = "report_issue"

    id: Mapped[Key]
    year: Mapped[int]
    as_of_on: Mapped[date]
    known_at: Mapped[datetime]
    issued_at: Mapped[datetime]
    issued_by: Mapped[str]
    versions: Mapped[Json]
    files: Mapped[Json]

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
    """A message that left us (or could not). `key` names the occasion, so that a repeated night does not send it twice."""

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
    report_issue_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("report_issue.id"))
    submission_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("submission.id"))
    sent_at: Mapped[datetime]

    __table_args__ = (Index(None, "partner_code", "sent_at"),)
