"""Rules as projected from a contract: one list that the checks, the texts and the rule catalogue all stand on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from schemas.contract import Column, ColumnType, Contract, CrossRule, Privacy
from schemas.values import Severity, Turn
from schemas.yaml_file import read_yaml


class RuleKind(StrEnum):
    """Every way a row can fail. The first group is projected from a column, the second from a contract's cross rules."""

    READABLE = "readable"
    REQUIRED = "required"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    MAX_LENGTH = "max_length"
    PATTERN = "pattern"
    IN_PERIOD = "in_period"
    NO_PERSONAL_NUMBER = "no_personal_number"
    ORDERED = "ordered"
    AT_MOST = "at_most"
    UNIQUE = "unique"
    SUM_OF = "sum_of"
    REQUIRED_WHEN = "required_when"
    ANY_OF = "any_of"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one contract. `columns` are canonical names; the finding is placed on the first."""

    rule_id: str
    kind: RuleKind
    columns: tuple[str, ...]
    severity: Severity
    turn: Turn
    message: str
    expected: str
    fix: str
    bound: float | None = None
    pattern: str | None = None
    equals: str | None = None
    tolerance: float = 0.0
    span: Literal["year", "near", "until"] | None = None


class RuleText(BaseModel):
    """The three Chinese texts of a rule kind or of a reason a cell could not be read."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    message: str
    expected: str
    fix: str


class RuleTexts(BaseModel):
    """The content of `rule_texts.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kinds: Mapping[str, RuleText]
    problems: Mapping[str, RuleText]


@cache
def rule_texts() -> RuleTexts:
    """The shipped texts, read once."""
    return read_yaml(Path(__file__).parent / "rule_texts.yaml", RuleTexts)


def rules_of(contract: Contract) -> tuple[Rule, ...]:
    """Every rule of a contract: column rules in column order, then the cross rules."""
    by_column = (rule for column in contract.columns for rule in _column_rules(contract, column))
    return (*by_column, *(_cross_rule(contract, rule) for rule in contract.rules))


def problem_text(column: Column, problem: str, candidates: tuple[str, ...] = ()) -> RuleText:
    """The texts for a cell of `column` that could not be read because of `problem`.

    Raises:
        KeyError: no such problem is worded.
    """
    text = _filled(rule_texts().problems[problem], column, candidates=candidates)
    return text.model_copy(update={"fix": column.fix}) if column.fix else text


def _column_rules(contract: Contract, column: Column) -> Iterator[Rule]:
    if column.privacy is Privacy.DROPPED:
        return
    for kind, value in _column_checks(column):
        text = _filled(rule_texts().kinds[kind], column, bound=value)
        severity = Severity.WARNING if kind is RuleKind.NO_PERSONAL_NUMBER else column.severity
        yield Rule(
            f"{contract.contract}.{column.name}.{kind}", kind, (column.name,), severity, column.turn,
            text.message, text.expected, column.fix or text.fix,
            bound=value, pattern=column.pattern, span=column.in_period,
        )  # fmt: skip


def _column_checks(column: Column) -> Iterator[tuple[RuleKind, float | None]]:
    if column.type not in {ColumnType.TEXT, ColumnType.PERSON}:
        yield RuleKind.READABLE, None
    if column.required:
        yield RuleKind.REQUIRED, None
    for kind, bound in (
        (RuleKind.MINIMUM, column.minimum),
        (RuleKind.MAXIMUM, column.maximum),
        (RuleKind.MAX_LENGTH, column.max_length),
    ):
        if bound is not None:
            yield kind, bound
    if column.pattern:
        yield RuleKind.PATTERN, None
    if column.in_period:
        yield RuleKind.IN_PERIOD, None
    if column.type in {ColumnType.TEXT, ColumnType.PERSON} and column.privacy is not Privacy.HASHED:
        yield RuleKind.NO_PERSONAL_NUMBER, None


def _cross_rule(contract: Contract, rule: CrossRule) -> Rule:
    headers = "、".join(f"“{contract.column(name).header}”" for name in rule.columns)
    return Rule(
        f"{contract.contract}.{rule.id}", RuleKind(rule.kind), rule.columns, rule.severity, rule.turn,
        rule.message, _EXPECTED[rule.kind].format(headers=headers, equals=rule.equals), rule.fix,
        equals=rule.equals, tolerance=rule.tolerance,
    )  # fmt: skip


_EXPECTED = {
    "ordered": "{headers} 先后顺序正确",
    "at_most": "{headers} 前者不大于后者",
    "unique": "{headers} 合起来不重复",
    "sum_of": "{headers} 中第一项等于其余各项之和",
    "required_when": "{headers} 按要求同时填写",
    "any_of": "{headers} 至少填写一项",
}
_PERIODS = {"year": "日期在填报年度之内", "near": "日期在填报年度或前后一年之内", "until": "日期不晚于填报年度末"}


def _filled(
    text: RuleText, column: Column, *, bound: float | None = None, candidates: tuple[str, ...] = ()
) -> RuleText:
    unit = column.unit or ""
    places = {
        "header": column.header,
        "unit": unit,
        "unit_note": f"（单位：{unit}）" if unit else "",
        "bound": "" if bound is None else f"{bound:g}",
        "max_length": column.max_length or "",
        "choices": "、".join(column.choices or ()),
        "period": _PERIODS.get(column.in_period or "", ""),
        "candidates": f"；最接近的有：{'、'.join(candidates)}" if candidates else "",
        "example": f"，如“{column.example}”" if column.example else "",
    }
    return RuleText(
        message=text.message.format(**places),
        expected=text.expected.format(**places).lstrip("，"),
        fix=text.fix.format(**places),
    )
