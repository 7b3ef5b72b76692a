"""Bad files after a good one: each ends as one clear finding, nothing of it is loaded, and what is in force stays in force."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import xlsxwriter
from msoffcrypto.format.ooxml import OOXMLFile
from sqlalchemy import Engine, select

from schemas.contract import shipped_contracts
from schemas.values import Delivery, SubmissionState
from sources.partner import Partner, PartnerKind
from sources.registry import load_registry
from tasks.intake.judge import check
from tasks.intake.load import load_verdict, record_unread
from tasks.intake.reading import read_delivery
from warehouse.engine import begin_write
from warehouse.store.nights import open_night
from warehouse.tables import FindingRow, Submission, fact_table

CONTRACTS = shipped_contracts()
HEADERS = ["培训项目名称", "受训单位", "培训方式", "开始时间", "结束时间", "培训人次"]
NIGHT = datetime(2021, 9, 27, 18, 0, tzinfo=UTC)


def _workbook(*rows: list[object]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet("Sheet1")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return content.getvalue()


def _ledger(title_year: int, row_year: int) -> bytes:
    rows = [
        [f"研修班{n}", "和田职业技术学院", "线下", f"{row_year}-03-0{n}", f"{row_year}-03-1{n}", 10 * n]
        for n in range(1, 6)
    ]
    return _workbook([f"{title_year}年度师资培训台账"], HEADERS, *rows)


def _encrypted() -> bytes:
    locked = io.BytesIO()
    OOXMLFile(io.BytesIO(_ledger(2021, 2021))).encrypt("kept secret", locked)
    return locked.getvalue()


BAD: dict[str, tuple[Callable[[], bytes], str, SubmissionState]] = {
    "an empty file": (lambda: b"", "file.empty", SubmissionState.UNREADABLE),
    "a text file named .xlsx": ("请见附件".encode, "file.not_a_workbook", SubmissionState.UNREADABLE),
    "a workbook of something else": (
        lambda: _workbook(["本周食谱"], ["星期", "早餐", "午餐"], ["一", "馒头", "面条"]),
        "sheet.unrecognised",
        SubmissionState.UNRECOGNISED,
    ),
    "a year outside the plan": (lambda: _ledger(2013, 2013), "period.outside", SubmissionState.REFUSED),
    "a year its dates contradict": (lambda: _ledger(2021, 2019), "period.contradicted", SubmissionState.REFUSED),
    "an encrypted workbook": (_encrypted, "file.encrypted", SubmissionState.UNREADABLE),
}


@pytest.fixture
def deliver(engine: Engine, tmp_path: Path) -> Callable[[bytes, int], None]:
    """Takes the bytes in as a night would, under the same address each time."""
    (tmp_path / "partners").mkdir()
    school = Partner(code="hetian", name="和田职业技术学院", kind=PartnerKind.SUPPORTED_SCHOOL)
    (tmp_path / "partners" / "hetian.yaml").write_text(school.model_dump_json(exclude_defaults=True), encoding="utf-8")
    registry = load_registry(tmp_path / "partners")

    def take_in(content: bytes, night: int) -> None:
        now = NIGHT + timedelta(days=night)
        path = tmp_path / hashlib.sha256(content).hexdigest()
        path.write_bytes(content)
        delivery = Delivery(
            path.name,
            "hetian",
            "folder",
            "folder:hetian/台账.xlsx",
            "台账.xlsx",
            len(content),
            now,
            path,
            modified_at=now,
        )
        reading = read_delivery(delivery, CONTRACTS, registry, b"key")
        with begin_write(engine) as connection:
            night_id = open_night(connection, now)
        for submission in reading.submissions:
            contract = CONTRACTS[submission.contract]
            load_verdict(engine, night_id, check(contract, [submission])[0], delivery, contract, now)
        record_unread(engine, night_id, reading, now)

    return take_in


@pytest.mark.parametrize("defect", BAD)
def test_a_bad_file_is_one_finding_and_changes_nothing(
    defect: str, deliver: Callable[[bytes, int], None], engine: Engine
) -> None:
    content, rule, state = BAD[defect]
    deliver(_ledger(2021, 2021), 1)
    before = _in_force(engine)
    deliver(content(), 2)
    assert _in_force(engine) == before
    with engine.connect() as connection:
        findings = connection.execute(
            select(FindingRow.rule_id, FindingRow.message, FindingRow.expected, FindingRow.fix)
        ).all()
        states = connection.scalars(select(Submission.state).order_by(Submission.id)).all()
    assert [finding.rule_id for finding in findings] == [rule]
    assert all(findings[0])
    assert states == [SubmissionState.ACCEPTED, state]


def _in_force(engine: Engine) -> tuple[object, ...]:
    with engine.connect() as connection:
        counts = Submission.in_force_to.is_(None) & Submission.in_force_from.is_not(None)
        columns = (Submission.id, Submission.delivery_sha256, Submission.in_force_from)
        current = connection.execute(select(*columns).where(counts)).all()
        facts = connection.execute(select(fact_table("training_session"))).all()
    assert len(facts) == 5
    return tuple(current), tuple(sorted(map(tuple, facts)))
