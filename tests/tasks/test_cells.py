"""Cells as clerks write them and what they mean, kind by kind."""

import hashlib
import hmac
from datetime import date, datetime

import pytest

from schemas.cells import ConformedCell
from schemas.contract import Column, ColumnType, shipped_contracts
from schemas.units import canonical_unit
from tasks.intake.cell_choice import ChoiceReader
from tasks.intake.cell_columns import encode
from tasks.intake.cell_date import Span, date_cell, parse_dates, read_year_cell
from tasks.intake.cell_number import read_number_cell
from tasks.intake.cell_share import read_share_cells
from tasks.intake.cell_text import hashed_cell, read_code_cell, read_person_cell, read_text_cells


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


MARCH_5 = Span(date(2021, 3, 5), date(2021, 3, 5))
MARCH = Span(date(2021, 3, 1), date(2021, 3, 31), is_month=True)


@pytest.mark.parametrize(
    "cell",
    [
        "2021年3月5日", "２０２１年３月５日", "2021.3.5", "2021/3/5", "2021-03-05", "20210305", "2021年03月05号", "2021 年 3 月 5 日",
        "21年3月5日", "二〇二一年三月五日", "2021-03-05 00:00:00", "2021年3月5日(周五)", "44260",
        20210305.0, 20210305, 44260.0, date(2021, 3, 5), datetime(2021, 3, 5, 8, 30),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_one_day(cell):
    assert parse_dates([cell], is_1904=False) == [MARCH_5]


@pytest.mark.parametrize("cell", ["2021年3月", "2021.3", "2021.03", "2021-03", "202103", 2021.3, 202103.0])
def test_one_month(cell):
    assert parse_dates([cell], is_1904=False) == [MARCH]


@pytest.mark.parametrize(
    ("cell", "first", "last"),
    [
        ("2021/3/5-3/9", date(2021, 3, 5), date(2021, 3, 9)),
        ("2021年3月5日至9日", date(2021, 3, 5), date(2021, 3, 9)),
        ("2021.3.5-2021.4.2", date(2021, 3, 5), date(2021, 4, 2)),
        ("2021-3-5—2021-3-9", date(2021, 3, 5), date(2021, 3, 9)),
        ("2021.12.30-2022.1.3", date(2021, 12, 30), date(2022, 1, 3)),
        ("20210305-20210309", date(2021, 3, 5), date(2021, 3, 9)),
        ("2021.3-2021.5", date(2021, 3, 1), date(2021, 5, 31)),
        ("2021年3-5月", date(2021, 3, 1), date(2021, 5, 31)),
    ],
)
def test_ranges(cell, first, last):
    (span,) = parse_dates([cell], is_1904=False)
    assert (span.first, span.last, span.is_range) == (first, last, True)


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("2021.2.30", "bad_date"),
        ("2021年13月5日", "bad_date"),
        ("2021年上半年", "bad_date"),
        ("2021年", "bad_date"),
        ("待定", "bad_date"),
        ("1021-03-05", "bad_date"),
        ("2021.3.9-3.5", "bad_date"),
        ("3月5日", "ambiguous"),
        ("3/5/2021", "ambiguous"),
        ("#VALUE!", "error_cell"),
        (12.5, "ambiguous"),
        (125.0, "bad_date"),
        (True, "bad_date"),
        ("至今", None),
        ("无", None),
    ],
)
def test_what_is_no_date(cell, problem):
    assert parse_dates([cell], is_1904=False) == [problem]


def test_serials_of_1904():
    assert parse_dates([42798.0], is_1904=True) == [MARCH_5]


@pytest.mark.parametrize(
    ("cells", "first_month"),
    [
        ([2021.1, 2021.07], 10),
        (["2021.1", "2021.07"], 10),
        (["2021.1", "2021.7"], 1),
        (["2021.10", "2021.7"], 10),
        ([2021.1, 2021.7], "ambiguous"),
    ],
)
def test_a_lost_zero_is_judged_by_the_whole_column(cells, first_month):
    span = parse_dates(cells, is_1904=False)[0]
    assert (span if isinstance(span, str) else span.first.month) == first_month


