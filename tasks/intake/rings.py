"""Intake, judgement of the outer rings by our own hand: what a ledger comes to, against other ledgers and earlier years."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from schemas.ring import RingRule, Slice, Total
from schemas.rule import Rule, RuleKind
from tasks.intake.frame import Bools, Frame, Numbers

DIGITS = 6
"""Sums are compared rounded: the order they were added up in is no finding."""
FEN = 0.01


@dataclass(frozen=True, slots=True)
class Claim:
    """What one rule compared in one submission, told on frame row `row`.

    `extent` grows with how unlikely it is: an explanation covers what is not further off than what it explained.
    """

    row: int
    part: Slice
    value: float
    against: float
    extent: float
    fails: bool


def claims_of(frame: Frame, rule: Rule) -> list[Claim]:
    """Everything a ring rule compares in the frame, in the order of its rows; submissions of other years are left alone."""
    if rule.ring is None or not len(frame):
        return []
    found = _CLAIMS[rule.kind](frame, rule, rule.ring)
    in_years = (one for one in found if rule.years[0] <= frame.period[one.row] <= rule.years[1])
    return sorted(in_years, key=lambda claim: claim.row)


def ring_failures(frame: Frame, rule: Rule) -> Bools:
    """The rows on which a failing claim of the rule is told."""
    failing = np.zeros(len(frame), dtype=np.bool_)
    failing[[claim.row for claim in claims_of(frame, rule) if claim.fails]] = True
    return failing


def amounts(frame: Frame, name: str) -> Numbers:
    """What each row adds to a sum: its number, or one for a filled cell; a blank or unread cell adds nothing."""
    column = frame.columns[name]
    distinct = column.values if column.values.dtype.kind == "f" else (~column.is_blank & ~column.has_problem) * 1.0
    summed: Numbers = np.nan_to_num(distinct.astype(np.float64))[column.codes]
    return summed


def texts(frame: Frame, name: str, blank: str = "") -> npt.NDArray[np.object_]:
    """Each row's value as a text."""
    column = frame.columns[name]
    distinct = np.array([blank if value is None else str(value) for value in column.values.tolist()], dtype=np.object_)
    return distinct[column.codes]


def _starts(frame: Frame) -> Iterator[tuple[int, slice]]:
    """The submissions that have rows: their number and their rows."""
    numbers, firsts, counts = np.unique(frame.submission, return_index=True, return_counts=True)
    for number, first, count in zip(numbers.tolist(), firsts.tolist(), counts.tolist(), strict=True):
        yield number, slice(first, first + count)


def _earlier(frame: Frame, rule: Rule, row: int) -> list[Total]:
    """The same partner's totals of earlier periods."""
    code = frame.submissions[frame.submission[row]].partner_code
    return [t for t in frame.surroundings.of(rule.need) if t.partner_code == code and t.period < int(frame.period[row])]


def _jumps(frame: Frame, rule: Rule, ring: RingRule) -> Iterator[Claim]:
    summed, factor = amounts(frame, rule.columns[0]), ring.factor or 1.0
    for _, rows in _starts(frame):
        last = [t for t in _earlier(frame, rule, rows.start) if t.period == int(frame.period[rows.start]) - 1]
        value, before = _sum(summed[rows]), _sum([t.amounts[0] for t in last])
        if before > 0 and max(value, before) >= ring.floor:
            ratio = value / before
            extent = max(value, before) / max(min(value, before), 1.0)
            yield Claim(rows.start, (), value, before, extent, ratio > factor or ratio < 1 / factor)


def _falls(frame: Frame, rule: Rule, _: RingRule) -> Iterator[Claim]:
    summed = amounts(frame, rule.columns[0])
    for _number, rows in _starts(frame):
        earlier = _earlier(frame, rule, rows.start)
        if earlier:
            latest = max(t.period for t in earlier)
            before = _sum([t.amounts[0] for t in earlier if t.period == latest])
            value = _sum(summed[rows])
            yield Claim(rows.start, (), value, before, before - value, value < before)


def _cumulates(frame: Frame, rule: Rule, ring: RingRule) -> Iterator[Claim]:
    low, high = (amounts(frame, name) for name in rule.columns)
    parts = texts(frame, ring.part_column or "", ring.whole or "")
    for _, rows in _starts(frame):
        earlier = _earlier(frame, rule, rows.start)
        for part in dict.fromkeys(parts[rows].tolist()):
            chosen = rows.start + np.flatnonzero(parts[rows] == part)
            past = [t.amounts for t in earlier if (t.part[0] or ring.whole or "") == part]
            value = _sum([*low[chosen], *(a[0] for a in past)])
            against = _sum([*high[chosen], *(a[1] for a in past)])
            yield Claim(int(chosen[0]), (part,), value, against, value - against, value - against > FEN)


def _contains(frame: Frame, rule: Rule, ring: RingRule) -> Iterator[Claim]:
    summed, parts = amounts(frame, rule.columns[0]), texts(frame, ring.part_column or "", ring.whole or "")
    for _, rows in _starts(frame):
        is_whole, is_part = parts[rows] == ring.whole, np.isin(parts[rows].astype(str), ring.parts)
        if is_whole.any() and is_part.any():
            value, against = _sum(summed[rows][is_whole]), _sum(summed[rows][is_part])
            yield Claim(rows.start, (), value, against, against - value, against - value > FEN)


def _lacks(frame: Frame, rule: Rule, ring: RingRule) -> Iterator[Claim]:
    known = {total.part for total in frame.surroundings.of(rule.need)}
    if not known:
        return
    keys = [texts(frame, name) for name in rule.columns]
    wanted = np.logical_and.reduce([key != "" for key in keys])
    if ring.when_positive:
        wanted &= amounts(frame, ring.when_positive) > 0
    seen: set[tuple[int, Slice]] = set()
    for row in np.flatnonzero(wanted).tolist():
        part = tuple(str(key[row]) for key in keys)
        if (int(frame.submission[row]), part) not in seen:
            seen.add((int(frame.submission[row]), part))
            yield Claim(row, part, 0.0 if part not in known else 1.0, 1.0, 1.0, part not in known)


def _sum(numbers: Sequence[float] | Numbers) -> float:
    return round(float(np.sum(numbers)), DIGITS)


_CLAIMS = {
    RuleKind.JUMP: _jumps,
    RuleKind.FALLS: _falls,
    RuleKind.CUMULATIVE: _cumulates,
    RuleKind.CONTAINED: _contains,
    RuleKind.COUNTERPART: _lacks,
}
