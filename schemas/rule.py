"""Rules as projected from a contract: one list that the checks, the texts and the rule catalogue all stand on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Literal

from schemas.contract import Column, ColumnType, Contract, CrossRule, Privacy
from schemas.ring import Need, RingRule, Years
from schemas.values import Severity, Turn
from schemas.yaml_file import Frozen, read_yaml


class RuleKind(StrEnum):
    """Every way a row can fail: projected from a column, from a contract's cross rules, and from its rings."""

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
    COUNTERPART = "counterpart"
    CONTAINED = "contained"
    CUMULATIVE = "cumulative"
    JUMP = "jump"
    FALLS = "falls"


RINGS = frozenset({RuleKind.COUNTERPART, RuleKind.CONTAINED, RuleKind.CUMULATIVE, RuleKind.JUMP, RuleKind.FALLS})
"""Kinds that look beyond the rows: what fails them is a sum or a value, told on the first row it concerns."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one contract. `columns` are canonical names; the finding is placed on the first.

    `years` are the first and last period it holds for; `ring` is what an outer rule looks at and `need` the totals for it.
    """

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
    years: Years = (0, 9999)
    ring: RingRule | None = None
    need: Need | None = None

    @property
    def is_question(self) -> bool:
        """Whether a short answer settles it; see `RingRule`."""
        return self.ring is not None and self.ring.is_question


class RuleText(Frozen):
    """The three Chinese texts of a rule kind or of a reason a cell could not be read."""

    message: str
    expected: str
    fix: str


class RuleTexts(Frozen):
    """The content of `rule_texts.yaml`."""

    kinds: Mapping[str, RuleText]
    crossings: Mapping[str, str]
    rings: Mapping[str, str]
    problems: Mapping[str, RuleText]
    damages: Mapping[str, RuleText]

    def of_problem(self, problem: str) -> RuleText:
        """The texts of a reason a cell could not be read, the clerk's or the software's.

        Raises:
            KeyError: no such reason is worded.
        """
        return self.damages[problem] if problem in self.damages else self.problems[problem]


@cache
def rule_texts() -> RuleTexts:
    """The shipped texts, read once."""
    return read_yaml(Path(__file__).parent / "rule_texts.yaml", RuleTexts)


def rules_of(contract: Contract) -> tuple[Rule, ...]:
    """Every rule of a contract: column rules in column order, then the cross rules, then the rings."""
    by_column = (rule for column in contract.columns for rule in _column_rules(contract, column))
    crossing = (_cross_rule(contract, rule) for rule in contract.rules)
    return (*by_column, *crossing, *(_ring_rule(contract, rule) for rule in contract.rings))


def problem_text(column: Column, problem: str, candidates: tuple[str, ...] = ()) -> RuleText:
    """The texts for a cell of `column` that could not be read because of `problem`.

    Raises:
        KeyError: no such problem is worded.
    """
    text = _filled(rule_texts().of_problem(problem), column, candidates=candidates)
    return text.model_copy(update={"fix": column.fix}) if column.fix else text


def problem_rule_id(rule: Rule, problem: str) -> str:
    """The rule a finding about an unreadable cell is filed under: damage done by software is no data error of the column."""
    return f"damage.{problem}" if problem in rule_texts().damages else rule.rule_id


def bound_text(column: Column, bound: float) -> str:
    """A bound as a clerk writes it: bounds of money are in yuan and of shares 0-1, the column may be headed 万元 or %."""
    written = Decimal(str(bound))
    if column.type is ColumnType.MONEY and column.unit == "万元":
        written /= 10_000
    if column.type is ColumnType.SHARE:
        return f"{(written * 100).normalize():f}%"
    return f"{written.normalize():f}"


def _column_rules(contract: Contract, column: Column) -> Iterator[Rule]:
    if column.privacy is Privacy.DROPPED:
        return
    for kind, value in _column_checks(column):
        text = _filled(_text_of(column, kind), column, bound=value)
        severity = Severity.WARNING if kind is RuleKind.NO_PERSONAL_NUMBER else column.severity
        yield Rule(
            f"{contract.contract}.{column.name}.{kind}", kind, (column.name,), severity, column.turn,
            text.message, text.expected, column.fix or text.fix,
            bound=value, pattern=column.pattern, span=column.in_period, years=contract.years,
        )  # fmt: skip


