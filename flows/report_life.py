"""The life of a report as people lead it: looked over, agreed to, issued, sent back, amended; each step with who and why."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from flows.office import Office
from flows.reporting import send_report
from schemas.errors import MisconfiguredError
from tasks.report.amend import Corrections
from tasks.report.changes import Changes, find_changes
from tasks.report.edition import Edition, compose_draft, compose_edition, question_of
from tasks.report.issue import Verification, freeze_folder, issued_folder, prepared_folder, report_number, verify_issued
from tasks.report.manifest import hash_file
from tasks.report.measure import measure_year
from tasks.report.readiness import ReadinessItem, read_readiness
from tasks.report.renderings import render_all
from warehouse.engine import begin_write
from warehouse.marts.questions import open_questions
from warehouse.marts.reports import Report, find_report, read_report_decisions, read_reports
from warehouse.store.decisions import record_decision
from warehouse.store.questions import ask, withdraw
from warehouse.store.reports import STATE_NAMES, freeze, record_draft, take_step
from warehouse.tables import ReportState

AMEND = "amend_report"
"""The kind of question asked when an issued report no longer says what is known."""
_CHOICES = {"amend": "编制更正稿", "keep": "不更正，变动记录在案"}


def decide(office: Office, now: datetime, report_id: int, step: str, *, by: str, why: str) -> None:
    """Review, approve or send back a report.

    Raises:
        MisconfiguredError: the report is not at this step, who or why is blank, or the approver must be somebody else.
    """
    with begin_write(office.engine) as connection:
        steps = read_report_decisions(connection, report_id)
        reviewers = [one.decided_by for one in steps if one.kind == "review"]
        if step == "approve" and office.settings.report_other_approver and by.strip() in reviewers[-1:]:
            raise MisconfiguredError(f"报告 {report_id} 由{by.strip()}审阅，按设置须由另一人批准")
        take_step(connection, now, report_id, step, by=by, why=why)


def issue(
    office: Office, now: datetime, report_id: int, *, by: str, why: str, despite: str | None = None
) -> list[Path]:
    """Render an approved report as the final one, freeze it and send it; the report it amends is replaced. Returns its files.

    What ought to be settled before is settled, or `despite` says why it is issued all the same: that is a decision on record.

    Raises:
        MisconfiguredError: it is not approved, it would no longer say what was approved, or something stands in its way.
        UnavailableError: it is issued, but the mail server did not take it.
    """
    report = _on_record(office, report_id)
    if report.state is not ReportState.APPROVED or report.manifest is None:
        raise MisconfiguredError(f"报告 {report_id} 现在是“{STATE_NAMES[report.state]}”，批准后才能印发")
    number, final = report_number(report), issued_folder(office.settings.reports_folder, report)
    edition = compose_edition(office.settings.warehouse_url, {**report.manifest, "mark": f"正式稿第{number}号"})
    if edition.manifest["figures"] != report.manifest["figures"]:
        raise MisconfiguredError(f"报告 {report_id} 的数值与批准的送审稿不同（程序或目录有变），请重新编制送审稿")
    blockers = read_readiness(office.engine, edition.measured, now.astimezone(office.settings.zone).date()).blockers
    if blockers and not (despite or "").strip():
        raise MisconfiguredError(_in_the_way(report, blockers))
    with prepared_folder(final) as folder:
        files = {path.name: hash_file(path) for path in render_all(edition.model, folder)}
        with begin_write(office.engine) as connection:
            take_step(connection, now, report_id, "issue", by=by, why=why)
            if blockers:
                record_decision(
                    connection, now, decided_by=by.strip(), kind="issue_despite", subject_kind="report",
                    subject=str(report_id), why=(despite or "").strip(),
                    details={"blockers": [f"{one.where}：{one.text}" for one in blockers]},
                )  # fmt: skip
            if report.amends_id is not None:
                take_step(connection, now, report.amends_id, "amend", by=by, why=f"由{number}号报告更正：{report.note}")
            steps = [
                {"step": one.kind, "by": one.decided_by, "at": one.decided_at.isoformat(), "why": one.why}
                for one in read_report_decisions(connection, report_id)
            ]
            manifest = {**edition.manifest, "number": number, "steps": steps, "files": files}
            freeze(connection, now, report_id, by=by, manifest=manifest, files=files)
            paths = freeze_folder(folder, final, manifest)
    send_report(office, edition.model, paths)
    return paths


def _in_the_way(report: Report, blockers: Sequence[ReadinessItem]) -> str:
    shown = "；".join(one.text for one in blockers[:3]) + ("等" if len(blockers) > 3 else "")
    return (
        f"报告 {report.report_id} 还有 {len(blockers)} 项须先解决：{shown}。全部见 doublehigh ready {report.year}；"
        "确需现在印发的，请写明理由（despite），理由和未解决的事项一并记录在案"
    )


def amend(office: Office, now: datetime, report_id: int, *, by: str, why: str) -> tuple[int, Edition]:
    """Draft the report that corrects an issued one, on what is known now; returns its id. The old one holds until it is issued.

    Raises:
        MisconfiguredError: the report is not issued, nothing it says has changed, or who or why is blank.
    """
    report = _on_record(office, report_id)
    if report.state is not ReportState.ISSUED or report.manifest is None:
        raise MisconfiguredError(f"报告 {report_id} 现在是“{STATE_NAMES[report.state]}”，只有已印发的报告才能更正")
    if not by.strip() or not why.strip():
        raise MisconfiguredError(f"更正报告 {report_id} 需要写明经办人和理由")
    changes = find_changes(office.engine, office.settings.warehouse_url, report, now)
    if not changes.values:
        raise MisconfiguredError(f"报告 {report_id} 印发以来数值没有变动，无需更正")
    edition = _corrected(office, report, changes, why.strip())
    measured = edition.measured
    with begin_write(office.engine) as connection:
        number = record_draft(
            connection, now, year=measured.year, as_of=measured.as_of, known_at=measured.known_at,
            manifest=edition.manifest, figures=measured.figures, amends_id=report_id, note=why.strip(),
        )  # fmt: skip
        record_decision(
            connection, now, decided_by=by.strip(), kind="draft_amendment", subject_kind="report",
            subject=str(report_id), why=why.strip(), details={"draft": number},
        )  # fmt: skip
    return number, edition


def verify(office: Office, report_id: int) -> Verification:
    """Whether an issued report's files are untouched and come out the same when rendered afresh."""
    report = _on_record(office, report_id)
    with office.engine.connect() as connection:
        folder = issued_folder(office.settings.reports_folder, report)
        return verify_issued(connection, office.settings.warehouse_url, report, folder)


