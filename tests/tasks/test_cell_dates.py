"""Cells of dates, months, ranges and years as clerks write them and what they mean."""

from datetime import date, datetime, time

import pytest

from schemas.cells import ConformedCell
from tasks.intake.cell_date import date_cell, parse_dates, read_year_cell
from tasks.intake.cell_date_text import Span

MARCH_5 = Span(date(2021, 3, 5), date(2021, 3, 5))
MARCH = Span(date(2021, 3, 1), date(2021, 3, 31), is_month=True)


@pytest.mark.parametrize(
    "cell",
    [
        "2021年3月5日", "２０２１年３月５日", "2021.3.5", "2021/3/5", "2021-03-05", "20210305", "2021年03月05号", "2021 年 3 月 5 日",
        "21年3月5日", "二〇二一年三月五日", "2021-03-05 00:00:00", "2021年3月5日(周五)", "44260",
        "21.3.5", "21/3/5", "21-03-05", "'2021.3.5", "2021 3 5", "2021、3、5", "2021.3.5日", "2021.3月5日", "2021年3.5", "2021年三月五日", "5-Mar-21",
        "2021年3月5日上午", "2021/3/5 14:00",
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
        ("自2021年3月5日至2021年3月9日止", date(2021, 3, 5), date(2021, 3, 9)),
        ("2021年3月5、6日", date(2021, 3, 5), date(2021, 3, 6)),
        ("21.3.5-21.3.9", date(2021, 3, 5), date(2021, 3, 9)),
        ("2021年9月至次年1月", date(2021, 9, 1), date(2022, 1, 31)),
        ("2021年3月5日\n至\n9日", date(2021, 3, 5), date(2021, 3, 9)),
        ("2021年上半年", date(2021, 1, 1), date(2021, 6, 30)),
        ("2021年下半年", date(2021, 7, 1), date(2021, 12, 31)),
        ("2021年第三季度", date(2021, 7, 1), date(2021, 9, 30)),
        ("2021Q1", date(2021, 1, 1), date(2021, 3, 31)),
        ("2020-2021学年第一学期", date(2020, 9, 1), date(2021, 1, 31)),
        ("2020—2021学年第2学期", date(2021, 2, 1), date(2021, 7, 31)),
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
        ("2021年2月30日", "bad_date"),
        ("2021年3月—", "bad_date"),
        ("2021年3-5日", "bad_date"),
        ("2021年", "too_coarse"),
        (2021.0, "too_coarse"),
        ("2020-2021学年", "too_coarse"),
        ("1921/3/5", "wrong_century"),
        ("0021-03-05", "wrong_century"),
        (date(1905, 7, 13), "wrong_century"),
        ("1900-01-00", "wrong_century"),
        (time(), "wrong_century"),
        ("0:00:00", "wrong_century"),
        ("3021-03-05", "bad_date"),
        ("3月5日至9日", "ambiguous"),
        ("3.5-3.9", "ambiguous"),
        ("3月上旬", "ambiguous"),
        ("Mar-21", "ambiguous"),
        ("3/5/21", "ambiguous"),
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


@pytest.mark.parametrize(
    ("cell", "first", "last"),
    [
        ("2021年3月上旬", date(2021, 3, 1), date(2021, 3, 10)),
        ("2021年2月下旬", date(2021, 2, 21), date(2021, 2, 28)),
        ("2021年底", date(2021, 12, 1), date(2021, 12, 31)),
        ("约2021年3月5日", date(2021, 3, 5), date(2021, 3, 5)),
    ],
)
def test_what_names_no_day_is_read_as_approximate(cell, first, last):
    (span,) = parse_dates([cell], is_1904=False)
    assert isinstance(span, Span)
    assert (span.first, span.last) == (first, last)
    assert date_cell(cell, span, takes_last=False, is_month=False) == ConformedCell(cell, first, is_approximate=True)


@pytest.mark.parametrize("cell", ["2021年3月5日至今", "2021.3.5起", "2021-3-5-至今"])
def test_what_has_not_ended_has_no_end(cell):
    (span,) = parse_dates([cell], is_1904=False)
    assert isinstance(span, Span)
    assert date_cell(cell, span, takes_last=False, is_month=False).value == date(2021, 3, 5)
    assert date_cell(cell, span, takes_last=True, is_month=False) == ConformedCell(cell)


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
    [(2021.0, 2021, None), ("2021年度", 2021, None), ("２０２１", 2021, None), (date(2021, 3, 5), 2021, None),
     ("二〇二一年", 2021, None), ("21年", 2021, None), ("2021年上半年", 2021, None), ("2021.3", 2021, None),
     ("2020-2021学年", None, "bad_year"), (date(1905, 7, 13), None, "wrong_century"),
     ("21", None, "bad_year"), ("去年", None, "bad_year"), ("", None, None)],
)  # fmt: skip
def test_year(cell, value, problem):
    read = read_year_cell(cell)
    assert (read.value, read.problem) == (value, problem)