def _column_checks(column: Column) -> Iterator[tuple[RuleKind, float | None]]:
    yield RuleKind.READABLE, None  # text too: its cell can be #REF! or a formula without a value
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


def _text_of(column: Column, kind: RuleKind) -> RuleText:
    texts = rule_texts()
    if kind is RuleKind.IN_PERIOD:
        return texts.kinds[f"{kind}_{column.in_period}"]
    text = texts.kinds[kind]
    if kind is RuleKind.READABLE:
        problem = texts.of_problem(_UNREADABLE[column.type])
        return RuleText(message=text.message, expected=problem.expected, fix=problem.fix)
    return text


_UNREADABLE = {
    ColumnType.COUNT: "not_whole",
    ColumnType.DECIMAL: "not_number",
    ColumnType.MONEY: "not_number",
    ColumnType.SHARE: "bad_share",
    ColumnType.DATE: "bad_date",
    ColumnType.MONTH: "bad_date",
    ColumnType.YEAR: "bad_year",
    ColumnType.CODE: "bad_code",
    ColumnType.CHOICE: "bad_choice",
    ColumnType.PARTNER: "unknown_partner",
    ColumnType.TEXT: "error_cell",
    ColumnType.PERSON: "error_cell",
}
"""The likeliest reason a cell of the type cannot be read: it says best what belongs there."""


def _cross_rule(contract: Contract, rule: CrossRule) -> Rule:
    headers = [contract.column(name).header for name in rule.columns]
    expected = rule_texts().crossings[rule.kind].format(
        first=headers[0], second=headers[min(1, len(headers) - 1)], all=_quoted(headers), others=_quoted(headers[1:]),
        equals=rule.equals,
    )  # fmt: skip
    return Rule(
        f"{contract.contract}.{rule.id}", RuleKind(rule.kind), rule.columns, rule.severity, rule.turn,
        rule.message, expected, rule.fix, equals=rule.equals, tolerance=rule.tolerance,
        years=rule.years or contract.years,
    )  # fmt: skip


def _ring_rule(contract: Contract, rule: RingRule) -> Rule:
    headers = [contract.column(name).header for name in rule.columns]
    expected = rule_texts().rings[rule.kind].format(
        first=headers[0], second=headers[min(1, len(headers) - 1)], all=_quoted(headers), whole=rule.whole or "",
        parts="、".join(rule.parts), factor=f"{rule.factor or 0:g}",
    )  # fmt: skip
    return Rule(
        f"{contract.contract}.{rule.id}", RuleKind(rule.kind), rule.columns, rule.severity, rule.turn,
        rule.message, expected, rule.fix, years=rule.years or contract.years, ring=rule, need=_need(contract, rule),
    )  # fmt: skip


def _need(contract: Contract, rule: RingRule) -> Need | None:
    """The totals the rule looks up, if it needs any beyond the submission itself."""
    if rule.kind == "contained":
        return None
    if rule.of_contract:
        return Need(rule.of_contract, rule.of_columns, ())
    return Need(contract.contract, (rule.part_column,) if rule.part_column else (), rule.columns)


def _quoted(headers: Sequence[str]) -> str:
    return "、".join(f"“{header}”" for header in headers)


def _filled(
    text: RuleText, column: Column, *, bound: float | None = None, candidates: tuple[str, ...] = ()
) -> RuleText:
    unit = column.unit or ""
    places = {
        "header": column.header,
        "unit": unit,
        "unit_note": f"（单位：{unit}）" if unit else "",
        "bound": "" if bound is None else bound_text(column, bound),
        "max_length": column.max_length or "",
        "choices": "、".join(column.choices or ()),
        "candidates": f"；最接近的有：{'、'.join(candidates)}" if candidates else "",
        "example": f"，如“{column.example}”" if column.example else "",
    }
    return RuleText(
        message=text.message.format(**places),
        expected=text.expected.format(**places).strip(),
        fix=text.fix.format(**places),
    )
