"""Targets and completed values as people write them ("≥500人次", "1-2 支", "是"), read into types before anything is compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from schemas.units import CHINESE_NUMERALS, SCALE_PATTERN, Amount, read_amount


class TargetKind(StrEnum):
    """What a target asks. `number` is a bare "500 人次": as much or more. `none`: the cell is empty or says 无."""

    NUMBER = "number"
    AT_LEAST = "at_least"
    ABOVE = "above"
    AT_MOST = "at_most"
    BELOW = "below"
    EXACT = "exact"
    RANGE = "range"
    YES_NO = "yes_no"
    QUALITATIVE = "qualitative"
    NONE = "none"


_FLOORS = frozenset({TargetKind.NUMBER, TargetKind.AT_LEAST, TargetKind.ABOVE, TargetKind.RANGE})
Answer = Decimal | bool | None
"""What was achieved: a number, yes or no, or nothing known."""


@dataclass(frozen=True, slots=True)
class Target:
    """One typed target. `low` and `high` are in `unit`; `text` is the cell verbatim, which is what a report prints."""

    kind: TargetKind
    low: Decimal | None = None
    high: Decimal | None = None
    unit: str | None = None
    text: str = ""
    is_approximate: bool = False

    @property
    def is_numeric(self) -> bool:
        """Whether a number can be held against it."""
        return self.low is not None or self.high is not None

    def reached(self, actual: Answer) -> bool | None:
        """Whether `actual` (in the target's unit) reaches the target; None where that cannot be said.

        A range is reached from its lower bound on: more than planned is not less than planned. A bare 0 asks for nothing.
        """
        if actual is None or self.kind is TargetKind.NONE:
            return None
        if isinstance(actual, bool):
            return None if self.is_numeric else actual
        check = _REACHED.get(self.kind)
        if check is None or (self.kind is TargetKind.NUMBER and not self.low):
            return None
        return check(actual, self.low if self.low is not None else self.high or Decimal(0))

    def completion(self, actual: Answer, cap: Decimal | None = None) -> Decimal | None:
        """`actual` over the target as a ratio (1 = 100 %), not above `cap` when one is given; None where there is none.

        Only a floor above 0 has a completion. For a ceiling, a yes or a text nothing public says how to compute one.
        """
        if actual is None or isinstance(actual, bool) or self.kind not in _FLOORS or not self.low or self.low < 0:
            return None
        ratio = actual / self.low
        return ratio if cap is None else min(ratio, cap)


_REACHED: dict[TargetKind, Callable[[Decimal, Decimal], bool]] = {
    TargetKind.NUMBER: lambda actual, bound: actual >= bound,
    TargetKind.AT_LEAST: lambda actual, bound: actual >= bound,
    TargetKind.RANGE: lambda actual, bound: actual >= bound,
    TargetKind.ABOVE: lambda actual, bound: actual > bound,
    TargetKind.AT_MOST: lambda actual, bound: actual <= bound,
    TargetKind.BELOW: lambda actual, bound: actual < bound,
    TargetKind.EXACT: lambda actual, bound: actual == bound,
}


@dataclass(frozen=True, slots=True)
class Actual:
    """A completed value as a department reports it: a number in `unit`, a yes or no, or only its text."""

    value: Answer
    unit: str | None
    text: str
    is_approximate: bool = False


_OPERATORS = {
    ">=": TargetKind.AT_LEAST, "≥": TargetKind.AT_LEAST, "≧": TargetKind.AT_LEAST, "⩾": TargetKind.AT_LEAST,
    "不少于": TargetKind.AT_LEAST, "不低于": TargetKind.AT_LEAST, "不小于": TargetKind.AT_LEAST, "至少": TargetKind.AT_LEAST,
    "<=": TargetKind.AT_MOST, "≤": TargetKind.AT_MOST, "≦": TargetKind.AT_MOST, "⩽": TargetKind.AT_MOST,
    "不超过": TargetKind.AT_MOST, "不高于": TargetKind.AT_MOST, "不多于": TargetKind.AT_MOST, "不大于": TargetKind.AT_MOST,
    ">": TargetKind.ABOVE, "大于": TargetKind.ABOVE, "超过": TargetKind.ABOVE, "高于": TargetKind.ABOVE,
    "<": TargetKind.BELOW, "小于": TargetKind.BELOW, "少于": TargetKind.BELOW, "低于": TargetKind.BELOW,
    "=": TargetKind.EXACT,
}  # fmt: skip
_ENDINGS = {
    "及以上": TargetKind.AT_LEAST, "以上": TargetKind.AT_LEAST, "+": TargetKind.AT_LEAST,
    "及以下": TargetKind.AT_MOST, "以下": TargetKind.AT_MOST, "以内": TargetKind.AT_MOST,
}  # fmt: skip
_GROWTH = re.compile(r"^(?:较上年|比上年|同比)?(?:增加|增长|提高|提升|\+)(?=\d)")
_NUMBER = rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?|[{CHINESE_NUMERALS}]+"
_ABOUT = r"约|大约|近|将近|达到?"
_PHRASE = re.compile(
    rf"^(?P<head>{'|'.join(map(re.escape, _OPERATORS))})?(?P<about>{_ABOUT})?(?P<number>{_NUMBER})(?P<scale>{SCALE_PATTERN})?"
    rf"(?P<over>余|多|几)?(?P<late>{SCALE_PATTERN})?(?P<unit>[^\d,.~]*?)(?P<left>左右)?"
    rf"(?P<tail>{'|'.join(map(re.escape, _ENDINGS))})?$"
)
_RANGE = re.compile(rf"^(?P<low>{_NUMBER})(?P<first>[^\d,.~]*?)[-~—–至](?P<high>{_NUMBER})(?P<unit>[^\d,.~]*)$")
_YES = frozenset({"是", "有", "√", "达成", "已达成", "达成目标", "完成", "已完成", "达标"})
_NO = frozenset({"否", "×", "未达成", "未完成", "未达标"})
_NOTHING = frozenset({"", "无", "-", "—", "——", "/", "--"})


def parse_target(text: str | None, unit: str | None = None) -> Target:
    """The target in a cell of the office's table; `unit` is the unit of its row, into which a number is brought.

    What cannot be read for certain (two numbers, a unit that is not the row's, a sentence) stays qualitative with its text.
    """
    verbatim = (text or "").strip()
    plain = _plain(verbatim)
    if plain in _NOTHING:
        return Target(TargetKind.NONE, text=verbatim)
    if plain in _YES:
        return Target(TargetKind.YES_NO, text=verbatim)
    typed = _range(plain, unit, verbatim) or _phrase(plain, unit, verbatim)
    return typed or Target(TargetKind.QUALITATIVE, text=verbatim)


def parse_actual(text: str | None, unit: str | None = None) -> Actual:
    """The completed value in a cell, in `unit`; an operator or 余/近/约 makes it approximate, a sentence has no value."""
    verbatim = (text or "").strip()
    plain = _plain(verbatim)
    if plain in _YES | _NO:
        return Actual(plain in _YES, unit, verbatim)
    target = _phrase(plain, unit, verbatim)
    if target is None or target.kind in {TargetKind.AT_MOST, TargetKind.BELOW}:
        return Actual(None, unit, verbatim)
    exact = {TargetKind.NUMBER, TargetKind.EXACT}
    return Actual(target.low, target.unit, verbatim, target.is_approximate or target.kind not in exact)


def _plain(text: str) -> str:
    """Half-width, without blanks; a blank between digit groups ("10 115") goes too, as in a thousands separator."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def _range(plain: str, unit: str | None, verbatim: str) -> Target | None:
    match = _RANGE.match(plain)
    if not match:
        return None
    written = match["unit"] or match["first"]
    low, high = (read_amount(match[name], "", written, unit) for name in ("low", "high"))
    if low is None or high is None or low.value > high.value or (match["first"] or written) != written:
        return None
    if not written and {len(match["low"]), len(match["high"])} == {4}:
        return None  # "2019-2021" is a span of years
    return Target(TargetKind.RANGE, low.value, high.value, low.unit, verbatim)


def _phrase(plain: str, unit: str | None, verbatim: str) -> Target | None:
    """A number with at most one operator before or after it."""
    grown, growths = _GROWTH.subn("", plain)
    match = _PHRASE.match(grown)
    if not match or (match["head"] and match["tail"]):
        return None
    amount = read_amount(match["number"], match["scale"] or match["late"] or "", match["unit"], unit)
    if amount is None or (growths and amount.unit != "%"):
        return None
    kind = _OPERATORS.get(match["head"] or "") or _ENDINGS.get(match["tail"] or "") or TargetKind.NUMBER
    vague = bool(match["over"] or match["left"]) or (match["about"] or "达")[0] != "达"
    return _bounded(kind, amount, verbatim, vague)


def _bounded(kind: TargetKind, amount: Amount, verbatim: str, vague: bool) -> Target:
    if kind in {TargetKind.AT_MOST, TargetKind.BELOW}:
        return Target(kind, None, amount.value, amount.unit, verbatim, vague)
    high = amount.value if kind is TargetKind.EXACT else None
    return Target(kind, amount.value, high, amount.unit, verbatim, vague)
