"""Report: which indicators miss a target still to come if things go on as they have gone so far; a straight line, no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from schemas.indicator import Growth, Indicator, Mean, Ratio, Share, shipped_indicators
from schemas.target import Target, TargetKind
from schemas.time_window import PLAN_START, Basis, Time, Window
from tasks.report.measure import Measured
from tasks.report.measure_lines import IndicatorLine, time_of_text

Method = Literal["cumulative", "yearly", "trend", "level"]
"""cumulative: the mean rate since the plan began · yearly: the rate of this year · trend: from an earlier year's stock · level: as it is."""

_LEVEL_UNITS = frozenset({"%", "‰", "分"})
"""Numbers that do not grow with the days that pass."""
_LEAST_SHARE = Decimal(1) / 12
"""Below a month in a year nothing is extrapolated: a few days say nothing."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """A target still to come, and what is to be expected by then at the present pace, in the line's unit."""

    line: IndicatorLine
    year: int
    target: Target
    value: Decimal
    expected: Decimal
    method: Method
    is_approximate: bool

    @property
    def is_missed(self) -> bool:
        """Whether what is to be expected falls short of the target."""
        return self.target.reached(self.expected) is False


@dataclass(frozen=True, slots=True)
class Pace:
    """Every line with a target to come: the first target it misses (`missed`), on course, or not to be said and why (Chinese)."""

    missed: tuple[Outlook, ...]
    on_course: tuple[IndicatorLine, ...]
    unjudged: tuple[tuple[IndicatorLine, str], ...]


def find_pace(measured: Measured, indicators: Mapping[str, Indicator] | None = None) -> Pace:
    """How the lines of a plan stand to their targets to come, at the pace of the year measured.

    Args:
        measured: the year; its `as_of` is the day the values speak of.
        indicators: the catalogue; the shipped one when not given.
    """
    catalogue = shipped_indicators() if indicators is None else indicators
    day = min(measured.as_of, date(measured.year, 12, 31))
    missed: list[Outlook] = []
    on_course: list[IndicatorLine] = []
    unjudged: list[tuple[IndicatorLine, str]] = []
    for line in measured.indicator_lines:
        targets = dict(_targets_to_come(line, measured.year, day))
        if not targets:
            continue
        found = _outlooks(line, targets, catalogue.get(line.indicator or ""), measured.year, day)
        if isinstance(found, str):
            unjudged.append((line, found))
            continue
        first = next((each for each in found if each.is_missed), None)
        missed += [first] if first else []
        on_course += [] if first else [line]
    return Pace(tuple(missed), tuple(on_course), tuple(unjudged))


def _targets_to_come(line: IndicatorLine, year: int, day: date) -> Iterator[tuple[int, Target]]:
    """Targets whose year is not over; that of the report year only while the year runs."""
    for each, result in sorted(line.results.items()):
        if result.target.kind is not TargetKind.NONE and (each > year or (each == year and day < date(year, 12, 31))):
            yield each, result.target


def _outlooks(
    line: IndicatorLine, targets: Mapping[int, Target], indicator: Indicator | None, year: int, day: date
) -> tuple[Outlook, ...] | str:
    """What is to be expected for each target, or why nothing can be said."""
    value = line.current.value
    numeric = {each: target for each, target in targets.items() if _is_judged(target)}
    time = indicator.time if indicator else time_of_text(line.time_basis)
    if not numeric:
        return "定性目标，不作推算"
    if not isinstance(value, Decimal):
        return "目前没有可以推算的完成值"
    if time is None:
        return "没有写明时间口径，不作推算"
    method = _method(line, indicator, time)
    expected = {each: _expected(line, value, method, time, each, year, day) for each in numeric}
    if None in expected.values():
        return "已过的时间太短或只有一个年度的数据，不作推算"
    return tuple(
        Outlook(line, each, numeric[each], value, _as_exact_as(value, found), method, line.current.is_approximate)
        for each, found in expected.items() if found is not None
    )  # fmt: skip


def _is_judged(target: Target) -> bool:
    """Whether more or less of something reaches the target; an exact number and a yes are no matter of pace."""
    return target.is_numeric and target.kind is not TargetKind.EXACT and target.reached(Decimal(0)) is not None


def _method(line: IndicatorLine, indicator: Indicator | None, time: Time) -> Method:
    is_rate = indicator is not None and isinstance(indicator.measure, Ratio | Share | Mean | Growth)
    if is_rate or line.unit in _LEVEL_UNITS:
        return "level"
    if time.basis is Basis.CUMULATIVE:
        return "cumulative"
    return "trend" if time.basis is Basis.AS_AT else "yearly"


def _expected(
    line: IndicatorLine, value: Decimal, method: Method, time: Time, target_year: int, year: int, day: date
) -> Decimal | None:
    """The value to be expected for `target_year`; None where the days or years behind it are too few."""
    if method == "level":
        return value
    if method == "trend":
        return _trend(line, value, target_year, year, day)
    # A yearly number starts again each year: this year's rate is what later years can be expected to bring too.
    whole = (
        Window(PLAN_START, date(target_year, 12, 31), True) if method == "cumulative" else time.window(year, date.max)
    )
    share = _elapsed(whole, day)
    least = _LEAST_SHARE * 365 / _days(whole) if method == "cumulative" else _LEAST_SHARE
    return value / share if share >= least else None


def _elapsed(window: Window, day: date) -> Decimal:
    """The share of a window's days that have passed at the end of `day`, 0 to 1."""
    first = window.shown_from
    passed = (min(day, window.last) - first).days + 1
    return Decimal(max(passed, 0)) / _days(window)


def _days(window: Window) -> int:
    return (window.last - window.shown_from).days + 1


def _trend(line: IndicatorLine, value: Decimal, target_year: int, year: int, day: date) -> Decimal | None:
    """A stock: what it gained a day since the first year's end that is known. Nobody knows it at the plan's beginning."""
    known = {each: result.value for each, result in sorted(line.results.items()) if each < year}
    first = next(((each, found) for each, found in known.items() if isinstance(found, Decimal)), None)
    if first is None:
        # One that is there already is expected to stay.
        return value if line.results[target_year].target.reached(value) else None
    passed = (day - date(first[0], 12, 31)).days
    if passed < 365 * _LEAST_SHARE:
        return None
    gained = (value - first[1]) / passed * (date(target_year, 12, 31) - day).days
    return max(value + gained, Decimal(0))


def _as_exact_as(value: Decimal, found: Decimal) -> Decimal:
    """Rounded like the value: what is printed is what is compared."""
    if value == value.to_integral_value():
        return found.quantize(Decimal(1), ROUND_HALF_UP)
    return found.quantize(value.normalize(), ROUND_HALF_UP)