@pytest.mark.parametrize(
    ("takes_last", "is_month", "value"),
    [(False, False, date(2021, 3, 5)), (True, False, date(2021, 4, 2)), (True, True, date(2021, 4, 1))],
)
def test_of_a_range_an_end_column_takes_the_end(takes_last, is_month, value):
    cell = "2021.3.5-2021.4.2"
    span = parse_dates([cell], is_1904=False)[0]
    assert date_cell(cell, span, takes_last=takes_last, is_month=is_month) == ConformedCell(cell, value)


@pytest.mark.parametrize(
    ("cell", "value", "problem"),
    [(2021.0, 2021, None), ("2021年度", 2021, None), ("２０２１", 2021, None), (date(2021, 3, 5), 2021, None), ("二〇二一年", 2021, None),
     ("21", None, "bad_year"), ("去年", None, "bad_year"), ("", None, None)],
)  # fmt: skip
def test_year(cell, value, problem):
    read = read_year_cell(cell)
    assert (read.value, read.problem) == (value, problem)


AWARD = shipped_contracts()["award"]


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("level_code", " 国赛", "国家级"),
        ("level_code", "市 级", "市级"),
        ("level_code", "国家级一等奖", "国家级"),
        ("grade_code", "国家级一等奖", "一等奖"),
        ("grade_code", "一等奖（国家级）", "一等奖"),
        ("grade_code", "１等奖", "一等奖"),
        ("grade_code", "无", None),
    ],
)
def test_choice(column, cell, value):
    read = ChoiceReader(AWARD, AWARD.column(column)).read(cell)
    assert (read.value, read.problem) == (value, None)


def test_an_unknown_choice_names_the_nearest():
    assert ChoiceReader(AWARD, AWARD.column("grade_code")).read("一等奖项") == ConformedCell(
        "一等奖项", problem="bad_choice", candidates=("一等奖", "特等奖")
    )


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("补 短板", "补短板"),
        ("课程标准开发（第二期）\n", "课程标准开发（第二期）"),
        ("　眼视光\xa0技术 ", "眼视光技术"),
        ("第１期", "第1期"),
        ("Python 入门", "Python 入门"),
        ("－", None),
        (20210305.0, "20210305"),
        ("课程标\n准", "课程标准"),
    ],
)
def test_text(cell, value):
    assert [read.value for read in read_text_cells([cell], keeps_breaks=False)] == [value]


def test_long_text_keeps_its_lines():
    assert read_text_cells(["①甲 \r\n②乙"], keeps_breaks=True) == [ConformedCell("①甲 \r\n②乙", "①甲\n②乙")]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("张　伟", "张伟"),
        ("张伟 李芳", "张伟、李芳"),
        ("张伟，李芳;王强", "张伟、李芳、王强"),
        ("古丽·买买提", "古丽·买买提"),
        ("/", None),
    ],
)
def test_person(cell, value):
    assert read_person_cell(cell).value == value


@pytest.mark.parametrize(
    ("cell", "value", "problem"),
    [
        (540106.0, "540106", None),
        ("570102k", "570102K", None),
        (" ５２０９０１", "520901", None),
        ("'012", "012", None),
        ("1.1E+17", None, "bad_code"),
        (1.10101190001e17, None, "bad_code"),
        (3.5, None, "bad_code"),
        ("", None, None),
    ],
)
def test_code(cell, value, problem):
    read = read_code_cell(cell)
    assert (read.value, read.problem) == (value, problem)


def test_a_hashed_cell_carries_nothing_clear():
    number = "110101190001010000"
    digest = hmac.new(b"key", number.encode(), hashlib.sha256).hexdigest()
    assert hashed_cell(f" {number}", b"key") == ConformedCell("***", digest)
    assert hashed_cell("", b"key") == ConformedCell("")
    assert hashed_cell("1.1E+17", b"key") == ConformedCell("***", problem="bad_code")


def test_true_is_not_taken_for_one():
    codes, distinct = encode([1.0, True, "", 1.0])
    assert (codes.tolist(), distinct) == ([0, 1, 2, 0], [1.0, "TRUE", ""])
