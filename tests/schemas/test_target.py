"""Targets as the office writes them: typed when certain, text when not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from schemas.target import Actual, Target, TargetKind, parse_actual, parse_target
from schemas.units import convert

D = Decimal
NUMERIC = [
    ("500人次", "人次", TargetKind.NUMBER, 500, None),
    ("1,000 人次", "人次", TargetKind.NUMBER, 1000, None),
    ("10 115", "人次", TargetKind.NUMBER, 10115, None),
    ("≥500人次", "人次", TargetKind.AT_LEAST, 500, None),
    ("≧ 500", "人次", TargetKind.AT_LEAST, 500, None),
    (">=500", "人次", TargetKind.AT_LEAST, 500, None),
    ("不少于500人次", "人次", TargetKind.AT_LEAST, 500, None),
    ("500人次以上", "人次", TargetKind.AT_LEAST, 500, None),
    ("＞1个", "个", TargetKind.ABOVE, 1, None),
    ("超过20所", "所", TargetKind.ABOVE, 20, None),
    ("≤3%", "%", TargetKind.AT_MOST, None, 3),
    ("不超过3%", "%", TargetKind.AT_MOST, None, 3),
    ("＜5％", "%", TargetKind.BELOW, None, 5),
    ("=3", "项", TargetKind.EXACT, 3, 3),
    ("1-2 支", "支", TargetKind.RANGE, 1, 2),
    ("1～2支", "支", TargetKind.RANGE, 1, 2),
    ("10%-15%", "%", TargetKind.RANGE, 10, 15),
    ("三支", "支", TargetKind.NUMBER, 3, None),
    ("一百零五人", "人", TargetKind.NUMBER, 105, None),
    ("5名", "人", TargetKind.NUMBER, 5, None),
    ("7门", "个", TargetKind.NUMBER, 7, None),
    ("1万人", "人", TargetKind.NUMBER, 10000, None),
    ("≥10万人次", "万人次", TargetKind.AT_LEAST, 10, None),
    ("350万元", "元", TargetKind.NUMBER, 3500000, None),
    ("350", "万元", TargetKind.NUMBER, 350, None),
    ("95%", "%", TargetKind.NUMBER, 95, None),
    ("增加10%", "%", TargetKind.NUMBER, 10, None),
    ("+10%", "%", TargetKind.NUMBER, 10, None),
    ("达到21个", "个", TargetKind.NUMBER, 21, None),
]
QUALITATIVE = [
    ("达到国内领先水平", None),
    ("基本形成", None),
    ("一流", None),
    ("国家级1项，省级3项", "项"),
    ("派出5名援疆干部", "人"),
    ("500人", "人次"),
    ("500人次", "人日"),
    ("增加10%", "人"),
    ("下降10%", "%"),
    ("翻一番", "%"),
    ("0.95", "%"),
    ("94.", "%"),
    ("1:16", None),
    ("2021年", None),
    ("2019-2021", None),
    ("3-1支", "支"),
    ("≥500以上", "人次"),
    ("7大专业群", None),
    ("否", None),
]


@pytest.mark.parametrize(("text", "unit", "kind", "low", "high"), NUMERIC)
def test_a_number_with_its_operator_is_typed_in_the_unit_of_its_row(
    text: str, unit: str, kind: TargetKind, low: int | None, high: int | None
) -> None:
    target = parse_target(text, unit)
    assert (target.kind, target.low, target.high, target.unit) == (kind, low, high, unit)
    assert target.text == text
    assert not target.is_approximate


@pytest.mark.parametrize(("text", "unit"), QUALITATIVE)
def test_what_is_not_certain_stays_text(text: str, unit: str | None) -> None:
    assert parse_target(text, unit) == Target(TargetKind.QUALITATIVE, text=text)


@pytest.mark.parametrize("text", [None, "", "  ", "无", "—", "／"])
def test_nothing_asked_is_no_target(text: str | None) -> None:
    target = parse_target(text)
    assert target.kind is TargetKind.NONE
    assert target.reached(D(3)) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10万余", 100000),
        ("近1000人次", 1000),
        ("约500", 500),
        ("50余人次", 50),
        ("1000人次左右", 1000),
        ("2万多人次", 20000),
    ],
)
def test_approximate_numbers_are_marked(text: str, value: int) -> None:
    target = parse_target(text, "人次")
    assert (target.kind, target.low, target.is_approximate) == (TargetKind.NUMBER, value, True)


@pytest.mark.parametrize(
    ("text", "reached", "missed"),
    [
        ("≥500", 500, 499), ("500", 500, 499), (">500", 501, 500), ("≤3", 3, 4), ("<3", 2, 3), ("=3", 3, 4),
        ("1-2", 3, 0),
    ],
)  # fmt: skip
def test_reaching_a_target(text: str, reached: int, missed: int) -> None:
    target = parse_target(text)
    assert target.reached(D(reached)) is True
    assert target.reached(D(missed)) is False
    assert target.reached(None) is None
    assert target.reached(True) is None


def test_yes_or_a_text_is_reached_by_a_yes_only() -> None:
    for target in (parse_target("是"), parse_target("基本形成")):
        assert (target.reached(True), target.reached(False), target.reached(None)) == (True, False, None)
        assert target.completion(True) is None
    assert parse_target("是").reached(D(1)) is None


def test_a_bare_zero_asks_for_nothing() -> None:
    assert parse_target("0", "起").reached(D(4)) is None
    assert parse_target("≤0", "起").reached(D(4)) is False


def test_completion_is_uncapped_unless_the_scheme_caps_it() -> None:
    target = parse_target("≥500人次", "人次")
    assert target.completion(D(510)) == D("1.02")
    assert target.completion(D(510), D(1)) == D(1)
    assert target.completion(D(250), D(1)) == D("0.5")
    assert target.completion(None) is None
    assert parse_target("1-2支", "支").completion(D(1)) == D(1)
    for no_floor in ("≤3", "是", "0", "基本形成"):
        assert parse_target(no_floor).completion(D(2)) is None


@pytest.mark.parametrize(
    ("text", "unit", "value", "is_approximate"),
    [
        ("11家", "家", D(11), False), ("95.9%", "%", D("95.9"), False), ("约85间", "间", D(85), True),
        ("20余场", "场", D(20), True), ("500人次以上", "人次", D(500), True), ("是", None, True, False),
        ("达成目标", None, True, False), ("未完成", None, False, False), ("1-2支", "支", None, False),
        ("≤3", "%", None, False), ("已完成第一阶段", None, None, False), ("500人", "人次", None, False),
    ],
)  # fmt: skip
def test_completed_values(text: str, unit: str | None, value: Decimal | bool | None, is_approximate: bool) -> None:
    assert parse_actual(text, unit) == Actual(value, unit, text, is_approximate)


def test_units_convert_within_a_kind_only() -> None:
    assert convert(D(35000), "元", "万元") == D("3.5")
    assert convert(D(2), "万人次", "人次") == D(20000)
    assert convert(D(7), "名", "人") == D(7)
    assert convert(D(7), "个", "项") == D(7)
    assert convert(D(7), "工位", "工位") == D(7)
    assert [convert(D(7), unit, "人") for unit in ("人次", "人日", "个", "")] == [None] * 4
