"""A night of mail from end to end: ledgers mailed to a real Dovecot, receipts at a real SMTP server, each once, in its thread."""

from __future__ import annotations

import email
import socket
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.environment import office_environment
from tests.servers.imap import PASSWORD, ImapServer, run_imap_server
from tests.sources.mails import CLERK, attached, mail

ROOT = Path(__file__).parents[2]
COMMAND = Path(sys.executable).with_name("doublehigh")
SENT = ("From", "To", "Subject", "In-Reply-To")


class Received:
    """Keeps every message the SMTP server accepted."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        assert isinstance(envelope.content, bytes)
        self.messages.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@pytest.fixture
def imap_server() -> Iterator[ImapServer]:
    with run_imap_server() as server:
        yield server


@pytest.fixture
def received() -> Iterator[tuple[Received, int]]:
    inbox = Received()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield inbox, port
    controller.stop()


def _collect(home: Path, imap_server: ImapServer, smtp_port: int) -> None:
    settings: dict[str, object] = {
        "MAILBOX": imap_server.address, "MAILBOX_PASSWORD": "env:OFFICE_MAIL", "MAILBOX_CA_FILE": imap_server.ca_file,
        "SMTP_HOST": "127.0.0.1", "SMTP_PORT": smtp_port, "SMTP_SECURITY": "none", "MAIL_FROM": "dh@college.example",
    }  # fmt: skip
    partners = home / "partners"
    partners.mkdir(exist_ok=True)
    example = (ROOT / "sources/partners/hetian.yaml").read_text(encoding="utf-8")
    (partners / "hetian.yaml").write_text(example.replace("folder:hetian", "mailbox:hetian"), encoding="utf-8")
    settings |= {"PARTNERS_FOLDER": partners, "USE_EXAMPLE_PARTNERS": "false"}
    environment = {**office_environment(home, **settings), "OFFICE_MAIL": PASSWORD}
    for command in ("migrate", "collect"):
        arguments = [str(COMMAND), command]
        run = subprocess.run(arguments, env=environment, cwd=home, check=False, capture_output=True, text=True)
        # A night with refused or unreadable files ends with 1.
        assert run.returncode <= (command == "collect"), run.stdout + run.stderr
        assert PASSWORD not in run.stdout + run.stderr


@pytest.mark.xdist_group("office")
@pytest.mark.usefixtures("shared_prefect")
def test_each_mail_is_answered_once_in_its_thread(
    tmp_path: Path, imap_server: ImapServer, received: tuple[Received, int]
) -> None:
    inbox, port = received
    ledger = (ROOT / "examples/inboxes/night2/jwc/2021年竞赛获奖情况.xlsx").read_bytes()
    imap_server.append([
        mail(
            attached("filename*=gb18030''%CC%A8%D5%CB.xlsx", ledger), attached('filename="proof.pdf"', b"%PDF-1.7 x"),
            subject="=?GB18030?B?sajLzcyo1cs=?=", number=1,
        ),
        mail(attached('filename="broken.xlsx"', b"PK\x03\x04 cut short"), subject="[hetian] again", sender="other@qq.example", number=2),
        mail(attached('filename="whose.xlsx"', ledger), sender="stranger@qq.example", number=3),
    ])  # fmt: skip
    _collect(tmp_path, imap_server, port)
    answers = [tuple(str(message[name]) for name in SENT) for message in inbox.messages]
    office = "dh@college.example"
    assert sorted(answers) == sorted([
        (office, CLERK, "Re: 报送台账", "<1@hetian.example>"),
        (office, f"other@qq.example, {CLERK}", "Re: [hetian] again", "<2@hetian.example>"),
    ])  # fmt: skip
    (first,) = [message for message in inbox.messages if message["In-Reply-To"] == "<1@hetian.example>"]
    body = first.get_body(("plain",))
    assert body is not None
    assert "同一封邮件里还有 1 个附件不是表格文件，没有处理：proof.pdf。" in body.get_content()
    before = len(inbox.messages)
    _collect(tmp_path, imap_server, port)
    assert len(inbox.messages) == before, "nothing is answered twice"
