"""Sheets that say again what other sheets of their workbook say are not counted twice; what may be either is refused."""

from __future__ import annotations

import pytest

from tests.tasks.ledger_rows import SESSION, session

HALL = "2021年度师资培训台账"


def sheet(*rows):
    return [[HALL], SESSION, *([*session(number, name)[:-1], times] for number, name, times in rows)]


SPRING, AUTUMN = ((1, "甲", 10), (2, "乙", 20)), ((3, "丙", 30), (4, "丁", 40))


@pytest.mark.parametrize(
    ("sheets", "taken", "told"),
    [
        ({"春": SPRING, "秋": AUTUMN}, ["春", "秋"], []),
        ({"春": SPRING, "秋": AUTUMN, "汇总": SPRING + AUTUMN}, ["春", "秋"], [("sheet.repeats", "汇总", "info")]),
        ({"全年": AUTUMN + SPRING, "春": SPRING, "秋": AUTUMN}, ["全年"], [("sheet.repeats", "秋", "info"), ("sheet.repeats", "春", "info")]),
        ({"春": SPRING, "春 (2)": SPRING}, ["春"], [("sheet.repeats", "春 (2)", "info")]),
        ({"总表": SPRING, "明细": SPRING}, ["明细"], [("sheet.repeats", "总表", "info")]),
        ({"春": SPRING, "秋": AUTUMN, "合计表": ((4, "全年", 100),)}, ["春", "秋"], [("sheet.sums", "合计表", "info")]),
        ({"春": SPRING, "汇总": ((1, "甲", 10), (9, "戊", 7))}, [], [("sheet.summary_unclear", "汇总", "critical")]),
        ({"春": SPRING, "汇总": ((9, "全年", 31),)}, [], [("sheet.summary_unclear", "汇总", "critical")]),
        ({"线上汇总": SPRING, "线下汇总": AUTUMN}, ["线上汇总", "线下汇总"], []),
        ({"春": SPRING, "汇总": SPRING + AUTUMN}, ["汇总"], [("sheet.repeats", "春", "info")]),
    ],
    ids=["parts", "union", "whole first", "copy", "copy called a whole", "sum", "some rows", "other sum", "all so called", "more"],
)  # fmt: skip
def test_what_other_sheets_say_is_not_counted_again(read, book, sheets, taken, told):
    reading = read(book(**{name: sheet(*rows) for name, rows in sheets.items()}))
    assert [layout.sheet for one in reading.submissions for layout in one.layouts] == taken
    found = [(one.rule_id, one.place.sheet, one.severity.value) for one in reading.findings]
    assert found == told


def test_both_sheets_are_named_and_nothing_of_another_year_is_touched(read, book):
    other = [["2020年度师资培训台账"], SESSION, session(1, "旧", "2020.5.1", "2020.5.3")]
    reading = read(book(春=sheet(*SPRING), 汇总=sheet((1, "甲", 11)), 去年=other))
    assert [(one.period, len(one)) for one in reading.submissions] == [("2020", 1)]
    (finding,) = reading.findings
    assert ("“汇总”" in finding.message, "“春”" in finding.message) == (True, True)
