"""Report: three different things that are never one another: task completion, indicator completion, and the score of a scheme."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from schemas.scoring import Scheme
from tasks.report.measure import Measured
from tasks.report.measure_lines import IndicatorLine
from tasks.report.measure_tasks import TaskItem
from tasks.report.score_points import PartScore, Veto, added, find_vetoes, score_part


@dataclass(frozen=True, slots=True)
class TaskCompletion:
    """Tasks planned for the year, by reported status; `unreported` are those nobody reported on.

    `share` is finished over planned (1 = 100 %), None when nothing was planned. `average` is the mean of the completions
    given for `average_of` of the planned tasks: a department's own estimate, never the share of finished tasks.
    """

    planned: int
    finished: int
    under_way: int
    not_started: int
    late: int
    unreported: int
    share: Decimal | None
    average: Decimal | None
    average_of: int


@dataclass(frozen=True, slots=True)
class IndicatorCompletion:
    """Indicators with a target for the year. `unjudged` lack a value, or have one nobody can hold against the target.

    `share` is reached over due (1 = 100 %), None when none is due. `average` is the mean completion of the `average_of`
    numeric lines that have one, capped as the scheme says.
    """

    due: int
    reached: int
    missed: int
    unjudged: int
    share: Decimal | None
    average: Decimal | None
    average_of: int


@dataclass(frozen=True, slots=True)
class ScopeScore:
    """The points of one scope; `total` is None as long as any part has none."""

    scope: str
    weight: Decimal | None
    parts: tuple[PartScore, ...]
    total: Decimal | None


@dataclass(frozen=True, slots=True)
class Score:
    """The score of one unit under a scheme. Without `total` there is no grade; `reasons` (Chinese) say why there is none."""

    scheme: Scheme
    unit: str
    scopes: tuple[ScopeScore, ...]
    total: Decimal | None
    grade: str | None
    vetoes: tuple[Veto, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a year amounts to: tasks, indicators (by scope, in plan order), and the score if the scheme allows one."""

    tasks: TaskCompletion
    indicators: IndicatorCompletion
    indicators_by_scope: dict[str, IndicatorCompletion]
    score: Score


def score_year(measured: Measured, scheme: Scheme, unit: str = "school") -> Assessment:
    """Assess a measured year under a scheme, for a unit of the scheme's weights (school, group_one, ...)."""
    cap = scheme.completion_cap
    lines = measured.indicator_lines
    scopes = list(dict.fromkeys(line.scope for line in lines))
    tasks = complete_tasks(measured.tasks)
    by_scope = {scope: complete_indicators([line for line in lines if line.scope == scope], cap) for scope in scopes}
    return Assessment(tasks, complete_indicators(lines, cap), by_scope, _score(measured, tasks, scheme, unit))


def complete_tasks(items: Iterable[TaskItem]) -> TaskCompletion:
    """The task completion of a set of tasks; only planned ones count."""
    planned = [item for item in items if item.is_planned]
    states = Counter(item.status for item in planned)
    shares = [item.completion for item in planned if item.completion is not None]
    return TaskCompletion(
        len(planned), states["已完成"], states["进行中"], states["未开始"], states["滞后"], states[None],
        _share(states["已完成"], len(planned)), _mean(shares), len(shares),
    )  # fmt: skip


def complete_indicators(lines: Iterable[IndicatorLine], cap: Decimal | None = None) -> IndicatorCompletion:
    """The indicator completion of a set of lines in their report year; `cap` (1 = 100 %) bounds each line's completion."""
    due = [line.current for line in lines if line.current.is_due]
    answers = Counter(result.is_reached for result in due)
    ratios = [result.completion for result in due if result.completion is not None]
    capped = ratios if cap is None else [min(ratio, cap) for ratio in ratios]
    return IndicatorCompletion(
        len(due),
        answers[True],
        answers[False],
        answers[None],
        _share(answers[True], len(due)),
        _mean(capped),
        len(capped),
    )


def _score(measured: Measured, tasks: TaskCompletion, scheme: Scheme, unit: str) -> Score:
    lines = measured.indicator_lines
    weights = scheme.weights.get(unit, {})
    names = list(weights) or list(dict.fromkeys(line.scope for line in lines))
    scopes = tuple(_scope_score(lines, scheme, scope, weights.get(scope)) for scope in names)
    total = _weighted(scopes)
    if scheme.judges_year is not None and measured.year < scheme.judges_year:
        early = f"方案评价截至{scheme.judges_year}年底的全部建设期，{measured.year}年度不计总分和等级"
        undecided = tuple(Veto(veto.text, None) for veto in scheme.vetoes)
        return Score(scheme, unit, scopes, None, None, undecided, (early, *_reasons(scopes, scheme, unit)))
    vetoes = find_vetoes(scheme, tasks.share, [part for scope in scopes for part in scope.parts])
    reasons = () if total is not None else _reasons(scopes, scheme, unit)
    return Score(scheme, unit, scopes, total, _grade(scheme, total, vetoes), vetoes, reasons)


def _scope_score(lines: Sequence[IndicatorLine], scheme: Scheme, scope: str, weight: Decimal | None) -> ScopeScore:
    own = [line for line in lines if line.scope == scope]
    parts = tuple(score_part(part, own, scheme) for part in scheme.parts)
    return ScopeScore(scope, weight, parts, added([part.earned for part in parts]))


def _weighted(scopes: Sequence[ScopeScore]) -> Decimal | None:
    points = [None if s.weight is None or s.total is None else s.weight * s.total for s in scopes]
    total = added(points) if points else None
    return None if total is None else round(total, 2)


def _grade(scheme: Scheme, total: Decimal | None, vetoes: Sequence[Veto]) -> str | None:
    """A veto that applies gives the lowest grade; one nobody has decided leaves the grade open."""
    if any(veto.applies for veto in vetoes) and scheme.grades:
        return scheme.grades[-1].name
    if total is None or any(veto.applies is None for veto in vetoes):
        return None
    return next((grade.name for grade in scheme.grades if total >= grade.at_least), None)


def _reasons(scopes: Sequence[ScopeScore], scheme: Scheme, unit: str) -> tuple[str, ...]:
    parts = (f"{scope.scope}·{reason}" for scope in scopes for part in scope.parts for reason in part.all_reasons)
    unweighted = () if unit in scheme.weights else ("方案没有公布各层面的权重，不计总分",)
    return tuple(dict.fromkeys((*unweighted, *parts)))


def _share(part: int, whole: int) -> Decimal | None:
    return Decimal(part) / whole if whole else None


def _mean(values: Sequence[Decimal]) -> Decimal | None:
    return sum(values, Decimal(0)) / len(values) if values else None
