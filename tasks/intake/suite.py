"""Intake, validation: a contract's rules as a Great Expectations suite, still plain data: one expectation a rule.

Beside each stands the column it looks at where that is worked out from others, by pandas on whole rows and apart from the masks,
so that the two can check one another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from schemas.contract import ColumnType, Contract
from schemas.personal import PERSONAL_NUMBER
from schemas.rule import RINGS, Rule, RuleKind, rules_of
from tasks.intake.frame import Frame, JudgedColumn
from tasks.intake.masks import SUM_EPSILON
from tasks.intake.suite_rings import ring_bounds, ring_column

Settings: TypeAlias = dict[str, object]
Series: TypeAlias = "pd.Series[Any]"  # of every type a column can have

_BETWEEN = "expect_column_values_to_be_between"
_NULL = "expect_column_values_to_be_null"
_NOT_NULL = "expect_column_values_to_not_be_null"
_NOT_ABOVE = "expect_column_pair_values_a_to_be_greater_than_b"
_UNIQUE = "expect_compound_columns_to_be_unique"
_REACH: Mapping[str | None, tuple[int | None, int]] = {"year": (0, 0), "near": (-1, 1), "until": (None, 0)}


def suite_of(contract: Contract) -> list[Settings]:
    """The expectations of a contract in the order of its rules, each with its rule's id in `meta`."""
    return [_expectation(contract, rule) for rule in rules_of(contract)]


def _expectation(contract: Contract, rule: Rule) -> Settings:
    kind, settings = _EXPECTATIONS[rule.kind](rule)
    if _is_of_some_years(contract, rule):
        settings = {
            name: _of_years(rule, str(value)) if name in _COLUMN_KEYS else value for name, value in settings.items()
        }
    meta = {"rule_id": rule.rule_id}
    return {"type": kind, "kwargs": settings, "meta": meta, "severity": rule.severity.value}


_COLUMN_KEYS = frozenset({"column", "column_A", "column_B"})


def _is_of_some_years(contract: Contract, rule: Rule) -> bool:
    """Whether a rule on rows holds for fewer years than its contract; the key of a unique rule and the rings see to it themselves."""
    return rule.years != contract.years and rule.kind is not RuleKind.UNIQUE and rule.kind not in RINGS


def _of_years(rule: Rule, column: str) -> str:
    return f"{rule.rule_id}@{column}"


def _worked_out(rule: Rule, part: str = "") -> str:
    return f"{rule.rule_id}{part}"


def _problem(name: str) -> str:
    return f"{name}.problem"


def _filled(name: str) -> str:
    return f"{name}.filled"


_EXPECTATIONS: Mapping[RuleKind, Callable[[Rule], tuple[str, Settings]]] = {
    RuleKind.READABLE: lambda rule: (_NULL, {"column": _problem(rule.columns[0])}),
    RuleKind.REQUIRED: lambda rule: (_NOT_NULL, {"column": _filled(rule.columns[0])}),
    RuleKind.MINIMUM: lambda rule: (_BETWEEN, {"column": rule.columns[0], "min_value": rule.bound}),
    RuleKind.MAXIMUM: lambda rule: (_BETWEEN, {"column": rule.columns[0], "max_value": rule.bound}),
    RuleKind.MAX_LENGTH: lambda rule: (
        "expect_column_value_lengths_to_be_between",
        {"column": rule.columns[0], "max_value": int(rule.bound or 0)},
    ),
    RuleKind.PATTERN: lambda rule: (
        "expect_column_values_to_match_regex",
        {"column": rule.columns[0], "regex": rf"\A(?:{rule.pattern})\Z"},
    ),
    RuleKind.NO_PERSONAL_NUMBER: lambda rule: (
        "expect_column_values_to_not_match_regex",
        {"column": rule.columns[0], "regex": PERSONAL_NUMBER},
    ),
    RuleKind.IN_PERIOD: lambda rule: (
        _BETWEEN,
        {"column": _worked_out(rule), "min_value": _REACH[rule.span][0], "max_value": _REACH[rule.span][1]},
    ),
    RuleKind.ORDERED: lambda rule: (_NOT_ABOVE, _pair(_worked_out(rule, ".first"), _worked_out(rule, ".second"))),
    RuleKind.AT_MOST: lambda rule: (_NOT_ABOVE, _pair(*rule.columns[:2])),
    RuleKind.SUM_OF: lambda rule: (
        _BETWEEN,
        {
            "column": _worked_out(rule),
            "min_value": -rule.tolerance - SUM_EPSILON,
            "max_value": rule.tolerance + SUM_EPSILON,
        },
    ),
    RuleKind.UNIQUE: lambda rule: (
        _UNIQUE,
        {"column_list": [_worked_out(rule), *rule.columns], "ignore_row_if": "never"},
    ),
    RuleKind.REQUIRED_WHEN: lambda rule: (_NOT_NULL, {"column": _worked_out(rule)}),
    RuleKind.ANY_OF: lambda rule: (_NOT_NULL, {"column": _worked_out(rule)}),
    **dict.fromkeys(RINGS, lambda rule: (_BETWEEN, _ring_settings(rule))),
}


def _ring_settings(rule: Rule) -> Settings:
    least, greatest = ring_bounds(rule)
    return {"column": _worked_out(rule), "min_value": least, "max_value": greatest}


