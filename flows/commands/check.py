"""`doublehigh check`: one file as a partner's clerk sees it: what was recognised, how each header was understood, what is wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from flows.command_line import ExitCode
from flows.registry import registry_of
from flows.settings import Settings, read_settings
from schemas.contract import Contract, shipped_contracts
from schemas.errors import MisconfiguredError
from schemas.values import Conformed, Delivery, Finding, Reading, Severity, Verdict, column_letter
from tasks.intake.judge import check
from tasks.intake.reading_workers import read_deliveries

SHOWN = 20
SEVERITIES = {Severity.CRITICAL: "必须改正", Severity.WARNING: "请核对", Severity.INFO: "提示"}
CHECK_KEY = b"doublehigh check keeps nothing"
"""Hashes of a check are thrown away with it, so they need no secret; the office's own key stays untouched."""


@click.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--partner", default="", help="Code of the partner whose file it is (for its own header words and 本单位)."
)
@click.option(
    "--to", type=click.Path(path_type=Path), help="Where to write the marked workbook; default: beside the file."
)
@click.option("--no-marks", is_flag=True, help="Write no marked workbook.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for another program.")
def command(file: Path, partner: str, to: Path | None, no_marks: bool, as_json: bool) -> None:
    r"""Check FILE without a server or warehouse; exit code 1 when something must be corrected.

    \b
    Example:
      doublehigh check 2021年度师资培训台账.xlsx --partner jxjy
    """
    contracts = shipped_contracts()
    reading = _read(file, partner, read_settings(), contracts)
    verdicts = [check(contracts[one.contract], [one])[0] for one in reading.submissions]
    findings = (*reading.findings, *(finding for verdict in verdicts for finding in verdict.findings))
    marked = None if no_marks or not findings else _write_marked(reading.delivery, findings, to)
    if as_json:
        click.echo(json.dumps(_as_json(reading, verdicts, findings, marked), ensure_ascii=False, indent=2))
    else:
        _print(reading, verdicts, findings, contracts, marked)
    if any(finding.severity is Severity.CRITICAL for finding in findings):
        raise click.exceptions.Exit(ExitCode.FINDINGS)


def _read(file: Path, partner: str, settings: Settings, contracts: Mapping[str, Contract]) -> Reading:
    registry = registry_of(settings)
    if partner and partner not in registry.partners:
        raise MisconfiguredError(f"no partner {partner!r}; known: {', '.join(registry.partners)}")
    with file.open("rb") as source:
        sha256 = hashlib.file_digest(source, "sha256").hexdigest()
    now = datetime.now(UTC)
    delivery = Delivery(sha256, partner, "check", str(file), file.name, file.stat().st_size, now, file.absolute())
    return next(read_deliveries([delivery], contracts, registry, CHECK_KEY, settings.guard))


def _write_marked(delivery: Delivery, findings: tuple[Finding, ...], to: Path | None) -> Path:
    # openpyxl is only needed when there is something to mark.
    from tasks.feedback.marked import write_marked_workbook  # noqa: PLC0415

    path = to or delivery.path.with_name(f"{delivery.path.stem}-问题批注.xlsx")
    return write_marked_workbook(delivery, findings, path)


def _print(
    reading: Reading,
    verdicts: list[Verdict],
    findings: tuple[Finding, ...],
    contracts: Mapping[str, Contract],
    marked: Path | None,
) -> None:
    click.echo(f"文件：{reading.delivery.file_name}")
    of_file = {finding.rule_id for finding in findings}
    nameless = "（网页）" if "file.saved_as_html" in of_file else "（文本文件）"
    for verdict in verdicts:
        for line in _recognised(verdict, contracts[verdict.submission.contract], nameless):
            click.echo(line)
    if not findings:
        click.echo("没有发现问题，可以报送。")
    for finding in findings[:SHOWN]:
        click.echo(_worded(finding))
    if len(findings) > SHOWN:
        click.echo(f"……另有 {len(findings) - SHOWN} 条，见标注工作簿。")
    if marked:
        click.echo(f"标注工作簿：{marked}")


def _recognised(verdict: Verdict, contract: Contract, nameless: str) -> Iterator[str]:
    submission = verdict.submission
    loaded = len(submission) - len(verdict.held)
    yield f"识别为：{contract.title}（{submission.period} 年度），共 {len(submission)} 行；可以入库 {loaded} 行，需要改正 {len(verdict.held)} 行"
    yield from _headers_understood(submission, contract, nameless)


def _headers_understood(submission: Conformed, contract: Contract, nameless: str) -> Iterator[str]:
    """One line a table; `nameless` stands for a sheet that has no name, which a page or a text file is."""
    for layout in submission.layouts:
        pairs = (
            f"{column_letter(index)}列“{header.strip()}”→{contract.column(name).header}"
            for name, (index, header) in layout.columns.items()
        )
        yield f"  工作表“{layout.sheet or nameless}”第 {layout.header_last_row} 行表头：{'；'.join(pairs)}"


def _worded(finding: Finding) -> str:
    place = finding.place
    where = f"{place.sheet}!{place.cell}" if place.sheet and place.cell else place.cell or place.sheet or "整个文件"
    return (
        f"[{SEVERITIES[finding.severity]}] {where}：{finding.message}\n"
        f"    填的是：{finding.found}；应该是：{finding.expected}\n    怎么改：{finding.fix}"
    )


def _as_json(
    reading: Reading, verdicts: list[Verdict], findings: tuple[Finding, ...], marked: Path | None
) -> dict[str, object]:
    return {
        "file": reading.delivery.file_name,
        "state": reading.state if not verdicts else None,
        "submissions": [
            {
                "contract": v.submission.contract,
                "period": v.submission.period,
                "state": v.state,
                "rows": len(v.submission),
                "held": len(v.held),
            }
            for v in verdicts
        ],
        "findings": [
            {
                "rule": f.rule_id, "severity": f.severity, "sheet": f.place.sheet, "cell": f.place.cell, "header": f.place.header,
                "message": f.message, "found": f.found, "expected": f.expected, "fix": f.fix,
            }
            for f in findings
        ],
        "marked": str(marked) if marked else None,
    }  # fmt: skip
