"""The watchdog mails the operators once a day while the last good night is too old, and needs no Prefect."""

from __future__ import annotations

import email
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.policy import default
from pathlib import Path

import pytest

from flows.settings import Settings
from flows.watchdog import watch
from schemas.errors import MisconfiguredError
from warehouse.engine import begin_write, open_engine
from warehouse.store.nights import close_night, open_night

NIGHT = datetime(2021, 9, 1, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)
OPERATOR = "operator@college.example"


@pytest.fixture
def settings(new_sqlite_warehouse: str, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, warehouse_url=new_sqlite_warehouse, operators=(OPERATOR,))


def run_night(settings: Settings, at: datetime, *, ends_well: bool = True) -> None:
    engine = open_engine(settings.warehouse_url)
    with begin_write(engine) as connection:
        night = open_night(connection, at)
        if ends_well:
            close_night(connection, night, {}, at + HOUR)
    engine.dispose()


def mails(settings: Settings) -> list[tuple[str, str]]:
    found = sorted((settings.outbox_folder / "mail").rglob("*.eml"))
    read = [email.message_from_bytes(path.read_bytes(), policy=default) for path in found]
    return [(str(one["To"]), str(one.get_content())) for one in read]


def test_a_fresh_night_calls_nobody(settings: Settings) -> None:
    run_night(settings, NIGHT)
    seen = watch(settings, NIGHT + 30 * HOUR)
    assert (seen.said, seen.is_alarming) == ("最近一次正常完成的夜间采集开始于 2021-09-02 02:00。", False)
    assert mails(settings) == []


def test_an_old_one_is_told_once_a_day_until_a_night_ends_well(settings: Settings) -> None:
    run_night(settings, NIGHT)
    run_night(settings, NIGHT + 24 * HOUR, ends_well=False)
    told = [watch(settings, NIGHT + hours * HOUR).has_mailed for hours in (31, 32, 55)]
    assert told == [True, False, True]
    said = "最近一次正常完成的夜间采集开始于 2021-09-02 02:00，距今已超过 30 小时。"
    assert [(to, said in text) for to, text in mails(settings)] == [(OPERATOR, True)] * 2
    run_night(settings, NIGHT + 56 * HOUR)
    assert not watch(settings, NIGHT + 80 * HOUR).is_alarming


def test_a_warehouse_that_does_not_answer_and_an_empty_one_are_told(settings: Settings, tmp_path: Path) -> None:
    gone = settings.model_copy(update={"warehouse_url": "postgresql://dh:secret-of-5c1@127.0.0.1:1/dh"})
    seen = watch(gone, NIGHT)
    assert seen.said.startswith("数据仓库打不开：")
    assert "secret-of-5c1" not in seen.said + mails(settings)[0][1]
    assert watch(settings, NIGHT + 24 * HOUR).said == "还没有一次夜间采集正常完成。"


def test_an_alarm_nobody_would_hear_is_an_error(settings: Settings) -> None:
    with pytest.raises(MisconfiguredError, match="DOUBLEHIGH_OPERATORS"):
        watch(settings.model_copy(update={"operators": ()}), NIGHT)


def test_it_works_when_prefect_does_not() -> None:
    program = "import sys, flows.commands.watchdog; sys.exit('prefect' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
