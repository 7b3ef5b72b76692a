"""Intake, conforming: the texts clerks write for numbers: digits of any width, Chinese numerals, units, scales, approximations."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from schemas.units import CHINESE_DIGITS, CHINESE_NUMERALS, SCALE_PATTERN, SCALES, canonical_unit, chinese_number

_TOTAL = r"(?:共计|合计|总计|累计|总共|共有|达到|共|计|达)?"
_BEFORE = (
    r"(?P<about_before>不少于|不低于|不小于|不超过|不多于|不大于|不高于|不足|不到|至少|最少|起码|至多|最多|超过|多于|大于|高于|少于|低于|小于|未满"
    r"|大约|约为|约莫|大概|大致|估计|预计|将近|接近|约|近|超|逾|上|>=|<=|[≥≧≤≦><≈~])?"
)
_SCALE = rf"(?P<scale>{SCALE_PATTERN})?"
_AFTER = r"(?P<about_after>左右|以上|以下|以内|之内|上下|不到|不足|余|多|许|\+|~|\((?:约|大约|估|估计|左右)\))?"
_NUMBER = re.compile(
    rf"{_TOTAL}{_BEFORE}(?P<yuan>人民币|rmb|cny|¥)?(?P<number>[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?P<power>e[+-]?\d+)?)"
    rf"(?P<about_inside>余|多|来|几|\+)?{_SCALE}(?P<about_scaled>余|多)?(?P<unit>m\^?2|[^\d余多()~]*?){_AFTER}"
)
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:[,' ]\d{3})+(?![\d,])")
_CHINESE = re.compile(rf"[{CHINESE_NUMERALS}万亿]+")
_CHINESE_POINT = re.compile(rf"([{CHINESE_NUMERALS}]+)点([{''.join(CHINESE_DIGITS)}]+)")
_MIXED = re.compile(r"\d{1,4}[亿万千百]\d(?:[\d亿万千百]*)")
_MIXED_PARTS = re.compile(r"(\d*)([亿万千百]?)")
_ONE = r"\d+(?:\.\d+)?"
_RANGE = re.compile(rf"[^\d]{{0,3}}{_ONE}[^\d~至到±/—-]{{0,3}}(?:[-~至到—±]+|/){_ONE}\D*")
_CHINESE_RANGE = re.compile(r"\D?(?:[一二三四五六七八九两][二三四五六七八九](?![一二三四五六七八九])\D*)")
_OF_WHICH = re.compile(r"\((?:其中|含|包括|不含|内含)[^()]*\)$")
_BRACKETED_UNIT = re.compile(r"\(([^()\d]{1,4})\)$")
_HALF = re.compile(r"^(\d*)半(?=天|日|年|月|个月|周|小时|学时)|^(\d+)(天|日|年|个月|周|小时)半$")
_PERSONS = re.compile(r"(?:名|位|个|人)?(?:教师|老师|学生|学员|师生|教职工|干部|群众|村民|居民|职工|农民|专家|志愿者)")
_TEN_THOUSAND = re.compile(r"(?<=\d)w(?![a-z])")
_FORMAL_PLACES = str.maketrans("仟佰", "千百")
_LOST_FROM = 11
"""Power of ten from which Excel shows a plain number in scientific notation, and keeps six digits of it in a text file."""


@dataclass(frozen=True, slots=True)
class ParsedNumber:
    """A number as written: its value with the scale word applied, its unit (canonical or as written), how sure it is."""

    value: float
    unit: str = ""
    is_scaled: bool = False
    is_approximate: bool = False
    has_yuan_sign: bool = False


def parse_number(text: str) -> ParsedNumber | str:
    """The number in a text, or the problem that keeps it from being one: not_number, number_range, ambiguous, scientific."""
    plain = _plain(text)
    if re.search(r"\d\s+\d", plain):
        return "ambiguous"
    plain = _without_notes("".join(plain.split()))
    figures = _figures(plain)
    match = _NUMBER.fullmatch(figures)
    if match is None:
        is_range = _RANGE.fullmatch(figures) or _CHINESE_RANGE.fullmatch(plain)
        return "number_range" if is_range else "not_number"
    if match["power"] and int(match["power"][1:]) >= _LOST_FROM:
        return "scientific"
    return _parsed(match)


def _parsed(match: re.Match[str]) -> ParsedNumber:
    scale, unit = match["scale"], _PERSONS.sub("人", match["unit"])
    abouts = ("about_before", "about_inside", "about_scaled", "about_after")
    return ParsedNumber(
        value=float(match["number"]) * SCALES.get(scale, 1),
        unit=canonical_unit(unit) or unit,
        is_scaled=scale is not None,
        is_approximate=any(match[name] for name in abouts),
        has_yuan_sign=match["yuan"] is not None,
    )


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).strip().lstrip("'").lower().replace("−", "-").replace("，", ",")
    return _THOUSANDS.sub(lambda match: re.sub(r"[,' ]", "", match.group()), plain)


def _without_notes(plain: str) -> str:
    """Without what stands behind the number and changes nothing: a full stop, 其中 …, the brackets around a unit."""
    plain = _OF_WHICH.sub("", plain.rstrip(";。,、."))
    inner = _BRACKETED_UNIT.search(plain)
    if inner and canonical_unit(inner[1]):
        plain = plain[: inner.start()] + inner[1]
    return plain


def _figures(text: str) -> str:
    """The number in figures: 一百二十人 → 120人, 十余万 → 10余万, 3万5千 → 3.5万, 一天半 → 1.5天, 3w → 3万."""
    text = _TEN_THOUSAND.sub("万", text)
    if re.search(r"\d", text):
        text = _MIXED.sub(_joined_places, text.translate(_FORMAL_PLACES))
    else:
        text = _CHINESE_POINT.sub(_with_point, text)
        text = _CHINESE.sub(_in_figures, text, count=1) if not re.search(r"\d", text) else text
    return _HALF.sub(lambda half: f"{half[1] or half[2] or 0}.5{half[3] or ''}", text)


def _with_point(match: re.Match[str]) -> str:
    whole = chinese_number(match[1])
    return match[0] if whole is None else f"{whole}.{''.join(str(CHINESE_DIGITS[digit]) for digit in match[2])}"


def _in_figures(match: re.Match[str]) -> str:
    """三万 becomes 3万, not 30000: in a column of 万元 the difference is ten thousandfold."""
    value = chinese_number(match.group())
    if value is None:
        return match.group()
    return f"{Decimal(value) / SCALES['万']:f}万" if set("万亿") & set(match.group()) else str(value)


def _joined_places(match: re.Match[str]) -> str:
    """3万5千 and 3万5 are 3.5万; the last figure, standing alone, takes the place below the one before it."""
    total = section = 0
    below = 1
    for number, place in _MIXED_PARTS.findall(match[0]):
        if not number and not place:
            continue
        value = int(number or 0)
        if place in ("万", "亿"):
            total, section = total + (section + value) * SCALES[place], 0
        else:
            section += value * (SCALES[place] if place else below if value < 10 else 1)
        below = SCALES[place] // 10 if place else 1
    scale = "万" if set("万亿") & set(match[0]) else "千"
    return f"{Decimal(total + section) / SCALES[scale]:f}{scale}"
