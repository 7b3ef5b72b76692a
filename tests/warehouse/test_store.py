"""The store: what is written is found again, once, and repeating a write changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, func, select

from schemas.contract import shipped_contracts
from schemas.values import Delivery, Figure, FigureState, Sighting, Verdict
from tasks.intake.load import load_verdict
from warehouse.base import Base
from warehouse.engine import begin_write
from warehouse.store.decisions import record_decision
from warehouse.store.deliveries import known_sightings, record_deliveries, settle_deliveries
from warehouse.store.dimensions import sync_dimensions, sync_plan
from warehouse.store.dispatches import Message, is_dispatched, record_dispatch
from warehouse.store.nights import Fetch, close_night, open_night, record_fetch
from warehouse.store.obligations import sync_obligations
from warehouse.store.reports import record_draft
from warehouse.tables import (
    Decision,
    DimDate,
    DimIndicator,
    DimInstitution,
    DimProject,
    DimRegion,
    DimScope,
    DimTask,
    Dispatch,
    FetchLog,
    FigureRow,
    Night,
    Obligation,
    SightingRow,
)  # fmt: skip

NOW = datetime(2021, 9, 1, 18, tzinfo=UTC)
DAY = timedelta(days=1)


def rows(engine: Engine, model: type[Base], *columns: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(*(getattr(model, name) for name in columns)))]


def test_a_night_is_opened_and_closed_with_its_summary(engine: Engine) -> None:
    with begin_write(engine) as connection:
        night = open_night(connection, NOW)
        fetch = Fetch("hetian", "ok", None, 3, 40, 0.25)
        record_fetch(connection, night, replace(fetch, outcome="unreachable", reason="无法连接"), NOW)
        record_fetch(connection, night, fetch, NOW)
        close_night(connection, night, {"新收": 3}, NOW + DAY)
    assert rows(engine, Night, "started_at", "closed_at", "summary") == [(NOW, NOW + DAY, {"新收": 3})]
    assert rows(engine, FetchLog, "partner_code", "outcome", "reason", "seconds") == [("hetian", "ok", None, 0.25)]


def test_closing_a_night_that_was_never_opened_fails(engine: Engine) -> None:
    with pytest.raises(LookupError, match="no night 5"), begin_write(engine) as connection:
        close_night(connection, 5, {}, NOW)


def test_an_instant_without_a_time_zone_is_refused(engine: Engine) -> None:
    with pytest.raises(Exception, match="time zone"), begin_write(engine) as connection:
        open_night(connection, datetime(2021, 9, 1))  # noqa: DTZ001


def test_what_was_seen_is_known_once_it_is_settled(engine: Engine, make_delivery: Callable[..., Delivery]) -> None:
    delivery = make_delivery("A")
    with begin_write(engine) as connection:
        night = open_night(connection, NOW)
        first = record_deliveries(connection, night, [delivery])
        assert known_sightings(connection, "hetian") == {}
        settle_deliveries(connection, [delivery], NOW)
        assert record_deliveries(connection, night, [delivery]) == first
        seen = Sighting(delivery.address, 1, delivery.modified_at, delivery.sha256)
        assert known_sightings(connection, "hetian") == {delivery.address: seen}
        assert known_sightings(connection, "wuwei") == {}


def test_an_address_that_goes_back_to_older_bytes_is_seen_anew(
    engine: Engine, make_delivery: Callable[..., Delivery]
) -> None:
    a, b = make_delivery("A"), make_delivery("B")
    with begin_write(engine) as connection:
        night = open_night(connection, NOW)
        for delivery in (a, b, a):
            record_deliveries(connection, night, [delivery])
            settle_deliveries(connection, [delivery], NOW)
        assert known_sightings(connection, "hetian")[a.address].sha256 == a.sha256
    assert sorted(rows(engine, SightingRow, "id", "delivery_sha256")) == [(1, a.sha256), (2, b.sha256), (3, a.sha256)]


def test_obligations_become_exactly_what_the_partner_files_say(engine: Engine) -> None:
    owed = [("hetian", "award", "2020", date(2021, 1, 20)), ("hetian", "award", "2021", date(2022, 1, 20))]
    moved = [("hetian", "award", "2021", date(2022, 2, 1)), ("wuwei", "fund", "2021", date(2022, 1, 20))]
    for told in (owed, owed, moved):
        with begin_write(engine) as connection:
            sync_obligations(connection, told)
    assert sorted(rows(engine, Obligation, "partner_code", "contract", "period", "due_on")) == sorted(moved)


def test_dimensions_follow_the_registers_and_keep_who_left(engine: Engine) -> None:
    both = [
        ("hetian", "和田职业技术学院", "supported_school", "6532", None),
        ("wuwei", "武威职业学院", "supported_school", "6206", "4162013518"),
    ]
    for told in (both, both, [("hetian", "和田职业技术大学", "supported_school", "6532", None)]):
        with begin_write(engine) as connection:
            sync_dimensions(connection, told)
    found = rows(engine, DimInstitution, "institution_code", "institution_name", "is_listed")
    assert sorted(found) == [("hetian", "和田职业技术大学", True), ("wuwei", "武威职业学院", False)]
    with engine.connect() as connection:
        assert connection.scalar(select(DimRegion.region_name).where(DimRegion.region_code == "6532")) == "和田地区"
        day = connection.execute(
            select(DimDate.half, DimDate.quarter, DimDate.school_year).where(DimDate.day_on == date(2021, 8, 31))
        ).one()
        assert tuple(day) == (2, 3, 2020)
        assert connection.scalar(select(func.count()).select_from(DimDate)) == 8 * 365 + 2


def test_the_plan_comes_from_its_facts_in_force(
    engine: Engine, make_delivery: Callable[..., Delivery], make_verdict: Callable[..., Verdict]
) -> None:
    with begin_write(engine) as connection:
        night = open_night(connection, NOW)
    task = {
        "scope_code": "学校",
        "project_name": "提升服务发展水平",
        "task_name": "对口支援",
        "department_name": "双高办",
    }
    target = {
        "scope_code": "专业群一", "level1_name": "产出指标", "level2_name": "数量指标", "project_name": "打造高水平专业群",
        "indicator_name": "师资培训", "indicator_code": "1.1.7.3", "unit_name": "人次", "target_2021": "≥1000",
    }  # fmt: skip
    for text, contract, row in (("T", "plan_task", task), ("I", "indicator_target", target)):
        delivery = make_delivery(text, address=f"folder:{text}", partner_code="shuanggaoban")
        verdict = make_verdict(delivery, [row, row], contract=contract)
        load_verdict(engine, night, verdict, delivery, shipped_contracts()[contract], NOW)
    for _ in range(2):
        with begin_write(engine) as connection:
            sync_plan(connection, NOW + DAY)
    assert rows(engine, DimScope, "scope_code", "ordinal") == [("学校", 1), ("专业群一", 2)]
    assert sorted(rows(engine, DimProject, "ordinal", "project_name")) == [
        (1, "提升服务发展水平"),
        (2, "打造高水平专业群"),
    ]
    assert rows(engine, DimTask, "task_name", "department_name", "ordinal") == [("对口支援", "双高办", 1)]
    assert rows(engine, DimIndicator, "indicator_code", "unit_name", "time_basis_text") == [("1.1.7.3", "人次", None)]


def test_a_decision_names_who_and_why(engine: Engine) -> None:
    told = {"decided_by": "双高办", "kind": "approve_layout", "subject_kind": "layout", "subject": "f00d"}
    with begin_write(engine) as connection:
        assert record_decision(connection, NOW, **told, why="已与学校核对", details={"column": "session_name"}) == 1
        with pytest.raises(ValueError, match="why"):
            record_decision(connection, NOW, **told, why=" ")
    assert rows(engine, Decision, "subject", "details") == [("f00d", {"column": "session_name"})]


def test_a_message_goes_out_once_an_occasion_and_a_failed_one_again(engine: Engine) -> None:
    message = Message("receipt:hetian:1", "receipt", ["a@example.org"], "回执", "smtp", "failed", "无法连接")
    with begin_write(engine) as connection:
        record_dispatch(connection, message, NOW)
        assert not is_dispatched(connection, message.key)
        record_dispatch(connection, replace(message, outcome="sent", reason=None), NOW + DAY)
        assert is_dispatched(connection, message.key)
    assert rows(engine, Dispatch, "outcome", "reason", "recipients", "sent_at") == [
        ("sent", None, ["a@example.org"], NOW + DAY)
    ]


def test_a_report_on_record_keeps_its_figures_digit_for_digit(engine: Engine) -> None:
    window = {"window_from": date(2019, 1, 1), "window_to": date(2021, 12, 31)}
    exact = Figure(
        "f1", "trained", "培训人次", "人次", FigureState.MEASURED, Decimal("10115.1"), 37, **window, group=("师资",)
    )
    nothing = Figure("f2", "trained", "培训人次", "人次", FigureState.NO_RECORD, None, 0, **window)
    with begin_write(engine) as connection:
        number = record_draft(
            connection, NOW, year=2021, as_of=date(2021, 12, 31), known_at=NOW, manifest={"contracts": {"award": "1"}},
            figures=[exact, nothing],
        )  # fmt: skip
    found = rows(engine, FigureRow, "report_issue_id", "figure_id", "value", "slice_names", "state")
    assert sorted(found, key=repr) == [
        (number, "f1", Decimal("10115.1"), ["师资"], FigureState.MEASURED), (number, "f2", None, [], FigureState.NO_RECORD),
    ]  # fmt: skip
