"""Words of the report: every way a figure, rate or completion can stand, as it is printed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from schemas.time_window import Basis, Time
from schemas.values import Figure, FigureState
from tasks.report.narrative import (
    basis_text,
    figure_text,
    figure_with_unit,
    mark_text,
    number_text,
    percent_text,
    window_text,
)

EXACT = Figure(
    "2021/trained_cumulative", "trained_cumulative", "累计培训人次", "人次", FigureState.MEASURED, Decimal(10115), 40,
    date(2019, 1, 1), date(2021, 12, 31),
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "printed"),
    [
        ({}, "10,115人次"),
        ({"is_approximate": True, "approximate_part": Decimal(1000)}, "10,115人次（其中约1,000人次为约数）"),
        ({"value": Decimal(1000), "is_approximate": True, "approximate_part": Decimal(1000)}, "约1,000人次"),
        ({"is_approximate": True}, "约10,115人次"),
        ({"value": Decimal(0)}, "0人次"),
        ({"value": None, "state": FigureState.NO_RECORD}, "无记录"),
        ({"value": None, "state": FigureState.NOT_MEASURED, "rows_observed": 0}, "未测算"),
        ({"value": None, "state": FigureState.NOT_MEASURED, "rows_observed": 0, "rows_found": 4}, "未填写"),
        ({"value": None, "state": FigureState.NOT_MEASURED, "rows_observed": 4, "rows_found": 4}, "不能计算"),
        ({"value": None, "state": FigureState.NOT_DUE}, "尚未到期"),
    ],
)
def test_a_figure_says_what_it_is(change: dict[str, object], printed: str) -> None:
    assert figure_with_unit(replace(EXACT, **change)) == printed  # type: ignore[arg-type]


def test_without_unit_the_approximate_part_is_named_too() -> None:
    figure = replace(EXACT, is_approximate=True, approximate_part=Decimal(1000))
    assert figure_text(figure) == "10,115（其中约1,000为约数）"
    assert mark_text(figure) == "10,115（含约1,000）"


def test_a_figure_of_two_years_is_not_one_of_a_calendar_year() -> None:
    assert basis_text(Time(basis=Basis.CALENDAR_YEAR)) == "自然年度"
    assert basis_text(Time(basis=Basis.CALENDAR_YEAR, years=2)) == "近2年"


@pytest.mark.parametrize(
    ("value", "printed"),
    [("1000.00", "1,000"), ("12.50", "12.5"), ("0", "0"), ("1234567", "1,234,567"), ("-3.10", "-3.1")],
)
def test_numbers_have_separators_and_no_idle_zeros(value: str, printed: str) -> None:
    assert number_text(Decimal(value)) == printed


@pytest.mark.parametrize(
    ("share", "printed"), [("1.0062", "100.62%"), ("1", "100%"), ("0.33335", "33.34%"), ("2.5", "250%")]
)
def test_rates_are_not_clipped(share: str, printed: str) -> None:
    assert percent_text(Decimal(share)) == printed


def test_a_missing_rate_is_a_dash() -> None:
    assert percent_text(None) == "—"


def test_days_of_a_figure() -> None:
    assert window_text(EXACT, Basis.CUMULATIVE) == "2019年1月1日至2021年12月31日"
    assert window_text(EXACT, Basis.AS_AT) == "截至2021年12月31日"
    assert window_text(replace(EXACT, window_from=date(2021, 1, 1)), Basis.CALENDAR_YEAR) == "2021年1月1日至12月31日"
