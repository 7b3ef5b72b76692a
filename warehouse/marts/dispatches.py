"""Mails that could not go out, as they were recorded."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from warehouse.store.dispatches import Message
from warehouse.tables import Dispatch


def read_failed(connection: Connection, kinds: Collection[str]) -> list[Message]:
    """The mails of these kinds that failed the last time they were tried, the oldest first."""
    statement = select(Dispatch).where(Dispatch.outcome == "failed", Dispatch.kind.in_(kinds)).order_by(Dispatch.id)
    return [
        Message(
            row.key, row.kind, row.recipients, row.subject, row.channel, row.outcome, row.reason, row.partner_code,
            row.attachments, row.report_issue_id, row.submission_id, row.details or (),
        )
        for row in connection.execute(statement.with_only_columns(*Dispatch.__table__.columns))
    ]  # fmt: skip
