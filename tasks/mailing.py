"""Mails that go out once an occasion, each recorded in the warehouse with what became of it; one that could not go is kept."""

from __future__ import annotations

import email
import hashlib
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import Engine

from tasks.mail import Mail, PostOffice, Sent, build_message, send_message
from warehouse.engine import begin_write
from warehouse.marts.dispatches import read_failed
from warehouse.store.dispatches import Message, is_dispatched, record_dispatch

Occasion: TypeAlias = tuple[str, str | None, Mail]
"""A mail with the key of its occasion and the code of the partner it goes to."""


def send_once(engine: Engine, office: PostOffice, kind: str, occasion: Occasion, now: datetime) -> Message | None:
    """Send the mail unless its occasion's mail went out before, and record it; returns the record, None when it went before.

    A mail that fails is recorded with its reason and kept as it is, for `send_kept` or the next time its occasion comes up.
    """
    key, partner_code, mail = occasion
    with engine.connect() as connection:
        if is_dispatched(connection, key):
            return None
    built = build_message(mail, office.sender, now)
    names = [path.name for path in mail.attachments]
    message = Message(
        key, kind, mail.to, mail.subject, "smtp", "failed",
        partner_code=partner_code, attachments=names, details=mail.about,
    )  # fmt: skip
    message = _sent(message, built, office)
    if message.outcome == "failed":
        _keep(built, _place_of(office, key))
    _record(engine, message, office, now)
    return message


def send_kept(engine: Engine, office: PostOffice, kinds: Collection[str], now: datetime) -> list[Message]:
    """Send what could not go before, the oldest first, until the server fails again; returns the records of what was tried.

    Only kinds that are as true now as then: a reminder of another day is composed anew instead.
    """
    tried: list[Message] = []
    with engine.connect() as connection:
        waiting = read_failed(connection, kinds)
    for message in waiting:
        place = _place_of(office, message.key)
        if not place.exists():
            continue  # of a time before mails were kept, or taken away by hand
        built = email.message_from_bytes(place.read_bytes(), EmailMessage, policy=SMTP)
        tried.append(_sent(message, built, office))
        _record(engine, tried[-1], office, now)
        if tried[-1].outcome == "failed":
            break
    return tried


def _sent(message: Message, built: EmailMessage, office: PostOffice) -> Message:
    try:
        sent = send_message(built, office)
    except OSError as error:
        return replace(message, channel="smtp", outcome="failed", reason=str(error))
    channel, outcome = _told(sent)
    return replace(message, channel=channel, outcome=outcome, reason=sent.message_id)


def _told(sent: Sent) -> tuple[str, str]:
    return ("outbox", "written") if sent.path else ("smtp", "sent")


def _record(engine: Engine, message: Message, office: PostOffice, now: datetime) -> None:
    with begin_write(engine) as connection:
        record_dispatch(connection, message, now)
    if message.outcome != "failed":
        _place_of(office, message.key).unlink(missing_ok=True)


def _place_of(office: PostOffice, key: str) -> Path:
    """Where the mail of an occasion waits while it cannot go."""
    return office.outbox.parent / "unsent" / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.eml"


def _keep(message: EmailMessage, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    place.write_bytes(message.as_bytes(policy=SMTP))
