"""Deployments on a real server: registered with their schedules, runs scheduled, and a night run by a real worker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.flows.prefect_server import PrefectServer, prefect_server

pytestmark = pytest.mark.timeout(280)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    folder = tmp_path_factory.mktemp("prefect")
    home = folder / "office"
    (home / "inbox" / "jxjy").mkdir(parents=True)
    with prefect_server(folder, {"DOUBLEHIGH_HOME": str(home)}) as started:
        started.run("work-pool", "create", "doublehigh", "--type", "process")
        started.run("deploy", "--all")
        yield started


def test_every_deployment_is_registered_with_its_schedule(server: PrefectServer) -> None:
    found = server.ask("deployments/filter", {})
    schedules = {d["name"]: d["schedules"][0]["schedule"] for d in found}  # type: ignore[index]
    assert {name: (s["cron"], s["timezone"]) for name, s in schedules.items()} == {
        "nightly": ("0 2 * * *", "Asia/Shanghai"),
        "yearly": ("0 6 15 1 *", "Asia/Shanghai"),
        "reminders": ("0 9 * * 1-5", "Asia/Shanghai"),
    }


def test_the_scheduler_makes_runs_at_two_in_the_morning(server: PrefectServer) -> None:
    nightly = next(d["id"] for d in server.ask("deployments/filter", {}) if d["name"] == "nightly")
    wanted = {"deployments": {"id": {"any_": [nightly]}}, "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    runs = _wait_for(lambda: server.ask("flow_runs/filter", wanted), 60)
    from datetime import datetime

    times = {datetime.fromisoformat(str(run["expected_start_time"])).astimezone(ZoneInfo("Asia/Shanghai")).hour for run in runs}
    assert times == {2}


def test_a_worker_runs_a_night(server: PrefectServer) -> None:
    with server.background("worker", "worker", "start", "--pool", "doublehigh") as log:
        server.run("deployment", "run", "collect/nightly", "--param", 'partner_codes=["jxjy"]')
        ended = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED"]}}}}
        runs = _wait_for(lambda: server.ask("flow_runs/filter", ended), 120)
    assert [run["state_type"] for run in runs] == ["COMPLETED"], log.read_text(errors="replace")[-4000:]
    keys = {artifact["key"] for artifact in server.ask("artifacts/filter", {})}
    assert {"night-summary", "night-partners", "night-files"} <= keys
    assert Path(server.environment["DOUBLEHIGH_HOME"], "warehouse.db").exists()


def _wait_for(ask, seconds: float) -> list[dict[str, object]]:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + seconds
    while not (found := ask()) and time.monotonic() < deadline:
        time.sleep(1)
    return list(found)
