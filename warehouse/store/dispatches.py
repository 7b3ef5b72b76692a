"""Writes dispatches: the mails and reports that left us, each once an occasion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from warehouse.store.upsert import insert_or_replace
from warehouse.tables import Dispatch


@dataclass(frozen=True, slots=True)
class Message:
    """A message sent, or not: `outcome` sent, written (an .eml file) or failed, with the reason.

    `key` names the occasion ("receipt:hetian:<sha256>"), `kind` its kind (receipt, marked_workbook, reminder, report).
    `details` says what it was about. Subjects and attachment names hold no personal data.
    """

    key: str
    kind: str
    recipients: Sequence[str]
    subject: str
    channel: str
    outcome: str
    reason: str | None = None
    partner_code: str | None = None
    attachments: Sequence[str] = ()
    report_issue_id: int | None = None
    submission_id: int | None = None
    details: Sequence[Mapping[str, str]] = ()


def is_dispatched(connection: Connection, key: str) -> bool:
    """Whether the message of that occasion went out already; a failed one did not."""
    found = select(Dispatch.id).where(Dispatch.key == key, Dispatch.outcome != "failed")
    return connection.scalar(found) is not None


def record_dispatch(connection: Connection, message: Message, now: datetime) -> None:
    """Record a message; a later attempt of the same occasion takes the place of the earlier one."""
    insert_or_replace(connection, Dispatch, [{
        "key": message.key, "kind": message.kind, "partner_code": message.partner_code,
        "recipients": list(message.recipients), "subject": message.subject, "channel": message.channel,
        "outcome": message.outcome, "reason": message.reason, "attachments": list(message.attachments),
        "report_issue_id": message.report_issue_id, "submission_id": message.submission_id, "sent_at": now,
        "details": list(map(dict, message.details)) or None,
    }], key=["key"])  # fmt: skip
