"""Bench: marked workbooks, edited part by part beside openpyxl, and a night's worth of them: `python -m bench.marked`."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter
from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from schemas.values import Delivery, Finding, Place, Severity, Turn
from tasks.feedback.marked import write_marked_workbook
from tasks.feedback.marked_comments import comment_text
from tasks.feedback.marking_workers import write_workbooks
from tasks.feedback.problem_list import choose_listed, write_problem_list

SHEET = "台账"
COLUMNS = 12


def main() -> int:
    """Print seconds for each size, openpyxl's and ours, then those of a night's files in worker processes."""
    arguments = _arguments()
    print(f"{'rows':>8}{'findings':>10}{'openpyxl s':>12}{'ours s':>10}")
    with tempfile.TemporaryDirectory() as folder:
        for rows, count in ((500, 20), (500, 5000), (arguments.rows, 20), (arguments.rows, 5000)):
            delivery, findings = _delivery(Path(folder), rows), _findings(rows, count)
            theirs = _seconds(_with_openpyxl, delivery, findings, Path(folder) / "theirs.xlsx")
            ours = _seconds(write_marked_workbook, delivery, findings, Path(folder) / "ours.xlsx")
            print(f"{rows:>8}{count:>10}{theirs:>12.3f}{ours:>10.3f}")
        delivery, findings = _delivery(Path(folder), 500), _findings(500, 20)
        markings = [(delivery, findings, Path(folder) / "out" / f"{n}.xlsx", ()) for n in range(arguments.files)]
        start = time.perf_counter()
        write_workbooks(markings, arguments.workers, 2**31, 60)
        spent = time.perf_counter() - start
        print(f"{arguments.files} files of 500 rows, {arguments.workers} processes: {spent:.1f} s")
    return 0


def _seconds(
    write: Callable[[Delivery, Sequence[Finding], Path], object],
    delivery: Delivery,
    findings: Sequence[Finding],
    to: Path,
) -> float:
    start = time.perf_counter()
    write(delivery, findings, to)
    return time.perf_counter() - start


def _delivery(folder: Path, rows: int) -> Delivery:
    path = folder / f"{rows}.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet(SHEET)
        for row in range(rows):
            sheet.write_row(row, 0, [row, *(f"内容{row}-{column}" for column in range(1, COLUMNS))])
    size = path.stat().st_size
    return Delivery("0" * 64, "hetian", "folder", "folder:a.xlsx", "a.xlsx", size, datetime.now(UTC), path)


def _findings(rows: int, count: int) -> list[Finding]:
    severities = list(Severity)
    return [
        Finding(
            f"rule_{n % 25}", severities[n % 3], Turn.SUBMITTER, f"第 {n % 25} 种问题", "若干", "一个数字", "请改为数字",
            Place(SHEET, 2 + n * 7 % (rows - 1), 1 + n % COLUMNS, "人次"),
        )
        for n in range(count)
    ]  # fmt: skip


def _with_openpyxl(delivery: Delivery, findings: Sequence[Finding], to: Path) -> None:
    workbook = load_workbook(delivery.path)
    sheet = workbook[SHEET]
    for finding in findings:
        sheet[str(finding.place.cell)].fill = PatternFill("solid", fgColor="FFC7CE")
    for finding in choose_listed(findings).shown:
        sheet[str(finding.place.cell)].comment = Comment(comment_text([finding]), "office")
    write_problem_list(workbook.create_sheet("问题清单", 0), delivery.file_name, findings, "", [SHEET])
    workbook.save(to)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.marked", description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000, help="rows of the large file")
    parser.add_argument("--files", type=int, default=1000, help="files of the night")
    parser.add_argument("--workers", type=int, default=2, help="processes of the night")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
