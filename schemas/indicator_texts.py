"""What the catalogue's entries mean, in words: blanks, approximate values, rounding and time basis follow from the entry itself.

Also the page of all indicators that is generated from it (docs/indicators.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from schemas.contract import shipped_contracts
from schemas.dictionary import markdown_table
from schemas.indicator import Count, CountDistinct, Growth, Indicator, Mean, Ratio, Share, Sum
from schemas.time_window import BASIS_NAMES, Basis, Time

_BASIS_NAMES_EN = {
    Basis.CALENDAR_YEAR: "calendar year", Basis.SCHOOL_YEAR: "school year", Basis.HALF_YEAR: "half-year",
    Basis.CUMULATIVE: "cumulative since 2019", Basis.AS_AT: "as at a day",
}  # fmt: skip
_INTRO = """\
# 指标目录 / Indicator catalogue

本文件由指标目录（`schemas/indicators/`）生成，请勿手工修改：`doublehigh indicators --page > docs/indicators.md`。
Generated from the catalogue; do not edit by hand.

下列情形各有各的说法，从不混用：**0** 是数得的零；**无记录**是台账已报而没有此类记录；**未填写**是有记录而所需栏目空白；**未测算**是台账未报；
**不能计算**是没有可作分母的数；**尚未到期**是未到统计时间。每个数旁边都记有观测到的行数。台账不能测算的指标，取责任部门填报的完成值（`indicator_actual`），附佐证材料。
These are never one another: **0** (counted, and nothing there), **no record** (the ledger came and holds no such row), **blank**
(the rows are there, their cells empty), **not measured** (no ledger came), **cannot be worked out** (nothing to divide by), **not due**
(its days have not begun). Every figure carries the number of rows observed. What no ledger measures is taken from the
departments' reported values, with their evidence."""
_HEADERS = (
    "数据项",
    "口径 / Definition",
    "单位",
    "时间口径 / Time basis",
    "取舍 / Rounding",
    "空白与约数 / Blanks and approximate values",
    "计划中的名称",
)


def meaning(indicator: Indicator) -> str:
    """Chinese: what counts, what a blank counts and what does not count."""
    return "；".join((indicator.definition, *_blank_counts(indicator), f"不计：{indicator.not_counted}"))


def meaning_en(indicator: Indicator) -> str:
    """English: what counts, what a blank counts and what does not count."""
    measure = indicator.measure
    blank = (
        (f"a blank counts {measure.blank_counts}",)
        if isinstance(measure, Sum) and measure.blank_counts is not None
        else ()
    )
    return "; ".join((indicator.definition_en, *blank, f"not counted: {indicator.not_counted_en}"))


def carried_text(indicator: Indicator) -> tuple[str, str]:
    """What blanks and approximate cells do to the figure, in Chinese and English: it follows from how it is measured."""
    match indicator.measure:
        case Sum(blank_counts=None):
            blank = "空白不当作0，只加填写了的行", "a blank is not 0: only rows with a value add up"
        case Sum():
            blank = f"{_blank_counts(indicator)[0]}", "a blank counts as said"
        case Growth():
            blank = "空白不当作0", "a blank is not 0"
        case Ratio() | Mean():
            blank = "所需各栏都填写的行才计入分子分母", "only rows with every cell needed count, above and below"
        case CountDistinct():
            blank = "空白不计", "blanks are not counted"
        case Count() | Share():
            return "按行计数，没有约数", "rows are counted: never approximate"
    vague = _vague(indicator)
    return f"{blank[0]}；{vague[0]}", f"{blank[1]}; {vague[1]}"


def _vague(indicator: Indicator) -> tuple[str, str]:
    match indicator.measure:
        case Sum():
            return "约数照加，其中的约数另列", "approximate values add up, their part stated apart"
        case CountDistinct():
            return "没有约数", "never approximate"
        case _:
            return "任一数为约数，结果即为约数", "one approximate cell makes the figure approximate"


def rounding_text(indicator: Indicator) -> str:
    """To how many places the figure is rounded, half up."""
    return f"四舍五入到{indicator.rounding}位小数" if indicator.rounding else "取整数（四舍五入）"


def time_text(time: Time) -> tuple[str, str]:
    """The time basis in Chinese and English."""
    if time.years > 1:
        return f"近{time.years}年（{BASIS_NAMES[time.basis]}）", f"{time.years} years ({_BASIS_NAMES_EN[time.basis]})"
    half = {None: ("", ""), 1: ("（上半年）", ", first"), 2: ("（下半年）", ", second")}[time.half]
    return BASIS_NAMES[time.basis] + half[0], _BASIS_NAMES_EN[time.basis] + half[1]


def indicator_page(indicators: Mapping[str, Indicator]) -> str:
    """All indicators as one Markdown page, ledger by ledger, Chinese and English."""
    contracts = shipped_contracts()
    by_ledger: dict[str, list[Indicator]] = {}
    for indicator in indicators.values():
        by_ledger.setdefault(indicator.contract, []).append(indicator)
    parts = [_INTRO]
    for name, found in by_ledger.items():
        parts += [f"## {contracts[name].title}（`{name}`）", markdown_table(_HEADERS, map(_row, found))]
    return "\n\n".join(parts) + "\n"


def _row(indicator: Indicator) -> tuple[str, ...]:
    groups = "".join(f"，按{each}" for each in _group_headers(indicator))
    time, time_en = time_text(indicator.time)
    carried, carried_en = carried_text(indicator)
    names = (f"{indicator.title}{groups}", indicator.title_en, f"`{indicator.key}`")
    return (
        "<br>".join(names), f"{meaning(indicator)}<br>{meaning_en(indicator)}", indicator.unit, f"{time}<br>{time_en}",
        rounding_text(indicator), f"{carried}<br>{carried_en}", "、".join(indicator.plan_names),
    )  # fmt: skip


def _group_headers(indicator: Indicator) -> Iterator[str]:
    contract = shipped_contracts()[indicator.contract]
    return (contract.column(name).header for name in indicator.group_by)


def _blank_counts(indicator: Indicator) -> tuple[str, ...]:
    measure = indicator.measure
    if not isinstance(measure, Sum) or measure.blank_counts is None:
        return ()
    header = shipped_contracts()[indicator.contract].column(measure.column).header
    return (f"“{header}”不填的按{measure.blank_counts}计",)