def changes_since(office: Office, now: datetime, report_id: int) -> Changes:
    """What an issued report would say otherwise on what is known now."""
    return find_changes(office.engine, office.settings.warehouse_url, _on_record(office, report_id), now)


def check_issued_reports(office: Office, now: datetime) -> list[str]:
    """One Chinese line for each issued report that would say something else now; the grave ones become a question.

    A report whose ledgers are the same is not measured.
    """
    with office.engine.connect() as connection:
        issued = [one for one in read_reports(connection, ReportState.ISSUED) if one.manifest is not None]
    return [line for report in issued for line in _check(office, report, now)]


def threshold(office: Office) -> Decimal:
    """The relative move from which on a figure calls for an amended report."""
    return Decimal(str(office.settings.report_change_percent)) / 100


def _check(office: Office, report: Report, now: datetime) -> Iterator[str]:
    changes = find_changes(office.engine, office.settings.warehouse_url, report, now)
    grave, number = changes.grave(threshold(office)), report_number(report)
    key = f"{AMEND}:{report.report_id}:{_digest(changes)}"
    with begin_write(office.engine) as connection:
        asked = [one.key for one in open_questions(connection, kind=AMEND)]
        stale = [one for one in asked if one.startswith(f"{AMEND}:{report.report_id}:") and (one != key or not grave)]
        withdraw(connection, now, stale)
        if grave:
            items = [value.correction for value in grave]
            shown = "；".join(f"{c.title}：{c.before}→{c.after}（{c.cause}）" for c in items[:3])
            text = f"已印发的{number}号报告有{len(grave)}项数值变动较大：{shown}{'等' if len(items) > 3 else ''}。是否更正？"
            details: Mapping[str, object] = {"report_id": report.report_id, "values": [v.value_id for v in grave]}
            ask(connection, now, key=key, kind=AMEND, question=text, choices=_CHOICES, details=dict(details))
    if changes.values:
        because = "；".join(slot.told for slot in changes.slots[:3])
        yield f"{number}号报告：{len(changes.values)}项数值与印发时不同，其中{len(grave)}项需决定是否更正（{because}）"


def _corrected(office: Office, report: Report, changes: Changes, why: str) -> Edition:
    assert report.manifest is not None, "the caller has looked"  # noqa: S101
    asked = question_of(report.manifest)
    measured = measure_year(office.engine, report.year, report.as_of, changes.known_at)
    drafted = compose_draft(office.engine, measured, asked["school"], asked["scheme"])
    items = tuple(value.correction for value in changes.values)
    corrections = Corrections(f"第{report_number(report)}号", why, items).as_manifest()
    manifest = {**drafted.manifest, "mark": "更正稿送审", "corrections": corrections}
    made = compose_edition(office.settings.warehouse_url, manifest)
    return replace(made, manifest=manifest)


def _digest(changes: Changes) -> str:
    """Names what changed, so that the same change is asked about once and a further one anew."""
    ids = [f"{slot.slot} {slot.after.submission_id if slot.after else None}" for slot in changes.slots]
    return hashlib.sha256("\n".join(ids).encode()).hexdigest()[:16]


def _on_record(office: Office, report_id: int) -> Report:
    with office.engine.connect() as connection:
        return find_report(connection, report_id)
