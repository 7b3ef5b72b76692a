"""A night's marked workbooks, written in worker processes: each is there, and one that cannot be marked does not stop the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from schemas.values import Delivery, Finding, Place, Severity, Turn
from tasks.feedback.marking_workers import write_workbooks


def test_every_file_gets_its_workbook(tmp_path: Path, make_delivery: Callable[..., Delivery]) -> None:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "台账"
    sheet.append(["人次"])
    sheet.append(["若干"])
    workbook.save(tmp_path / "good.xlsx")
    (tmp_path / "bad.xlsx").write_bytes(b"PK\x03\x04 no package")
    told = Finding("a", Severity.CRITICAL, Turn.SUBMITTER, "不对", "若干", "数字", "请改", Place("台账", 2, 1, "人次"))
    markings = []
    for number in range(30):
        path = tmp_path / ("bad.xlsx" if number == 7 else "good.xlsx")
        delivery = replace(make_delivery(), path=path, size_bytes=path.stat().st_size)
        markings.append((delivery, (told,), tmp_path / "outbox" / f"{number}.xlsx", ()))
    write_workbooks(markings, workers=2, memory_bytes=2**31, seconds=60)
    sheets = {int(path.stem): load_workbook(path) for path in (tmp_path / "outbox").iterdir()}
    assert {number: book.sheetnames for number, book in sheets.items()} == {
        number: ["问题清单"] if number == 7 else ["问题清单", "台账"] for number in range(30)
    }
    marked = sheets[8]["台账"]
    assert isinstance(marked, Worksheet)
    assert marked["A2"].fill.fgColor.rgb == "FFFFC7CF"
