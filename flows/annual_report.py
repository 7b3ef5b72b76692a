"""The year's report: measured, composed, rendered four times from one model, and sent to the leadership."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.artifacts import show_report
from flows.inputs import whole
from flows.office import Office, instant_or_now, open_office
from flows.progress import stage
from flows.reporting import Composed, Question, ask, compose, send_report
from flows.run_state import done, name_run, told_in_one_sentence
from tasks.report.steps import render_report


@flow(name="annual-report", flow_run_name="年度报告", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def annual_report(
    year: int | None = None, as_of: date | None = None, at: datetime | None = None, send: bool = True
) -> list[Path]:
    """年度报告：根据数据仓库生成“双高计划”年度绩效自评报告，并发送给领导。

    Args:
        year: 报告年度，如 2021；留空为上一年度。
        as_of: 数据截止日期；留空为年末（当年未结束时为今天）。
        at: 只用这一时刻以前收到的数据；平时留空，即现在（要填时，时区请选 Asia/Shanghai）。
        send: 是否把报告用邮件发送给领导；试跑时请关闭。
    """
    with open_office() as office:
        question = ask(office, year, as_of, instant_or_now(at))
        with stage("measure and compose"):
            composed = compose_report(whole(office), question)
        with stage("render"):
            paths = render_report(whole(composed.model), office.settings.reports_folder)
        if send:
            deliver_report(whole(office), whole(composed), paths)
        said = f"{composed.model.title}（截至 {question.as_of}）：{len(composed.measured.figures)} 个指标值"
        show_report(paths, said)
        name_run(f"年度报告 {question.year}（截至 {question.as_of}）")
        return done(paths, said)


@task(name="compose", task_run_name="测算并编写报告", cache_policy=NO_CACHE, persist_result=False)
def compose_report(office: Office, question: Question) -> Composed:
    """Measure the year and compose the one model that all renderings print."""
    return compose(office, question)


@task(
    name="deliver",
    task_run_name="发送报告",
    retries=3,
    retry_delay_seconds=60,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def deliver_report(office: Office, composed: Composed, paths: list[Path]) -> bool:
    """Send the report to the leadership, once for each content."""
    return send_report(office, composed, paths)
