"""What a file would change if it were accepted: read, judged and tried against the warehouse, of which nothing is changed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from prefect import flow

from flows.office import Office, instant_or_now, open_office
from flows.run_state import done, told_in_one_sentence
from schemas.errors import MisconfiguredError
from schemas.values import Conformed, Delivery, Finding, Reading, SubmissionState
from tasks.intake.impact import FigureMove, Impact, Judged
from tasks.intake.impact import preview_impact as try_out
from tasks.intake.judge import check
from tasks.intake.layout_memory import read_approvals
from tasks.intake.reading_workers import read_deliveries
from tasks.intake.surroundings import read_surroundings
from tasks.intake.waive import waive
from warehouse.marts.waivers import read_waivers


@dataclass(frozen=True, slots=True)
class Preview:
    """What one file would do: ledger by ledger, and to the figures. `findings` say why nothing was recognised."""

    file_name: str
    ledgers: tuple[Impact, ...]
    figures: tuple[FigureMove, ...]
    findings: tuple[Finding, ...]

    def as_record(self) -> dict[str, object]:
        """For JSON; numbers of figures as text, for they are exact."""
        figures = [
            {**asdict(one), **{name: _text(getattr(one, name)) for name in ("before", "after", "by")}}
            for one in self.figures
        ]
        findings = [finding.message for finding in self.findings]
        return {
            "file": self.file_name, "ledgers": [asdict(one) for one in self.ledgers], "figures": figures, "findings": findings,
        }  # fmt: skip

    def told(self) -> list[str]:
        """The preview in Chinese lines."""
        lines = [f"文件：{self.file_name}（只是预览，没有写入任何数据）"]
        lines += [f"  {finding.message}" for finding in self.findings]
        lines += [line_of(one) for one in self.ledgers]
        moved = [f"会变动的指标值 {len(self.figures)} 个：", *(f"  {one.told()}" for one in self.figures)]
        return [*lines, *(moved if self.figures else ["没有指标值会变动。"])]


@flow(name="preview-impact", flow_run_name="影响预览", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def preview_impact(file: Path, partner_code: str, at: datetime | None = None) -> Preview:
    """影响预览：一份文件如果被接收，会新增、修改、减少多少行，哪些指标值会变、变多少；不写入任何数据。

    Args:
        file: 文件在服务器上的完整路径。
        partner_code: 报送单位代码（如 hetian）。
        at: 把这一时刻当作现在；平时留空。
    """
    with open_office() as office:
        preview = preview_file(office, file, partner_code, instant_or_now(at))
        return done(
            preview, f"{preview.file_name}：台账 {len(preview.ledgers)} 份，会变动的指标值 {len(preview.figures)} 个"
        )


def preview_file(office: Office, file: Path, partner_code: str, now: datetime) -> Preview:
    """Read and judge a file as the next night would, and try what it would change.

    Raises:
        MisconfiguredError: there is no such file or partner.
    """
    if partner_code not in office.registry.partners:
        raise MisconfiguredError(f"没有单位 {partner_code}；已登记的有 {'、'.join(office.registry.partners)}")
    if not file.is_file():
        raise MisconfiguredError(f"没有文件 {file}")
    reading = _read(office, file, partner_code, now)
    ledgers, figures = try_out(office.engine, office.contracts, _judge(office, reading, now), now)
    return Preview(file.name, tuple(ledgers), tuple(figures), () if ledgers else reading.findings)


def line_of(one: Impact) -> str:
    """What one ledger would do, in one Chinese line."""
    if one.state is SubmissionState.REFUSED:
        return f"{one.title}（{one.period} 年度）：会整份退回（{one.rows_read} 行中 {one.rows_held} 行有严重问题），已接收的数据不变"
    against = f"与现行有效的“{one.replaces}”相比" if one.replaces else "以前没有接收过"
    held = f"；另有 {one.rows_held} 行有严重问题，不会计入" if one.rows_held else ""
    rows = f"新增 {one.rows.new:,} 行、修改 {one.rows.changed:,} 行、减少 {one.rows.gone:,} 行"
    return f"{one.title}（{one.period} 年度）：{against}：{rows}{held}"


def _read(office: Office, file: Path, partner_code: str, now: datetime) -> Reading:
    with file.open("rb") as source:
        sha256 = hashlib.file_digest(source, "sha256").hexdigest()
    delivery = Delivery(
        sha256, partner_code, "preview", str(file), file.name, file.stat().st_size, now, file.absolute()
    )
    with office.engine.connect() as connection:
        approvals = read_approvals(connection)
    settings = office.settings
    (reading,) = read_deliveries(
        [delivery], office.contracts, office.registry, settings.hash_key(), settings.guard, approvals
    )
    return reading


def _judge(office: Office, reading: Reading, now: datetime) -> list[Judged]:
    sent: dict[str, list[Conformed]] = defaultdict(list)
    for submission in reading.submissions:
        sent[submission.contract].append(submission)
    with office.engine.connect() as connection:
        waivers = read_waivers(connection, now, office.settings.zone)
    judged: list[Judged] = []
    for name, submissions in sent.items():
        contract = office.contracts[name]
        around = read_surroundings(office.engine, contract, office.contracts, sent, now)
        verdicts = check(contract, submissions, around)
        judged += [(waive(contract, verdict, waivers), reading.delivery) for verdict in verdicts]
    return judged


def _text(number: object) -> str | None:
    return None if number is None else str(number)
