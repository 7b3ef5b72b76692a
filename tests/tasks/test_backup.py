"""Back-up, wipe, restore: the same warehouse and the same files; what is damaged or would overwrite something is refused."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, select

from schemas.contract import shipped_contracts
from schemas.errors import MisconfiguredError, UnavailableError
from schemas.values import Delivery, Verdict
from tasks.backup import BackUp, Belongings, back_up, check_back_up, drop_old, list_back_ups, restore
from tasks.intake.load import load_verdict
from tests.servers.postgres import PostgresServer
from warehouse.engine import begin_write, open_engine
from warehouse.migrate import is_current
from warehouse.store.deliveries import record_deliveries
from warehouse.store.nights import open_night
from warehouse.tables import all_tables

NOW = datetime(2021, 9, 1, 20, tzinfo=UTC)
DAY = timedelta(days=1)
PASSWORD = "never-printed-5c1"  # noqa: S105 - of no server
ROW = {"trainee_person_times": 30, "started_on": date(2021, 3, 1), "ended_on": date(2021, 3, 2)}


@pytest.fixture
def loaded(
    engine: Engine, make_delivery: Callable[..., Delivery], make_verdict: Callable[..., Verdict]
) -> Callable[[], None]:
    """The warehouse with one ledger in it; called, it loads another version of it."""
    contents = iter("AB")

    def load() -> None:
        delivery = make_delivery(next(contents))
        with begin_write(engine) as connection:
            night = open_night(connection, NOW)
            record_deliveries(connection, night, [delivery])
        verdict = make_verdict(delivery, [ROW] * 3)
        load_verdict(engine, night, verdict, delivery, shipped_contracts()["training_session"], NOW)

    load()
    return load


@pytest.fixture
def office(engine: Engine, warehouse_url: str, tmp_path: Path) -> Belongings:
    """An office with a few files: two received, a key, and no report yet."""
    home = tmp_path / "home"
    for name, content in (("landing/aa/aa11", b"ledger"), ("landing/bb/bb22", b"other"), ("hash.key", b"k" * 64)):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(content)
    (home / "landing/link").symlink_to("/etc/hostname")
    return at(home, warehouse_url)


def at(home: Path, url: str) -> Belongings:
    return Belongings(url, {name: home / name for name in ("landing", "reports", "hash.key")})


def elsewhere(empty_url: str, folder: Path) -> str:
    """An empty database that is not the office's: both fixtures name the same SQLite file."""
    return empty_url if "postgresql" in empty_url else f"sqlite:///{folder}/anew.db"


def everything(url: str) -> dict[str, list[str]]:
    engine = open_engine(url)
    with engine.connect() as connection:
        tables = all_tables().sorted_tables
        rows = {table.name: sorted(map(repr, connection.execute(select(table)))) for table in tables}
    engine.dispose()
    return rows


def files(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("loaded")
def test_after_a_wipe_everything_is_as_it_was(office: Belongings, empty_url: str, tmp_path: Path) -> None:
    made = back_up(office, tmp_path / "disk", NOW)
    assert (made.folder.name, made.file_count, made.shared_count) == ("doublehigh-20210901T200000Z", 4, 0)
    assert made.folder.stat().st_mode & 0o777 == 0o700
    url = elsewhere(empty_url, tmp_path)
    new = at(tmp_path / "anew", url)
    assert restore(made.folder, new) == 4
    assert is_current(url)
    kept = {name: content for name, content in files(tmp_path / "home").items() if name != "landing/link"}
    assert files(tmp_path / "anew") == kept
    found = everything(url)
    assert found == everything(office.warehouse_url)
    assert len(found["fact_training_session"]) == 3


def test_what_stands_unchanged_takes_no_room_again_and_each_is_whole(
    office: Belongings, loaded: Callable[[], None], tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    first = back_up(office, disk, NOW)
    loaded()
    (tmp_path / "home/landing/cc33").write_bytes(b"came later")
    second = back_up(office, disk, NOW + DAY)
    assert (second.file_count, second.shared_count) == (5, 3)
    assert (second.folder / "landing/aa/aa11").stat().st_ino == (first.folder / "landing/aa/aa11").stat().st_ino
    assert list_back_ups(disk) == [first.folder, second.folder]
    assert drop_old(disk, 1) == [first.folder]
    assert check_back_up(second.folder) == 5


@pytest.mark.usefixtures("loaded")
def test_a_file_gone_bad_in_the_back_up_before_is_copied_anew(office: Belongings, tmp_path: Path) -> None:
    first = back_up(office, tmp_path / "disk", NOW)
    kept = first.folder / "landing/aa/aa11"
    times = kept.stat()
    kept.chmod(0o600)
    kept.write_bytes(b"LEDGER")
    os.utime(kept, ns=(times.st_atime_ns, times.st_mtime_ns))
    second = back_up(office, tmp_path / "disk", NOW + DAY)
    assert second.shared_count == 2
    assert (second.folder / "landing/aa/aa11").read_bytes() == b"ledger"


def damaged(made: BackUp, how: str) -> str:
    folder = made.folder
    if how == "altered":
        (folder / "landing/aa/aa11").write_bytes(b"LEDGER")
    elif how == "missing":
        (folder / "hash.key").unlink()
    elif how == "too many":
        (folder / "landing/stray").write_bytes(b"x")
    elif how == "no manifest":
        (folder / "manifest.json").unlink()
    else:
        (folder / "manifest.json").write_text("{", encoding="utf-8")
    return how


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("altered", r"landing/aa/aa11 \(altered\)"),
        ("missing", r"hash\.key \(missing\)"),
        ("too many", r"landing/stray \(not in the manifest\)"),
        ("no manifest", "is no back-up"),
        ("half a manifest", "cannot be read"),
    ],
)
def test_a_damaged_back_up_restores_nothing(office: Belongings, tmp_path: Path, how: str, said: str) -> None:
    made = back_up(office, tmp_path / "disk", NOW)
    damaged(made, how)
    new = at(tmp_path / "anew", f"sqlite:///{tmp_path}/anew.db")
    with pytest.raises(MisconfiguredError, match=said):
        restore(made.folder, new)
    assert not (tmp_path / "anew").exists()
    assert not (tmp_path / "anew.db").exists()


