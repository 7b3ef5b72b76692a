"""The year's report: measured, composed, rendered four times from one model, and sent to the leadership."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from prefect import flow

from flows.artifacts import show_report
from flows.inputs import whole
from flows.office import Office, instant_or_now, open_office
from flows.progress import watched
from tasks.feedback.steps import send_mails
from tasks.report.deliver import compose_report_mail
from tasks.report.measure import Measured
from tasks.report.model import ReportModel
from tasks.report.steps import compose_report_model, measure_report, render_report
from warehouse.engine import begin_write
from warehouse.store.reports import record_issue


@dataclass(frozen=True, slots=True)
class Question:
    """What a report answers: a year, up to a day, on what was known at an instant (UTC)."""

    year: int
    as_of: date
    known_at: datetime


@flow(name="annual-report", flow_run_name="年度报告", validate_parameters=True, persist_result=False)
def annual_report(
    year: int | None = None, as_of: date | None = None, at: datetime | None = None, send: bool = True
) -> list[Path]:
    """年度报告：根据数据仓库生成“双高计划”年度绩效自评报告，并发送给领导。

    Args:
        year: 报告年度；留空为上一年度。
        as_of: 数据截止日期；留空为年末（当年未结束时为今天）。
        at: 以此刻已知的数据为准；留空为现在。
        send: 是否发送给领导。
    """
    with open_office() as office:
        question = ask(office, year, as_of, instant_or_now(at))
        measured = measure_report(whole(office.engine), question.year, question.as_of, question.known_at)
        model = compose_report_model(whole(office.engine), whole(measured), office.settings.college_name)
        (paths,) = watched("report", [render_report(whole(model), office.settings.reports_folder)], 1)
        if send:
            send_report(office, measured, model, paths)
        show_report(paths, f"{model.title}（截至 {model.as_of}）：{len(measured.figures)} 个指标值。")
        return paths


def ask(office: Office, year: int | None, as_of: date | None, known_at: datetime) -> Question:
    """The question of a report, with what was left open filled in as of `known_at`."""
    today = known_at.astimezone(office.settings.zone).date()
    chosen = year or today.year - 1
    return Question(chosen, as_of or min(today, date(chosen, 12, 31)), known_at)


def send_report(office: Office, measured: Measured, model: ReportModel, paths: list[Path]) -> None:
    """Send the report to the leadership, once for each content, and record it as issued. Without addresses nothing is sent."""
    if not office.settings.leadership:
        return
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    key = "report:" + hashlib.sha256("\n".join(sorted(files.values())).encode()).hexdigest()
    now = instant_or_now(None)
    mail = compose_report_mail(model, paths, office.settings.leadership)
    went_out = send_mails(
        whole(office.engine), whole(office.settings.post_office), "report", whole([(key, None, mail)]), now
    )
    if went_out:
        versions = {name: contract.version for name, contract in office.contracts.items()}
        with begin_write(office.engine) as connection:
            record_issue(
                connection, now, year=measured.year, as_of=measured.as_of, known_at=measured.known_at,
                issued_by="doublehigh", versions=versions, files=files, figures=measured.figures,
            )  # fmt: skip
