"""Rows of small ledgers for the tests of reading, and short views of what was read."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.values import Reading

ROOM = ["受援单位", "实训室名称", "使用面积（平方米）", "设备总值（万元）", "工位数", "建成时间"]
SESSION = ["序号", "培训项目名称", "受训单位", "培训方式", "开始时间", "结束时间", "培训人次"]
ENROLMENT = ["生源地", "计划类别", "专业名称", "专业代码", "计划数", "录取数", "报到数"]
FUND = ["建设内容", "资金来源", "预算金额", "到位金额", "支出金额"]
Rows = Sequence[Sequence[object]]


def room(name: str, place: str = "和田职业技术学院", built: object = "2021.03") -> list[object]:
    return [place, name, 630.5, 94.6, "14 个", built]


def session(number: int, name: str, started: str = "2021.3.5", ended: str = "2021.3.9") -> list[object]:
    return [number, name, "和田职业技术学院", "线下", started, ended, 60]


def slots(reading: Reading) -> list[tuple[str, str, list[int]]]:
    return [(one.contract, one.period, one.rows.tolist()) for one in reading.submissions]


def rules(reading: Reading) -> list[str]:
    return [finding.rule_id for finding in reading.findings]


def only(reading: Reading) -> tuple[str, str, int]:
    return reading.state.value, "、".join(rules(reading)), len(reading.submissions)
