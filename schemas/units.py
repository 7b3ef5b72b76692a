"""Units, scales and Chinese numerals, in cells and in targets alike: what is the same unit, what converts, what never meets."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

# 人, 人次 and 人日 are different units (DOMAIN §4): a number in one never stands where another is asked for.
_SPELLINGS: dict[str, tuple[str, ...]] = {
    "元": ("块", "元整", "元人民币", "人民币元", "rmb"),
    "千元": ("仟元",),
    "万元": ("万圆", "万元整", "万元人民币"),
    "百万元": (),
    "千万元": (),
    "亿元": (),
    "人": ("名", "位", "人数", "员"),
    "人次": ("人·次", "人/次", "人次数"),
    "人日": ("人天", *(f"人{mark}{day}" for mark in "·/*×x" for day in "日天")),
    "学时": ("课时",),
    "小时": ("h",),
    "天": ("日", "d"),
    "周": ("星期",),
    "月": ("个月",),
    "年": (),
    "平方米": ("m2", "m²", "㎡", "平米", "平方", "平", "平方公尺", "m^2"),
    "亩": (),
    "公顷": (),
    "分": (),
    "场": ("场次", "次", "期", "届"),
    "份": ("张",),
    "%": ("百分比", "％"),
    "个": ("工位", *"项所门部本支台套篇件家种类间条户村对座群组节册处只"),
}
_COUNTERS = frozenset({"个", "场", "份"})
"""Measure words that only count things; one may stand for another: 3 个, 3 项, 3 场."""
_CALENDAR = frozenset({"年", "月"})
"""Units that also name a point in time: 2021年 alone is a year, not an amount."""

YUAN = {"元": 1, "千元": 1000, "万元": 10_000, "百万元": 10**6, "千万元": 10**7, "亿元": 10**8}
"""Units of money and their worth in yuan."""
SCALES = {"万亿": 10**12, "亿": 10**8, "千万": 10**7, "百万": 10**6, "十万": 10**5, "万": 10_000, "千": 1000, "百": 100}
"""Words of size between number and unit, the longer ones first."""
SCALE_PATTERN = "|".join(SCALES)

CHINESE_DIGITS = {
    character: value
    for value, characters in enumerate(
        ("零〇○", "一壹", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
    )
    for character in characters
}
_PLACES = {"十": 10, "拾": 10, "廿": 20, "卅": 30, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
CHINESE_NUMERALS = "".join((*CHINESE_DIGITS, *_PLACES))
"""The characters of a Chinese numeral below 万."""
_SCALED = re.compile(rf"(?P<scale>{SCALE_PATTERN})?(?P<base>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in a unit."""

    value: Decimal
    unit: str | None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().lower()


_CANONICAL = {_folded(spelling): unit for unit, spellings in _SPELLINGS.items() for spelling in (unit, *spellings)}


def canonical_unit(text: str) -> str | None:
    """The unit a spelling stands for (㎡ → 平方米, 名 → 人), or None when it is no unit we know."""
    return _CANONICAL.get(_folded(text))


def scaled_unit(text: str) -> str | None:
    """A unit as it may head a column, with a word of size before it: ㎡ → 平方米, 万人次 → 万人次, 万 名 → 万人; None for no unit."""
    folded = "".join(_folded(text).split())
    known = _CANONICAL.get(folded)
    match = _SCALED.fullmatch(folded)
    if known or match is None or not match["scale"]:
        return known
    base = _CANONICAL.get(match["base"])
    return f"{match['scale']}{base}" if base else None


def split_unit(unit: str | None) -> tuple[int, str]:
    """What a unit multiplies by, and its base: 万人次 → 10000, 人次; 万元 → 10000, 元."""
    text = _folded(unit or "")
    known = _CANONICAL.get(text)
    if known:
        return (YUAN[known], "元") if known in YUAN else (1, text)
    match = _SCALED.fullmatch(text)
    return (SCALES.get(match["scale"], 1), match["base"]) if match else (1, text)


def is_same_unit(unit: str, expected: str) -> bool:
    """Whether a number in `unit` may stand where `expected` is asked for. Both are canonical or unknown to us."""
    return unit == expected or (unit in _COUNTERS and expected in _COUNTERS)


def chinese_number(text: str) -> int | None:
    """三 → 3, 十二 → 12, 一百零五 → 105, 三万五千 → 35000, 二〇二一 → 2021; 百 → 100; None for what is no certain number (三五)."""
    if not set(text) - CHINESE_DIGITS.keys():
        # 三五人 are three to five; a third digit, or a zero, makes it a number read digit by digit.
        is_certain = len(text) != 2 or 0 in map(CHINESE_DIGITS.get, text)
        return int("".join(str(CHINESE_DIGITS[character]) for character in text)) if text and is_certain else None
    return _by_places(text)


def _by_places(text: str) -> int | None:
    """三百五 is 350 and 一万二 is 12000: a digit that ends the numeral takes the place below the last one, unless 零 goes before."""
    total = section = digit = 0
    below = 1
    for character in text:
        if character in CHINESE_DIGITS:
            if digit:
                return None
            digit = CHINESE_DIGITS[character]
            below = 1 if digit == 0 else below
        elif character in _PLACES:
            section, digit, below = section + (digit or 1) * _PLACES[character], 0, max(1, _PLACES[character] // 10)
            below = below if _PLACES[character] >= 100 else 1
        else:
            scale = SCALES[character]
            below = scale // 10
            whole = section + digit or 1
            total, section, digit = (total + whole) * scale if character == "亿" else total + whole * scale, 0, 0
    return total + section + digit * below


def convert(value: Decimal, unit: str, to: str) -> Decimal | None:
    """The value in another unit of the same kind (元 → 万元, 名 → 人); None between kinds (人 and 人次 never meet)."""
    (own_scale, own), (scale, wanted) = split_unit(unit), split_unit(to)
    return value * own_scale / scale if _is_same(own, wanted) else None


def read_amount(number: str, scale: str, written: str, unit: str | None) -> Amount | None:
    """The number in `unit`, or None when what is written beside it is another unit or no unit at all.

    Args:
        number: Arabic digits (thousands commas allowed) or Chinese numerals.
        scale: a word of size standing behind the number (万), or nothing.
        written: the unit written in the cell, possibly with a scale of its own (万人次); may be empty.
        unit: the unit of the row, possibly with a scale; None or empty when the row has none.
    """
    value = chinese_number(number) if number[0] in CHINESE_NUMERALS else Decimal(number.replace(",", ""))
    (own_scale, own), (row_scale, row) = split_unit(written), split_unit(unit)
    if value is None or not _fits(own, row):
        return None
    if canonical_unit(row) == "%" and not own and 0 < value <= 1 and "." in number:
        return None  # 0.95 in a row of percents is 95 % or 0.95 %: nobody can say
    if not own and own_scale == 1 and not scale:
        return Amount(Decimal(value), unit or None)  # a bare number is in the unit of its row
    return Amount(Decimal(value) * SCALES.get(scale, 1) * own_scale / row_scale, unit or own or None)


def _fits(own: str, row: str) -> bool:
    if not own:
        return True
    known = canonical_unit(own)
    return _is_same(own, row) if row else known is not None and known not in _CALENDAR


def _is_same(own: str, row: str) -> bool:
    return is_same_unit(canonical_unit(own) or own, canonical_unit(row) or row)
