"""Intake, judgement: the words of a finding: what stands in the cell (never a personal number), what should, what to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache

import numpy as np
import numpy.typing as npt

from schemas.cells import ConformedCell
from schemas.contract import Column, Contract, Privacy
from schemas.personal import mask_personal_numbers
from schemas.rule import Rule, RuleKind, problem_rule_id, problem_text
from schemas.values import Conformed, Finding, Place, SheetLayout

Positions = npt.NDArray[np.int64]

BLANK = "（空）"
HIDDEN = "（个人信息，不显示）"
_LONGEST = 120
_ROWS_NAMED = 5


def rule_findings(contract: Contract, submission: Conformed, rule: Rule, positions: Positions) -> Iterator[Finding]:
    """One finding for each of `positions` (rows of the submission that fail `rule`)."""
    if not len(positions):
        return
    if rule.kind is RuleKind.READABLE:
        yield from _unreadable(contract.column(rule.columns[0]), submission, rule, positions)
        return
    twins = _twins(submission, rule, positions) if rule.kind is RuleKind.UNIQUE else {}
    for position in positions.tolist():
        found = twins.get(position) or _found(contract, submission, rule, position)
        yield _finding(rule, found, submission.place(position, rule.columns[0]))


def missing_column_finding(rule: Rule, column: Column, layout: SheetLayout, count: int) -> Finding:
    """The one finding for `count` rows that fail because their table has no such column."""
    place = Place(layout.sheet, layout.header_last_row, None, column.header)
    return _finding(rule, f"表头中没有“{column.header}”这一列，涉及 {count} 行", place)


def shown(column: Column, cell: ConformedCell) -> str:
    """What stands in the cell, as a finding may show it: nothing personal, nothing endless."""
    text = cell.raw.strip() or ("" if cell.value is None else str(cell.value))
    if not text:
        return BLANK
    if column.privacy is not Privacy.NONE:
        return HIDDEN
    text = mask_personal_numbers(" ".join(text.split()))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…（共 {len(text)} 个字符）"


def _finding(rule: Rule, found: str, place: Place) -> Finding:
    return Finding(rule.rule_id, rule.severity, rule.turn, rule.message, found, rule.expected, rule.fix, place)


def _unreadable(column: Column, submission: Conformed, rule: Rule, positions: Positions) -> Iterator[Finding]:
    """Worded after the reason the cell could not be read, once a distinct cell."""
    cells = submission.columns[column.name]

    @cache
    def worded(code: int) -> tuple[str, str, str, str, str]:
        cell = cells.cells[code]
        problem = cell.problem or ""
        text = problem_text(column, problem, cell.candidates)
        return problem_rule_id(rule, problem), text.message, shown(column, cell), text.expected, text.fix

    for position, code in zip(positions.tolist(), cells.codes[positions].tolist(), strict=True):
        rule_id, message, found, expected, fix = worded(code)
        place = submission.place(position, column.name)
        yield Finding(rule_id, rule.severity, rule.turn, message, found, expected, fix, place)


def _found(contract: Contract, submission: Conformed, rule: Rule, position: int) -> str:
    cells = [(contract.column(name), submission.columns[name][position]) for name in rule.columns]
    if len(cells) == 1 or rule.kind is RuleKind.ANY_OF:
        return shown(*cells[0])
    return "；".join(f"“{column.header}”：{shown(column, cell)}" for column, cell in cells)


def _twins(submission: Conformed, rule: Rule, positions: Positions) -> Mapping[int, str]:
    """For each row, the source rows of the same submission it agrees with."""
    columns = [submission.columns[name] for name in rule.columns]
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for position in positions.tolist():
        groups[tuple(column[position].value for column in columns)].append(position)
    return {position: _same_as(submission, group, position) for group in groups.values() for position in group}


def _same_as(submission: Conformed, group: list[int], position: int) -> str:
    others = [other for other in group[: _ROWS_NAMED + 1] if other != position][:_ROWS_NAMED]
    own = submission.place(position, None).sheet
    places = [submission.place(other, None) for other in others]
    named = "、".join(f"{place.row}" if place.sheet == own else f"{place.sheet}!{place.row}" for place in places)
    more = f"等共 {len(group) - 1} 行" if len(group) - 1 > len(others) else ""
    return f"与第 {named} 行{more}相同"
