"""Reminders at a real SMTP server: who gets one on which day, what the log says of it, and that nobody gets two."""

from __future__ import annotations

import email
import socket
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select

from flows.office import Office, open_office
from flows.remind import reminders
from flows.settings import Settings
from tasks.mailing import send_once
from warehouse.engine import begin_write
from warehouse.marts.reminded import REMINDER
from warehouse.store.dimensions import sync_dimensions
from warehouse.store.obligations import sync_obligations
from warehouse.tables import Dispatch


class Received:
    """Keeps every message the SMTP server accepted."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        assert isinstance(envelope.content, bytes)
        self.messages.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@pytest.fixture
def received() -> Iterator[tuple[Received, int]]:
    inbox = Received()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield inbox, port
    controller.stop()


def _remind(office: Office, day: date) -> None:
    now = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
    for occasion in list(reminders(office, now)):
        send_once(office.engine, office.settings.post_office, REMINDER, occasion, now)


def test_the_right_people_hear_on_the_right_days(tmp_path: Path, received: tuple[Received, int]) -> None:
    inbox, port = received
    settings = Settings(home=tmp_path, smtp_host="127.0.0.1", smtp_port=port, smtp_security="none")
    with open_office(settings) as office:
        with begin_write(office.engine) as connection:
            sync_dimensions(connection, [("anxin", "安新县职业技术教育中心", "supported_school", "130632", None)])
            sync_obligations(connection, [("anxin", "award", "2021", date(2021, 9, 15))])
        heard: dict[int, list[str]] = {}
        for day in (8, 8, 9, 14, 16, 17, 18, 19, 20, 21, 22, 23, 29, 30):
            before = len(inbox.messages)
            _remind(office, date(2021, 9, day))
            heard[day] = heard.get(day, []) + [message["To"] for message in inbox.messages[before:]]
        with office.engine.connect() as connection:
            logged = list(connection.execute(select(Dispatch.recipients, Dispatch.subject, Dispatch.details)))
    clerk, head = "clerk@anxin.example", "head@anxin.example"
    assert {day: people for day, people in heard.items() if people} == {
        8: [clerk], 14: [clerk], 16: [clerk], 23: [clerk], 29: [head], 30: [clerk],
    }  # fmt: skip
    assert [(people, subject) for people, subject, _ in logged] == [
        ([message["To"]], message["Subject"]) for message in inbox.messages
    ]
    slot = {"partner_code": "anxin", "contract": "award", "period": "2021", "due_on": "2021-09-15"}
    states = ["due_soon", "due_soon", *["overdue"] * 4]
    assert [details for _, _, details in logged] == [[{**slot, "state": state}] for state in states]
    plain, html = (inbox.messages[4].get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    assert "特报送单位负责人，请督促办理" in plain.get_content()
    assert "已逾期 14 天" in html.get_content()
