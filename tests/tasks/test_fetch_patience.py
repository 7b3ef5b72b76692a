"""Fetching over lines that fail: what is tried again and how often, what waits for another night, and what never lands."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sources.connectors.address import host_of
from sources.connectors.connector import Patience
from sources.partner import AccessReferences, Partner, PartnerKind
from tasks.intake.fetch import Fetched, FetchOutcome, fetch_partner
from tasks.intake.fetch_landing import LandingError, check_landing
from tasks.intake.fetch_limits import FetchLimits, HostLimits
from tests.servers.faulty_line import FaultyLine, faulty_line
from tests.servers.http import HttpServer, http_server
from tests.servers.sftp import USER, sftp_server

ROOT = Path(__file__).parents[2]
TONIGHT = datetime(2021, 9, 13, 18, 0, tzinfo=UTC)
LONG_AGO = (1_600_000_000, 1_600_000_000)
LIMITS = FetchLimits(attempts=3, fresh_seconds=0, patience=Patience(0.5, 0.5))
CONTENT = os.urandom(60_000)


def partner_at(inbox: str, **access: str) -> Partner:
    told = AccessReferences(**access)
    return Partner(code="school", name="某某职业学院", kind=PartnerKind.SUPPORTED_SCHOOL, inbox=inbox, access=told)


class Waits:
    """Waits for nothing: keeps how long it was to wait, and does what the test wants done meanwhile."""

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.seconds: list[float] = []
        self.meanwhile = meanwhile

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.meanwhile()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HttpServer]:
    root = tmp_path / "root"
    root.mkdir()
    put(root / "台账.xlsx", CONTENT)
    with http_server(root) as server:
        yield server


@pytest.fixture
def line(server: HttpServer) -> Iterator[FaultyLine]:
    with faulty_line(server.port) as line:
        yield line


def put(path: Path, content: bytes, at: tuple[int, int] = LONG_AGO) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, at)


def fetch(folder: Path, inbox: str, waits: Waits, limits: FetchLimits = LIMITS, **access: str) -> Fetched:
    partner = partner_at(inbox, **access)
    return fetch_partner(partner, folder / "inbox", folder / "landing", {}, TONIGHT, limits, sleep=waits)


def landed(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in (folder / "landing").rglob("*") if path.is_file()]


def test_a_file_cut_off_is_fetched_again_and_lands_whole(tmp_path: Path, line: FaultyLine) -> None:
    line.cut_after = 20_000
    waits = Waits(line.reset)
    fetched = fetch(tmp_path, f"http://127.0.0.1:{line.port}/", waits)
    assert (len(fetched.deliveries), fetched.not_fetched, len(waits.seconds)) == (1, (), 1)
    assert landed(tmp_path) == [CONTENT]


def test_a_file_always_cut_off_is_tried_thrice_with_growing_waits_and_never_lands(
    tmp_path: Path, line: FaultyLine
) -> None:
    line.cut_after = 20_000
    waits = Waits()
    fetched = fetch(tmp_path, f"http://127.0.0.1:{line.port}/", waits)
    (left,) = fetched.not_fetched
    assert (fetched.outcome, fetched.deliveries, left.file_name) == (FetchOutcome.OK, (), "台账.xlsx")
    first, second = waits.seconds
    assert 1 <= first <= 2
    assert 4 <= second <= 8
    assert landed(tmp_path) == []


def test_a_silent_server_is_asked_again(tmp_path: Path, line: FaultyLine) -> None:
    line.silent = True
    waits = Waits(line.reset)
    assert len(fetch(tmp_path, f"http://127.0.0.1:{line.port}/", waits).deliveries) == 1
    assert len(waits.seconds) == 1


def test_a_server_that_stays_silent_is_unreachable_after_the_last_try(tmp_path: Path, line: FaultyLine) -> None:
    line.silent = True
    waits = Waits()
    fetched = fetch(tmp_path, f"http://127.0.0.1:{line.port}/", waits)
    assert (fetched.outcome, len(waits.seconds), line.connections) == (FetchOutcome.UNREACHABLE, 2, 3)


def test_a_refused_login_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WRONG_PASSWORD", "wrong-one")
    with sftp_server(tmp_path) as server:
        waits = Waits()
        fetched = fetch(
            tmp_path, f"sftp://{USER}@127.0.0.1:{server.port}/", waits, replace(LIMITS, patience=Patience(5, 5)),
            password="env:WRONG_PASSWORD", host_key=server.host_key_line,  # noqa: S106  where it is, not what it is
        )  # fmt: skip
    assert (fetched.outcome, server.logins, waits.seconds) == (FetchOutcome.UNREACHABLE, 1, [])
    assert "wrong-one" not in (fetched.reason or "")


def test_a_source_ends_when_its_time_is_up(tmp_path: Path, line: FaultyLine) -> None:
    line.pause_seconds = 0.05  # the file takes three seconds
    limits = replace(LIMITS, source_seconds=0.8)
    started = time.monotonic()
    fetched = fetch(tmp_path, f"http://127.0.0.1:{line.port}/", Waits(), limits)
    assert time.monotonic() - started < 2.5
    assert [left.reason for left in fetched.not_fetched] == ["本次采集给该来源的时间（0.8 秒）已用完，留待下次采集"]
    assert landed(tmp_path) == []


def test_what_is_still_being_written_waits_and_comes_when_it_is_done(tmp_path: Path) -> None:
    folder, limits = tmp_path / "inbox/school", replace(LIMITS, fresh_seconds=60)
    lately = (int(time.time()) - 2,) * 2
    for name, content in {"growing.xlsx": b"half", "empty.xlsx": b"", "fresh.xlsx": b"whole"}.items():
        put(folder / name, content, lately)
    put(folder / "old.xlsx", b"old")
    waits = Waits(lambda: put(folder / "growing.xlsx", b"half and more", lately))
    fetched = fetch(tmp_path, "folder:school", waits, limits)
    assert [one.file_name for one in fetched.deliveries] == ["fresh.xlsx", "old.xlsx"]
    assert {left.file_name: left.reason for left in fetched.not_fetched} == dict.fromkeys(
        ["empty.xlsx", "growing.xlsx"], "文件还在写入，留待下次采集"
    )
    assert waits.seconds == [limits.look_again_seconds]
    put(folder / "growing.xlsx", b"half and more")
    again = fetch(tmp_path, "folder:school", Waits(), replace(limits, fresh_seconds=1))
    assert "growing.xlsx" in [one.file_name for one in again.deliveries]


def test_files_that_stand_long_cost_no_second_look(tmp_path: Path) -> None:
    put(tmp_path / "inbox/school/old.xlsx", b"old")
    waits = Waits()
    fetch(tmp_path, "folder:school", waits, replace(LIMITS, fresh_seconds=60))
    assert waits.seconds == []


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_ask_a_server_at_once_than_allowed(tmp_path: Path, server: HttpServer, most: int) -> None:
    server.pause_seconds = 0.05
    partner = partner_at(f"http://127.0.0.1:{server.port}/")
    hosts = HostLimits(most)

    def fetch_in_turn(number: int) -> Fetched:
        with hosts.turn(host_of(partner)):
            return fetch_partner(partner, tmp_path, tmp_path / f"landing{number}", {}, TONIGHT, LIMITS)

    with ThreadPoolExecutor(8) as threads:
        fetched = list(threads.map(fetch_in_turn, range(8)))
    assert [len(one.deliveries) for one in fetched] == [1] * 8
    assert server.most_asking == most


def test_two_servers_do_not_wait_for_each_other() -> None:
    hosts = HostLimits(1)
    with ExitStack() as stack:
        for host in ("a", "b", None, None):
            stack.enter_context(hosts.turn(host))


FULL = "存放收到文件的文件夹 {} 不能写入：磁盘已满；请清理磁盘后重新运行，已入库的数据不受影响"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_is_said_and_nothing_is_left_half_written(tmp_path: Path, small_disk: Path) -> None:
    inbox = tmp_path / "inbox/school"
    put(inbox / "1.xlsx", b"small")
    put(inbox / "2.xlsx", bytes(200_000))
    with pytest.raises(LandingError) as full:
        fetch_partner(partner_at("folder:school"), tmp_path / "inbox", small_disk, {}, TONIGHT, LIMITS)
    assert str(full.value) == FULL.format(small_disk)
    assert [path.read_bytes() for path in small_disk.rglob("*") if path.is_file()] == [b"small"]


def test_a_night_is_not_begun_on_a_disk_that_is_all_but_full(small_disk: Path) -> None:
    with pytest.raises(LandingError) as full:
        check_landing(small_disk)
    assert str(full.value) == FULL.format(small_disk)
    assert list(small_disk.iterdir()) == []


def test_a_file_the_system_forbids_to_grow_leaves_nothing_behind(tmp_path: Path) -> None:
    put(tmp_path / "inbox/school/a.xlsx", bytes(200_000))
    program = f"""
import resource, signal
from pathlib import Path
from tasks.intake.fetch import fetch_partner
from tests.tasks.test_fetch_patience import TONIGHT, partner_at
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
folder = Path({str(tmp_path)!r})
fetch_partner(partner_at("folder:school"), folder / "inbox", folder / "landing", {{}}, TONIGHT)
"""
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "LandingError: 存放收到文件的文件夹" in run.stderr.strip().splitlines()[-1]
    assert landed(tmp_path) == []
