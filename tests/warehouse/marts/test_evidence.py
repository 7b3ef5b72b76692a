"""From a figure back to its cells: the rows followed are the rows counted."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from schemas.errors import MisconfiguredError
from schemas.indicator import shipped_indicators
from schemas.values import Place
from tests.warehouse.marts.ledgers import NOON, About, Row, load, register_institutions
from warehouse.marts.figure_ids import FigureName, figure_id, parse_figure_id
from warehouse.marts.measure import measure
from warehouse.marts.measure_evidence import HIDDEN, EvidenceRow, evidence


def followed(engine: Engine, name: str, as_of: date | None = None) -> list[EvidenceRow]:
    with engine.connect() as connection:
        return evidence(connection, name, NOON, as_of)


def session(day: date, person_times: int | About | None, mode: str = "线下") -> Row:
    return {"session_name": "班", "started_on": day, "training_mode_code": mode, "trainee_person_times": person_times}


def test_a_sum_is_followed_to_sheet_row_and_column(engine: Engine) -> None:
    first = load(engine, "training_session", "2020", [session(date(2020, 5, 1), 30)], partner="jxjy")
    second = load(engine, "training_session", "2021", [
        session(date(2021, 5, 1), About(400)), session(date(2021, 6, 1), None), session(date(2021, 10, 1), 7),
    ], partner="jxjy")  # fmt: skip
    found = followed(engine, "2021/trained_cumulative", date(2021, 9, 30))
    assert [(cell.submission_id, cell.place, cell.value, cell.is_approximate) for cell in found] == [
        (first, Place("台账", 4, 9, "培训人次"), 30, False),
        (second, Place("台账", 4, 9, "培训人次"), 400, True),
    ]
    assert {(cell.partner_code, cell.file_name, cell.column_name) for cell in found} == {
        ("jxjy", "training_session_2020.xlsx", "trainee_person_times"),
        ("jxjy", "training_session_2021.xlsx", "trainee_person_times"),
    }
    assert len(followed(engine, "2021/trained_cumulative")) == 3
    assert followed(engine, "2022/trained_cumulative", date(2021, 9, 30)) == []


def test_every_slice_is_followed_to_its_own_rows(engine: Engine) -> None:
    sessions = [session(date(2021, 5, day), day, "线上" if day % 2 else "线下") for day in range(1, 8)]
    load(engine, "training_session", "2021", sessions)
    with engine.connect() as connection:
        indicator = shipped_indicators()["trained_by_mode"]
        slices = measure(connection, indicator, 2021, date(2021, 12, 31), NOON)
    sums = {
        each.figure_id: sum(Decimal(str(cell.value)) for cell in followed(engine, each.figure_id)) for each in slices
    }
    assert sums == {each.figure_id: each.value for each in slices}
    assert list(sums.values()) == [Decimal(16), Decimal(12)]


def test_counted_rows_show_the_cell_that_names_them_and_persons_stay_hidden(engine: Engine) -> None:
    register_institutions(engine, {"hetian": ("和田职业技术学院", "supported_school", "6532")})
    room = {
        "supported_institution_code": "hetian",
        "room_name": "汽修实训室",
        "location_code": "校内",
        "built_on": date(2020, 1, 1),
    }
    load(engine, "training_room", "2021", [room])
    sent = {
        "supported_institution_code": "hetian",
        "person_name": "甲",
        "dispatched_on": date(2021, 3, 1),
        "post_name": "教师",
    }
    load(engine, "dispatched_person", "2021", [sent, sent | {"staff_number_hash": "a" * 64}])
    assert [(cell.column_name, cell.value) for cell in followed(engine, "2021/hetian_training_room_count")] == [
        ("room_name", "汽修实训室")
    ]
    assert [(cell.column_name, cell.value) for cell in followed(engine, "2021/hetian_core_staff")] == [
        ("person_name", HIDDEN), ("staff_number_hash", HIDDEN),
    ]  # fmt: skip
    assert [cell.value for cell in followed(engine, "2021/dispatched_person_times")] == [None, None]


def test_growth_is_followed_into_both_years(engine: Engine) -> None:
    for year in (2020, 2021):
        row = {"year": year, "origin_name": "甘肃省", "plan_type_code": "西部协作", "planned_count": year}
        load(engine, "enrolment", str(year), [row])
    assert [cell.value for cell in followed(engine, "2021/west_planned_growth")] == [2020, 2021]


def test_figure_ids_say_all_and_read_back() -> None:
    group = ("国家级", None, "a/b 100%", "-")
    assert figure_id(2021, "medals", group) == "2021/medals/国家级/-/a%2Fb%20100%25/%2D"
    assert parse_figure_id(figure_id(2021, "medals", group)) == FigureName(2021, "medals", group)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("trained_cumulative", "expected YEAR/INDICATOR"),
        ("2021/", "expected YEAR/INDICATOR"),
        ("2021/trained", "no indicator 'trained' in the catalogue; known are "),
        ("2021/internet_plus_medals/国家级", "expected 2021/internet_plus_medals/level_code/grade_code"),
    ],
)
def test_an_id_that_names_nothing_is_refused(engine: Engine, name: str, complaint: str) -> None:
    with pytest.raises(MisconfiguredError, match=complaint):
        followed(engine, name)