def _pair(low: str, high: str) -> Settings:
    return {"column_A": high, "column_B": low, "or_equal": True, "ignore_row_if": "either_value_is_missing"}


def table_of(contract: Contract, frame: Frame) -> pd.DataFrame:
    """The columns the suite looks at, one row a frame row under a plain range index: positions in it are frame positions.

    Numbers and years are float64, dates datetime64, texts str or None; a cell with a problem is empty.
    """
    series: dict[str, Series] = {}
    for name, column in frame.columns.items():
        series |= _plain(name, column)
    table = _Table(contract, frame, series)
    for rule in rules_of(contract):
        if rule.kind in _WORKINGS:
            series |= _WORKINGS[rule.kind](table, rule)
        if _is_of_some_years(contract, rule):
            series |= _in_years(table, rule)
    # Great Expectations hashes the table, and copies what fails a rule column by column: only what a rule looks at is in it.
    looked_at = {name for expectation in suite_of(contract) for name in _columns_of(expectation)}
    return pd.DataFrame({name: one for name, one in series.items() if name in looked_at}, copy=False)


def _columns_of(expectation: Settings) -> Iterator[object]:
    settings = expectation["kwargs"]
    for key, value in settings.items() if isinstance(settings, dict) else ():
        if key in _COLUMN_KEYS:
            yield value
        elif key == "column_list":
            yield from value


@dataclass(frozen=True, slots=True)
class _Table:
    """What the workings of a rule may look at."""

    contract: Contract
    frame: Frame
    series: Mapping[str, Series]


def _plain(name: str, column: JudgedColumn) -> dict[str, Series]:
    values = column.values.astype("datetime64[s]") if column.values.dtype.kind == "M" else column.values
    return {
        name: pd.Series(values[column.codes], dtype=values.dtype),
        _problem(name): pd.Series(np.where(column.has_problem, 1.0, np.nan)[column.codes]),
        _filled(name): pd.Series(np.where(column.is_blank, np.nan, 1.0)[column.codes]),
    }


def _in_years(table: _Table, rule: Rule) -> dict[str, Series]:
    """The columns a rule looks at with nothing to complain of in the periods it does not hold for."""
    kind, settings = _EXPECTATIONS[rule.kind](rule)
    holds = pd.Series(table.frame.period).between(*rule.years)
    harmless = 1.0 if kind == _NOT_NULL else None
    columns = [str(value) for name, value in settings.items() if name in _COLUMN_KEYS]
    return {_of_years(rule, name): table.series[name].where(holds, harmless) for name in columns}


def _years_late(table: _Table, rule: Rule) -> dict[str, Series]:
    values = table.series[rule.columns[0]]
    years = values.dt.year if values.dtype.kind == "M" else values
    return {_worked_out(rule): years - pd.Series(table.frame.period)}


def _ends(table: _Table, rule: Rule) -> dict[str, Series]:
    """Both ends of the span; a month is its first day, so beside a month a day counts as its month."""
    types = {table.contract.column(name).type for name in rule.columns}
    ends = [table.series[name] for name in rule.columns]
    if types == {ColumnType.DATE, ColumnType.MONTH}:
        ends = [values - pd.to_timedelta(values.dt.day - 1, unit="D") for values in ends]
    return {_worked_out(rule, ".first"): ends[0], _worked_out(rule, ".second"): ends[1]}


def _difference(table: _Table, rule: Rule) -> dict[str, Series]:
    columns = [table.frame.columns[name] for name in rule.columns]
    exact = [
        table.series[name].mask(column.on_rows(column.is_approximate))
        for name, column in zip(rule.columns, columns, strict=True)
    ]
    return {_worked_out(rule): exact[0] - pd.concat(exact[1:], axis=1).sum(axis=1, skipna=False)}


def _key_group(table: _Table, rule: Rule) -> dict[str, Series]:
    """The submission a row's key must be unique in; a row whose key is unreadable or incomplete stands alone."""
    alone = pd.Series(False, index=pd.RangeIndex(len(table.frame)))
    for name in rule.columns:
        alone |= table.series[_problem(name)].notna()
        if table.contract.column(name).required:
            alone |= table.series[_filled(name)].isna()
    if rule.years != table.contract.years:
        alone |= ~pd.Series(table.frame.period).between(*rule.years)
    return {_worked_out(rule): pd.Series(table.frame.submission).where(~alone, -1 - pd.Series(alone.index))}


def _filled_when_needed(table: _Table, rule: Rule) -> dict[str, Series]:
    needed = table.series[rule.columns[1]] == rule.equals
    return {_worked_out(rule): table.series[_filled(rule.columns[0])].where(needed, 1.0)}


def _any_filled(table: _Table, rule: Rule) -> dict[str, Series]:
    return {_worked_out(rule): pd.concat([table.series[_filled(name)] for name in rule.columns], axis=1).max(axis=1)}


_WORKINGS: Mapping[RuleKind, Callable[[_Table, Rule], dict[str, Series]]] = {
    RuleKind.IN_PERIOD: _years_late,
    RuleKind.ORDERED: _ends,
    RuleKind.SUM_OF: _difference,
    RuleKind.UNIQUE: _key_group,
    RuleKind.REQUIRED_WHEN: _filled_when_needed,
    RuleKind.ANY_OF: _any_filled,
    **dict.fromkeys(RINGS, lambda table, rule: {_worked_out(rule): ring_column(table.frame, table.series, rule)}),
}
