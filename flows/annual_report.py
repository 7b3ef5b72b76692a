"""The year's report: measured, composed, rendered four times from one model, put on record as a draft and sent to the leadership."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.artifacts import show_report
from flows.inputs import whole
from flows.office import Office, instant_or_now, open_office
from flows.progress import stage
from flows.reporting import Question, ask, draft, record, send_report
from flows.run_state import done, name_run, told_in_one_sentence
from tasks.report.edition import Edition
from tasks.report.steps import render_report


@flow(name="annual-report", flow_run_name="年度报告", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def annual_report(
    year: int | None = None, as_of: date | None = None, at: datetime | None = None, send: bool = True
) -> list[Path]:
    """年度报告：根据数据仓库编制“双高计划”年度绩效自评报告的送审稿，登记在案，并发送给领导审阅。

    Args:
        year: 报告年度，如 2021；留空为上一年度。
        as_of: 数据截止日期；留空为年末（当年未结束时为今天）。
        at: 只用这一时刻以前收到的数据；平时留空，即现在（要填时，时区请选 Asia/Shanghai）。
        send: 是否把送审稿用邮件发送给领导；试跑时请关闭。
    """
    with open_office() as office:
        question = ask(office, year, as_of, instant_or_now(at))
        with stage("measure and compose"):
            edition = compose_report(whole(office), question)
        with stage("render"):
            paths = render_report(whole(edition.model), office.settings.reports_folder)
        report_id = record(office, edition)
        if send:
            deliver_report(whole(office), whole(edition), paths)
        said = (
            f"{edition.model.title}（编号 {report_id}，截至 {question.as_of}）：{len(edition.measured.figures)} 个指标值；"
            "审阅、批准后才能印发"
        )
        show_report(paths, said)
        name_run(f"年度报告 {question.year}（截至 {question.as_of}）")
        return done(paths, said)


@task(name="compose", task_run_name="测算并编写报告", cache_policy=NO_CACHE, persist_result=False)
def compose_report(office: Office, question: Question) -> Edition:
    """Measure the year and compose the draft that all renderings print."""
    return draft(office, question)


@task(
    name="deliver",
    task_run_name="发送报告",
    retries=3,
    retry_delay_seconds=60,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def deliver_report(office: Office, edition: Edition, paths: list[Path]) -> bool:
    """Send the draft to the leadership, once for each content."""
    return send_report(office, edition.model, paths)
