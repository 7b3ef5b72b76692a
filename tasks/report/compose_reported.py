"""Compose the report, its evidence for what no ledger measures: values that departments report, with the material they name."""

from __future__ import annotations

from tasks.report.compose_cells import head_row, joined_down, result_cell, words
from tasks.report.measure import Measured
from tasks.report.measure_lines import IndicatorLine
from tasks.report.model import Block, Row, Table
from tasks.report.narrative import unit_name

_NOTE = "注：这些指标没有台账可以测算（或台账没有数据），完成值由责任部门填报；“未注明”的应补充佐证材料。"


def compose_reported(measured: Measured) -> tuple[Block, ...]:
    """The lines of the plan whose value of the year a department reported; nothing when ledgers measure all."""
    lines = [line for line in measured.indicator_lines if line.current.reported is not None]
    if not lines:
        return ()
    head = (head_row("层面", "编码", "指标（单位）", "完成值", "佐证材料"),)
    body = joined_down([(line.scope,) for line in lines], [_row(line) for line in lines])
    title = f"{measured.year}年度责任部门填报的完成值与佐证材料"
    return (Table("reported-values", title, (5, 6, 15, 9, 15), head, body, _NOTE),)


def _row(line: IndicatorLine) -> Row:
    reported = line.current.reported
    evidence = reported.evidence if reported else None
    material = words(evidence) if evidence else words("未注明", tone="watch")
    return (words(line.code, is_centred=True), words(unit_name(line)), result_cell(line.current), material)
