"""The life of a report in the Prefect UI: one form for each step, filled in by the person who decides."""

from __future__ import annotations

from pathlib import Path

from prefect import flow

from flows.artifacts import show_report
from flows.office import instant_or_now, open_office
from flows.report_life import amend, decide, issue
from flows.reporting import send_report
from flows.run_state import done, name_run, told_in_one_sentence
from tasks.report.renderings import render_all


@flow(name="review-report", flow_run_name="审阅报告", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def review_report(report_id: int, by: str, why: str) -> None:
    """审阅报告：确认送审稿已经看过、可以报批。

    Args:
        report_id: 报告编号，见命令 doublehigh reports 或年度报告运行页面。
        by: 审阅人。
        why: 审阅意见，一句话。
    """
    return _decided(report_id, "review", by, why, f"报告 {report_id} 已审阅")


@flow(name="approve-report", flow_run_name="批准报告", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def approve_report(report_id: int, by: str, why: str) -> None:
    """批准报告：同意印发已审阅的报告。

    Args:
        report_id: 报告编号。
        by: 批准人。
        why: 批准意见，一句话。
    """
    return _decided(report_id, "approve", by, why, f"报告 {report_id} 已批准")


@flow(name="return-report", flow_run_name="退回报告", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def return_report(report_id: int, by: str, why: str) -> None:
    """退回报告：把已审阅或已批准、尚未印发的报告退回修改。

    Args:
        report_id: 报告编号。
        by: 退回人。
        why: 退回理由，一句话。
    """
    return _decided(report_id, "return", by, why, f"报告 {report_id} 已退回修改")


@flow(name="issue-report", flow_run_name="印发报告", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def issue_report(report_id: int, by: str, why: str, despite: str | None = None) -> list[Path]:
    """印发报告：把已批准的报告定稿、封存，并发送给领导；此后不能再改，只能更正。

    Args:
        report_id: 报告编号。
        by: 印发人。
        why: 印发依据，一句话。
        despite: 还有事项须先解决、但确需现在印发时，写明理由，记录在案；平时留空。
    """
    with open_office() as office:
        paths = issue(office, instant_or_now(None), report_id, by=by, why=why, despite=despite)
        said = f"报告 {report_id} 已印发并封存"
        show_report(paths, said)
        name_run(said)
        return done(paths, said)


@flow(name="amend-report", flow_run_name="更正报告", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def amend_report(report_id: int, by: str, why: str) -> list[Path]:
    """更正报告：按现有数据编制更正稿（含“更正说明”），送领导审阅；更正稿印发后，原报告失效。

    Args:
        report_id: 已印发的报告编号。
        by: 经办人。
        why: 更正理由，一句话，印在“更正说明”里。
    """
    with open_office() as office:
        number, edition = amend(office, instant_or_now(None), report_id, by=by, why=why)
        paths = render_all(edition.model, office.settings.reports_folder)
        send_report(office, edition.model, paths)
        said = f"报告 {report_id} 的更正稿已编制，编号 {number}；审阅、批准后才能印发"
        show_report(paths, said)
        name_run(f"更正报告 {report_id}")
        return done(paths, said)


def _decided(report_id: int, step: str, by: str, why: str, said: str) -> None:
    with open_office() as office:
        decide(office, instant_or_now(None), report_id, step, by=by, why=why)
        name_run(said)
        return done(None, said)
