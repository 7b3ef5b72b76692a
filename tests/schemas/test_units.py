"""Units, scales and Chinese numerals mean the same wherever they are read."""

from __future__ import annotations

from decimal import Decimal

import pytest

from schemas.units import Amount, canonical_unit, chinese_number, is_same_unit, read_amount


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("三", 3), ("十", 10), ("十二", 12), ("三十一", 31), ("两百", 200), ("一百零五", 105), ("叁佰贰拾", 320), ("千", 1000),
        ("万", 10_000), ("三万五千", 35_000), ("一亿二千万", 120_000_000), ("一百二十万零三", 1_200_003), ("二〇二一", 2021),
        ("二〇", 20), ("三五", None), ("三五十", None), ("", None),
    ],
)  # fmt: skip
def test_chinese_numerals(text: str, number: int | None) -> None:
    assert chinese_number(text) == number


@pytest.mark.parametrize(
    ("number", "scale", "written", "unit", "amount"),
    [
        ("3", "", "", "万元", Amount(Decimal(3), "万元")),
        ("3", "", "百万元", "万元", Amount(Decimal(300), "万元")),
        ("3", "千", "", "人次", Amount(Decimal(3000), "人次")),
        ("三", "万", "", "万元", Amount(Decimal(3), "万元")),
        ("35", "", "课时", "学时", Amount(Decimal(35), "学时")),
        ("35", "", "员", None, Amount(Decimal(35), "员")),
        ("2021", "", "年", None, None),
        ("3", "", "年", "年", Amount(Decimal(3), "年")),
        ("三五", "", "人", "人", None),
        ("0.95", "", "", "百分比", None),
        ("5", "", "瓦", None, None),
        ("5", "千", "瓦", "千瓦", Amount(Decimal(5), "千瓦")),
    ],
)
def test_amounts_are_brought_into_the_unit_of_their_row(
    number: str, scale: str, written: str, unit: str | None, amount: Amount | None
) -> None:
    assert read_amount(number, scale, written, unit) == amount


def test_measure_words_stand_for_one_another_and_persons_for_nothing_else() -> None:
    counted = [canonical_unit(word) or word for word in ("个", "门", "场次", "张", "册")]
    assert all(is_same_unit(unit, "个") for unit in counted)
    assert not any(is_same_unit(unit, "个") for unit in ("人", "人次", "人日", "元", "瓦"))
