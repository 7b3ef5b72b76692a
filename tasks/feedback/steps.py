"""Feedback as Prefect tasks: the night's marked workbooks, and mails that go out once an occasion."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from sqlalchemy import Engine

from schemas.values import Delivery, Finding
from tasks.feedback.marked import write_marked_workbook
from tasks.mail import Mail, PostOffice, send_mail
from warehouse.engine import begin_write
from warehouse.store.dispatches import Message, is_dispatched, record_dispatch

Marking = tuple[Delivery, Sequence[Finding], Path]
Occasion = tuple[str, str | None, Mail]
"""A mail with the key of its occasion and the code of the partner it goes to."""


@task(name="mark", task_run_name="标注工作簿", cache_policy=NO_CACHE, persist_result=False)
def write_marked_workbooks(markings: Sequence[Marking]) -> None:
    """Write a marked workbook for each file that has something to correct."""
    for delivery, findings, path in markings:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_marked_workbook(delivery, findings, path)


@task(name="mail", task_run_name="发信 {kind}", cache_policy=NO_CACHE, persist_result=False)
def send_mails(engine: Engine, office: PostOffice, kind: str, mails: Sequence[Occasion], now: datetime) -> int:
    """Send the mails (occasion key, partner code, mail) that have not gone out yet; returns how many went out now.

    A mail that fails is recorded with its reason and is tried again the next time its occasion comes up; the others go on.
    """
    return sum(_send_once(engine, office, kind, key, partner, mail, now) for key, partner, mail in mails)


def _send_once(
    engine: Engine, office: PostOffice, kind: str, key: str, partner: str | None, mail: Mail, now: datetime
) -> bool:
    with engine.connect() as connection:
        if is_dispatched(connection, key):
            return False
    message = _sent(office, kind, key, partner, mail, now)
    with begin_write(engine) as connection:
        record_dispatch(connection, message, now)
    if message.outcome == "failed":
        get_run_logger().warning("mail not sent: %s: %s", key, message.reason)
    return message.outcome != "failed"


def _sent(office: PostOffice, kind: str, key: str, partner: str | None, mail: Mail, now: datetime) -> Message:
    names = [path.name for path in mail.attachments]
    try:
        sent = send_mail(mail, office, now)
    except OSError as error:
        return Message(key, kind, mail.to, mail.subject, "smtp", "failed", str(error), partner, names)
    if sent.path:
        return Message(key, kind, mail.to, mail.subject, "outbox", "written", sent.message_id, partner, names)
    return Message(key, kind, mail.to, mail.subject, "smtp", "sent", sent.message_id, partner, names)
