"""Intake, conforming: the texts clerks write for days, months, spans of days and parts of a year, as spans of days."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from schemas.units import CHINESE_DIGITS

YEARS = (1950, 2100)
"""Years a ledger can speak of; what lies a little before them was miscounted by software."""
_MISCOUNTED = (1899, 1949)
_SHORT_YEARS = range(13, 50)
"""Two digits that can only be a year in front: no month is as large, and nobody in China writes the day first."""

_TO = r"(?:至|到|~|-+|一)"
_LIST = r"[、和及与]"
_REST = (
    r"(?P<next>次年|翌年|当年|同年)?(?:(?P<rm>\d{1,2})(?:月|[-./]))?(?P<rd>\d{1,2})(?P<ru>[日号月]?)|(?P<rm2>\d{1,2})月"
)


def _ymd(mark: str = "") -> str:
    """A day or month with its year: 2021.3.5, 2021年3月, 2021.3月5日, 2021年3.5."""
    return (
        rf"(?P<y{mark}>\d{{4}})(?:(?P<s{mark}>[-./])(?P<m{mark}>\d{{1,2}})"
        rf"(?:(?P=s{mark})(?P<d{mark}>\d{{1,2}})[日号]?|月(?:(?P<e{mark}>\d{{1,2}})[日号]?)?)?"
        rf"|年(?P<n{mark}>\d{{1,2}})(?:月(?:(?P<f{mark}>\d{{1,2}})[日号]?)?|[./](?P<g{mark}>\d{{1,2}})[日号]?)?)"
    )


_ONE = re.compile(_ymd())
_RANGE = re.compile(rf"[自从由]?{_ymd()}(?:{_TO}(?:{_ymd('2')}|{_REST})|{_LIST}(?:{_REST.replace('?P<', '?P<l')}))止?")
_OPEN = re.compile(rf"[自从由]?{_ymd()}(?:起|开始|以来|-*至?(?:至今|今|现在))")
_COMPACT = re.compile(r"(?P<y>\d{4})(\d{2})(\d{2})?")
_COMPACT_RANGE = re.compile(r"(?P<y>\d{4})(\d{4})(?:至|到|~|-+)(\d{8}|\d{4}|\d{2})")
_ENGLISH = re.compile(
    r"(?:(?P<a>\d{1,2})-?(?P<b>[a-z]{3})[a-z]*|(?P<c>[a-z]{3})[a-z]*\.?-?(?P<e>\d{1,2}))[-,]*(?P<y>\d{4}|[1-4]\d)"
)
_HALF = re.compile(r"(?P<y>\d{4})年?度?(?P<half>[上下])半年")
_QUARTER = re.compile(r"(?P<y>\d{4})年?度?(?:第?(?P<word>[一二三四1-4])季度?|q(?P<q>[1-4]))")
_TERM = re.compile(
    r"(?P<y>\d{4})(?:[-~至/](?P<y2>\d{4}|\d{2}))(?:学年度?-?(?:第?(?P<word>[一二12上下])学期)|-(?P<term>[12]))"
)
_SEASON_TERM = re.compile(r"(?P<y>\d{4})年?(?P<season>[春秋])季?学期?")
_PART = re.compile(rf"{_ymd()}(?:份)?(?P<part>[上中下]旬|初|底|末)")
_YEAR_END = re.compile(r"(?P<y>\d{4})年?(?P<end>年初|年底|年末|初|底|末)")
_YEAR_ONLY = re.compile(r"20\d\d(?:(?:年|年度|年?全年)?|(?:[-~至/](?:20\d\d|\d\d))?学?年?度?)")
_NO_YEAR = re.compile(
    rf"\d{{1,2}}(?:月\d{{1,2}}[日号]?|[-./]\d{{1,2}}(?:[-./]\d{{2}}(?:\d{{2}})?)?)(?:{_TO}(?:\d{{1,2}}[-./月])?\d{{1,2}}[日号]?)?"
    r"|\d{1,2}月(?:[上中下]旬|初|底|末)?|[a-z]{3}[a-z]*-\d{2}"
)
_AS_IT_IS = re.compile(r"[0-9]{4}(?:([-./])[0-9]{1,2}\1[0-9]{1,2}|年[0-9]{1,2}月[0-9]{1,2}日|[0-9]{4})")
"""What most clerks write, in which `plain_date` finds nothing to change."""
_ABOUT = re.compile(r"^(?:大约|约|大概)|(?:左右|前后)$")
_SHORT_YEAR = re.compile(r"(?<!\d)(\d{2})(?=年\d)")
_SHORT_DATE = re.compile(r"(?:(?<![\d./-])|(?<=-)(?=\d{2}[./]))(\d{2})(?=([./-])\d{1,2}\2\d{1,2}(?!\d))")
_ODD_MARKS = re.compile(r"(\d{4})[,、。 ](\d{1,2})(?:[,、。 ](\d{1,2}))?")
_CLOCK = re.compile(r"[T\s]*\d{1,2}:\d{2}(:\d{2})?(\.\d+)?\s*$")
_NOTES = re.compile(r"\([^)]*\)|(?:星期|周)[一二三四五六日天]|[上下]午$")
CHINESE_FIGURES = str.maketrans({character: str(value) for character, value in CHINESE_DIGITS.items()})
_CHINESE_TEN = re.compile(r"([一二三]?)十([一二三四五六七八九]?)")
_CHINESE_PART = re.compile(r"(?<=[年月])[一二三四五六七八九十〇零]{1,3}(?=[月日号])")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class Span:
    """The days a cell names: first and last, the same for a single day.

    Attributes:
        is_month: it names no day.
        is_range: it names where it begins and where it ends; `is_open` when it has not ended (2021年3月至今).
        is_vague: it stands for days nobody wrote down (上半年, 3月上旬, 约).
    """

    first: date
    last: date
    is_month: bool = False
    is_range: bool = False
    is_vague: bool = False
    is_open: bool = False


def parse_date_text(text: str) -> Span | str:
    """What a text says, or a problem: bad_date, too_coarse (2021年), ambiguous (3月5日), wrong_century (1921/3/5)."""
    plain = text if _AS_IT_IS.fullmatch(text) else plain_date(text)
    if not plain:
        return "bad_date" if text.strip("0:：. ") else "wrong_century"  # an empty cell formatted as a date reads 0:00
    about = _ABOUT.sub("", plain)
    for pattern, build in _FORMS:
        match = pattern.fullmatch(about)
        if match:
            span = _checked(build, match)
            return replace(span, is_vague=True) if about != plain and isinstance(span, Span) else span
    if _YEAR_ONLY.fullmatch(about):
        return "too_coarse"
    return "ambiguous" if _NO_YEAR.fullmatch(about) else "bad_date"


def plain_date(text: str) -> str:
    """The text without width, spaces, clock and weekday, its years in four digits and its numerals Arabic."""
    plain = unicodedata.normalize("NFKC", text).strip().strip("'").replace("−", "-")
    plain = _CLOCK.sub("", plain) if ":" in plain else plain
    odd = _ODD_MARKS.fullmatch(plain)
    if odd:
        return ".".join(filter(None, odd.groups()))
    plain = _NOTES.sub("", "".join(plain.split())).lower()
    plain = re.sub(r"[—–―‐]", "-", plain).rstrip("。.,;")
    plain = _CHINESE_PART.sub(lambda part: _arabic(part[0]), plain)
    if "年" in plain and not re.search(r"\d{4}|\d年", plain):
        head, year, rest = plain.partition("年")
        plain = _arabic(head) + year + rest
    return _SHORT_DATE.sub(_with_century, _SHORT_YEAR.sub(r"20\1", plain))


def _arabic(text: str) -> str:
    tens = _CHINESE_TEN.sub(lambda ten: f"{ten[1] or '一'}{ten[2] or '〇'}", text)
    return tens.translate(CHINESE_FIGURES)


def _with_century(match: re.Match[str]) -> str:
    return f"20{match[1]}" if int(match[1]) in _SHORT_YEARS else match[1]


def year_problem(year: int) -> str | None:
    """Why no ledger speaks of that year: wrong_century where software made it, bad_date otherwise."""
    if YEARS[0] <= year <= YEARS[1]:
        return None
    return "wrong_century" if year < 100 or _MISCOUNTED[0] <= year <= _MISCOUNTED[1] else "bad_date"


def _checked(build: Callable[[re.Match[str]], Span], match: re.Match[str]) -> Span | str:
    problem = year_problem(int(match["y"])) if len(match["y"]) == len("2021") else None
    if problem:
        return problem
    try:
        span = build(match)
    except ValueError:
        return "bad_date"
    return span if span.first <= span.last and year_problem(span.last.year) is None else "bad_date"


def day_span(day: date) -> Span:
    """A single day."""
    return Span(day, day)


def month_span(year: int, month: int) -> Span:
    """A month.

    Raises:
        ValueError: there is no such month.
    """
    first = date(year, month, 1)
    return Span(first, first.replace(day=monthrange(year, month)[1]), is_month=True)


def _single(match: re.Match[str], mark: str = "") -> Span:
    year, month = int(match[f"y{mark}"]), int(match[f"m{mark}"] or match[f"n{mark}"])
    day = next(filter(None, (match[f"{name}{mark}"] for name in "defg")), None)
    return day_span(date(year, month, int(day))) if day else month_span(year, month)


def _compact(match: re.Match[str]) -> Span:
    year, month, day = match.groups()
    return day_span(date(int(year), int(month), int(day))) if day else month_span(int(year), int(month))


def _compact_range(match: re.Match[str]) -> Span:
    first, rest = match[1] + match[2], match[3]
    whole = first[: 8 - len(rest)] + rest
    return Span(date.fromisoformat(first), date.fromisoformat(whole), is_range=True)


def _ranged(match: re.Match[str]) -> Span:
    start = _single(match)
    end = _single(match, "2") if match["y2"] else _short_end(start, match)
    return Span(start.first, end.last, is_month=start.is_month and end.is_month, is_range=True)


def _short_end(start: Span, match: re.Match[str]) -> Span:
    """The end of a range that leaves out its year, or its month too."""
    later, month, number, sort, only_month = (match[n] or match[f"l{n}"] for n in ("next", "rm", "rd", "ru", "rm2"))
    year = start.first.year + (later in ("次年", "翌年"))
    if only_month or sort == "月" or (start.is_month and not month):
        if sort in ("日", "号"):
            raise ValueError("2021年3-5日 names no month's day")
        return month_span(year, int(only_month or number))
    return day_span(date(year, int(month or start.first.month), int(number)))


def _ongoing(match: re.Match[str]) -> Span:
    return replace(_single(match), is_range=True, is_open=True)


def _english(match: re.Match[str]) -> Span:
    year = int(match["y"]) + (2000 if len(match["y"]) == len("21") else 0)
    return day_span(date(year, _MONTHS.index(match["b"] or match["c"]) + 1, int(match["a"] or match["e"])))


def _months(first: tuple[int, int], last: tuple[int, int]) -> Span:
    return Span(month_span(*first).first, month_span(*last).last, is_month=True, is_range=True, is_vague=True)


def _half(match: re.Match[str]) -> Span:
    year, month = int(match["y"]), 1 if match["half"] == "上" else 7
    return _months((year, month), (year, month + 5))


def _quarter(match: re.Match[str]) -> Span:
    year, number = int(match["y"]), int((match["q"] or match["word"]).translate(CHINESE_FIGURES))
    return _months((year, 3 * number - 2), (year, 3 * number))


def _term(match: re.Match[str]) -> Span:
    """第一学期 runs from September to January, 第二学期 from February to July."""
    year, following = int(match["y"]), int(match["y2"])
    if following % 100 != (year + 1) % 100:
        raise ValueError("a school year ends in the year after it began")
    return _autumn(year) if (match["word"] or match["term"]) in "一1上" else _months((year + 1, 2), (year + 1, 7))


def _autumn(year: int) -> Span:
    return _months((year, 9), (year + 1, 1))


def _season_term(match: re.Match[str]) -> Span:
    year = int(match["y"])
    return _autumn(year) if match["season"] == "秋" else _months((year, 2), (year, 7))


def _part(match: re.Match[str]) -> Span:
    month = _single(match)
    if not month.is_month:
        raise ValueError("a day has no parts")
    first, last = {"上": (1, 10), "初": (1, 10), "中": (11, 20)}.get(match["part"][0], (21, month.last.day))
    return replace(month, first=month.first.replace(day=first), last=month.first.replace(day=last), is_vague=True)


def _year_end(match: re.Match[str]) -> Span:
    return replace(month_span(int(match["y"]), 1 if match["end"].endswith("初") else 12), is_vague=True)


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Span]], ...] = (
    (_COMPACT, _compact), (_ONE, _single), (_COMPACT_RANGE, _compact_range), (_TERM, _term), (_RANGE, _ranged), (_OPEN, _ongoing),
    (_HALF, _half), (_QUARTER, _quarter), (_SEASON_TERM, _season_term), (_PART, _part), (_YEAR_END, _year_end), (_ENGLISH, _english),
)  # fmt: skip
