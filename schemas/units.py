"""Numbers with units as targets write them: which units are one another's, which never are, and what 万 does to a number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

CHINESE_NUMBER = "零一二两三四五六七八九十百千"
_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"两": 2}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_SCALES = {"": Decimal(1), "万": Decimal(10_000), "亿": Decimal(100_000_000)}

# 人, 人次 and 人日 are different units (DOMAIN §4): a number in one is never held against a target in another.
_MEASURES = {
    "人": ("人", "名", "位"), "人次": ("人次", "人/次"), "人日": ("人日", "人天"), "%": ("%", "百分比"), "元": ("元",),
    "平方米": ("平方米", "m2", "平米"), "学时": ("学时", "课时"), "天": ("天", "日"), "小时": ("小时",), "分": ("分",),
}  # fmt: skip
# Measure words count things and stand for one another: 3 个, 3 项, 3 门.
_COUNTERS = frozenset("个项所门部本支台套场次篇件家种类届期块间份条户村对座群组节册")
_KNOWN = {word: measure for measure, words in _MEASURES.items() for word in words}
_UNIT = re.compile(r"^(?P<scale>[万亿]?)(?P<base>.*)$")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in a unit."""

    value: Decimal
    unit: str | None


def convert(value: Decimal, unit: str, to: str) -> Decimal | None:
    """The value in another unit of the same kind (元 → 万元, 名 → 人); None between kinds (人 and 人次 never meet)."""
    own_scale, own = _split(unit)
    scale, wanted = _split(to)
    if own != wanted and (_kind(own) is None or _kind(own) != _kind(wanted)):
        return None
    return value * _SCALES[own_scale] / _SCALES[scale]


def read_amount(number: str, scale: str, written: str, unit: str | None) -> Amount | None:
    """The number in `unit`, or None when what is written beside it is another unit or no unit at all.

    Args:
        number: Arabic digits (thousands commas allowed) or Chinese numerals.
        scale: 万, 亿 or nothing, standing behind the number.
        written: the unit written in the cell, possibly with a scale of its own (万人次); may be empty.
        unit: the unit of the row, possibly with a scale; None or empty when the row has none.
    """
    value = _number(number)
    own_scale, own = _split(written)
    row_scale, row = _split(unit)
    if value is None or not (_fits(own, row)):
        return None
    if row == "%" and not own and Decimal(0) < value <= 1 and "." in number:
        return None  # 0.95 in a row of percents is 95 % or 0.95 %: nobody can say
    if not own and not own_scale and not scale:
        return Amount(value, unit or None)  # a bare number is in the unit of its row
    scaled = value * _SCALES[scale] * _SCALES[own_scale]
    return Amount(scaled / (_SCALES[row_scale] if unit else 1), unit or own or None)


def _fits(own: str, row: str) -> bool:
    if not own:
        return True
    if not row:
        return _kind(own) is not None
    return own == row or (_kind(own) is not None and _kind(own) == _kind(row))


def _kind(unit: str) -> str | None:
    """The measure a unit belongs to; all counters are one kind; an unknown word is none."""
    if unit in _KNOWN:
        return _KNOWN[unit]
    return "个" if unit in _COUNTERS else None


def _split(unit: str | None) -> tuple[str, str]:
    """Scale and base of a unit: 万人次 → 万, 人次."""
    match = _UNIT.match((unit or "").replace("％", "%").replace("㎡", "m2").strip())
    return (match["scale"], match["base"]) if match else ("", "")


def _number(text: str) -> Decimal | None:
    return _chinese(text) if text[0] in CHINESE_NUMBER else Decimal(text.replace(",", ""))


def _chinese(text: str) -> Decimal | None:
    """三 → 3, 十二 → 12, 一百零五 → 105; None for what is no number (一二)."""
    total, digit = 0, None
    for character in text:
        if character in _PLACES:
            total, digit = total + (1 if digit is None else digit) * _PLACES[character], None
        elif digit:
            return None
        else:
            digit = _DIGITS[character]
    return Decimal(total + (digit or 0))
