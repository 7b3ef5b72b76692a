"""Cells of numbers, units and shares as clerks write them and what they mean."""

from datetime import date

import pytest

from schemas.cells import ConformedCell
from schemas.contract import Column, ColumnType
from schemas.units import canonical_unit
from tasks.intake.cell_number import read_number_cell
from tasks.intake.cell_share import read_share_cells


def _column(kind, unit=None):
    return Column(name="x", header="列", type=kind, unit=unit, description="一列")


COUNT = _column(ColumnType.COUNT, "人次")
PLACES = _column(ColumnType.COUNT, "个")
AREA = _column(ColumnType.DECIMAL, "平方米")
MONEY = _column(ColumnType.MONEY, "万元")


@pytest.mark.parametrize(
    ("cell", "value", "is_approximate"),
    [
        (51.0, 51, False),
        (51, 51, False),
        ("51", 51, False),
        ("５１", 51, False),
        ("2,688", 2688, False),
        ("1 234 567", 1234567, False),
        ("500人次", 500, False),
        ("1582 人次", 1582, False),
        ("3.5万", 35000, False),
        ("3.55万人次", 35500, False),
        ("约1000", 1000, True),
        ("近4820", 4820, True),
        ("1870余", 1870, True),
        ("2500余人次", 2500, True),
        ("10万余人次", 100000, True),
        ("十余万人次", 100000, True),
        ("500左右", 500, True),
        ("≥500", 500, True),
        ("500+", 500, True),
        ("共50人次", 50, False),
        ("三", 3, False),
        ("十二", 12, False),
        ("一百二十人次", 120, False),
        ("三万五千人次", 35000, False),
        ("近百人次", 100, True),
        ("两千零五", 2005, False),
        ("二〇二", 202, False),
        ("-9", -9, False),
        ("－15", -15, False),
        ("0", 0, False),
    ],
)
def test_count(cell, value, is_approximate):
    read = read_number_cell(cell, COUNT, None)
    assert (read.value, read.problem, read.is_approximate) == (value, None, is_approximate)
    assert isinstance(read.value, int)


@pytest.mark.parametrize("cell", ["", " ", "　", "无", "－", "—", "——", "/", "／", "000", "暂无"])
def test_words_for_nothing_are_blank_not_zero(cell):
    assert read_number_cell(cell, COUNT, None) == ConformedCell(cell)


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("若干", "not_number"),
        ("见附件", "not_number"),
        ("#REF!", "error_cell"),
        ("#N/A", "error_cell"),
        ("51.5", "not_whole"),
        (51.5, "not_whole"),
        ("三五人次", "not_number"),
        ("30人日", "wrong_unit"),
        ("30 万人日", "wrong_unit"),
        ("30人", "wrong_unit"),
        ("100%", "wrong_unit"),
        ("50-60", "ambiguous"),
        ("12 34", "ambiguous"),
        ("1,23", "not_number"),
        ("2021.3.5", "not_number"),
        (date(2021, 3, 5), "not_number"),
    ],
)
def test_what_is_no_count(cell, problem):
    read = read_number_cell(cell, COUNT, None)
    assert (read.value, read.problem) == (None, problem)


@pytest.mark.parametrize(
    ("cell", "column", "header_unit", "value"),
    [
        ("373.8㎡", AREA, None, 373.8),
        ("373.8平米", AREA, "平方米", 373.8),
        ("51个", PLACES, None, 51),
        ("51台", PLACES, None, 51),
        (94.6, MONEY, None, 946000.0),
        ("2404.96", MONEY, None, 24049600.0),
        (2401700, MONEY, "元", 2401700.0),
        ("3.5万元", MONEY, "元", 35000.0),
        ("3.5万", MONEY, None, 35000.0),
        ("三万", MONEY, None, 30000.0),
        ("三万五千", MONEY, None, 35000.0),
        ("1,620.77", MONEY, "万元", 16207700.0),
        ("1.2亿元", MONEY, None, 120000000.0),
        ("500元", MONEY, None, 500.0),
    ],
)
def test_units_convert(cell, column, header_unit, value):
    read = read_number_cell(cell, column, header_unit)
    assert (read.value, read.problem) == (value, None)


def test_the_unit_of_the_header_is_believed():
    assert read_number_cell("30", COUNT, "人日").problem == "wrong_unit"


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("㎡", "平方米"),
        ("人/天", "人日"),
        ("名", "人"),
        ("人 次", None),
        ("万圆", "万元"),
        ("次", "场"),
        ("公里", None),
    ],
)
def test_canonical_unit(text, unit):
    assert canonical_unit(text) == unit


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["95%", "95", "0.95"], [0.95, 0.95, 0.95]),
        ([0.95, 1.0, 0.5], [0.95, 1.0, 0.5]),
        ([95.0, 100.0, 60.0], [0.95, 1.0, 0.6]),
        (["101.15%", "100%"], [1.0115, 1.0]),
        ([0.9, 1.0115], [0.9, 1.0115]),
        (["百分之九十五"], [0.95]),
        (["约95%"], [0.95]),
        ([95.0, 1.0], [0.95, "ambiguous"]),
        (["100%", "1"], [1.0, "ambiguous"]),
        (["大部分", "80人", ""], ["bad_share", "wrong_unit", None]),
    ],
)
def test_shares_are_judged_by_the_whole_column(cells, values):
    read = read_share_cells(cells, None)
    assert [cell.problem or cell.value for cell in read] == values
