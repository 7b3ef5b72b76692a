"""Cells of numbers, units and shares as clerks write them and what they mean."""

from datetime import date

import pytest

from schemas.cells import ConformedCell
from schemas.contract import Column, ColumnType
from schemas.units import canonical_unit, scaled_unit
from tasks.intake.cell_number import read_number_cell
from tasks.intake.cell_share import read_share_cells


def _column(kind, unit=None):
    return Column(name="x", header="列", type=kind, unit=unit, description="一列")


COUNT = _column(ColumnType.COUNT, "人次")
PLACES = _column(ColumnType.COUNT, "个")
AREA = _column(ColumnType.DECIMAL, "平方米")
MONEY = _column(ColumnType.MONEY, "万元")
PERSONS = _column(ColumnType.COUNT, "人")
PERSON_DAYS = _column(ColumnType.DECIMAL, "人日")
DAYS = _column(ColumnType.DECIMAL, "天")


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
        ("三百五", 350, False),
        ("一万二", 12000, False),
        ("一万零五", 10005, False),
        ("壹拾贰", 12, False),
        ("廿三", 23, False),
        ("三点五万", 35000, False),
        ("3万5千", 35000, False),
        ("1万2千3百", 12300, False),
        ("3万5", 35000, False),
        ("3.5w", 35000, False),
        ("1，234，567", 1234567, False),
        ("12\u3000345", 12345, False),
        ("1\xa0234", 1234, False),
        ("总计500人次", 500, False),
        ("500人次（其中教师20）", 500, False),
        ("500(人次)", 500, False),
        ("500人次。", 500, False),
        ("'500", 500, False),
        ("≧500", 500, True),
        ("不少于500", 500, True),
        ("不超过500人次", 500, True),
        ("＜500", 500, True),
        ("500以内", 500, True),
        ("不足500", 500, True),
        ("大概500", 500, True),
        ("~500", 500, True),
        ("500（约）", 500, True),
        ("上千", 1000, True),
        ("10万余", 100000, True),
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
        ("三五人次", "number_range"),
        ("30人日", "wrong_unit"),
        ("30 万人日", "wrong_unit"),
        ("30人", "wrong_unit"),
        ("100%", "wrong_unit"),
        ("50-60", "number_range"),
        ("1～2人次", "number_range"),
        ("约500-600", "number_range"),
        ("五六十人次", "number_range"),
        ("50±5", "number_range"),
        ("几十", "not_number"),
        ("1.23457E+11", "scientific"),
        ("¥500", "wrong_unit"),
        ("50次", "wrong_unit"),
        ("50余场", "wrong_unit"),
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
        ("人民币3.5万元", MONEY, None, 35000.0),
        ("¥35,000.00", MONEY, "元", 35000.0),
        ("叁万伍仟元整", MONEY, None, 35000.0),
        ("1亿2千万元", MONEY, None, 120000000.0),
        (3.5, MONEY, "亿元", 350000000.0),
        (3.5, MONEY, "千元", 3500.0),
        (3.5, COUNT, "万人次", 35000),
        ("500人次", COUNT, "万人次", 500),
        ("3.5万", COUNT, "万人次", 35000),
        ("30名教师", PERSONS, None, 30),
        ("300人×天", PERSON_DAYS, None, 300.0),
        ("一天半", DAYS, None, 1.5),
        ("半天", DAYS, None, 0.5),
    ],
)
def test_units_convert(cell, column, header_unit, value):
    read = read_number_cell(cell, column, header_unit)
    assert (read.value, read.problem) == (value, None)


@pytest.mark.parametrize(
    ("cell", "column"),
    [
        ("30人次", PERSONS),
        ("30人日", PERSONS),
        ("30天", PERSONS),
        ("300天", PERSON_DAYS),
        ("300人", PERSON_DAYS),
        ("1周", DAYS),
    ],
)
def test_persons_times_and_days_are_never_one_another(cell, column):
    assert read_number_cell(cell, column, None) == ConformedCell(cell, problem="wrong_unit")


def test_a_yuan_sign_in_a_column_of_ten_thousands_is_unclear():
    assert read_number_cell("¥35,000", MONEY, None).problem == "ambiguous"


def test_the_unit_of_the_header_is_believed():
    assert read_number_cell("30", COUNT, "人日").problem == "wrong_unit"


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("㎡", "平方米"),
        ("人/天", "人日"),
        ("名", "人"),
        ("人×天", "人日"),
        ("人 次", None),
        ("万圆", "万元"),
        ("次", "场"),
        ("公里", None),
    ],
)
def test_canonical_unit(text, unit):
    assert canonical_unit(text) == unit


@pytest.mark.parametrize(
    ("text", "unit"), [("万人次", "万人次"), ("万 名", "万人"), ("㎡", "平方米"), ("必填", None), ("万里", None)]
)
def test_scaled_unit(text, unit):
    assert scaled_unit(text) == unit


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
        ([0.95, 95.0, 96.0], [0.95, 0.95, 0.96]),
        ([0.95, 0.01, 95.0], [0.95, "ambiguous", 0.95]),
        ([1.0, 0.95, 95.0], ["ambiguous", 0.95, 0.95]),
        ([1.2], ["ambiguous"]),
        ([1.0, 2.0, 3.0], ["ambiguous", 0.02, 0.03]),
        ([0.9, 2.5], ["ambiguous", "ambiguous"]),
        (["九成五", "9成", "5‰"], [0.95, 0.9, 0.005]),
        (["90-95%"], ["number_range"]),
        (["大部分", "80人", ""], ["bad_share", "wrong_unit", None]),
    ],
)
def test_shares_are_judged_by_the_whole_column(cells, values):
    read = read_share_cells(cells, None)
    assert [cell.problem or cell.value for cell in read] == values
