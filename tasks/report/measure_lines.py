"""Each line of the plan beside what was achieved: from a ledger where the catalogue measures it, else as a department reported it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from schemas.contract import shipped_contracts
from schemas.indicator import Indicator
from schemas.target import Actual, Answer, Target, TargetKind, parse_actual, parse_target
from schemas.time_window import BASIS_NAMES, Basis, Time
from schemas.units import convert
from schemas.values import Figure, FigureState
from warehouse.marts.plan import CellAddress, PlanLine, ReportedValue

FigureOf = Callable[[Indicator, int], Figure]
"""The figure of an ungrouped indicator for a year."""


@dataclass(frozen=True, slots=True)
class YearResult:
    """One plan year of a line: its target, what was achieved, and how the two stand. `completion` is a ratio, 1 = 100 %, uncapped.

    `state` is NOT_DUE for a year still to come and for one without a target while a later one has it; a value measured
    early stays with it. `is_due` says whether the year counts in a completion.
    """

    year: int
    target: Target
    value: Answer
    is_approximate: bool
    state: FigureState
    completion: Decimal | None
    is_reached: bool | None
    is_due: bool
    actual_text: str
    figure: Figure | None = None
    reported: ReportedValue | None = None


@dataclass(frozen=True, slots=True)
class IndicatorLine:
    """One indicator of the plan. `indicator` is the catalogue key of the ledger figure that measures it, None if no ledger does.

    `notes` (Chinese) say what a reader must know: units or time bases that differ, two reports that contradict each other.
    """

    scope: str
    level1: str
    level2: str
    project: str | None
    name: str
    code: str
    unit: str | None
    time_basis: str | None
    results: Mapping[int, YearResult]
    final_target: Target
    current: YearResult
    indicator: str | None
    notes: tuple[str, ...]
    address: CellAddress

    @property
    def is_measured_by_ledger(self) -> bool:
        """Whether the value comes from partners' ledgers, row by row, rather than from a department's word."""
        return self.indicator is not None


def measure_lines(
    lines: Iterable[PlanLine], reported: Iterable[ReportedValue], indicators: Iterable[Indicator],
    figure_of: FigureOf, year: int,
) -> tuple[IndicatorLine, ...]:  # fmt: skip
    """Every line of the plan with its results up to report year `year`, in plan order."""
    catalogue = tuple(indicators)
    reports = _Reports(reported)
    return tuple(_line(line, catalogue, reports, figure_of, year) for line in lines)


def normalise_name(name: str) -> str:
    """A 三级指标 or task name without blanks, punctuation and a closing bracket of units: 派出专家（人次，累计） → 派出专家."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", name))
    plain = re.sub(r"\([^()]*\)$", "", plain)
    return re.sub(r"[^\w+%]", "", plain)


def find_indicator(line: PlanLine, indicators: Iterable[Indicator]) -> tuple[Indicator | None, tuple[str, ...]]:
    """The catalogue entry that measures a line, matched by name, scope, unit and time basis, and notes on a near miss."""
    named = [
        i
        for i in indicators
        if i.scope == line.scope and normalise_name(line.name) in map(normalise_name, i.plan_names)
    ]
    if not named:
        return None, ()
    in_unit = [i for i in named if not line.unit or convert(Decimal(1), i.unit, line.unit) is not None]
    if not in_unit:
        units = "、".join(dict.fromkeys(i.unit for i in named))
        return None, (f"计划的单位是“{line.unit}”，台账按“{units}”统计，单位不同，不作比较",)
    fitting = [i for i in in_unit if _fits_basis(line.time_basis, i.time)]
    if len(fitting) == 1:
        return fitting[0], ()
    bases = "、".join(dict.fromkeys(BASIS_NAMES[i.time.basis] for i in in_unit))
    return None, (f"计划的时间口径是“{line.time_basis or '未填写'}”，台账按“{bases}”统计，口径不能对应，不作比较",)


_BASES: tuple[tuple[str, frozenset[Basis]], ...] = (
    ("累计", frozenset({Basis.CUMULATIVE, Basis.AS_AT})),
    ("学年", frozenset({Basis.SCHOOL_YEAR})),
    ("半年", frozenset({Basis.HALF_YEAR})),
    ("时点", frozenset({Basis.AS_AT})),
    ("截至", frozenset({Basis.AS_AT})),
    ("年", frozenset({Basis.CALENDAR_YEAR})),
)


def _fits_basis(text: str | None, time: Time) -> bool:
    """Whether a figure's time basis is the one the office wrote; a blank or unknown word rules nothing out."""
    wanted = next((bases for word, bases in _BASES if word in (text or "")), None)
    if wanted is None:
        return True
    return time.basis in wanted and (time.years == 1 or "两年" in (text or ""))


def time_of_text(text: str | None) -> Time | None:
    """The time basis an office wrote in its table; None when it wrote none, or a half-year without saying which."""
    bases = next((bases for word, bases in _BASES if word in (text or "")), frozenset[Basis]())
    if not bases or Basis.HALF_YEAR in bases:
        return None
    basis = Basis.CUMULATIVE if Basis.CUMULATIVE in bases else next(iter(bases))
    takes_two = basis is Basis.CALENDAR_YEAR and "两年" in (text or "")
    return Time(basis=basis, column="day" if basis is Basis.SCHOOL_YEAR else None, years=2 if takes_two else 1)


