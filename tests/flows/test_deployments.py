"""Deployments on a real server and worker: schedules, forms, nights, reports and reminders as the operator meets them."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.flows.prefect_server import ROOT, PrefectServer, Record, brought_up, command, wait_for

pytestmark = [pytest.mark.timeout(280), pytest.mark.xdist_group("prefect_server")]

EXAMPLES = ROOT / "examples" / "inboxes" / "night1"
ROSTER = "援派干部教师名册2021.xlsx"
PARTNERS = ["jxjy", "sgb", "yanshiguang", "zzrs"]
AT = "2021-09-28T02:00:00+08:00"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    home = tmp_path_factory.mktemp("office")
    for partner in PARTNERS:
        shutil.copytree(EXAMPLES / partner, home / "inbox" / partner)
    with brought_up(home) as started:
        yield started


@pytest.fixture(scope="module")
def runs(server: PrefectServer) -> dict[str, Record]:
    """Everything the worker is asked to do in this module, by name, ended; nights come one after another, as only one may run."""
    unreachable = {"env": {"DOUBLEHIGH_WAREHOUSE_URL": "postgresql://dh:geheim@127.0.0.1:1/dh"}}
    with _night_by_hand(server):
        first = [_start(server, "nightly"), _start(server, "nightly"), _start(server, "yearly", unreachable)]
        *nights, down = server.wait_until_ended(*first)
        second, night = sorted(nights, key=lambda run: str(run["state_type"]))
        then = [
            _start(server, "yearly", year=2021, as_of="2021-09-30", send=False),
            _start(server, "reminders", at="2021-09-28T09:00:00+08:00"),
            _schedule_yesterdays_night(server),
        ]
        report, reminders, late = server.wait_until_ended(*then)
        for run in (down, late):
            wait_for(lambda run=run: _logs(server, run), _is_over, 30)  # type: ignore[misc]
    return {"night": night, "second": second, "down": down, "report": report, "reminders": reminders, "late": late}


def _is_over(lines: list[Record]) -> bool:
    return any(line["message"].startswith("Finished in state") for line in lines)


@contextmanager
def _night_by_hand(server: PrefectServer) -> Iterator[None]:
    """Meanwhile somebody starts a night on the command line, with a partner that does not exist."""
    command = [Path(sys.executable).with_name("doublehigh"), "collect", "--partner", "nowhere"]
    environment = {**server.environment, "DOUBLEHIGH_HOME": str(server.folder / "elsewhere")}
    log = server.folder / "by_hand.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            yield
            assert process.wait(60) == 2
        finally:
            process.kill()
            process.wait(10)


def _start(server: PrefectServer, deployment: str, job_variables: Record | None = None, **parameters: object) -> str:
    """Start a run as the form in the UI does; returns its id."""
    if deployment == "nightly":
        parameters = {"partner_codes": PARTNERS, "at": AT, **parameters}
    path = f"deployments/{server.deployments()[deployment]['id']}/create_flow_run"
    made = server.create(path, parameters=parameters, job_variables=job_variables or {})
    return str(made["id"])


def _schedule_yesterdays_night(server: PrefectServer) -> str:
    """Let the scheduler make the night that nobody ran because the server was down; returns its id."""
    nightly, end = server.deployments()["nightly"]["id"], datetime.now(UTC) - timedelta(hours=7)
    window = {"start_time": (end - timedelta(hours=24)).isoformat(), "end_time": end.isoformat()}
    server.create(f"deployments/{nightly}/schedule", **window, min_runs=1, max_runs=1)
    missed = {"expected_start_time": {"before_": end.isoformat()}, "tags": {"all_": ["auto-scheduled"]}}
    (run,) = server.find("flow_runs", flow_runs=missed)
    return str(run["id"])


def test_the_pages_ask_for_a_login_that_only_the_owner_can_read(server: PrefectServer) -> None:
    assert (server.folder / "prefect-login").stat().st_mode & 0o777 == 0o600
    for login in ("", "office:guessed"):
        with pytest.raises(urllib.error.HTTPError, match="401"):
            replace(server, login=login).find("flows")
    assert server.find("flows")


def test_every_deployment_is_registered_with_its_schedule(server: PrefectServer) -> None:
    schedules = {name: d["schedules"][0]["schedule"] for name, d in server.deployments().items() if d["schedules"]}
    assert {name: (s["cron"], s["timezone"]) for name, s in schedules.items()} == {
        "nightly": ("0 2 * * *", "Asia/Shanghai"),
        "yearly": ("0 6 15 1 *", "Asia/Shanghai"),
        "reminders": ("0 9 * * *", "Asia/Shanghai"),
        "back-up": ("0 5 * * *", "Asia/Shanghai"),
    }


def test_the_scheduler_makes_runs_at_two_in_the_morning(server: PrefectServer) -> None:
    nightly = server.deployments()["nightly"]["id"]
    coming = {"state": {"type": {"any_": ["SCHEDULED"]}}, "tags": {"all_": ["auto-scheduled"]}}
    runs = wait_for(
        lambda: server.find("flow_runs", flow_runs=coming, deployments={"id": {"any_": [nightly]}}), bool, 60
    )
    times = [datetime.fromisoformat(run["expected_start_time"]).astimezone(ZoneInfo("Asia/Shanghai")) for run in runs]
    assert {(time.hour, time.minute) for time in times} == {(2, 0)}


def test_every_field_of_a_form_is_typed_and_explained_in_chinese(server: PrefectServer) -> None:
    fields = {
        (name, field): (described.get("description", ""), [t.get("format", t.get("type")) for t in _types(described)])
        for name, deployment in server.deployments().items()
        for field, described in deployment["parameter_openapi_schema"]["properties"].items()
    }
    assert [key for key, (_, types) in fields.items() if {None, "object"} & {*types}] == []
    scheduled = {"nightly", "yearly", "reminders", "back-up"}
    assert {key: types for key, (_, types) in fields.items() if key[0] in scheduled} == {
        ("nightly", "partner_codes"): ["array", "null"],
        ("nightly", "at"): ["date-time", "null"],
        ("yearly", "year"): ["integer", "null"],
        ("yearly", "as_of"): ["date", "null"],
        ("yearly", "at"): ["date-time", "null"],
        ("yearly", "send"): ["boolean"],
        ("reminders", "at"): ["date-time", "null"],
        ("back-up", "at"): ["date-time", "null"],
    }
    assert [key for key, (description, _) in fields.items() if not CHINESE.search(description)] == []


def _types(described: Record) -> list[Record]:
    return list(described.get("anyOf", [described]))


def test_a_worker_runs_a_night_and_its_name_says_what_came_of_it(
    server: PrefectServer, runs: dict[str, Record]
) -> None:
    assert runs["night"]["state_type"] == "COMPLETED", (server.folder / "worker.log").read_text(errors="replace")[
        -4000:
    ]
    assert re.fullmatch(
        r"夜间采集 2021-09-28：接收 \d+ 份，无法打开或识别 1 个文件，留置 \d+ 行", runs["night"]["name"]
    ), runs["night"]["name"]
    assert runs["night"]["state"]["message"].startswith("查看 4 个单位，新收文件 12 个（另有 0 个未变）")


def test_a_night_shows_its_summary_its_units_and_its_files(server: PrefectServer, runs: dict[str, Record]) -> None:
    shown = _artifacts(server, runs["night"])
    assert sorted(shown) == ["night-files", "night-partners", "night-sources", "night-summary"]
    assert "# 夜间采集小结 2021-09-28（第 1 晚）" in shown["night-summary"]
    assert "眼视光工程学院《食堂一周食谱.xlsx》无法识别：" in shown["night-summary"]
    partners = json.loads(shown["night-partners"])
    assert [row["单位"] for row in partners] == sorted(["双高办", "眼视光工程学院", "组织人事处", "继续教育学院"])
    first, *others = json.loads(shown["night-files"])
    assert (first["结果"], first["文件"]) == ("无法识别", "食堂一周食谱.xlsx")
    assert ROSTER in {row["文件"] for row in others}


def test_a_night_beside_a_running_one_is_cancelled(runs: dict[str, Record]) -> None:
    assert (runs["second"]["state_type"], runs["second"]["state"]["message"]) == (
        "CANCELLED",
        "Deployment concurrency limit reached.",
    )


def test_a_night_missed_by_more_than_six_hours_is_not_run_at_noon(
    server: PrefectServer, runs: dict[str, Record]
) -> None:
    late = runs["late"]
    assert late["state_type"] == "CANCELLED"
    assert re.fullmatch(r"夜间采集 \d{4}-\d\d-\d\d：错过开始时间，未运行", late["name"]), late["name"]
    assert "迟了 6 小时以上，本次不再运行" in late["state"]["message"]
    assert _artifacts(server, late) == {}
    assert [line["message"] for line in _logs(server, late) if line["level"] >= logging.WARNING] == [
        late["state"]["message"]
    ]


def test_a_run_without_its_warehouse_fails_in_one_sentence(server: PrefectServer, runs: dict[str, Record]) -> None:
    down = runs["down"]
    assert down["state_type"] == "FAILED"
    assert down["state"]["message"].startswith(
        "暂时连接不上，恢复后请重新运行：warehouse postgresql+psycopg://dh:***@127.0.0.1:1/dh cannot be opened"
    )
    assert [line["message"] for line in _logs(server, down) if line["level"] >= logging.WARNING] == [
        down["state"]["message"]
    ]


def test_a_wrong_partner_fails_in_one_sentence_and_the_command_says_it(
    server: PrefectServer, runs: dict[str, Record]
) -> None:
    by_hand = server.find("flow_runs", flow_runs={"deployment_id": {"is_null_": True}})
    assert [(run["state_type"], run["parameters"]) for run in by_hand] == [
        ("FAILED", {"partner_codes": ["nowhere"], "at": None})
    ]
    said = "no partner nowhere; known: "
    assert by_hand[0]["state"]["message"].startswith(f"设置有误，请管理员改正后重新运行：{said}")
    log = (server.folder / "by_hand.log").read_text(encoding="utf-8")
    assert said in log
    assert "Traceback" not in log


def test_a_report_is_written_and_shows_where(server: PrefectServer, runs: dict[str, Record]) -> None:
    report = runs["report"]
    assert (report["state_type"], report["name"]) == ("COMPLETED", "年度报告 2021（截至 2021-09-30）"), report["state"]
    shown = _artifacts(server, report)
    assert sorted(shown) == ["report-docx", "report-html", "report-pdf", "report-summary", "report-xlsx"]
    folder = Path(server.environment["DOUBLEHIGH_HOME"], "reports")
    assert f"`{folder}`" in shown["report-summary"]
    written = sorted(path.as_uri() for path in folder.iterdir())
    assert sorted(_link(shown[f"report-{kind}"]) for kind in ("docx", "html", "pdf", "xlsx")) == written


def _link(markdown: str) -> str:
    found = re.search(r"\((file:.*)\)", markdown)
    return found[1] if found else ""


def test_reminders_say_how_many_and_to_whom(server: PrefectServer, runs: dict[str, Record]) -> None:
    reminders = runs["reminders"]
    assert reminders["state_type"] == "COMPLETED"
    found = re.fullmatch(r"催报 2021-09-28：应催报 (\d+) 个单位，本次发出 (\d+) 封", reminders["name"])
    assert found, reminders["name"]
    assert found[1] == found[2] != "0"
    assert _artifacts(server, reminders)["reminder-summary"].count("【台账催报】") == int(found[1])


def test_nothing_personal_reaches_prefect(server: PrefectServer, runs: dict[str, Record]) -> None:
    """Neither its database (runs, parameters, states, artifacts, logs, events), nor its stored results, nor what processes print."""
    kept = b"".join(path.read_bytes() for path in _files_of_prefect(server))
    assert _occurs(ROSTER, kept), "the night's texts are looked for where they are"
    personal = _personal_texts(EXAMPLES / "zzrs" / ROSTER)
    assert {"11010119000101001X", "13000000000", "王思衡"} <= personal
    assert [text for text in sorted(personal) if _occurs(text, kept)] == []


def _files_of_prefect(server: PrefectServer) -> list[Path]:
    home = [path for path in (server.folder / "prefect").rglob("*") if path.is_file()]
    return home + list(server.folder.glob("run/*.log*")) + list(server.folder.glob("*.log"))


def _occurs(text: str, kept: bytes) -> bool:
    """As it is, as text in JSON, or as text in JSON that is itself text in JSON (the rows of a table)."""
    in_json = json.dumps(text)[1:-1]
    return any(form.encode() in kept for form in (text, in_json, json.dumps(in_json)[1:-1]))


def _personal_texts(workbook: Path) -> set[str]:
    """The names and numbers of the people in a roster."""
    import openpyxl

    book = openpyxl.load_workbook(workbook)
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    book.close()
    header = next(position for position, row in enumerate(rows) if "身份证号" in row)
    wanted = [rows[header].index(name) for name in ("姓名", "身份证号", "联系电话")]
    people = [row for row in rows[header + 1 :] if row[wanted[1]]]
    return {str(row[column]) for row in people for column in wanted if row[column]}


def _artifacts(server: PrefectServer, run: Record) -> dict[str, str]:
    found = server.find("artifacts", artifacts={"flow_run_id": {"any_": [run["id"]]}})
    return {artifact["key"]: artifact["data"] for artifact in found}


def _logs(server: PrefectServer, run: Record) -> list[Record]:
    return server.find("logs", logs={"flow_run_id": {"any_": [run["id"]]}})


def test_up_again_mends_what_is_missing_and_removes_what_is_no_longer_planned(
    server: PrefectServer, runs: dict[str, Record]
) -> None:
    nightly = server.deployments()["nightly"]
    server.create("deployments/", name="former", flow_id=nightly["flow_id"], work_pool_name="doublehigh")
    before = {name: json.loads((server.folder / f"run/{name}.json").read_text()) for name in ("server", "worker")}
    os.kill(before["worker"]["pid"], signal.SIGKILL)
    said = command("up", "--port", server.api.split(":")[2].removesuffix("/api"), environment=server.environment)
    assert "removed former" in said
    assert "former" not in server.deployments()
    after = {name: json.loads((server.folder / f"run/{name}.json").read_text()) for name in ("server", "worker")}
    assert after["server"] == before["server"]
    assert after["worker"] != before["worker"]
    assert (server.folder / "run/worker.log.1").exists()


def test_a_port_in_use_is_named_and_nothing_is_left_running(server: PrefectServer, tmp_path: Path) -> None:
    port = server.api.split(":")[2].removesuffix("/api")
    elsewhere = {**server.environment, "DOUBLEHIGH_HOME": str(tmp_path)}
    assert f"port {port} of 127.0.0.1 cannot be used" in command("up", "--port", port, environment=elsewhere, code=3)
    assert command("down", environment=elsewhere) == "worker: was not running\nserver: was not running\n"
    assert server.deployments()


def test_a_login_others_may_read_is_refused(tmp_path: Path) -> None:
    login = tmp_path / "prefect-login"
    login.write_text("office:known-to-all\n", encoding="utf-8")
    login.chmod(0o644)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "DOUBLEHIGH_"))}
    said = command("up", environment={**kept, "DOUBLEHIGH_HOME": str(tmp_path)}, code=2)
    assert f"run: chmod 600 {login}" in said
    assert "known-to-all" not in said
