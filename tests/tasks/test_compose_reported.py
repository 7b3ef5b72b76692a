"""Values that departments report stand with the material they name; what a ledger measures does not stand among them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tasks.report.compose_reported import compose_reported
from tasks.report.measure_lines import IndicatorLine
from tasks.report.model import Table
from tests.tasks.test_score import line, year
from warehouse.marts.plan import CellAddress, ReportedValue


def reported(one: IndicatorLine, text: str, evidence: str | None) -> IndicatorLine:
    said = ReportedValue(one.scope, one.code, one.name, 2022, text, evidence, CellAddress(1, 0, 5))
    return replace(one, unit="部", current=replace(one.current, reported=said))


def test_each_reported_value_names_its_material_or_says_that_none_is_named() -> None:
    lines = (
        reported(line("数量指标", "5", Decimal(5), name="教材"), "5", "教材目录"),
        reported(line("数量指标", "是", True, name="规划"), "是", None),
        line("数量指标", "10", Decimal(10), name="培训"),
        reported(line("数量指标", "2", Decimal(2), name="标准", scope="专业群一"), "2", ""),
    )
    [table] = compose_reported(year(lines))
    assert isinstance(table, Table)
    assert [[cell.text for cell in row] for row in table.body] == [
        ["学校", "1", "教材（部）", "5", "教材目录"],
        ["1", "规划（部）", "达成", "未注明"],
        ["专业群一", "1", "标准（部）", "2", "未注明"],
    ]
    assert [row[-1].tone for row in table.body] == ["plain", "watch", "watch"]


@pytest.mark.parametrize("lines", [(), (line("数量指标", "10", Decimal(10)),)])
def test_without_reported_values_there_is_no_table(lines: tuple[IndicatorLine, ...]) -> None:
    assert compose_reported(year(lines)) == ()
