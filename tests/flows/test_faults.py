"""What goes wrong in the middle of a night: after the next one the figures are right, nothing is lost or sent twice, and it is said."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
import xlsxwriter
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import func, select

from tests.demonstration import COMMAND, ROOT
from tests.environment import office_environment
from tests.flows.prefect_server import prefect_server
from tests.servers.postgres import PostgresServer
from warehouse.engine import _TURN, open_engine
from warehouse.marts.nights import broken_off_nights
from warehouse.migrate import migrate
from warehouse.tables import Dispatch, FetchLog, Submission, fact_tables

pytestmark = [pytest.mark.timeout(200), pytest.mark.xdist_group("faults")]

SCHOOLS = {"hetian": "和田职业技术学院", "wuwei": "武威职业学院", "luxi": "泸西县职业高级中学"}
HEADERS = ["培训项目名称", "受训单位", "培训方式", "开始时间", "结束时间", "培训人次"]
IN_FORCE = {(code, 20) for code in SCHOOLS}
FACTS = 20 * len(SCHOOLS)


@dataclass
class Office:
    """An office with a ledger of twenty rows from each of three schools."""

    home: Path
    url: str
    settings: dict[str, object] = field(default_factory=dict)
    prefect: str = ""

    def __post_init__(self) -> None:
        """Let the schools send."""
        for code, name in SCHOOLS.items():
            folder = self.home / "inbox" / code
            folder.mkdir(parents=True)
            with xlsxwriter.Workbook(folder / "培训.xlsx") as book:
                sheet = book.add_worksheet("台账")
                sheet.write(0, 0, "2021年度师资培训台账")
                sheet.write_row(1, 0, HEADERS)
                for number in range(20):
                    sheet.write_row(number + 2, 0, [f"研修班{number}", name, "线下", "2021-03-05", "2021-03-09", 20])

    def start(self) -> subprocess.Popen[str]:
        """Start a night as the command line does, in a process group of its own."""
        partners = [word for code in SCHOOLS for word in ("--partner", code)]
        environment = office_environment(self.home, WAREHOUSE_URL=self.url, **self.settings)
        environment |= {"PREFECT_API_URL": self.prefect} if self.prefect else {}
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [str(COMMAND), "collect", *partners], cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True,
            start_new_session=True,
        )  # fmt: skip

    def night(self, code: int = 0) -> str:
        """A whole night; returns what it said."""
        process = self.start()
        said, errors = process.communicate(timeout=150)
        assert process.returncode == code, said + errors
        return said + errors

    def check(self) -> None:
        """See that every ledger counts once, whole."""
        engine = open_engine(self.url)
        with engine.connect() as connection:
            counting = (Submission.in_force_from.is_not(None), Submission.in_force_to.is_(None))
            found = connection.execute(select(Submission.partner_code, Submission.rows_loaded).where(*counting)).all()
            facts = connection.scalar(select(func.count()).select_from(fact_tables()["training_session"]))
            submissions = connection.scalar(select(func.count()).select_from(Submission))
        engine.dispose()
        assert {tuple(row) for row in found} == IN_FORCE
        assert (len(found), submissions, facts) == (len(SCHOOLS), len(SCHOOLS), FACTS)

    def receipts(self) -> int:
        """How many receipts went out."""
        return len(list((self.home / "outbox" / "mail").rglob("*.eml")))

    def broken_off(self) -> int:
        """How many nights since the last good one did not come to their end."""
        engine = open_engine(self.url)
        with engine.connect() as connection:
            found = len(broken_off_nights(connection))
        engine.dispose()
        return found


@pytest.fixture
def office(shared_prefect: str, postgresql_server: PostgresServer, tmp_path: Path) -> Iterator[Office]:
    with postgresql_server.new_database("template0") as url:
        migrate(url)
        yield Office(tmp_path, url)


@contextmanager
def stopped_at_loading(office: Office) -> Iterator[subprocess.Popen[str]]:
    """A night that has fetched and now waits, within its loading, for its turn to write; it goes on when the block ends."""
    night = office.start()
    _wait_until(lambda: _count(office.url, FetchLog) == len(SCHOOLS), night)
    with psycopg.connect(office.url) as holder:
        holder.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN])
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        with psycopg.connect(office.url, autocommit=True) as watcher:
            _wait_until(lambda: watcher.execute(waiting).fetchone() == (1,), night)
        yield night


def _count(url: str, table: type[FetchLog]) -> int:
    engine = open_engine(url)
    with engine.connect() as connection:
        found = connection.scalar(select(func.count()).select_from(table)) or 0
    engine.dispose()
    return found


def _wait_until(is_so: Callable[[], bool], night: subprocess.Popen[str], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if night.poll() is not None or time.monotonic() > deadline:
            os.killpg(night.pid, signal.SIGKILL) if night.poll() is None else None
            pytest.fail(f"the night did not come so far: {night.communicate()}")
        time.sleep(0.1)


def test_a_night_killed_while_it_loads_is_made_up_for_by_the_next(office: Office) -> None:
    with stopped_at_loading(office) as night:
        os.killpg(night.pid, signal.SIGKILL)
        night.communicate(timeout=30)
    assert office.broken_off() == 1
    office.night()
    office.check()
    assert (office.receipts(), office.broken_off()) == (len(SCHOOLS), 0)


def test_a_database_that_goes_down_while_a_night_loads_is_waited_for(
    office: Office, postgresql_server: PostgresServer
) -> None:
    try:
        with stopped_at_loading(office) as night:
            postgresql_server.stop(signal.SIGQUIT)
            postgresql_server.start()
    except psycopg.OperationalError:
        pass  # our own connection went with the server
    said, errors = night.communicate(timeout=120)
    assert night.returncode == 0, said + errors
    office.check()
    assert (office.receipts(), office.broken_off()) == (len(SCHOOLS), 0)


def test_two_nights_at_once_take_each_file_once(office: Office) -> None:
    nights = [office.start(), office.start()]
    told = [night.communicate(timeout=150) for night in nights]
    assert [night.returncode for night in nights] == [0, 0], told
    office.check()
    assert office.broken_off() == 0
    office.night()
    assert office.receipts() == len(SCHOOLS)


def test_a_server_that_goes_down_in_mid_night_is_waited_for(office: Office, tmp_path: Path) -> None:
    """Prefect's: the night asks it again until it is back."""
    folder = tmp_path / "prefect-server"
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with ExitStack() as first, ExitStack() as turn:
        office.prefect = first.enter_context(prefect_server(folder, {}, port)).api
        night = turn.enter_context(stopped_at_loading(office))
        first.close()
        with prefect_server(folder, {}, port):
            turn.close()
            said, errors = night.communicate(timeout=120)
    assert night.returncode == 0, said + errors
    office.check()


