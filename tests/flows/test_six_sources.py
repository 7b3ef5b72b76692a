"""A whole night over a folder, SFTP, WebDAV, S3, HTTP and the mailbox at once: one dead, one slow; and the night after."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest
import yaml
from sqlalchemy import select

from tests.environment import office_environment
from tests.flows.two_nights import Nights
from tests.servers.faulty_line import FaultyLine, faulty_line
from tests.servers.http import HttpServer, http_server
from tests.servers.imap import PASSWORD as MAIL_PASSWORD
from tests.servers.imap import ImapServer, run_imap_server
from tests.servers.s3 import BUCKET, S3Server, s3_server
from tests.servers.sftp import PASSWORD, USER, SftpServer, sftp_server
from tests.servers.webdav import WebdavServer, webdav_server
from tests.sources.mails import attached, mail
from warehouse.engine import open_engine
from warehouse.marts.nights import read_failing_sources, read_fetches
from warehouse.marts.questions import open_questions
from warehouse.tables import all_tables

HEADERS = ["受援单位", "实训室名称", "使用面积（平方米）", "设备总值（万元）", "工位数", "建成时间"]
NAMES = {
    "kinda": "甲县职业学院", "kindb": "乙县职业学院", "kindc": "丙县职业学院", "kindd": "丁县职业学院",
    "kinde": "戊县职业学院", "kindf": "己县职业学院",
}  # fmt: skip
SLOW, DEAD = "kindd", "kindb"
ROWS = {"kinda": 3, "kindb": 4, "kindc": 5, "kindd": 6, "kinde": 7, "kindf": 8}


def workbook(code: str) -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["2021年实训室建设情况一览表"])
    book.active.append(HEADERS)
    for number in range(ROWS[code]):
        book.active.append([NAMES[code], f"实训室{number + 1}", 100 + number, 50, 20, "2021.03"])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


@dataclass
class Places:
    """The six places, with the lines to the dead and to the slow one."""

    sftp: SftpServer
    webdav: WebdavServer
    s3: S3Server
    http: HttpServer
    imap: ImapServer
    dead: FaultyLine
    slow: FaultyLine
    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def transfers(self) -> dict[str, int]:
        """How many files each server has handed out so far."""
        return {
            "sftp": len(self.sftp.opened),
            "webdav": sum(asked.startswith("GET") for asked in self.webdav.asked),
            "s3": sum(asked.startswith("GET") and ".xlsx" in asked for asked in self.s3.asked),
            "http": sum(asked.startswith("GET") and ".xlsx" in asked for asked in self.http.asked),
        }


@pytest.fixture(scope="module")
def places(shared_prefect: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    folder = tmp_path_factory.mktemp("six")
    roots = {code: folder / code for code in ("kindb", "kindc", "kinde")}
    for code, root in roots.items():
        root.mkdir()
        put(root / "实训室台账.xlsx", workbook(code))
    with ExitStack() as stack:
        sftp = stack.enter_context(sftp_server(roots["kindb"]))
        webdav = stack.enter_context(webdav_server(roots["kindc"]))
        s3 = stack.enter_context(s3_server())
        http = stack.enter_context(http_server(roots["kinde"]))
        imap = stack.enter_context(run_imap_server())
        dead, slow = (stack.enter_context(faulty_line(port)) for port in (sftp.port, s3.port))
        dead.silent, slow.pause_seconds = True, 0.1
        s3.put("school/实训室台账.xlsx", workbook("kindd"))
        imap.append([
            mail(attached('filename="ledger.xlsx"', workbook("kindf")), sender="clerk@kindf.example"),
            mail(attached('filename="whose.xlsx"', workbook("kinda")), sender="someone@elsewhere.example", number=2),
        ])  # fmt: skip
        places = Places(sftp, webdav, s3, http, imap, dead, slow, folder / "home")
        put(places.home / "inbox/kinda/实训室台账.xlsx", workbook("kinda"))
        write_office(places)
        yield places


def put(path: Path, content: bytes) -> None:
    """A file that was finished long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (1_630_000_000, 1_630_000_000))


