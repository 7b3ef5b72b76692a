"""The annex of a report that tells what was let through; a report that rests on no waiver has none."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine

from tasks.report.compose_annexes import compose_annexes
from tasks.report.measure import measure_year
from tasks.report.model import Table
from warehouse.engine import begin_write
from warehouse.marts.report_intake import read_intake
from warehouse.store.waivers import Grant, grant_waiver

NOW = datetime(2022, 1, 15, tzinfo=UTC)
TODAY = date(2022, 1, 15)


@pytest.mark.parametrize("granted", [True, False])
def test_waivers_in_force_are_printed(engine: Engine, granted: bool) -> None:
    if granted:
        grants = [
            Grant("training_session.ends_after_start", "hetian", None, "2021", 2, None, date(2022, 6, 30)),
            Grant(None, "hetian", "award", "2020", None, None, date(2022, 6, 30)),
            Grant(None, "hetian", "award", "2019", None, None, date(2022, 1, 1)),
        ]
        with begin_write(engine) as connection:
            for grant in grants:
                grant_waiver(connection, datetime(2021, 9, 1, tzinfo=UTC), grant, by="甲老师", why="已核实")
    with engine.connect() as connection:
        intake = read_intake(connection, 2021, TODAY, NOW)
    sections = compose_annexes(measure_year(engine, 2021, date(2021, 12, 31), NOW), intake, ())
    tables = [
        block
        for one in sections
        if one.section_id == "annex-waivers"
        for block in one.blocks
        if isinstance(block, Table)
    ]
    told = [[cell.text for cell in row] for table in tables for row in table.body]
    award = ["不需报送", "hetian", told[1][2], "2020", "—", "2022-06-30", "甲老师", "已核实"] if granted else []
    rule = ["training_session.ends_after_start", "hetian", "全部", "2021", "0", "2022-06-30", "甲老师", "已核实"]
    assert told == ([rule, award] if granted else [])