class _Reports:
    """Reported values by scope, code and year."""

    def __init__(self, reported: Iterable[ReportedValue]) -> None:
        self._by_key: dict[tuple[str, str, int], list[ReportedValue]] = {}
        for value in reported:
            self._by_key.setdefault((value.scope, value.code, value.year), []).append(value)

    def of(self, line: PlanLine, year: int) -> tuple[ReportedValue | None, tuple[str, ...]]:
        """The one value reported for a line and year; none, with a note, when names or values contradict each other."""
        found = self._by_key.get((line.scope, line.code, year), [])
        named = [value for value in found if normalise_name(value.name) == normalise_name(line.name)]
        if found and not named:
            return None, (f"{year}年完成表中编码{line.code}的指标名称是“{found[0].name}”，与计划不一致，没有采用",)
        texts = list(dict.fromkeys(value.text for value in named))
        if len(texts) > 1:
            return None, (f"{year}年完成值有不同的填报（{'；'.join(texts)}），没有采用",)
        return (named[0] if named else None), ()


def _line(
    line: PlanLine, catalogue: Sequence[Indicator], reports: _Reports, figure_of: FigureOf, year: int
) -> IndicatorLine:
    indicator, notes = find_indicator(line, catalogue)
    unit = line.unit or (indicator.unit if indicator else None)
    final = parse_target(line.final_target, unit)
    targets = _targets(line, unit, final)
    results: dict[int, YearResult] = {}
    for each in sorted({*targets, year}):
        reported, more = reports.of(line, each)
        figure = figure_of(indicator, each) if indicator and each <= year else None
        target = targets.get(each, Target(TargetKind.NONE))
        results[each] = _future(each, target) if each > year else _result(each, target, unit, figure, reported)
        notes += (*more, *(_remarks(results[each], reported, unit) if each <= year else ()))
    results[year] = _awaited(results[year], targets, final)
    return IndicatorLine(
        line.scope, line.level1, line.level2, line.project, line.name, line.code, unit, line.time_basis,
        results, final, results[year], indicator.key if indicator else None, notes, line.address,
    )  # fmt: skip


def _targets(line: PlanLine, unit: str | None, final: Target) -> dict[int, Target]:
    """The target of each year; in the last year of the plan the final target stands in for one that is not written."""
    last = max(column.for_year or 0 for column in shipped_contracts()["indicator_target"].columns)
    written = {each: parse_target(text, unit) for each, text in line.targets.items()}
    given = {each: target for each, target in written.items() if target.kind is not TargetKind.NONE}
    return given if final.kind is TargetKind.NONE else {last: final, **given}


def _future(year: int, target: Target) -> YearResult:
    return YearResult(year, target, None, False, FigureState.NOT_DUE, None, None, False, "")


def _result(
    year: int, target: Target, unit: str | None, figure: Figure | None, reported: ReportedValue | None
) -> YearResult:
    if figure and figure.value is not None:
        value = convert(figure.value, figure.unit, unit or figure.unit)
        return judge_value(year, target, Actual(value, unit, "", figure.is_approximate), figure, None)
    if reported:
        return judge_value(year, target, _read(reported, target, unit), figure, reported)
    state = figure.state if figure else FigureState.NOT_MEASURED
    return YearResult(year, target, None, False, state, None, None, target.kind is not TargetKind.NONE, "", figure)


def _read(reported: ReportedValue, target: Target, unit: str | None) -> Actual:
    """The reported value; one that repeats a qualitative target word for word says that it is reached."""
    actual = parse_actual(reported.text, unit)
    if target.kind is TargetKind.QUALITATIVE and normalise_name(actual.text) == normalise_name(target.text):
        return Actual(True, unit, actual.text)
    return actual


def judge_value(
    year: int, target: Target, actual: Actual, figure: Figure | None = None, reported: ReportedValue | None = None
) -> YearResult:
    """A value held against a target. An approximate value that equals its target can be a little under it (近500): nobody can say it is reached."""
    is_level = actual.is_approximate and actual.value in {target.low, target.high}
    return YearResult(
        year, target, actual.value, actual.is_approximate, FigureState.MEASURED, target.completion(actual.value),
        None if is_level else target.reached(actual.value), target.kind is not TargetKind.NONE, actual.text, figure, reported,
    )  # fmt: skip


def _awaited(result: YearResult, targets: Mapping[int, Target], final: Target) -> YearResult:
    """A year without a target is not due while a later year, or the end of the plan, has one."""
    waits = any(each > result.year for each in targets) or (not targets and final.kind is not TargetKind.NONE)
    is_waiting = result.target.kind is TargetKind.NONE and waits
    return replace(result, state=FigureState.NOT_DUE) if is_waiting else result


def _remarks(result: YearResult, reported: ReportedValue | None, unit: str | None) -> Iterator[str]:
    """What does not agree between target, ledger and report."""
    if reported and result.reported is None:
        said = parse_actual(reported.text, unit)
        if said.value != result.value:
            yield f"{result.year}年部门填报“{reported.text}”，台账统计为{result.value:f}，以台账为准"
    if result.reported and result.figure:
        yield f"{result.year}年台账没有数据，采用部门填报的完成值"
    if result.reported and result.target.is_numeric and not isinstance(result.value, Decimal):
        yield f"{result.year}年完成值“{result.reported.text}”不能按“{unit or '数'}”读出，请核对"
