"""What if an indicator reached another value: completion and score before and after, tried out on the year as measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from types import UnionType

from schemas.errors import MisconfiguredError
from schemas.scoring import Scheme
from schemas.target import Target, TargetKind, parse_actual
from tasks.report.measure import Measured
from tasks.report.measure_lines import IndicatorLine, judge_value, normalise_name
from tasks.report.score import Assessment, score_year


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A year as it is and as it would be. `changed` are the lines with another value, before and after."""

    year: int
    as_of: date
    changed: tuple[tuple[IndicatorLine, IndicatorLine], ...]
    before: Assessment
    after: Assessment


def try_out(measured: Measured, assumed: Mapping[str, str], scheme: Scheme, unit: str = "school") -> WhatIf:
    """Assess a measured year with other values of some indicators in it; nothing is written anywhere.

    Args:
        measured: the year as it is.
        assumed: value as an office writes it (500, 3.5万元, 是), by indicator: its name or code in the plan, with its scope and a
            colon before it where several scopes have it, or the catalogue's key.
        scheme: the scoring scheme.
        unit: the kind of unit the scheme weighs.

    Raises:
        MisconfiguredError: no line or several lines are meant, or the value cannot be read in the line's unit (Chinese).
    """
    lines = list(measured.indicator_lines)
    changed = []
    for name, text in assumed.items():
        place = _find(lines, name)
        before = measured.indicator_lines[place]
        lines[place] = _with_value(before, measured.year, text)
        changed.append((before, lines[place]))
    other = replace(measured, indicator_lines=tuple(lines))
    return WhatIf(
        measured.year, measured.as_of, tuple(changed), score_year(measured, scheme, unit), score_year(other, scheme, unit)
    )  # fmt: skip


def split_assumptions(texts: Sequence[str]) -> dict[str, str]:
    """INDICATOR=VALUE taken apart.

    Raises:
        MisconfiguredError: one has no equals sign, nothing before or behind it, or an indicator comes twice (Chinese).
    """
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.replace("＝", "=").partition("="))
        if not (name and equals and value):
            raise MisconfiguredError(f"“{text}”应写成“指标=数值”，如 1.1.7.3=500 或 培训人次=1200")
        if name in found:
            raise MisconfiguredError(f"指标“{name}”写了两次")
        found[name] = value
    if not found:
        raise MisconfiguredError("没有写要试算的指标，应写成“指标=数值”")
    return found


def _find(lines: Sequence[IndicatorLine], name: str) -> int:
    """The place of the line that is meant."""
    scope, colon, rest = name.replace("：", ":").partition(":")
    wanted, within = (rest, scope) if colon and scope in {line.scope for line in lines} else (name, None)
    found = [
        place
        for place, line in enumerate(lines)
        if within in {None, line.scope}
        and (wanted in {line.code, line.indicator} or normalise_name(wanted) == normalise_name(line.name))
    ]
    if len(found) == 1:
        return found[0]
    if found:
        told = "、".join(f"{lines[place].scope}:{lines[place].code}（{lines[place].name}）" for place in found)
        raise MisconfiguredError(f"“{name}”对应{len(found)}个指标：{told}，请写明是哪一个")
    known = [line.name for line in lines] + [line.code for line in lines]
    near = "、".join(get_close_matches(wanted, known, 3, 0.4))
    hint = f"；相近的有：{near}" if near else ""
    raise MisconfiguredError(f"绩效目标表中没有指标“{name}”{hint}")


def _with_value(line: IndicatorLine, year: int, text: str) -> IndicatorLine:
    actual, target = parse_actual(text, line.unit), line.current.target
    if not isinstance(actual.value, _readable_as(target)):
        raise MisconfiguredError(f"指标“{line.name}”的试算值“{text}”读不出来，应是{_wanted(target, line.unit)}")
    result = judge_value(year, target, actual)
    return replace(line, current=result, results={**line.results, year: result})


def _readable_as(target: Target) -> type[Decimal] | type[bool] | UnionType:
    if target.kind is TargetKind.NONE:
        return Decimal | bool
    return Decimal if target.is_numeric else bool


def _wanted(target: Target, unit: str | None) -> str:
    if target.is_numeric:
        return f"以“{unit}”为单位的数" if unit else "一个数"
    return "一个数、“是”或“否”" if target.kind is TargetKind.NONE else "“是”或“否”"


def has_target(line: IndicatorLine) -> bool:
    """Whether the line has a target in the year that is tried out: without one nothing can move."""
    return line.current.target.kind is not TargetKind.NONE


def moved_parts(found: WhatIf) -> Iterator[tuple[str, Decimal | None, Decimal | None, Decimal | None]]:
    """Scope and part, its points, and what it earns before and after, for each part whose points move.

    A part without points, because another of its indicators cannot be judged, still tells the projects that move in it.
    """
    for old, new in zip(found.before.score.scopes, found.after.score.scopes, strict=True):
        leaves = ((part.leaves, other.leaves) for part, other in zip(old.parts, new.parts, strict=True))
        for leaf, tried in (pair for pairs in leaves for pair in zip(*pairs, strict=True)):
            if leaf.earned != tried.earned:
                yield f"{old.scope}·{leaf.name}", leaf.points, leaf.earned, tried.earned
                continue
            for project, other in zip(leaf.projects, tried.projects, strict=True):
                if project.earned != other.earned:
                    yield f"{old.scope}·{leaf.name}·{project.project}", project.points, project.earned, other.earned
