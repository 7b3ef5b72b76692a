"""Intake, validation of the outer rings: the columns Great Expectations looks at, worked out by pandas apart from our own hand.

Each holds one number on the first row a comparison concerns and nothing on the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from schemas.ring import RingRule
from schemas.rule import Rule, RuleKind
from tasks.intake.frame import Frame
from tasks.intake.rings import DIGITS, FEN

Series: TypeAlias = "pd.Series[Any]"
Bounds: TypeAlias = tuple[float | None, float | None]

_SLOT = ["submission", "partner", "period"]


def ring_bounds(rule: Rule) -> Bounds:
    """Least and greatest allowed value of the worked-out column of a ring rule."""
    factor = rule.ring.factor if rule.ring else None
    if rule.kind is RuleKind.JUMP and factor:
        return 1 / factor, factor
    return {RuleKind.FALLS: 0.0, RuleKind.COUNTERPART: 1.0}.get(rule.kind, -FEN), None


def ring_column(frame: Frame, series: Mapping[str, Series], rule: Rule) -> Series:
    """The worked-out column of a ring rule, one entry a frame row."""
    column = pd.Series(np.nan, index=pd.RangeIndex(len(frame)))
    if rule.ring is None or not len(frame):
        return column
    codes = np.array([submission.partner_code for submission in frame.submissions], dtype=object)
    rows = pd.DataFrame(
        {
            "row": column.index,
            "submission": frame.submission,
            "partner": codes[frame.submission],
            "period": frame.period,
        }
    )
    rows = rows[rows["period"].between(*rule.years)]
    told = _WORKINGS[rule.kind](rows, series, rule, rule.ring, _totals(frame, rule)) if len(rows) else {}
    for row, number in told.items():
        column[row] = number
    return column


def _totals(frame: Frame, rule: Rule) -> pd.DataFrame:
    names = [f"was{n}" for n in range(len(rule.need.of) if rule.need else 0)]
    told = [(t.partner_code, t.period, t.part, *t.amounts) for t in frame.surroundings.of(rule.need)]
    return pd.DataFrame(told, columns=["partner", "earlier", "part", *names])


def _amount(series: Mapping[str, Series], name: str) -> Series:
    values = series[name]
    return values.fillna(0.0) if values.dtype.kind == "f" else series[name].notna().astype(float)


def _part(series: Mapping[str, Series], name: str | None, blank: str | None) -> Series:
    return series[name or ""].fillna(blank or "").astype(str)


def _against_last(rows: pd.DataFrame, series: Mapping[str, Series], rule: Rule, totals: pd.DataFrame) -> pd.DataFrame:
    """One line a submission that has an earlier total: its sum `now` and those of all its earlier periods."""
    lines = rows.assign(now=_amount(series, rule.columns[0])).groupby(_SLOT, sort=False)
    own = lines.agg(row=("row", "min"), now=("now", "sum")).reset_index()
    earlier = totals.groupby(["partner", "earlier"])["was0"].sum().reset_index()
    joined = own.merge(earlier, on="partner")
    joined = joined[joined["earlier"] < joined["period"]]
    return joined.assign(now=joined["now"].round(DIGITS), was0=joined["was0"].round(DIGITS))


def _jumps(
    rows: pd.DataFrame, series: Mapping[str, Series], rule: Rule, ring: RingRule, totals: pd.DataFrame
) -> Mapping[int, float]:
    lines = _against_last(rows, series, rule, totals)
    lines = lines[(lines["earlier"] == lines["period"] - 1) & (lines["was0"] > 0)]
    lines = lines[lines[["now", "was0"]].max(axis=1) >= ring.floor]
    return dict(zip(lines["row"], lines["now"] / lines["was0"], strict=True))


def _falls(
    rows: pd.DataFrame, series: Mapping[str, Series], rule: Rule, _: RingRule, totals: pd.DataFrame
) -> Mapping[int, float]:
    lines = _against_last(rows, series, rule, totals).sort_values("earlier").drop_duplicates("row", keep="last")
    return dict(zip(lines["row"], lines["now"] - lines["was0"], strict=True))


def _cumulates(
    rows: pd.DataFrame, series: Mapping[str, Series], rule: Rule, ring: RingRule, totals: pd.DataFrame
) -> Mapping[int, float]:
    low, high = (_amount(series, name) for name in rule.columns)
    lines = rows.assign(room=high - low, part=_part(series, ring.part_column, ring.whole))
    own = lines.groupby([*_SLOT, "part"], sort=False).agg(row=("row", "min"), room=("room", "sum")).reset_index()
    past = totals.assign(
        part=[part[0] or ring.whole or "" for part in totals["part"]], past=totals["was1"] - totals["was0"]
    )
    joined = own.merge(past, on=["partner", "part"])
    earlier = joined[joined["earlier"] < joined["period"]].groupby("row")["past"].sum()
    room = own.set_index("row")["room"].add(earlier.astype(float), fill_value=0.0)
    return {int(row): float(number) for row, number in room.round(DIGITS).items()}  # type: ignore[call-overload]


def _contains(
    rows: pd.DataFrame, series: Mapping[str, Series], rule: Rule, ring: RingRule, _: pd.DataFrame
) -> Mapping[int, float]:
    part, amount = _part(series, ring.part_column, ring.whole), _amount(series, rule.columns[0])
    lines = rows.assign(whole=amount.where(part == ring.whole), parts=amount.where(part.isin(ring.parts)))
    found = lines.groupby("submission", sort=False).agg(
        row=("row", "min"),
        whole=("whole", "sum"),
        wholes=("whole", "count"),
        parts=("parts", "sum"),
        n=("parts", "count"),
    )
    found = found[(found["wholes"] > 0) & (found["n"] > 0)]
    return dict(zip(found["row"], found["whole"].round(DIGITS) - found["parts"].round(DIGITS), strict=True))


def _lacks(
    rows: pd.DataFrame, series: Mapping[str, Series], rule: Rule, ring: RingRule, totals: pd.DataFrame
) -> Mapping[int, float]:
    if totals.empty:
        return {}
    keys = [_part(series, name, "") for name in rule.columns]
    lines = rows.assign(key=pd.Series(zip(*(key[rows.index] for key in keys), strict=True), index=rows.index))
    for key in keys:
        lines = lines[key[lines.index] != ""]
    if ring.when_positive:
        lines = lines[_amount(series, ring.when_positive)[lines.index] > 0]
    first = lines.drop_duplicates(["submission", "key"])
    return dict(zip(first["row"], first["key"].isin(set(totals["part"])).astype(float), strict=True))


_WORKINGS: Mapping[
    RuleKind,
    Callable[[pd.DataFrame, Mapping[str, Series], Rule, RingRule, pd.DataFrame], Mapping[int, float]],
] = {
    RuleKind.JUMP: _jumps,
    RuleKind.FALLS: _falls,
    RuleKind.CUMULATIVE: _cumulates,
    RuleKind.CONTAINED: _contains,
    RuleKind.COUNTERPART: _lacks,
}
