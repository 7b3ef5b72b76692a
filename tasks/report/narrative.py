"""Compose the report, its words: how figures, targets, rates, money and days are printed, so that all parts print them alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from schemas.target import Target, TargetKind
from schemas.time_window import BASIS_NAMES, Basis, Time
from schemas.values import Figure, FigureState
from tasks.report.measure_lines import IndicatorLine, YearResult
from tasks.report.model import Line, Run

STATE_WORDS = {
    FigureState.NO_RECORD: "无记录",
    FigureState.NOT_MEASURED: "未测算",
    FigureState.NOT_DUE: "尚未到期",
    FigureState.MEASURED: "未测算",
}
"""What stands in place of a value. A measured state without a value would be a fault; it prints as not measured."""
NO_TARGET = "未设定"
OTHER_PROJECT = "其他指标"
"""Heading of the indicators that belong to none of the projects."""
NO_TEXT = "（责任部门尚未提交文字材料）"
_YUAN_PER_WAN = Decimal(10_000)


def number_text(value: Decimal) -> str:
    """A number with thousands separators and no idle zeros: 10115 → 10,115; 12.50 → 12.5."""
    plain = f"{value:,f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def approximate_text(value: Decimal, part: Decimal | None = None) -> str:
    """An approximate number: 约1,000, or 10,115（其中约1,000为约数） when only a part of it is approximate."""
    if part and abs(part) < abs(value):
        return f"{number_text(value)}（其中约{number_text(part)}为约数）"
    return f"约{number_text(value)}"


def state_word(figure: Figure) -> str:
    """Why a figure has no value: its ledger was not sent (未测算), its cells are blank (未填写), or there is nothing to divide by."""
    if figure.state is not FigureState.NOT_MEASURED or not figure.rows_found:
        return STATE_WORDS[figure.state]
    return "不能计算" if figure.rows_observed else "未填写"


def figure_text(figure: Figure) -> str:
    """A figure as printed, without its unit; a figure without a value prints why it has none."""
    if figure.value is None:
        return state_word(figure)
    if figure.is_approximate:
        return approximate_text(figure.value, figure.approximate_part)
    return number_text(figure.value)


def figure_with_unit(figure: Figure) -> str:
    """A figure with its unit: 22所, 10,115人次（其中约1,000人次为约数）, 无记录."""
    if figure.value is None:
        return state_word(figure)
    part = figure.approximate_part
    if figure.is_approximate and part and abs(part) < abs(figure.value):
        return f"{number_text(figure.value)}{figure.unit}（其中约{number_text(part)}{figure.unit}为约数）"
    return f"{figure_text(figure)}{figure.unit}"


def mark_text(figure: Figure) -> str:
    """A figure as it stands beside a bar, short: 1,980（含约700）, 约300."""
    part = figure.approximate_part
    if figure.value is not None and figure.is_approximate and part and abs(part) < abs(figure.value):
        return f"{number_text(figure.value)}（含约{number_text(part)}）"
    return figure_text(figure)


def figure_run(figure: Figure) -> Run:
    """A figure with its unit as a run that leads to its evidence."""
    return Run(figure_with_unit(figure), figure.figure_id, is_bold=figure.value is not None)


def percent_text(share: Decimal | None) -> str:
    """A share as a percentage with at most two places, never clipped: 1.0062 → 100.62%. None prints as a dash."""
    if share is None:
        return "—"
    return f"{number_text((share * 100).quantize(Decimal('0.01'), ROUND_HALF_UP))}%"


def in_wan(yuan: Decimal) -> Decimal:
    """Yuan in 万元, to the hundredth (100 yuan)."""
    return (yuan / _YUAN_PER_WAN).quantize(Decimal("0.01"), ROUND_HALF_UP)


def target_text(target: Target) -> str:
    """A target as the office wrote it."""
    return NO_TARGET if target.kind is TargetKind.NONE else target.text


def result_text(result: YearResult) -> str:
    """What was achieved in a year of a line: a number, a yes or no, a department's words, or why there is nothing."""
    if result.figure is not None and result.figure.value is not None and result.value == result.figure.value:
        return figure_text(result.figure)
    if isinstance(result.value, bool):
        return "达成" if result.value else "未达成"
    if isinstance(result.value, Decimal):
        return approximate_text(result.value) if result.is_approximate else number_text(result.value)
    if result.figure is not None and result.state is result.figure.state:
        return result.actual_text or state_word(result.figure)
    return result.actual_text or STATE_WORDS[result.state]


def completion_text(result: YearResult, cap: Decimal | None = None) -> str:
    """The completion of a year: a rate (not above `cap`), 达成目标 or 未达成目标 for what has no rate, or a dash."""
    if result.completion is not None:
        return percent_text(capped(result.completion, cap))
    if result.is_reached is None:
        return "尚未到期" if result.state is FigureState.NOT_DUE else "—"
    return "达成目标" if result.is_reached else "未达成目标"


def capped(completion: Decimal, cap: Decimal | None) -> Decimal:
    """A completion, not above the cap of a scoring scheme when it has one."""
    return completion if cap is None else min(completion, cap)


def chinese_day(day: date) -> str:
    """A day: 2021年12月31日."""
    return f"{day.year}年{day.month}月{day.day}日"


def window_text(figure: Figure, basis: Basis) -> str:
    """The days a figure speaks of."""
    if basis is Basis.AS_AT or figure.window_from == figure.window_to:
        return f"截至{chinese_day(figure.window_to)}"
    first, last = figure.window_from, figure.window_to
    until = f"{last.month}月{last.day}日" if first.year == last.year else chinese_day(last)
    return f"{chinese_day(first)}至{until}"


def basis_text(time: Time) -> str:
    """How a figure stands to time: 累计, 时点, 自然年度, or 近2年 when it takes several years together."""
    return BASIS_NAMES[time.basis] if time.years == 1 else f"近{time.years}年"


def unit_name(line: IndicatorLine) -> str:
    """An indicator's name with its unit in full-width brackets, unless the office's name has it already."""
    if not line.unit or f"（{line.unit}" in line.name or f"({line.unit}" in line.name:
        return line.name.replace("(", "（").replace(")", "）")
    return f"{line.name}（{line.unit}）"


def completion_sentence(lines: Iterable[IndicatorLine], subject: str = "本建设任务") -> str:
    """The sentence every project of a self-evaluation has: how many targets, reached, not reached, not to be said."""
    results = [line.current for line in lines]
    due = [result for result in results if result.is_due]
    parts = [f"{subject}本年度目标值{len(due)}项" if due else f"{subject}本年度没有到期的目标值"]
    if due:
        parts.append(_reached_text(due))
    if due and len(results) > len(due):
        parts.append(f"另有{len(results) - len(due)}项本年度未设定目标值或尚未到期")
    return f"{'，'.join(parts)}。"


def _reached_text(due: Sequence[YearResult]) -> str:
    counts = Counter(result.is_reached for result in due)
    if counts[True] < len(due):
        open_ = f"，暂不能判定{counts[None]}项" if counts[None] else ""
        return f"达成{counts[True]}项，未达成{counts[False]}项{open_}"
    rates = [result.completion for result in due if result.completion is not None]
    is_full = bool(rates) and min(rates) >= 1
    if len(due) == 1:
        return f"已达成{'，完成率达到或超过100%' if is_full else ''}"
    return f"全部达成{'，完成率均达到或超过100%' if is_full else ''}"


def text_line(text: str) -> Line:
    """A line of plain text."""
    return (Run(text),)
