"""Marts on both databases: export with lineage, trace to the cell, what is owed, open findings, nights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from schemas.cells import ConformedCell
from schemas.contract import shipped_contracts
from schemas.values import Delivery, Finding, Place, Reading, Severity, SubmissionState, Turn, Verdict
from tasks.intake.load import LoadOutcome, load_verdict, record_unread
from warehouse.engine import begin_write
from warehouse.marts.export import LINEAGE_HEADERS, export_facts, export_headers
from warehouse.marts.findings import count_open_findings, read_open_findings
from warehouse.marts.in_force import counted_submissions
from warehouse.marts.nights import FailingSource, read_failing_sources, read_fetches, read_last_night, read_submissions
from warehouse.marts.owed import OwedState, read_owed
from warehouse.marts.trace import trace_fact
from warehouse.store.dimensions import sync_dimensions
from warehouse.store.nights import Fetch, close_night, open_night, record_fetch
from warehouse.store.obligations import sync_obligations

NIGHT = datetime(2022, 1, 10, 18, tzinfo=UTC)
DAY = timedelta(days=1)
SCHOOLS = [
    ("hetian", "和田职业技术学院", "supported_school", "6532", None),
    ("wuwei", "武威职业学院", "supported_school", "6206", None),
]
FORTY = ConformedCell("约40", 40, is_approximate=True)
ROOM = {
    "supported_institution_code": "hetian", "room_name": "验光实训室", "area_sqm": 120.5, "workstation_count": FORTY,
    "equipment_cny": 1_234_500.0, "built_on": date(2020, 9, 1),
}  # fmt: skip
FINDING = Finding(
    "training_room.area_sqm.required",
    Severity.CRITICAL,
    Turn.SUBMITTER,
    "没有填写",
    "（空）",
    "填写",
    "请补填",
    Place("Sheet1", 5, 4, "使用面积"),
)

Load = Callable[..., LoadOutcome]


@pytest.fixture
def load(engine: Engine, make_delivery: Callable[..., Delivery], make_verdict: Callable[..., Verdict]) -> Load:
    """Loads rows as one delivery of 和田 in the night so many days after the first; `content` stands for the bytes."""

    def load(
        content: str, rows: list[dict[str, object]], day: int = 0, contract: str = "training_room", **told: object
    ) -> LoadOutcome:
        at = NIGHT + day * DAY
        partner = str(told.pop("partner", "hetian"))
        name = f"{contract}.xlsx"
        delivery = make_delivery(
            content,
            partner_code=partner,
            address=f"folder:{partner}/{name}",
            file_name=name,
            modified_at=at,
            seen_at=at,
        )
        with begin_write(engine) as connection:
            sync_dimensions(connection, SCHOOLS)
            night = open_night(connection, at)
        verdict = make_verdict(delivery, rows, contract=contract, **told)
        return load_verdict(engine, night, verdict, delivery, shipped_contracts()[contract], at)

    return load


def exported(engine: Engine, contract: str, day: int, year: int | None = None) -> list[dict[str, object]]:
    with engine.connect() as connection:
        return [dict(row) for row in export_facts(connection, contract, NIGHT + day * DAY, year)]


def test_an_export_reads_like_a_ledger_and_names_the_cell_range_of_each_row(engine: Engine, load: Load) -> None:
    outcome = load("A", [ROOM])
    (row,) = exported(engine, "training_room", 0)
    assert list(row) == export_headers(shipped_contracts()["training_room"])
    assert row["交付sha256"] == "559aead08264d5795d3909718cdd05abd49572e84fe55590eef31a88a08fdffd"
    assert {header: value for header, value in row.items() if value not in {None, False, row["交付sha256"]}} == {
        "受援单位": "和田职业技术学院", "受援单位代码": "hetian", "实训室名称": "验光实训室", "使用面积（平方米）": 120.5,
        "设备总值（万元）": 123.45, "工位数": 40, "工位数是约数": True, "建成时间": date(2020, 9, 1),
        "报送单位": "和田职业技术学院", "报送期间": "2021", "文件名": "training_room.xlsx", "工作表": "Sheet1", "行号": 4,
        "提交编号": outcome.submission_id,
    }  # fmt: skip
    assert tuple(row)[-7:] == LINEAGE_HEADERS


def test_personal_columns_are_never_exported(engine: Engine, load: Load) -> None:
    person = {
        "person_name": "甲某",
        "staff_number_hash": "h",
        "id_number_hash": "i",
        "post_name": "副校长",
        "supported_institution_code": "hetian",
    }
    load("A", [person], contract="dispatched_person")
    (row,) = exported(engine, "dispatched_person", 0)
    assert not {"甲某", "h", "i"} & {str(value) for value in row.values()}
    assert row["任职岗位"] == "副校长"


def test_an_export_is_of_what_was_in_force_then(engine: Engine, load: Load) -> None:
    for day, names in enumerate((["一"], ["一", "二"], ["三"])):
        load("".join(names), [{**ROOM, "room_name": name} for name in names], day)
    then = {day: [row["实训室名称"] for row in exported(engine, "training_room", day)] for day in range(-1, 4)}
    assert then == {-1: [], 0: ["一"], 1: ["一", "二"], 2: ["三"], 3: ["三"]}


def test_of_a_register_each_partners_latest_period_counts_of_a_yearly_ledger_all(engine: Engine, load: Load) -> None:
    for contract in ("training_room", "award"):
        for period in ("2019", "2020", "2021"):
            load(f"{contract}{period}", [{}], contract=contract, period=period)
        load(f"{contract}武威", [{}], contract=contract, period="2019", partner="wuwei")
    assert [len(exported(engine, "training_room", 9, year)) for year in (2018, 2019, 2020, None)] == [0, 2, 2, 2]
    assert [row["报送期间"] for row in exported(engine, "training_room", 9, 2020)] == ["2020", "2019"]
    assert [len(exported(engine, "award", 9, year)) for year in (2018, 2019, 2020, None)] == [0, 2, 3, 4]
    with pytest.raises(KeyError, match="no_such"):
        counted_submissions("no_such", None, NIGHT)


def test_a_fact_is_traced_to_the_letters_of_its_cells(engine: Engine, load: Load) -> None:
    outcome = load("A", [{}, ROOM])
    with engine.connect() as connection:
        fact = trace_fact(connection, "training_room", int(outcome.submission_id or 0), 0, 5)
        with pytest.raises(LookupError, match="source_row 6"):
            trace_fact(connection, "training_room", 1, 0, 6)
    assert (fact.source.file_name, fact.source.address, fact.sheet, fact.source_row) == (
        "training_room.xlsx", "folder:hetian/training_room.xlsx", "Sheet1", 5,
    )  # fmt: skip
    found = {cell.column: (cell.header, cell.cell, cell.value) for cell in fact.cells}
    assert found["room_name"] == ("实训室名称", "B5", "验光实训室")
    assert found["equipment_cny"] == ("设备总值（万元）", "E5", 1_234_500.0)


def test_how_each_owed_ledger_stands(engine: Engine, load: Load) -> None:
    due = date(2022, 1, 12)
    contracts = ("activity", "award", "enrolment", "fund", "training_room", "training_session")
    with begin_write(engine) as connection:
        sync_obligations(
            connection,
            [
                *(("hetian", contract, "2021", due) for contract in contracts),
                ("wuwei", "award", "2021", date(2023, 1, 20)),
            ],
        )
    load("1", [{}], contract="activity")
    load("2", [{}], contract="award", findings=(FINDING,), state=SubmissionState.ACCEPTED_WITH_FINDINGS)
    load("3", [{}], 5, contract="enrolment")
    load("4", [{}], contract="fund", findings=(FINDING,), state=SubmissionState.REFUSED)
    load("5", [{}], contract="training_room")
    load("6", [{}], 6, contract="training_room", state=SubmissionState.REFUSED)
    expected = {
        ("hetian", "activity"): (OwedState.ACCEPTED, date(2022, 1, 11), 0, False, False, 1),
        ("hetian", "award"): (OwedState.ACCEPTED_WITH_FINDINGS, date(2022, 1, 11), 0, True, False, 2),
        ("hetian", "enrolment"): (OwedState.LATE, date(2022, 1, 16), 4, False, False, 3),
        ("hetian", "fund"): (OwedState.REFUSED, date(2022, 1, 11), 8, True, False, 4),
        ("hetian", "training_room"): (OwedState.ACCEPTED, date(2022, 1, 11), 0, False, True, 5),
        ("hetian", "training_session"): (OwedState.MISSING, None, 8, False, False, None),
        ("wuwei", "award"): (OwedState.NOT_DUE, None, 0, False, False, None),
    }
    assert owed(engine, date(2022, 1, 20), 10) == expected
    before = owed(engine, date(2022, 1, 12), 2)
    assert before["hetian", "enrolment"] == (OwedState.NOT_DUE, None, 0, False, False, None)
    assert before["hetian", "training_room"] == (OwedState.ACCEPTED, date(2022, 1, 11), 0, False, False, 5)


def owed(engine: Engine, today: date, known: int) -> dict[tuple[str, str], tuple[object, ...]]:
    with engine.connect() as connection:
        found = read_owed(connection, today, NIGHT + known * DAY)
    return {
        (one.partner_code, one.contract): (
            one.state,
            one.received_on,
            one.days_late,
            one.has_findings,
            one.is_refused_since,
            one.submission_id,
        )
        for one in found
    }


def test_findings_are_open_until_the_ledger_is_mended(engine: Engine, load: Load) -> None:
    warning = replace(FINDING, rule_id="w", severity=Severity.WARNING, place=Place())
    accepted = SubmissionState.ACCEPTED_WITH_FINDINGS
    assert open_now(engine) == []
    load("1", [{}], 0, findings=(warning, FINDING), state=accepted)
    assert open_now(engine) == [(1, FINDING), (1, warning)]
    load("2", [{}], 1, findings=(FINDING, FINDING), state=SubmissionState.REFUSED)
    assert open_now(engine) == [(2, FINDING), (2, FINDING)]
    with engine.connect() as connection:
        assert [(one.partner_code, one.rule_id, one.count) for one in count_open_findings(connection)] == [
            ("hetian", FINDING.rule_id, 2)
        ]
        assert read_open_findings(connection, "wuwei") == []
    load("3", [{}], 2)
    assert open_now(engine) == []


def test_what_is_wrong_with_a_file_is_open_until_another_stands_at_its_address(
    engine: Engine, make_delivery: Callable[..., Delivery]
) -> None:
    finding = replace(FINDING, rule_id="read.encrypted", place=Place())
    with begin_write(engine) as connection:
        night = open_night(connection, NIGHT)
    record_unread(engine, night, Reading(make_delivery("X"), findings=(finding,), state=SubmissionState.UNREADABLE))
    assert open_now(engine) == [(1, finding)]
    record_unread(engine, night, Reading(make_delivery("Y"), findings=(finding,), state=SubmissionState.UNRECOGNISED))
    assert open_now(engine) == [(2, finding)]


def open_now(engine: Engine) -> list[tuple[int, Finding]]:
    with engine.connect() as connection:
        return [(one.submission_id, one.finding) for one in read_open_findings(connection)]


def test_a_source_is_failing_since_the_first_night_after_its_last_good_one(engine: Engine) -> None:
    answers = {
        "hetian": ["ok", "unreachable", "unreachable"],
        "wuwei": ["unreachable", "empty", "ok"],
        "weixian": ["unreachable"] * 3,
    }
    with begin_write(engine) as connection:
        assert read_last_night(connection) is None
        for day in range(3):
            night = open_night(connection, NIGHT + day * DAY)
            for code, outcomes in answers.items():
                record_fetch(connection, night, Fetch(code, outcomes[day], f"第{day}夜", 0, 0, 0.0), NIGHT)
        close_night(connection, night, {"新收": 0}, NIGHT + 3 * DAY)
    with engine.connect() as connection:
        assert read_failing_sources(connection) == [
            FailingSource("weixian", NIGHT, 3, "第2夜"), FailingSource("hetian", NIGHT + DAY, 2, "第2夜", NIGHT),
        ]  # fmt: skip
        last = read_last_night(connection)
        assert last is not None
        assert (last.night_id, last.started_at, last.summary) == (3, NIGHT + 2 * DAY, {"新收": 0})
        assert [fetch.partner_code for fetch in read_fetches(connection, 3)] == ["hetian", "weixian", "wuwei"]
        assert read_submissions(connection, 3) == []


def test_a_night_tells_what_became_of_each_ledger(engine: Engine, load: Load) -> None:
    load("1", [{}, {}], findings=(FINDING,), state=SubmissionState.ACCEPTED_WITH_FINDINGS)
    with engine.connect() as connection:
        (found,) = read_submissions(connection, 1)
    assert (found.contract, found.file_name, found.state) == (
        "training_room",
        "training_room.xlsx",
        SubmissionState.ACCEPTED_WITH_FINDINGS,
    )
    assert (found.rows_read, found.rows_loaded, found.rows_held, found.critical_count) == (2, 2, 0, 1)
