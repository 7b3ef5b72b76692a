"""What if, told in Chinese lines and as a record: each indicator, the completion of all, the score, before → after."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tasks.report.measure_lines import IndicatorLine
from tasks.report.narrative import (
    chinese_day,
    completion_text,
    number_text,
    percent_text,
    result_text,
    target_text,
    unit_name,
)
from tasks.report.score import Assessment
from tasks.report.what_if import WhatIf, has_target, moved_parts

_ANSWERS = {True: "达成", False: "未达成", None: "不能判定"}


def told(found: WhatIf) -> list[str]:
    """The trial in Chinese lines."""
    lines = [f"试算：{found.year}年度，数据截至{chinese_day(found.as_of)}（只是试算，没有写入任何数据）"]
    lines += [f"  {_line(before, after, found)}" for before, after in found.changed]
    return [*lines, *_completion(found), *_score(found)]


def as_record(found: WhatIf) -> dict[str, object]:
    """For JSON; numbers are exact, so they are text, and shares are ratios (1 = 100 %)."""
    changed = [
        {
            "scope": before.scope, "code": before.code, "name": before.name, "unit": before.unit,
            "target": before.current.target.text, "before": _current(before), "after": _current(after),
        }
        for before, after in found.changed
    ]  # fmt: skip
    parts = [
        {"part": name, "points": _text(points), "before": _text(old), "after": _text(new)}
        for name, points, old, new in moved_parts(found)
    ]
    return {
        "year": found.year, "as_of": found.as_of.isoformat(), "scheme": found.before.score.scheme.scheme, "indicators": changed,
        "before": _assessment(found.before), "after": _assessment(found.after), "moved_parts": parts,
    }  # fmt: skip


def _line(before: IndicatorLine, after: IndicatorLine, found: WhatIf) -> str:
    cap = found.before.score.scheme.completion_cap
    if not has_target(before):
        return f"{before.scope}“{unit_name(before)}”：{found.year}年度没有目标值，试算不影响完成情况"
    values = f"完成值 {result_text(before.current)} → {result_text(after.current)}"
    rates = f"完成率 {completion_text(before.current, cap)} → {completion_text(after.current, cap)}"
    answers = f"{_ANSWERS[before.current.is_reached]} → {_ANSWERS[after.current.is_reached]}"
    return (
        f"{before.scope}“{unit_name(before)}”：目标 {target_text(before.current.target)}；{values}；{rates}；{answers}"
    )


def _completion(found: WhatIf) -> Iterator[str]:
    old, new = found.before.indicators, found.after.indicators
    yield (
        f"指标完成：应考核 {old.due} 项，达成 {old.reached} → {new.reached} 项（{percent_text(old.share)} → {percent_text(new.share)}），"
        f"平均完成率 {percent_text(old.average)} → {percent_text(new.average)}"
    )
    yield f"任务完成：{percent_text(found.before.tasks.share)}，由任务进度决定，不随指标试算变动"


def _score(found: WhatIf) -> Iterator[str]:
    before, after = found.before.score, found.after.score
    yield f"评价得分（{before.scheme.title}，第{before.scheme.version}版）："
    moved = list(moved_parts(found))
    for name, points, old, new in moved:
        yield f"  {name}（{_points(points)}分）：{_points(old)} → {_points(new)}"
    if not moved:
        yield "  各部分得分没有变动"
    yield f"  总分 {_points(before.total)} → {_points(after.total)}；等级 {before.grade or '—'} → {after.grade or '—'}"
    if after.total is None:
        yield from (f"  不计总分：{reason}" for reason in after.reasons[:_MOST_REASONS])
    if len(after.reasons) > _MOST_REASONS and after.total is None:
        yield f"  另有 {len(after.reasons) - _MOST_REASONS} 条原因，见年度报告"


_MOST_REASONS = 5


def _points(points: Decimal | None) -> str:
    return "—" if points is None else number_text(round(points, 2))


def _current(line: IndicatorLine) -> dict[str, object]:
    current = line.current
    value = current.value if isinstance(current.value, bool) else _text(current.value)
    return {"value": value, "completion": _text(current.completion), "is_reached": current.is_reached}


def _assessment(one: Assessment) -> dict[str, object]:
    found = one.indicators
    return {
        "due": found.due, "reached": found.reached, "share": _text(found.share), "average": _text(found.average),
        "score": _text(one.score.total), "grade": one.score.grade, "reasons": list(one.score.reasons),
    }  # fmt: skip


def _text(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:f}"