def write_office(places: Places) -> None:
    secret = {"password": "env:SIX_PASSWORD"}
    key_id, key = places.s3.reader
    inboxes: dict[str, tuple[str, dict[str, str]]] = {
        "kinda": ("folder:kinda", {}),
        "kindb": (f"sftp://{USER}@127.0.0.1:{places.dead.port}/", {**secret, "host_key": places.sftp.host_key_line}),
        "kindc": (f"webdav://{USER}@127.0.0.1:{places.webdav.port}/dav", secret),
        "kindd": (
            f"s3://{BUCKET}/school",
            {"user": key_id, "password": "env:SIX_KEY", "endpoint": f"http://127.0.0.1:{places.slow.port}"},
        ),
        "kinde": (f"http://127.0.0.1:{places.http.port}/", {}),
        "kindf": ("mailbox:", {}),
    }
    partners = places.home / "partners"
    partners.mkdir(parents=True, exist_ok=True)
    for code, (inbox, access) in inboxes.items():
        told = {
            "code": code, "name": NAMES[code], "kind": "supported_school", "inbox": inbox,
            "contacts": [{"role": "填报岗", "email": f"clerk@{code}.example"}],
        }  # fmt: skip
        text = yaml.safe_dump({**told, **({"access": access} if access else {})}, allow_unicode=True)
        (partners / f"{code}.yaml").write_text(text, encoding="utf-8")
    places.environment.update({
        **office_environment(places.home), "DOUBLEHIGH_PARTNERS_FOLDER": str(partners),
        "DOUBLEHIGH_USE_EXAMPLE_PARTNERS": "false", "DOUBLEHIGH_CONNECT_SECONDS": "1", "DOUBLEHIGH_SILENCE_SECONDS": "5",
        "DOUBLEHIGH_FETCH_ATTEMPTS": "2", "DOUBLEHIGH_OPERATORS": "operator@college.example",
        "DOUBLEHIGH_MAILBOX": places.imap.address, "DOUBLEHIGH_MAILBOX_PASSWORD": "env:SIX_MAIL",
        "DOUBLEHIGH_MAILBOX_CA_FILE": str(places.imap.ca_file), "DOUBLEHIGH_MAILBOX_DAYS": "4000",
        "SIX_PASSWORD": PASSWORD, "SIX_KEY": key, "SIX_MAIL": MAIL_PASSWORD,
    })  # fmt: skip


@pytest.mark.xdist_group("office")
@pytest.mark.timeout(150)
def test_two_nights_over_six_kinds_of_places(places: Places) -> None:
    with Nights(places.environment) as nights:
        first = nights.run()
        after_first = places.transfers()
        check_first_night(places, first)
        places.dead.reset()
        places.slow.reset()
        second = nights.run()
    assert (second["delivery_count"], second["unreachable"]) == (1, [])
    now = places.transfers()
    assert now == {**after_first, "sftp": 1}, "only the file of the place that was dead"
    assert loaded_rows(places) == ROWS
    assert log_of(places, 2) == {
        "kinda": ("ok", 0, 1), "kindb": ("ok", 1, 0), "kindc": ("ok", 0, 1), "kindd": ("ok", 0, 1), "kinde": ("ok", 0, 1),
        "kindf": ("ok", 0, 1), "mailbox": ("ok", 0, 0), "unmatched": ("ok", 0, 1),
    }  # fmt: skip


def check_first_night(places: Places, first: dict[str, object]) -> None:
    assert first["delivery_count"] == 5, (first["unreachable"], first["not_fetched"])
    (told,) = first["unreachable"]  # type: ignore[misc]
    assert told.startswith(f"{NAMES[DEAD]}：")
    assert loaded_rows(places) == {code: count for code, count in ROWS.items() if code != DEAD}
    assert log_of(places, 1) == {
        "kinda": ("ok", 1, 0), "kindb": ("unreachable", 0, 0), "kindc": ("ok", 1, 0), "kindd": ("ok", 1, 0),
        "kinde": ("ok", 1, 0), "kindf": ("ok", 1, 0), "mailbox": ("ok", 0, 0), "unmatched": ("ok", 0, 0),
    }  # fmt: skip
    assert places.transfers() == {"sftp": 0, "webdav": 1, "s3": 1, "http": 1}
    engine = open_engine(f"sqlite:///{places.home}/warehouse.db")
    with engine.connect() as connection:
        assert [(one.partner_code, one.night_count) for one in read_failing_sources(connection)] == [(DEAD, 1)]
        (question,) = open_questions(connection)
        assert (question.kind, "whose.xlsx" in question.question) == ("unmatched_mail", True)
    engine.dispose()
    letters = [path for path in (places.home / "outbox/mail").rglob("*.eml") if b"operator@" in path.read_bytes()]
    assert len(letters) == 1


def loaded_rows(places: Places) -> dict[str, int]:
    engine = open_engine(f"sqlite:///{places.home}/warehouse.db")
    submission = all_tables().tables["submission"]
    with engine.connect() as connection:
        rows = connection.execute(select(submission.c.partner_code, submission.c.rows_loaded)).all()
        loaded = {str(row.partner_code): int(row.rows_loaded) for row in rows}
    engine.dispose()
    return loaded


def log_of(places: Places, night_id: int) -> dict[str, tuple[str, int, int]]:
    engine = open_engine(f"sqlite:///{places.home}/warehouse.db")
    with engine.connect() as connection:
        fetches = read_fetches(connection, night_id)
    engine.dispose()
    return {one.partner_code: (one.outcome, one.delivery_count, one.unchanged_count) for one in fetches}
