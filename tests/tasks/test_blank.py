"""The blank workbook is read back as what it is: its contract, its year, no rows; and filled in well it reads clean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from schemas.contract import Column, ColumnType, Contract, shipped_contracts
from schemas.values import Conformed, Delivery, Reading, SubmissionState
from sources.registry import Registry, load_registry
from tasks.feedback.blank import FIRST_ROW, ROWS, write_blank_workbook
from tasks.feedback.form import asked_columns, form_header
from tasks.intake.judge import check
from tasks.intake.read_stamp import STAMP
from tasks.intake.reading import read_delivery

CONTRACTS = shipped_contracts()


@pytest.fixture(scope="module")
def registry() -> Registry:
    """The partners shipped as examples."""
    return load_registry(Path(__file__).parents[2] / "sources" / "partners")


@pytest.fixture
def read(make_delivery: Callable[..., Delivery], registry: Registry) -> Callable[[Path], Reading]:
    """Reads a workbook as if a partner had sent it under a name that says nothing."""

    def read_file(path: Path) -> Reading:
        size = path.stat().st_size
        delivery = replace(
            make_delivery(), path=path, file_name="报送.xlsx", address="folder:报送.xlsx", size_bytes=size
        )
        return read_delivery(delivery, CONTRACTS, registry, b"key")

    return read_file


def form_of(path: Path) -> Worksheet:
    sheet = load_workbook(path).worksheets[0]
    assert isinstance(sheet, Worksheet)
    return sheet


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_blank_form_is_recognised_and_holds_nothing(
    name: str, tmp_path: Path, registry: Registry, read: Callable[[Path], Reading]
) -> None:
    contract = CONTRACTS[name]
    path = write_blank_workbook(contract, registry.partners["hetian"], 2021, tmp_path / "forms" / "blank.xlsx")
    reading = read(path)
    assert (reading.state, reading.submissions) == (SubmissionState.REFUSED, ())
    assert [(f.rule_id, f.found) for f in reading.findings] == [("sheet.no_data", f"{contract.title}，0 行")]
    assert [entry.name for entry in path.parent.iterdir()] == ["blank.xlsx"]


WELL_FILLED: dict[ColumnType, str | int | float | date] = {
    ColumnType.PARTNER: "和田职业技术学院",
    ColumnType.DATE: date(2021, 3, 1),
    ColumnType.MONTH: date(2021, 3, 1),
    ColumnType.YEAR: 2021,
    ColumnType.SHARE: 0.95,
    ColumnType.COUNT: 10,
    ColumnType.DECIMAL: 10,
    ColumnType.MONEY: 10,
}
ADDING_UP = {"sample_count": 60, "valid_count": 50}


def well_filled(column: Column) -> str | int | float | date:
    """What a careful clerk would write in 2021."""
    if column.choices:
        return next(iter(column.choices))
    return ADDING_UP.get(column.name) or WELL_FILLED.get(column.type) or column.example or "王某"


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_form_filled_in_well_reads_clean(name: str, tmp_path: Path, read: Callable[[Path], Reading]) -> None:
    contract = CONTRACTS[name]
    path = write_blank_workbook(contract, None, 2021, tmp_path / "form.xlsx")
    workbook = load_workbook(path)
    for index, column in enumerate(asked_columns(contract), start=2):
        workbook.worksheets[0].cell(FIRST_ROW, index, well_filled(column))
    workbook.save(path)
    reading = read(path)
    assert reading.findings == ()
    (submission,) = reading.submissions
    assert (submission.contract, submission.period, submission.rows.tolist()) == (name, "2021", [FIRST_ROW])
    assert [layout.unknown for layout in submission.layouts] == [()]
    assert unread(contract, submission) == {}
    (verdict,) = check(contract, [submission])
    assert (verdict.state, verdict.findings) == (SubmissionState.ACCEPTED, ())


def unread(contract: Contract, submission: Conformed) -> dict[str, str]:
    """Columns that were filled in but came out empty."""
    asked = {column.name for column in asked_columns(contract)}
    return {name: submission.columns[name][0].raw for name in asked if submission.columns[name][0].value is None}


def test_the_form_says_title_sender_columns_and_what_it_began_as(tmp_path: Path, registry: Registry) -> None:
    path = write_blank_workbook(
        CONTRACTS["training_session"], registry.partners["hetian"], 2021, tmp_path / "form.xlsx"
    )
    sheet = form_of(path)
    assert sheet["A1"].value == "2021年度师资培训台账"
    assert sheet["A2"].value == "单位名称（公章）：和田职业技术学院"
    assert [cell.value for cell in sheet[3]] == [
        "序号", "培训项目名称", "受训单位", "培训类别", "培训方式", "开始时间", "结束时间", "天数", "培训人数", "培训人次",
        "人日", "主讲人", "地点",
    ]  # fmt: skip
    colours = {cell.value: cell.fill.fgColor.rgb for cell in sheet[3]}
    needed = {column.header for column in CONTRACTS["training_session"].columns if column.required}
    assert {header for header, colour in colours.items() if colour == "FFF8CBAD"} == needed
    properties = load_workbook(path).custom_doc_props
    assert [(one.name, one.value) for one in properties.props] == [(STAMP, "training_session/1/2021")]
    assert (sheet.freeze_panes, sheet.page_setup.orientation, sheet.print_title_rows) == ("C4", "landscape", "$1:$3")


def test_cells_are_typed_as_the_contract_says(tmp_path: Path) -> None:
    sheet = form_of(write_blank_workbook(CONTRACTS["enrolment"], None, 2021, tmp_path / "form.xlsx"))
    rows = (FIRST_ROW, FIRST_ROW + ROWS - 1)
    formats = {cell.value: {sheet.cell(row, cell.column).number_format for row in rows} for cell in sheet[3]}
    assert formats["专业代码"] == {"@"}
    assert formats["生源地"] == {"@"}
    assert formats["计划数（人）"] == {"0"}
    dated = form_of(write_blank_workbook(CONTRACTS["training_session"], None, 2021, tmp_path / "dated.xlsx"))
    assert dated["F4"].number_format == "yyyy-mm-dd"


def validation(sheet: Worksheet, cell: str) -> DataValidation:
    """The one validation of a cell, which reaches to the last row of the form."""
    (found,) = [one for one in sheet.data_validations.dataValidation if cell in one.sqref]
    assert cell.replace(str(FIRST_ROW), str(FIRST_ROW + ROWS - 1)) in found.sqref
    return found


def test_drop_downs_limits_and_hints(tmp_path: Path) -> None:
    sheet = form_of(write_blank_workbook(CONTRACTS["training_session"], None, 2021, tmp_path / "form.xlsx"))
    mode = validation(sheet, "E4")
    assert (mode.type, mode.formula1, mode.errorStyle) == ("list", '"线上,线下,混合"', None)
    assert (mode.promptTitle, mode.prompt) == ("培训方式", "【必填】培训的方式\n如：线下")
    started = validation(sheet, "F4")
    assert (started.type, started.errorStyle) == ("date", "warning")
    assert (started.formula1, started.formula2) == ("44197", "44561")  # 2021-01-01, 2021-12-31
    times = validation(sheet, "J4")
    assert (times.type, times.formula1, times.formula2, times.errorStyle) == ("decimal", "0.0", "100000.0", "warning")
    assert validation(sheet, "M4").type is None
    money = form_of(write_blank_workbook(CONTRACTS["fund"], None, 2021, tmp_path / "fund.xlsx"))
    assert validation(money, "F4").formula2 == "1000000.0"  # ten thousand million yuan, in 万元


def test_a_long_list_of_choices_stands_on_a_hidden_sheet(tmp_path: Path) -> None:
    choices = {f"一个相当长的可选项目第{number}种": () for number in range(40)}
    column = Column(name="kind_code", header="类别", type=ColumnType.CHOICE, choices=choices, description="类别")
    contract = CONTRACTS["fund"].model_copy(update={"columns": (column,), "rules": ()})
    path = write_blank_workbook(contract, None, 2021, tmp_path / "form.xlsx")
    workbook = load_workbook(path)
    assert validation(form_of(path), "B4").formula1 == "'可选项'!$B$1:$B$40"
    assert workbook["可选项"].sheet_state == "hidden"
    assert [cell.value for cell in workbook["可选项"]["B"]] == list(choices)


def test_the_guide_explains_every_column(tmp_path: Path) -> None:
    contract = CONTRACTS["dispatched_person"]
    guide = load_workbook(write_blank_workbook(contract, None, 2021, tmp_path / "form.xlsx"))["填表说明"]
    lines = [[cell.value for cell in row] for row in guide.iter_rows(min_row=9)]
    assert [line[0] for line in lines] == [form_header(column) for column in asked_columns(contract)]
    assert lines[0][:3] == ["姓名", "必填", "派出人员的姓名；只用于核对人次，不进入报告"]
    assert not {"身份证号", "联系电话"} & {line[0] for line in lines}


def test_the_same_form_is_the_same_file(tmp_path: Path) -> None:
    contents = [
        write_blank_workbook(CONTRACTS["award"], None, 2020, tmp_path / name).read_bytes()
        for name in ("a.xlsx", "b.xlsx")
    ]
    assert contents[0] == contents[1]


def test_a_year_the_contract_does_not_take_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="contract award takes the years 2019-2023, not 2018"):
        write_blank_workbook(CONTRACTS["award"], None, 2018, tmp_path / "form.xlsx")
    assert list(tmp_path.iterdir()) == []
