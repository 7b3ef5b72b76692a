"""A marked workbook corrected in place and sent back is a submission like any other: list passed over, marks no hindrance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from openpyxl import load_workbook

from schemas.contract import shipped_contracts
from schemas.values import Reading, SubmissionState
from sources.registry import Registry
from tasks.feedback.blank import FIRST_ROW, write_blank_workbook
from tasks.feedback.marked import write_marked_workbook
from tasks.intake.judge import check

CONTRACT = shipped_contracts()["training_session"]
ROW: list[str | int | date] = [
    "新能源汽车师资培训",
    "和田职业技术学院",
    "师资",
    "线下",
    date(2021, 3, 1),
    date(2021, 3, 5),
    5,
    42,
    42,
    210,
]


def test_corrected_in_place_it_is_accepted(tmp_path: Path, registry: Registry, read: Callable[..., Reading]) -> None:
    path = write_blank_workbook(CONTRACT, registry.partners["hetian"], 2021, tmp_path / "form.xlsx")
    workbook = load_workbook(path)
    for number in range(4):
        row = [number + 1, f"{ROW[0]}第{number + 1}期", *ROW[1:]]
        for column, value in enumerate(row, start=1):
            workbook.worksheets[0].cell(FIRST_ROW + number, column, value)
    workbook.worksheets[0].cell(FIRST_ROW, 10, "若干")
    workbook.save(path)
    first = read(path)
    (verdict,) = check(CONTRACT, list(first.submissions))
    assert [finding.place.cell for finding in verdict.findings] == ["J4"]

    marked = write_marked_workbook(replace(first.delivery, path=path), verdict.findings, tmp_path / "marked.xlsx")
    (again,) = check(CONTRACT, list(read(marked).submissions))
    assert [finding.place.cell for finding in again.findings] == ["J4"]

    corrected = load_workbook(marked)
    corrected.worksheets[1]["J4"] = 42
    corrected.save(marked)
    reading = read(marked)
    assert reading.findings == ()
    (verdict,) = check(CONTRACT, list(reading.submissions))
    assert (verdict.state, len(verdict.submission)) == (SubmissionState.ACCEPTED, 4)
