"""Mail: a real SMTP server on loopback receives what we send; without a server the outbox holds the same message."""

from __future__ import annotations

import email
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tasks.mail import Mail, PostOffice, Thread, build_message, send_mail

NOW = datetime(2021, 9, 30, 18, 0, tzinfo=UTC)


class Inbox:
    """Keeps every message the server accepted."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        assert isinstance(envelope.content, bytes)
        self.messages.append(email.message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        self.recipients.append(envelope.rcpt_tos)
        return "250 OK"


@pytest.fixture
def server() -> Iterator[tuple[Inbox, int]]:
    inbox = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield inbox, port
    controller.stop()


def _mail(tmp_path: Path) -> Mail:
    report = tmp_path / "2021年度报告.pdf"
    report.write_bytes(b"%PDF-1.7 report")
    return Mail(
        ("president@college.example", "office@college.example"),
        "2021年度报告",
        "摘要：已完成",
        "<p>摘要：已完成</p>",
        (report,),
    )


def test_a_mail_reaches_the_server_whole(server: tuple[Inbox, int], tmp_path: Path) -> None:
    inbox, port = server
    office = PostOffice("doublehigh@college.example", tmp_path, "127.0.0.1", port, "none")
    sent = send_mail(_mail(tmp_path), office, NOW)
    (message,) = inbox.messages
    assert inbox.recipients == [["president@college.example", "office@college.example"]]
    assert message["Subject"] == "2021年度报告"
    assert message["Message-ID"] == sent.message_id
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "摘要：已完成"
    (attachment,) = message.iter_attachments()
    assert (attachment.get_filename(), attachment.get_content()) == ("2021年度报告.pdf", b"%PDF-1.7 report")


def test_without_a_server_the_outbox_holds_the_mail(tmp_path: Path) -> None:
    sent = send_mail(_mail(tmp_path), PostOffice("doublehigh@college.example", tmp_path / "outbox"), NOW)
    assert sent.path is not None
    message = email.message_from_bytes(sent.path.read_bytes(), policy=default)
    assert message["To"] == "president@college.example, office@college.example"
    assert message["Message-ID"] == sent.message_id


def test_the_same_mail_has_the_same_message_id(tmp_path: Path) -> None:
    office = PostOffice("doublehigh@college.example", tmp_path / "outbox")
    first, second = (send_mail(_mail(tmp_path), office, NOW) for _ in range(2))
    assert first == second
    assert len(list((tmp_path / "outbox").iterdir())) == 1


def test_an_unreachable_server_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="refused"):
        send_mail(_mail(tmp_path), PostOffice("a@b.example", tmp_path, "127.0.0.1", 1, "none"), NOW)


@pytest.mark.parametrize(
    ("subject", "reply"),
    [
        ("报送2021年台账", "Re: 报送2021年台账"),
        ("Re: 台账", "Re: 台账"),
        ("回复：台账", "回复：台账"),
        ("a\r\nBcc: x@example.org", "Re: a Bcc: x@example.org"),
    ],
)
def test_an_answer_goes_into_the_thread(subject: str, reply: str, server: tuple[Inbox, int], tmp_path: Path) -> None:
    inbox, port = server
    mail = Mail(("clerk@hetian.example",), "【回执】", "x", answers=Thread("<1@hetian.example>", subject))
    send_mail(mail, PostOffice("office@college.example", tmp_path, "127.0.0.1", port, "none"), NOW)
    (message,) = inbox.messages
    told = [message[name] for name in ("Subject", "In-Reply-To", "References", "Auto-Submitted", "Bcc")]
    assert told == [reply, "<1@hetian.example>", "<1@hetian.example>", "auto-replied", None]


def test_no_program_is_to_answer_our_mails(tmp_path: Path) -> None:
    assert build_message(_mail(tmp_path), "office@college.example", NOW)["Auto-Submitted"] == "auto-generated"