@pytest.mark.usefixtures("loaded")
def test_nothing_that_is_there_is_overwritten(office: Belongings, empty_url: str, tmp_path: Path) -> None:
    made = back_up(office, tmp_path / "disk", NOW)
    with pytest.raises(MisconfiguredError, match=r"not empty: the warehouse\. Nothing was restored"):
        restore(made.folder, office)
    url = elsewhere(empty_url, tmp_path)
    (tmp_path / "anew/landing").mkdir(parents=True)
    (tmp_path / "anew/landing/other").write_bytes(b"somebody's")
    with pytest.raises(MisconfiguredError, match=r"not empty: .*/anew/landing\. Nothing"):
        restore(made.folder, at(tmp_path / "anew", url))
    shutil.rmtree(tmp_path / "anew/landing")
    shutil.copytree(made.folder / "landing", tmp_path / "anew/landing")
    assert restore(made.folder, at(tmp_path / "anew", url)) == 4


@pytest.mark.usefixtures("loaded")
def test_a_copy_of_one_kind_does_not_fill_the_other(
    office: Belongings, database: str, postgresql_server: PostgresServer, tmp_path: Path
) -> None:
    made = back_up(office, tmp_path / "disk", NOW)
    other = f"sqlite:///{tmp_path}/anew.db" if database == "postgresql" else postgresql_server.url("postgres")
    with pytest.raises(MisconfiguredError, match=r"does not fill a .* warehouse"):
        restore(made.folder, at(tmp_path / "anew", other))


def test_an_empty_warehouse_and_a_folder_that_is_none_are_said(
    empty_url: str, office: Belongings, tmp_path: Path
) -> None:
    with pytest.raises(MisconfiguredError, match="nothing to back up yet"):
        back_up(at(tmp_path, elsewhere(empty_url, tmp_path)), tmp_path / "disk", NOW)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UnavailableError, match="cannot be written"):
        back_up(office, tmp_path / "file", NOW)
    assert list_back_ups(tmp_path / "disk") == []


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.usefixtures("loaded")
def test_a_missing_program_and_a_refusal_are_told_without_the_password(
    office: Belongings, warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = make_url(warehouse_url).set(password=PASSWORD).render_as_string(hide_password=False)
    pretender = tmp_path / "bin/pg_dump"
    pretender.parent.mkdir()
    pretender.write_text('#!/bin/sh\necho "$0 $*: no room" >&2\nexit 1\n', encoding="utf-8")
    pretender.chmod(0o755)
    monkeypatch.setenv("PATH", str(pretender.parent))
    with pytest.raises(UnavailableError, match="no room") as refusal:
        back_up(replace(office, warehouse_url=secret), tmp_path / "disk", NOW)
    assert PASSWORD not in str(refusal.value)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnavailableError, match="pg_dump was not found"):
        back_up(office, tmp_path / "disk", NOW)
