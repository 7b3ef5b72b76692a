"""Intake, judgement by our own hand: every rule of a contract as a numpy mask, evaluated on distinct cells where it can be.

Needs no Great Expectations: `doublehigh check` stands on it alone, and the nightly validation is cross-checked with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from schemas.contract import Column, ColumnType, Contract
from schemas.personal import holds_personal_number
from schemas.rule import RINGS, Rule, RuleKind, rules_of
from tasks.intake.frame import Bools, Frame, JudgedColumn, Numbers
from tasks.intake.rings import ring_failures

Positions = npt.NDArray[np.int64]

SUM_EPSILON = 1e-6
"""Yuan and counts are sums of floats here; a millionth of a yuan is arithmetic, not a mistake."""


def find_failures(contract: Contract, frame: Frame) -> Mapping[str, Positions]:
    """Frame rows that fail each rule, by rule id, ascending; every rule of the contract has an entry.

    A blank fails only required, required_when and any_of; a cell that could not be read fails only readable.
    """
    required = frozenset(column.name for column in contract.columns if column.required)
    return {
        rule.rule_id: np.flatnonzero(_failing_in_years(contract, frame, rule, required)) for rule in rules_of(contract)
    }


def _failing_in_years(contract: Contract, frame: Frame, rule: Rule, required: frozenset[str]) -> Bools:
    """A rule of other years does not hold for a period."""
    if rule.kind in RINGS:
        return ring_failures(frame, rule)
    failing = _failing(contract, frame, rule, required)
    if rule.years == contract.years:
        return failing
    return failing & (frame.period >= rule.years[0]) & (frame.period <= rule.years[1])


def _failing(contract: Contract, frame: Frame, rule: Rule, required: frozenset[str]) -> Bools:
    if not len(frame):
        return np.zeros(0, dtype=np.bool_)
    first = frame.columns[rule.columns[0]]
    match rule.kind:
        case RuleKind.IN_PERIOD:
            return _out_of_period(frame, first, rule)
        case RuleKind.ORDERED:
            return _disordered(frame, rule, contract.column(rule.columns[0]), contract.column(rule.columns[1]))
        case RuleKind.UNIQUE:
            return _repeated(frame, rule, required)
        case RuleKind.AT_MOST | RuleKind.SUM_OF | RuleKind.REQUIRED_WHEN | RuleKind.ANY_OF:
            return _ACROSS[rule.kind](frame, rule)
    return first.on_rows(_ON_CELLS[rule.kind](first, rule))


def _unreadable(column: JudgedColumn, _: Rule) -> Bools:
    return column.has_problem


def _blank(column: JudgedColumn, _: Rule) -> Bools:
    return column.is_blank


def _below(column: JudgedColumn, rule: Rule) -> Bools:
    return column.counted() < (-np.inf if rule.bound is None else rule.bound)  # NaN is below nothing


def _above(column: JudgedColumn, rule: Rule) -> Bools:
    return column.counted() > (np.inf if rule.bound is None else rule.bound)


def _on_texts(column: JudgedColumn, fails: Callable[[str], bool]) -> Bools:
    return np.array([text is not None and fails(str(text)) for text in column.values], dtype=np.bool_)


def _too_long(column: JudgedColumn, rule: Rule) -> Bools:
    lengths = np.fromiter((len(text) if text else 0 for text in column.values), np.int64, len(column.values))
    return lengths > (rule.bound or 0)


def _off_pattern(column: JudgedColumn, rule: Rule) -> Bools:
    matches = re.compile(rule.pattern or "").fullmatch
    return _on_texts(column, lambda text: matches(text) is None)


def _personal(column: JudgedColumn, _: Rule) -> Bools:
    # Hardly any text holds one: a single look through all of them at once spares the look into each.
    if not holds_personal_number("\n".join(filter(None, column.values.tolist()))):
        return np.zeros(len(column.values), dtype=np.bool_)
    return _on_texts(column, holds_personal_number)


def _years(column: JudgedColumn) -> Numbers:
    """The year each distinct cell names, NaN where it names none. A column of years names itself."""
    return column.counted() if column.values.dtype.kind == "f" else column.counted("Y") + 1970


def _out_of_period(frame: Frame, column: JudgedColumn, rule: Rule) -> Bools:
    late = _years(column)[column.codes] - frame.period
    match rule.span:
        case "year":
            return (late < 0) | (late > 0)
        case "near":
            return np.abs(late) > 1
        case _:
            return late > 0


def _disordered(frame: Frame, rule: Rule, first: Column, second: Column) -> Bools:
    """A month is its first day, so beside a day both are compared as months."""
    early, late = (frame.columns[name] for name in rule.columns)
    unit: Literal["D", "M"] = "M" if {first.type, second.type} == {ColumnType.DATE, ColumnType.MONTH} else "D"
    return early.counted(unit)[early.codes] > late.counted(unit)[late.codes]


def _exceeds(frame: Frame, rule: Rule) -> Bools:
    low, high = (frame.columns[name] for name in rule.columns)
    return low.counted()[low.codes] > high.counted()[high.codes]


def _off_sum(frame: Frame, rule: Rule) -> Bools:
    """An approximate part cannot add up to the unit; such rows are left to the reader."""
    whole, *parts = (frame.columns[name] for name in rule.columns)
    exact = [np.where(column.is_approximate, np.nan, column.counted())[column.codes] for column in (whole, *parts)]
    difference: Numbers = np.abs(exact[0] - np.sum(exact[1:], axis=0))
    return difference > rule.tolerance + SUM_EPSILON


def _missing_when(frame: Frame, rule: Rule) -> Bools:
    needed, condition = (frame.columns[name] for name in rule.columns[:2])
    wanted = np.array([value is not None and str(value) == rule.equals for value in condition.values], dtype=np.bool_)
    return needed.on_rows(needed.is_blank) & condition.on_rows(wanted)


def _all_missing(frame: Frame, rule: Rule) -> Bools:
    columns = [frame.columns[name] for name in rule.columns]
    empty: Bools = np.logical_and.reduce([column.on_rows(column.is_blank) for column in columns])
    return empty


def _repeated(frame: Frame, rule: Rule, required: frozenset[str]) -> Bools:
    """Rows of one submission that agree in all columns: every one of them, for nobody can tell which is the original."""
    columns = [frame.columns[name] for name in rule.columns]
    rows = np.flatnonzero(~_unfit_for_key(columns, [name in required for name in rule.columns]))
    key = frame.submission[rows]
    for column in columns:
        key = _joined(key, _identities(column)[column.codes[rows]])
    failing = np.zeros(len(frame), dtype=np.bool_)
    failing[rows] = np.bincount(key, minlength=1)[key] > 1 if len(rows) else False
    return failing


def _unfit_for_key(columns: Sequence[JudgedColumn], required: Sequence[bool]) -> Bools:
    """Rows whose key has a cell that could not be read or must not be blank: they have a finding of their own."""
    unfit: Bools = np.logical_or.reduce(
        [
            column.on_rows(column.has_problem | (column.is_blank & needed))
            for column, needed in zip(columns, required, strict=True)
        ]
    )
    return unfit


def _joined(key: Positions, identity: Positions) -> Positions:
    """One dense key for two; dense so that many columns never overflow."""
    wide = key * (int(identity.max(initial=0)) + 1) + identity
    dense: Positions = np.unique(wide, return_inverse=True)[1]
    return dense


def _identities(column: JudgedColumn) -> Positions:
    """The same number for cells of the same value, however each was written; blanks are the same too."""
    if column.values.dtype.kind != "O":
        dense: Positions = np.unique(column.values, return_inverse=True)[1]
        return dense
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(value, len(known)) for value in column.values.tolist()], dtype=np.int64)


_ON_CELLS: Mapping[RuleKind, Callable[[JudgedColumn, Rule], Bools]] = {
    RuleKind.READABLE: _unreadable,
    RuleKind.REQUIRED: _blank,
    RuleKind.MINIMUM: _below,
    RuleKind.MAXIMUM: _above,
    RuleKind.MAX_LENGTH: _too_long,
    RuleKind.PATTERN: _off_pattern,
    RuleKind.NO_PERSONAL_NUMBER: _personal,
}
_ACROSS: Mapping[RuleKind, Callable[[Frame, Rule], Bools]] = {
    RuleKind.AT_MOST: _exceeds,
    RuleKind.SUM_OF: _off_sum,
    RuleKind.REQUIRED_WHEN: _missing_when,
    RuleKind.ANY_OF: _all_missing,
}
