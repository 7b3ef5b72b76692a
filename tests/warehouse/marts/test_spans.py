"""What a report cites of its figures: the same rows as the cells behind them, told file by file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import Engine

from schemas.indicator import shipped_indicators
from schemas.values import Place
from tests.warehouse.marts.ledgers import NOON, Row, load, register_institutions
from warehouse.engine import open_engine
from warehouse.marts.measure import measure
from warehouse.marts.measure_evidence import evidence
from warehouse.marts.measure_spans import CITED, LISTED_ROWS, CellSpans, Cited, read_cited

YEAR_END = date(2021, 12, 31)
INSTITUTIONS = {
    "hetian": ("和田职业技术学院", "supported_school", "6532"),
    "weixian": ("威县职教中心", "supported_school", "1305"),
    "jxjy": ("继续教育学院", "college", None),
}


def cited(engine: Engine, indicator: str, year: int = 2021) -> dict[str, Cited]:
    with engine.connect() as connection:
        return dict(read_cited(connection, shipped_indicators()[indicator], year, NOON, YEAR_END))


def _rows(one: Cited) -> Iterator[tuple[str, int | None, int | None]]:
    for source in one.sources:
        for first, last in source.spans:
            yield from ((source.file_name, source.place.column, row) for row in range(first, last + 1))


def sessions(count: int, every: int = 2) -> list[Row]:
    """Rows of which each `every`-th is online."""
    return [
        {
            "session_name": f"班{number}", "started_on": date(2021, 5, 1), "trainee_person_times": 10,
            "training_mode_code": "线上" if number % every == 0 else "线下",
        }
        for number in range(count)
    ]  # fmt: skip


def enough(engine: Engine) -> None:
    register_institutions(engine, INSTITUTIONS)
    load(engine, "training_session", "2020", sessions(3), partner="jxjy")
    load(engine, "training_session", "2021", [
        {**row, "trainee_institution_code": code} for row, code in zip(sessions(9), [*INSTITUTIONS, None, *INSTITUTIONS, None, "hetian"], strict=True)
    ], partner="jxjy")  # fmt: skip
    for year in (2020, 2021):
        row: Row = {"year": year, "origin_name": "甘肃省", "plan_type_code": "西部协作", "planned_count": year}
        load(engine, "enrolment", str(year), [row, {**row, "origin_name": None}])
    sent: Row = {"supported_institution_code": "hetian", "dispatched_on": date(2021, 3, 1), "post_name": "教师"}
    load(
        engine,
        "dispatched_person",
        "2021",
        [sent, {**sent, "staff_number_hash": "a" * 64}, {**sent, "person_name": "甲"}],
    )


@pytest.mark.parametrize(
    "indicator",
    ["trained_cumulative", "trained_by_mode", "hetian_core_staff", "dispatched_person_times", "west_planned_growth"],
)
def test_what_is_cited_are_the_cells_behind_the_figure(engine: Engine, indicator: str) -> None:
    enough(engine)
    with engine.connect() as connection:
        figures = measure(connection, shipped_indicators()[indicator], 2021, YEAR_END, NOON)
        cells = {one.figure_id: evidence(connection, one.figure_id, NOON, YEAR_END) for one in figures}
    found = cited(engine, indicator)
    assert {name: set(_rows(each)) for name, each in found.items()} == {
        name: {(cell.file_name, cell.place.column, cell.place.row) for cell in each}
        for name, each in cells.items()
        if each
    }
    assert {name: sum(one.count for one in each.sources) for name, each in found.items()} == {
        name: len(each) for name, each in cells.items() if each
    }


def test_every_indicator_of_the_catalogue_can_be_cited(engine: Engine) -> None:
    enough(engine)
    with engine.connect() as connection:
        for indicator in shipped_indicators().values():
            ids = {one.figure_id for one in measure(connection, indicator, 2021, YEAR_END, NOON) if one.rows_found}
            assert set(cited(engine, indicator.key)) <= ids, indicator.key


def test_scattered_rows_are_listed_until_they_are_too_many(new_sqlite_warehouse: str) -> None:
    engine = open_engine(new_sqlite_warehouse)
    load(engine, "training_session", "2020", sessions(7, every=3), partner="jxjy")
    load(engine, "training_session", "2021", sessions(2 * LISTED_ROWS + 2), partner="jxjy")
    place = Place("台账", None, 9, "培训人次")
    whole = cited(engine, "trained_cumulative")["2021/trained_cumulative"].sources
    last = 2 * LISTED_ROWS + 5
    assert whole[1] == CellSpans("jxjy", "training_session_2021.xlsx", place, last - 3, ((4, last),))
    online = cited(engine, "trained_by_mode")["2021/trained_by_mode/线上"].sources
    assert online == (
        CellSpans("jxjy", "training_session_2020.xlsx", place, 3, ((4, 4), (7, 7), (10, 10))),
        CellSpans("jxjy", "training_session_2021.xlsx", place, LISTED_ROWS + 1, ((4, last - 1),), False),
    )
    engine.dispose()


def test_files_beyond_the_cap_are_counted(new_sqlite_warehouse: str) -> None:
    engine = open_engine(new_sqlite_warehouse)
    for number in range(CITED + 2):
        load(engine, "training_session", "2021", sessions(3), partner=f"p{number:02d}")
    found = cited(engine, "trained_cumulative")["2021/trained_cumulative"]
    assert (len(found.sources), found.more_sources, found.more_cells) == (CITED, 2, 6)
    assert [one.partner_code for one in found.sources][-1] == f"p{CITED - 1:02d}"
    engine.dispose()