class Received:
    """A mail server that takes everything and keeps whom it is for."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        self.messages += envelope.rcpt_tos
        return "250 OK"


def test_receipts_that_cannot_go_are_sent_the_next_night_once(office: Office) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    office.settings |= {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": port, "SMTP_SECURITY": "none"}
    office.night()
    office.check()
    engine = open_engine(office.url)
    with engine.connect() as connection:
        assert set(connection.scalars(select(Dispatch.outcome))) == {"failed"}
    assert len(list((office.home / "outbox/unsent").iterdir())) == len(SCHOOLS)
    received = Received()
    controller = Controller(received, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        office.night()
        office.night()
    finally:
        controller.stop()
    with engine.connect() as connection:
        assert set(connection.scalars(select(Dispatch.outcome))) == {"sent"}
        wanted = sorted(address for to in connection.scalars(select(Dispatch.recipients)) for address in to)
    engine.dispose()
    assert sorted(received.messages) == wanted
    assert list((office.home / "outbox/unsent").iterdir()) == []


def test_a_full_disk_ends_the_night_in_a_sentence_and_the_next_takes_everything(office: Office) -> None:
    landing = office.home / "landing"
    landing.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8k", "none", str(landing)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("FULL DISK NOT TESTED: only root may mount a small file system")
    try:
        said = office.night(code=3)
    finally:
        subprocess.run(["umount", str(landing)], check=True)
    assert f"{landing} 不能写入：磁盘已满" in said
    assert "Traceback" not in said
    office.night()
    office.check()
    assert office.receipts() == len(SCHOOLS)
