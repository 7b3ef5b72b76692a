"""Points of a scheme's parts, computed only where points and rule are published and every indicator is judged; and its vetoes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from schemas.scoring import Part, Scheme
from tasks.report.measure_lines import IndicatorLine


@dataclass(frozen=True, slots=True)
class ProjectPoints:
    """The points of one project within a part, and those earned; None while an indicator of it cannot be judged."""

    project: str
    points: Decimal
    earned: Decimal | None


@dataclass(frozen=True, slots=True)
class PartScore:
    """One part: the points it can give and those earned; None with a reason (Chinese) where that cannot be said.

    `projects` are the points by project, as far as the scheme says how they are parted.
    """

    name: str
    points: Decimal | None
    earned: Decimal | None
    reason: str | None
    projects: tuple[ProjectPoints, ...] = ()
    parts: tuple[PartScore, ...] = ()

    @property
    def leaves(self) -> Iterator[PartScore]:
        """The parts that carry points of their own."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves

    @property
    def all_reasons(self) -> Iterator[str]:
        """The reasons of this part and the parts in it, each after the name of its part."""
        if self.reason:
            yield f"{self.name}：{self.reason}"
        for part in self.parts:
            yield from part.all_reasons


@dataclass(frozen=True, slots=True)
class Veto:
    """A veto of the scheme: whether it applies, None while that cannot be said."""

    text: str
    applies: bool | None


def score_part(part: Part, lines: Sequence[IndicatorLine], scheme: Scheme) -> PartScore:
    """The score of a part over the indicator lines of one scope."""
    if part.parts:
        inner = tuple(score_part(each, lines, scheme) for each in part.parts)
        return PartScore(part.name, part.points, added([each.earned for each in inner]), None, (), inner)
    due = [line for line in lines if line.current.is_due and belongs(line, part)]
    reason = _why_not(part, due, scheme)
    projects = _spread(part, due) if scheme.earning else ()
    if reason or part.points is None:
        return PartScore(part.name, part.points, None, reason, projects)
    total = added([each.earned for each in projects]) if part.spread == "projects" else part.points * _mean(due)
    return PartScore(part.name, part.points, None if total is None else round(total, 2), None, projects)


def belongs(line: IndicatorLine, part: Part) -> bool:
    """Whether a line counts in a part."""
    return line.level1 == part.level1 and part.level2 in {None, line.level2}


def project_name(line: IndicatorLine) -> str:
    """The project under which the points of a line are counted."""
    return line.project or "未注明项目"


def find_vetoes(scheme: Scheme, task_share: Decimal | None, parts: Iterable[PartScore]) -> tuple[Veto, ...]:
    """The scheme's vetoes; `task_share` is the task completion (1 = 100 %), `parts` the outer parts of all scopes."""
    outer = tuple(parts)
    found = []
    for veto in scheme.vetoes:
        earned = [part.earned for part in outer if part.name == veto.part]
        values = [task_share] if veto.kind == "task_completion_below" else earned
        found.append(Veto(veto.text, _is_below(values, veto.bound)))
    return tuple(found)


def added(values: Sequence[Decimal | None]) -> Decimal | None:
    """The sum, or None when any value is missing: a score with holes is no score."""
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if len(known) == len(values) else None


def _is_below(values: Sequence[Decimal | None], bound: Decimal | None) -> bool | None:
    """Whether any value is below the bound; None while none is and one is missing."""
    if bound is None:
        return None
    if any(value is not None and value < bound for value in values):
        return True
    return None if not values or None in values else False


def _spread(part: Part, due: Sequence[IndicatorLine]) -> tuple[ProjectPoints, ...]:
    """The points by project; nothing where they belong to lines of several projects and no document parts them."""
    groups = _by_project(due)
    if part.points is None or not groups or (part.spread != "projects" and len(groups) > 1):
        return ()
    each = part.points / len(groups)
    return tuple(ProjectPoints(name, each, _earned(each, group)) for name, group in groups.items())


def _earned(points: Decimal, lines: Sequence[IndicatorLine]) -> Decimal | None:
    return None if any(_fraction(line) is None for line in lines) else points * _mean(lines)


def _why_not(part: Part, due: Sequence[IndicatorLine], scheme: Scheme) -> str | None:
    """Why a part has no points, in the order a reader would ask."""
    unjudged = [line.name for line in due if _fraction(line) is None]
    return next(
        (
            reason
            for applies, reason in (
                (part.points is None, "分值未公布"),
                (part.basis is None, "由评审给分，不能由数据计算"),
                (scheme.earning is None, "完成率折算得分的办法未公布"),
                (not due, "本年度没有到期的指标"),
                (
                    bool(unjudged),
                    f"{len(unjudged)}个指标没有可以判定的完成值：{'、'.join(unjudged[:5])}{'等' * (len(unjudged) > 5)}",
                ),
            )
            if applies
        ),
        None,
    )


def _by_project(lines: Sequence[IndicatorLine]) -> dict[str, list[IndicatorLine]]:
    groups: dict[str, list[IndicatorLine]] = {}
    for line in lines:
        groups.setdefault(project_name(line), []).append(line)
    return groups


def _mean(lines: Sequence[IndicatorLine]) -> Decimal:
    fractions = [_fraction(line) for line in lines]
    return sum((fraction for fraction in fractions if fraction is not None), Decimal(0)) / len(lines)


def _fraction(line: IndicatorLine) -> Decimal | None:
    """The part of its points a line earns (0 to 1): no document gives more than all of them; yes or no is all or nothing."""
    result = line.current
    if result.completion is not None:
        return min(max(result.completion, Decimal(0)), Decimal(1))
    return None if result.is_reached is None else Decimal(result.is_reached)
