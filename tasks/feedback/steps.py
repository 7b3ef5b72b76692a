"""Feedback as Prefect tasks: the night's marked workbooks, and mails that go out once an occasion."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.runtime import task_run
from sqlalchemy import Engine

from tasks.feedback.marking_workers import Marking, write_workbooks
from tasks.intake.reading_worker import Guard
from tasks.mail import PostOffice
from tasks.mailing import Occasion, send_kept, send_once


@task(name="mark", task_run_name="标注工作簿", cache_policy=NO_CACHE, persist_result=False)
def write_marked_workbooks(markings: Sequence[Marking], guard: Guard) -> None:
    """Write a marked workbook for each file that has something to correct, as many at once as files are read."""
    write_workbooks(markings, guard.workers, guard.memory_bytes, guard.seconds)


KINDS = {"receipt": "回执", "parcel": "年度填报通知", "reminder": "催报", "source_failing": "连接不上的通知"}


def _mail_run_name() -> str:
    kind = str(task_run.parameters["kind"])
    return f"发送{KINDS.get(kind, kind)}"


@task(name="mail", task_run_name=_mail_run_name, cache_policy=NO_CACHE, persist_result=False)
def send_mails(engine: Engine, office: PostOffice, kind: str, mails: Sequence[Occasion], now: datetime) -> int:
    """Send the mails (occasion key, partner code, mail) that have not gone out yet; returns how many went out now.

    A mail that fails is recorded with its reason, kept, and tried again the next night; the others go on.
    """
    messages = [send_once(engine, office, kind, occasion, now) for occasion in mails]
    for message in messages:
        if message and message.outcome == "failed":
            get_run_logger().warning("mail not sent: %s: %s", message.key, message.reason)
    return sum(message is not None and message.outcome != "failed" for message in messages)


LASTING = ("receipt", "parcel", "report")
"""Kinds of mail that are as true the next night; reminders and warnings are composed anew."""


@task(name="send again", task_run_name="补发上次没有发出的邮件", cache_policy=NO_CACHE, persist_result=False)
def send_kept_mails(engine: Engine, office: PostOffice, now: datetime) -> int:
    """Send the mails that could not go on an earlier night; returns how many went out now."""
    tried = send_kept(engine, office, LASTING, now)
    for message in tried:
        if message.outcome == "failed":
            get_run_logger().warning("mail still not sent: %s: %s", message.key, message.reason)
    return sum(message.outcome != "failed" for message in tried)
