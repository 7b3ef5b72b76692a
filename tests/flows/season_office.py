"""The office of the season: its eight partners, its mailbox and mail server, and its flows played at given instants."""

from __future__ import annotations

import email
import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers.imap import PASSWORD, ImapServer, run_imap_server

ROOT = Path(__file__).parents[2]
OFFICE = "dh@college.example"
PARTNERS = {
    "jia": "甲县职业学校", "yi": "乙县职业学校", "bing": "丙县职业学校", "ding": "丁县职业学校",
    "wu": "戊县职业学校", "ji": "己县职业学校", "geng": "庚县职业学校", "xin": "辛县职业学校",
}  # fmt: skip


class Received:
    """Keeps every message the SMTP server accepted."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        assert isinstance(envelope.content, bytes)
        self.messages.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@dataclass
class SeasonOffice:
    """The office at work: its home, its two mail servers, and the process that runs its flows."""

    home: Path
    imap: ImapServer
    sent: Received
    process: subprocess.Popen[str]
    heard: dict[str, list[str]] = field(default_factory=dict)

    def play(self, flow: str, at: str, **parameters: object) -> list[EmailMessage]:
        """Run one flow as of an instant ("01-06 09:00" of 2022, office time); returns the mails it sent."""
        before = len(self.sent.messages)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        instant = f"2022-{at.replace(' ', 'T')}:00+08:00"
        self.process.stdin.write(json.dumps({"flow": flow, "parameters": {**parameters, "at": instant}}) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer == "done\n", f"{flow} at {at}: {answer}\n{self.log()[-4000:]}"
        return self.sent.messages[before:]

    def remind(self, day: str) -> list[str]:
        """Who is reminded on a day, sorted."""
        return sorted(message["To"] for message in self.play("remind", f"{day} 09:00"))

    def log(self) -> str:
        """Everything the flows logged and printed."""
        return (self.home / "player.log").read_text(encoding="utf-8")

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        """What the warehouse says."""
        with closing(sqlite3.connect(self.home / "warehouse.db")) as connection:
            return connection.execute(statement).fetchall()

    def states(self) -> dict[tuple[str, str], tuple[str, int, int]]:
        """Partner and contract → state, loaded and held rows of the newest submission about 2021."""
        found = self.ask(
            "SELECT partner_code, contract, state, rows_loaded, rows_held FROM submission WHERE period = '2021' ORDER BY id"
        )
        return {(str(code), str(name)): (str(state), int(str(i)), int(str(h))) for code, name, state, i, h in found}

    def write_partner(self, code: str, aliases: Sequence[str] = ()) -> None:
        """The file of a partner that sends by mail and owes the trainings of 2021."""
        contracts = ["training_session", *(["dispatched_person"] if code == "jia" else [])]
        record = {
            "code": code, "name": PARTNERS[code], "aliases": list(aliases), "kind": "supported_school",
            "contacts": [{"role": "台账填报岗", "email": clerk(code)}], "head_email": head(code), "inbox": f"mailbox:{code}",
            "owes": [{"contract": contract, "periods": [2021]} for contract in contracts],
        }  # fmt: skip
        (self.home / "partners").mkdir(exist_ok=True)
        text = json.dumps(record, ensure_ascii=False)
        (self.home / "partners" / f"{code}.yaml").write_text(text, encoding="utf-8")


def clerk(code: str) -> str:
    """The address of a partner's clerk."""
    return f"clerk@{code}.example"


def head(code: str) -> str:
    """The address of a partner's head."""
    return f"head@{code}.example"


@contextmanager
def season_office(home: Path) -> Iterator[SeasonOffice]:
    """Start the servers and the process; end them afterwards."""
    received = Received()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    controller = Controller(received, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        with run_imap_server() as imap, _player(home, _environment(home, imap, port)) as process:
            office = SeasonOffice(home, imap, received, process)
            for code in PARTNERS:
                office.write_partner(code)
            yield office
    finally:
        controller.stop()


def _environment(home: Path, imap: ImapServer, smtp_port: int) -> Mapping[str, str]:
    settings: dict[str, object] = {
        "HOME": home, "MAILBOX": imap.address, "MAILBOX_PASSWORD": "env:OFFICE_MAIL", "MAILBOX_CA_FILE": imap.ca_file,
        "MAILBOX_DAYS": 36500, "SMTP_HOST": "127.0.0.1", "SMTP_PORT": smtp_port, "SMTP_SECURITY": "none", "MAIL_FROM": OFFICE,
        "PARTNERS_FOLDER": home / "partners", "USE_EXAMPLE_PARTNERS": "false",
    }  # fmt: skip
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DOUBLEHIGH_", "PREFECT_"))}
    own = {
        "OFFICE_MAIL": PASSWORD, "PREFECT_HOME": str(home / "prefect"), "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "INFO", "DO_NOT_TRACK": "1", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    return {**kept, **{f"DOUBLEHIGH_{name}": str(value) for name, value in settings.items()}, **own}


@contextmanager
def _player(home: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    with (home / "player.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.flows.season_player"], cwd=ROOT, env=dict(environment), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
        )  # fmt: skip
        try:
            yield process
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
