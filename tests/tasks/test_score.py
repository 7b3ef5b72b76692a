"""Task completion, indicator completion and score: three things, and no score where something is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from schemas.scoring import Grade, Scheme, find_scheme
from schemas.scoring import Veto as VetoRule
from schemas.target import Answer, parse_target
from schemas.values import FigureState
from tasks.report.measure import Measured
from tasks.report.measure_lines import IndicatorLine, YearResult
from tasks.report.measure_tasks import TaskItem
from tasks.report.narrative import completion_text
from tasks.report.score import IndicatorCompletion, TaskCompletion, complete_indicators, complete_tasks, score_year
from tasks.report.score_points import ProjectPoints
from tests.warehouse.marts.ledgers import NOON
from warehouse.marts.funds import Funds
from warehouse.marts.plan import CellAddress

D = Decimal
MIDTERM = find_scheme("provincial_midterm_2022")
FINAL = find_scheme("national_final_2024")


def line(
    level2: str, target: str, value: Answer, *, level1: str = "产出指标", project: str = "甲", scope: str = "学校",
    name: str = "指标",
) -> IndicatorLine:  # fmt: skip
    typed = parse_target(target)
    result = YearResult(
        2022, typed, value, False, FigureState.MEASURED, typed.completion(value), typed.reached(value), bool(target), "",
    )  # fmt: skip
    return IndicatorLine(
        scope, level1, level2, project, name, "1", None, None, {2022: result}, parse_target(None), result, None, (),
        CellAddress(1, 0, 4),
    )  # fmt: skip


def task(
    status: str | None, completion: str | None = None, *, planned: str | None = "①", scope: str | None = "学校"
) -> TaskItem:
    share = None if completion is None else D(completion)
    return TaskItem(scope, "甲", "任务", planned, None, status, share, False, ())


def year(lines: tuple[IndicatorLine, ...], tasks: tuple[TaskItem, ...] = ()) -> Measured:
    return Measured(2022, date(2022, 12, 31), NOON, (), lines, tasks, Funds((), (), ()))


FULL = (
    line("数量指标", "10", D(20), project="甲"),
    line("数量指标", "10", D(5), project="甲"),
    line("数量指标", "是", True, project="乙"),
    line("质量指标", "≥90", D(81)),
    line("质量指标", "是", False, project="乙"),
    line("时效指标", "≤3", D(2)),
    line("社会效益指标", "4", D(4), level1="效益指标"),
    line("可持续影响指标", "是", True, level1="效益指标"),
    line("服务对象满意度指标", "≥90", D(45), level1="满意度指标"),
)


def test_task_completion_counts_finished_over_planned() -> None:
    tasks = [
        task("已完成", "1"), task("已完成"), task("进行中", "0.5"), task("滞后", "0.3"), task(None),
        task("已完成", "1", planned=None), task("已完成", scope=None),
    ]  # fmt: skip
    assert complete_tasks(tasks) == TaskCompletion(5, 2, 1, 0, 1, 1, D("0.4"), D("0.6"), 3)
    assert complete_tasks([]) == TaskCompletion(0, 0, 0, 0, 0, 0, None, None, 0)


def test_indicator_completion_counts_reached_over_due_and_averages_numeric_lines() -> None:
    lines = [*FULL, line("数量指标", "5", None), line("数量指标", "", D(4))]
    assert complete_indicators(lines) == IndicatorCompletion(10, 5, 4, 1, D("0.5"), D("0.98"), 5)
    capped = complete_indicators(lines, D(1))
    assert (capped.average, capped.reached) == (D("0.78"), 5)
    assert complete_indicators([]) == IndicatorCompletion(0, 0, 0, 0, None, None, 0)


def test_parts_are_scored_where_points_and_values_are_known() -> None:
    [scope] = score_year(year(FULL), MIDTERM).score.scopes
    earned = {leaf.name: leaf.earned for part in scope.parts for leaf in (part.parts or (part,))}
    assert earned == {
        "数量": D("17.50"),  # 甲: 10 × (1 + 0.5) / 2, 乙: 10
        "质量": D("9.00"),  # 10 × 0.9 + 0
        "时效": D(10), "社会效益": D(15), "可持续影响": D(15), "满意度": D(5), "资金管理": None, "项目管理": None,
    }  # fmt: skip
    assert [part.earned for part in scope.parts] == [D("36.50"), D(30), D(5), None]
    assert scope.parts[0].parts[0].projects == (ProjectPoints("甲", D(10), D("7.5")), ProjectPoints("乙", D(10), D(10)))


@pytest.mark.parametrize(
    ("level2", "place", "projects", "each"), [("数量指标", 0, 11, "1.82"), ("质量指标", 1, 8, "2.50")]
)
def test_points_spread_evenly_over_the_projects_that_have_indicators(
    level2: str, place: int, projects: int, each: str
) -> None:
    """The worked examples of a real mid-term report: 20 / 11 = 1.82 and 20 / 8 = 2.5."""
    lines = tuple(line(level2, "1", D(1), project=f"项目{i}") for i in range(projects))
    [scope] = score_year(year(lines), MIDTERM).score.scopes
    part = scope.parts[0].parts[place]
    assert {round(project.points, 2) for project in part.projects} == {D(each)}
    assert part.earned == D(20)


def test_a_project_with_more_indicators_has_no_more_points() -> None:
    lines = (*(line("数量指标", "1", D(1), project="甲") for _ in range(9)), line("数量指标", "1", D(0), project="乙"))
    [scope] = score_year(year(lines), MIDTERM).score.scopes
    assert scope.parts[0].parts[0].earned == D(10)


@pytest.mark.parametrize(
    ("target", "value", "completion", "printed", "capped"),
    [
        ("10000", D(10115), D("1.0115"), "101.15%", "100%"),  # a real report prints 101.15 %: never clipped of itself
        ("10000", D(10062), D("1.0062"), "100.62%", "100%"),
        ("3", D(1), D(1) / 3, "33.33%", "33.33%"),
        ("0", D(5), None, "—", "—"),
        ("≤3", D(2), None, "达成目标", "达成目标"),
        ("", D(5), None, "—", "—"),
        ("10", None, None, "—", "—"),
        ("10", D(0), D(0), "0%", "0%"),
    ],
)
def test_completion_is_clipped_by_a_switch_alone_and_without_denominator_there_is_none(
    target: str, value: Answer, completion: Decimal | None, printed: str, capped: str
) -> None:
    one = line("数量指标", target, value)
    assert one.current.completion == completion
    assert (completion_text(one.current), completion_text(one.current, D(1))) == (printed, capped)
    assert complete_indicators([one]).average == (completion if target else None)


@pytest.mark.parametrize(
    ("unit", "scopes", "total", "grade"),
    [
        ("school", ("学校", "专业群一", "专业群二"), "84.50", "良"),  # 0.5 × 96 + 0.25 × 80 + 0.25 × 66
        ("group_one", ("学校", "专业群一"), "84.80", "良"),  # 0.3 × 96 + 0.7 × 80
        ("group_two", ("学校", "专业群二"), "75.00", "中"),  # 0.3 × 96 + 0.7 × 66
    ],
)
def test_the_units_weigh_their_scopes_as_published(unit: str, scopes: tuple[str, ...], total: str, grade: str) -> None:
    """The published weights and grades on points of our own: those of the national scheme are not published."""
    scheme = WHOLE.model_copy(update={"weights": FINAL.weights, "grades": FINAL.grades})
    values = {"学校": 96, "专业群一": 80, "专业群二": 66}
    lines = tuple(line("数量指标", "100", D(value), scope=scope) for scope, value in values.items())
    score = score_year(year(lines), scheme, unit).score
    assert tuple(scope.scope for scope in score.scopes) == scopes
    assert (score.total, score.grade) == (D(total), grade)


@pytest.mark.parametrize(
    ("points", "grade"), [("90", "优"), ("89.99", "良"), ("80", "良"), ("79.99", "中"), ("60", "中"), ("59.99", "差"), ("0", "差")]
)  # fmt: skip
def test_the_national_grades_begin_at_90_80_and_60(points: str, grade: str) -> None:
    scheme = WHOLE.model_copy(update={"weights": {"school": {"学校": D(1)}}, "grades": FINAL.grades})
    assert score_year(year((line("数量指标", "100", D(points)),)), scheme).score.grade == grade


@pytest.mark.parametrize(("finished", "applies"), [(8, False), (7, True)])
def test_the_national_veto_on_task_completion_begins_below_80_percent(finished: int, applies: bool) -> None:
    tasks = (*(task("已完成") for _ in range(finished)), *(task("进行中") for _ in range(10 - finished)))
    vetoes = score_year(replace(year(FULL, tasks), year=2023), FINAL).score.vetoes
    assert [veto.applies for veto in vetoes] == [applies, None]


def test_an_indicator_over_its_target_earns_no_more_than_its_points() -> None:
    uncapped = MIDTERM.model_copy(update={"caps_completion": False})
    lines = (line("数量指标", "10", D(30)),)
    [scope] = score_year(year(lines), uncapped).score.scopes
    assert scope.parts[0].parts[0].earned == D(20)
    assert complete_indicators(lines, uncapped.completion_cap).average == D(3)


def test_there_is_no_total_while_anything_is_unknown() -> None:
    score = score_year(year(FULL), MIDTERM).score
    assert (score.total, score.grade) == (None, None)
    assert score.reasons == (
        "方案没有公布各层面的权重，不计总分",
        "学校·资金管理：由评审给分，不能由数据计算",
        "学校·项目管理：由评审给分，不能由数据计算",
    )


def test_an_unjudged_indicator_leaves_its_part_without_points() -> None:
    lines = (*FULL, line("时效指标", "≥95", None, name="资金执行率"))
    score = score_year(year(lines), MIDTERM).score
    assert "学校·时效：1个指标没有可以判定的完成值：资金执行率" in score.reasons
    assert score.scopes[0].parts[0].parts[2].earned is None
    assert score.scopes[0].parts[0].earned is None


def test_the_national_scheme_gives_no_score_and_says_why() -> None:
    last = replace(year(FULL, (task("已完成"), task("进行中"))), year=2023)
    score = score_year(last, FINAL).score
    assert [scope.scope for scope in score.scopes] == ["学校", "专业群一", "专业群二"]
    assert score.total is None
    assert "学校·数量：完成率折算得分的办法未公布" in score.reasons
    assert "学校·质量：分值未公布" in score.reasons
    assert [(veto.text, veto.applies) for veto in score.vetoes] == [
        ("任务完成度低于80%", True),
        ("管理与执行得分低于18分", None),
    ]
    assert score.grade == "差"


def test_a_scheme_of_the_whole_period_does_not_judge_a_year_within_it() -> None:
    score = score_year(year(FULL, (task("进行中"),)), FINAL).score
    assert (score.total, score.grade, [veto.applies for veto in score.vetoes]) == (None, None, [None, None])
    assert score.reasons[0] == "方案评价截至2023年底的全部建设期，2022年度不计总分和等级"


WHOLE = Scheme.model_validate({
    "scheme": "office", "version": 1, "title": "试算", "source": "校内", "earning": "proportional",
    "weights": {"school": {"学校": "0.6", "专业群一": "0.4"}},
    "parts": [{"name": "产出", "points": 100, "basis": "indicators", "level1": "产出指标"}],
    "grades": [{"name": "优", "at_least": 90}, {"name": "良", "at_least": 80}, {"name": "差", "at_least": 0}],
})  # fmt: skip
BOTH = (line("数量指标", "10", D(10)), line("数量指标", "10", D(7), scope="专业群一"))


def test_a_complete_scheme_gives_total_and_grade() -> None:
    score = score_year(year(BOTH), WHOLE).score
    assert [(scope.scope, scope.total) for scope in score.scopes] == [("学校", D(100)), ("专业群一", D(70))]
    assert (score.total, score.grade, score.reasons) == (D("88.00"), "良", ())


@pytest.mark.parametrize(
    ("rule", "applies", "grade"),
    [
        (VetoRule(text="产出低于80分", kind="part_below", part="产出", bound=D(80)), True, "差"),
        (VetoRule(text="产出低于60分", kind="part_below", part="产出", bound=D(60)), False, "良"),
        (VetoRule(text="弄虚作假"), None, None),
        (VetoRule(text="任务完成度低于80%", kind="task_completion_below", bound=D("0.8")), None, None),
    ],
)
def test_a_veto_gives_the_lowest_grade_and_an_open_one_leaves_it_open(
    rule: VetoRule, applies: bool | None, grade: str | None
) -> None:
    score = score_year(year(BOTH), WHOLE.model_copy(update={"vetoes": (rule,)})).score
    assert ([veto.applies for veto in score.vetoes], score.grade, score.total) == ([applies], grade, D("88.00"))


def test_grades_begin_at_their_bound() -> None:
    scheme = WHOLE.model_copy(update={"grades": (Grade(name="优", at_least=D(88)), *WHOLE.grades[2:])})
    assert score_year(year(BOTH), scheme).score.grade == "优"


def test_scores_do_not_move_task_or_indicator_completion() -> None:
    tasks = (task("已完成"),)
    one, other = score_year(year(FULL, tasks), MIDTERM), score_year(year(FULL, tasks), FINAL)
    assert one.tasks == other.tasks
    assert replace(one.indicators, average=None) == replace(other.indicators, average=None)
    assert (one.indicators.average, other.indicators.average) == (D("0.78"), D("0.98"))
    assert list(one.indicators_by_scope) == ["学校"]
