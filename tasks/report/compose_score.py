"""Compose the report, its assessment: task completion, indicator completion and score, each for itself, and what no document says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tasks.report.compose_cells import bold, count_cell, head_row, joined_down, points_cell, rate_cell, words
from tasks.report.measure_lines import IndicatorLine
from tasks.report.model import Block, Bullets, Cell, Paragraph, Row, Table
from tasks.report.narrative import percent_text, text_line
from tasks.report.score import Assessment, IndicatorCompletion, ScopeScore, Score
from tasks.report.score_points import PartScore, ProjectPoints, belongs, project_name

_VETOES = {True: "成立", False: "不成立", None: "尚不能判定"}


def compose_score(assessment: Assessment) -> tuple[Block, ...]:
    """Three things side by side that are never turned into one another."""
    score = assessment.score
    blocks: tuple[Block, ...] = (
        Paragraph(text_line(f"任务完成、指标完成和评价得分是三件事，互不换算。{_task_sentence(assessment)}")),
        _indicator_table(assessment),
        Paragraph(text_line(_scheme_sentence(score))),
        _score_table(score),
    )
    return (*blocks, *_lists(score))


def _task_sentence(assessment: Assessment) -> str:
    tasks = assessment.tasks
    if not tasks.planned:
        return "本年度没有列入计划的建设任务。"
    average = (
        f"；有完成度的{tasks.average_of}项平均完成度{percent_text(tasks.average)}，为责任部门自报"
        if tasks.average_of
        else ""
    )
    counted = (
        f"计划任务{tasks.planned}项，责任部门报告已完成{tasks.finished}项，任务完成比例{percent_text(tasks.share)}"
    )
    return f"{counted}{average}。"


def _indicator_table(assessment: Assessment) -> Table:
    rows = [_indicator_row(scope, found) for scope, found in assessment.indicators_by_scope.items()]
    total = bold(_indicator_row("合计", assessment.indicators))
    is_capped = assessment.score.scheme.completion_cap is not None
    cap = "超过100%的按评分方案以100%计入平均" if is_capped else "不封顶"
    return Table(
        "indicator-completion",
        "绩效指标完成统计",
        (8, 6, 5, 5, 7, 6.5, 9, 9),
        (head_row("层面", "应考核", "达成", "未达成", "暂不能判定", "达成比例", "有完成率的指标", "平均完成率"),),
        (*rows, total) if rows else (),
        f"注：达成比例＝达成÷应考核；平均完成率只计能算出完成率的指标，{cap}。",
    )


def _indicator_row(name: str, found: IndicatorCompletion) -> Row:
    counts = (found.due, found.reached, found.missed, found.unjudged)
    average = Cell(percent_text(found.average), found.average, "0.00%", align="right")
    return (words(name), *map(count_cell, counts), rate_cell(found.share, 2, 1), count_cell(found.average_of), average)


def _scheme_sentence(score: Score) -> str:
    scheme = score.scheme
    weights = "、".join(
        f"{scope.scope}{percent_text(scope.weight)}" for scope in score.scopes if scope.weight is not None
    )
    said = f"评分按“{scheme.title}”方案（第{scheme.version}版，依据：{scheme.source}）。"
    return f"{said}层面权重：{weights}。" if weights else said


def _score_table(score: Score) -> Table:
    keys: list[tuple[str, ...]] = []
    rows: list[Row] = []
    for name, scope in _unlike_scopes(score):
        found = [_part_row(part, depth) for part, depth in _parts(scope)]
        found.append(bold((words("小计"), points_cell(None), points_cell(scope.total), words(_open(scope)))))
        keys += [(name,)] * len(found)
        rows += found
    total = bold(
        (words("总分和等级"), words("加权总分"), points_cell(None), points_cell(score.total), words(_grade(score)))
    )
    head = (head_row("层面", "评价内容", "分值", "得分", "说明"),)
    note = "注：“—”表示没有公布或不能由数据计算，一律留空，不推算。"
    return Table("score", "分值与得分", (9, 10, 5, 5, 26), head, (*joined_down(keys, rows), total), note)


def _unlike_scopes(score: Score) -> list[tuple[str, ScopeScore]]:
    """Scopes by name; those whose points stand alike in every part share their rows."""
    first: list[ScopeScore] = []
    names: dict[int, list[str]] = {}
    for scope in score.scopes:
        like = next((position for position, each in enumerate(first) if each.parts == scope.parts), len(first))
        if like == len(first):
            first.append(scope)
        names.setdefault(like, []).append(scope.scope)
    return [("、".join(names[position]), scope) for position, scope in enumerate(first)]


def _part_row(part: PartScore, depth: int) -> Row:
    return (words("　" * depth + part.name), points_cell(part.points), points_cell(part.earned), words(part.reason))


def _parts(scope: ScopeScore) -> Iterator[tuple[PartScore, int]]:
    """The parts with those in them, each with its depth."""
    for part in scope.parts:
        yield part, 0
        for inner in part.parts:
            yield inner, 1


def _open(scope: ScopeScore) -> str | None:
    return "有分项没有得分，不合计" if scope.total is None else None


def _grade(score: Score) -> str:
    if score.grade:
        return f"等级：{score.grade}"
    return (
        score.reasons[0]
        if score.reasons
        else "一票否决情形尚不能判定，不定等级"
        if score.vetoes
        else "方案没有公布等级标准"
    )


def _lists(score: Score) -> Iterator[Block]:
    """What no public document says, what is our reading, and the vetoes."""
    vetoes = [f"{veto.text}：{_VETOES[veto.applies]}" for veto in score.vetoes]
    for title, texts in (
        ("以下事项未见公布，报告不作推算：", score.scheme.unknown),
        ("以下为对方案的理解，请以主管部门的通知为准：", score.scheme.inferred),
        ("一票否决情形：", vetoes),
    ):
        if texts:
            yield Paragraph(text_line(title))
            yield Bullets(tuple(text_line(f"{text}。") for text in texts))


def points_columns(lines: Sequence[IndicatorLine], assessment: Assessment) -> list[tuple[Cell, ...]] | None:
    """分值 and 得分 of the lines of one table, one merged cell per project and part; None where no points are known.

    A row that a merged cell above covers has no cell of its own.
    """
    found = [_points(line, assessment.score) for line in lines]
    if not any(found):
        return None
    rows: list[tuple[Cell, ...]] = []
    for position, points in enumerate(found):
        if points is None:
            rows.append((points_cell(None), points_cell(None)))
        elif position and found[position - 1] is points:
            rows.append(())
        else:
            span = sum(each is points for each in found[position:])
            rows.append((points_cell(points.points, span), points_cell(points.earned, span)))
    return rows


def _points(line: IndicatorLine, score: Score) -> ProjectPoints | None:
    """The points of a line's project in the part it counts in."""
    names = {leaf.name for part in score.scheme.parts for leaf in part.leaves if leaf.basis and belongs(line, leaf)}
    scope = next((scope for scope in score.scopes if scope.scope == line.scope), None)
    leaves = (leaf for part in (scope.parts if scope else ()) for leaf in part.leaves if leaf.name in names)
    return next((each for leaf in leaves for each in leaf.projects if each.project == project_name(line)), None)
