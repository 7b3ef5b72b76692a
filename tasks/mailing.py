"""Mails that go out once an occasion, each recorded in the warehouse with what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Engine

from tasks.mail import Mail, PostOffice, send_mail
from warehouse.engine import begin_write
from warehouse.store.dispatches import Message, is_dispatched, record_dispatch

Occasion: TypeAlias = tuple[str, str | None, Mail]
"""A mail with the key of its occasion and the code of the partner it goes to."""


def send_once(engine: Engine, office: PostOffice, kind: str, occasion: Occasion, now: datetime) -> Message | None:
    """Send the mail unless its occasion's mail went out before, and record it; returns the record, None when it went before.

    A mail that fails is recorded with its reason and is tried again the next time its occasion comes up.
    """
    key, partner_code, mail = occasion
    with engine.connect() as connection:
        if is_dispatched(connection, key):
            return None
    message = _sent(office, kind, key, partner_code, mail, now)
    with begin_write(engine) as connection:
        record_dispatch(connection, message, now)
    return message


def _sent(office: PostOffice, kind: str, key: str, partner_code: str | None, mail: Mail, now: datetime) -> Message:
    names = [path.name for path in mail.attachments]
    try:
        sent = send_mail(mail, office, now)
    except OSError as error:
        channel, outcome, reason = "smtp", "failed", str(error)
    else:
        channel, outcome, reason = (
            ("outbox", "written", sent.message_id) if sent.path else ("smtp", "sent", sent.message_id)
        )
    return Message(key, kind, mail.to, mail.subject, channel, outcome, reason, partner_code, names, details=mail.about)
