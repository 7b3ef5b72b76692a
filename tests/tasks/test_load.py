"""Loading: identity, what stays in force, what is written of a refused or late file, and that repeating changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Engine, func, insert, select

from schemas.cells import ConformedCell
from schemas.contract import shipped_contracts
from schemas.values import Delivery, Finding, Place, Reading, Severity, SubmissionState, Turn, Verdict
from tasks.intake.load import LoadOutcome, load_verdict, load_verdicts, record_unread
from warehouse.engine import begin_write
from warehouse.marts.in_force import counted_submissions
from warehouse.store.nights import open_night
from warehouse.tables import FindingRow, Quarantine, Reason, Submission, all_tables, fact_table

CONTRACT = shipped_contracts()["training_session"]
DAY = timedelta(days=1)
NIGHT = datetime(2021, 9, 1, 18, tzinfo=UTC)
ACCEPTED, REFUSED = SubmissionState.ACCEPTED, SubmissionState.REFUSED
SUPERSEDED, REVERTED = SubmissionState.SUPERSEDED, SubmissionState.REVERTED
FINDING = Finding(
    "training_session.ended_on.required", Severity.CRITICAL, Turn.SUBMITTER, "“结束时间”没有填写", "（空）", "每行都要填写", "请补填",
    Place("Sheet1", 4, 7, "结束时间"),
)  # fmt: skip


@pytest.fixture
def load(engine: Engine, make_verdict: Callable[..., Verdict]) -> Callable[..., LoadOutcome]:
    """Loads one delivery whose submission has one row named after its bytes, in the night so many days after the first."""

    def load(delivery: Delivery, day: int = 0, state: SubmissionState = ACCEPTED, **told: object) -> LoadOutcome:
        verdict = make_verdict(delivery, [row(delivery.sha256)], state=state, **told)
        return load_verdict(engine, night(engine), verdict, delivery, CONTRACT, NIGHT + day * DAY)

    return load


def night(engine: Engine) -> int:
    with begin_write(engine) as connection:
        return open_night(connection, NIGHT)


def row(name: str) -> dict[str, object]:
    return {
        "session_name": name, "trainee_institution_code": "hetian", "training_mode_code": "线下", "started_on": date(2021, 3, 5),
        "ended_on": date(2021, 3, 9), "trainee_person_times": ConformedCell("近1000人次", 1000, is_approximate=True),
    }  # fmt: skip


def in_force(engine: Engine, day: int) -> list[str]:
    """The bytes whose facts count so many days after the first night."""
    fact = fact_table("training_session")
    counted = counted_submissions("training_session", 2021, NIGHT + day * DAY)
    with engine.connect() as connection:
        return list(connection.scalars(select(fact.c.session_name).where(fact.c.submission_id.in_(counted))))


def history(engine: Engine) -> list[tuple[SubmissionState, Reason]]:
    with engine.connect() as connection:
        return [
            tuple(found)
            for found in connection.execute(select(Submission.state, Submission.reason).order_by(Submission.id))
        ]


def everything(engine: Engine, *but: str) -> dict[str, list[tuple[object, ...]]]:
    with engine.connect() as connection:
        return {
            name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for name, table in all_tables().tables.items()
            if name not in but
        }


def test_a_corrected_file_supersedes_and_the_old_one_is_still_known_as_of_then(
    engine: Engine, load: Callable[..., LoadOutcome], make_delivery: Callable[..., Delivery]
) -> None:
    first, second = make_delivery("A"), make_delivery("B", modified_at=NIGHT)
    outcomes = [load(first, 0), load(second, 10)]
    assert outcomes == [
        LoadOutcome(1, ACCEPTED, Reason.FIRST, 1, 0),
        LoadOutcome(2, ACCEPTED, Reason.RESUBMISSION, 1, 0),
    ]
    assert history(engine) == [(SUPERSEDED, Reason.FIRST), (ACCEPTED, Reason.RESUBMISSION)]
    states = {day: in_force(engine, day) for day in (-1, 0, 9, 10, 400)}
    assert states == {-1: [], 0: [first.sha256], 9: [first.sha256], 10: [second.sha256], 400: [second.sha256]}


def test_a_b_a_goes_back_to_a(
    engine: Engine, load: Callable[..., LoadOutcome], make_delivery: Callable[..., Delivery]
) -> None:
    a, b = make_delivery("A"), make_delivery("B", modified_at=NIGHT)
    load(a, 0)
    load(b, 1)
    returned = load(replace(a, modified_at=NIGHT + DAY), 2)
    assert returned == LoadOutcome(3, ACCEPTED, Reason.RETURN, 1, 0)
    assert history(engine) == [(SUPERSEDED, Reason.FIRST), (REVERTED, Reason.RESUBMISSION), (ACCEPTED, Reason.RETURN)]
    assert [in_force(engine, day) for day in range(3)] == [[a.sha256], [b.sha256], [a.sha256]]


def test_a_return_under_the_old_time_of_change_is_a_return_too(
    engine: Engine, load: Callable[..., LoadOutcome], make_delivery: Callable[..., Delivery]
) -> None:
    a, b = make_delivery("A"), make_delivery("B", modified_at=NIGHT)
    load(a, 0)
    load(b, 1)
    assert load(a, 2).reason is Reason.RETURN
    assert in_force(engine, 2) == [a.sha256]


def test_a_broken_successor_leaves_the_predecessor_in_force(
    engine: Engine, load: Callable[..., LoadOutcome], make_delivery: Callable[..., Delivery]
) -> None:
    a, broken, mended = (make_delivery(text, modified_at=NIGHT + day * DAY) for day, text in enumerate("AXB"))
    load(a, 0)
    held = {"held": np.array([0]), "findings": (FINDING,), "rules_by_held": {0: (FINDING.rule_id,)}}
    assert load(broken, 1, REFUSED, **held) == LoadOutcome(2, REFUSED, Reason.RESUBMISSION, 0, 1)
    assert in_force(engine, 1) == [a.sha256]
    load(mended, 2)
    assert in_force(engine, 2) == [mended.sha256]
    assert [state for state, _ in history(engine)] == [SUPERSEDED, REFUSED, ACCEPTED]
    with engine.connect() as connection:
        kept = connection.execute(select(FindingRow.submission_id, FindingRow.message, FindingRow.source_row)).all()
    assert [tuple(found) for found in kept] == [(2, "“结束时间”没有填写", 4)]


def test_going_back_to_what_is_in_force_closes_the_refused_attempt(
    engine: Engine, load: Callable[..., LoadOutcome], make_delivery: Callable[..., Delivery]
) -> None:
    a, broken = make_delivery("A"), make_delivery("X", modified_at=NIGHT)
    load(a, 0)
    load(broken, 1, REFUSED)
    assert load(a, 2) == LoadOutcome(1, ACCEPTED, None, 0, 0)
    assert history(engine) == [(ACCEPTED, Reason.FIRST), (SUPERSEDED, Reason.RESUBMISSION)]


def test_the_same_night_again_changes_nothing(
    engine: Engine, load: Callable[..., LoadOutcome], make_delivery: Callable[..., Delivery]
) -> None:
    a, broken = make_delivery("A"), make_delivery("X", address="folder:hetian/新.xlsx", modified_at=NIGHT)
    loads = [(a, ACCEPTED), (broken, REFUSED)]
    for delivery, state in loads:
        load(delivery, 0, state)
    before = everything(engine, "night")
    again = [load(delivery, 1, state) for delivery, state in loads]
    assert [outcome.is_unchanged for outcome in again] == [True, True]
    assert everything(engine, "night") == before


def test_a_renamed_copy_of_what_is_in_force_leaves_only_a_receipt(
    engine: Engine, load: Callable[..., LoadOutcome], make_delivery: Callable[..., Delivery]
) -> None:
    load(make_delivery("A"), 0)
    before = everything(engine, "night", "sighting")
    assert load(make_delivery("A", address="folder:hetian/副本.xlsx", file_name="副本.xlsx"), 1).is_unchanged
    assert everything(engine, "night", "sighting") == before


def test_an_older_file_found_late_never_wins(
    engine: Engine, load: Callable[..., LoadOutcome], make_delivery: Callable[..., Delivery]
) -> None:
    newer = make_delivery("B", modified_at=NIGHT)
    older = make_delivery("A", address="folder:hetian/旧/台账.xlsx", modified_at=NIGHT - DAY)
    load(newer, 0)
    assert load(older, 1) == LoadOutcome(2, SUPERSEDED, Reason.LATE, 0, 0)
    assert load(older, 2).is_unchanged
    assert in_force(engine, 2) == [newer.sha256]
    with engine.connect() as connection:
        found = connection.execute(select(FindingRow.rule_id, FindingRow.severity, FindingRow.turn)).all()
    assert [tuple(finding) for finding in found] == [("load.late_file", Severity.INFO, Turn.NOBODY)]


def test_of_two_files_for_one_slot_in_one_night_the_one_changed_later_wins(
    engine: Engine, make_verdict: Callable[..., Verdict], make_delivery: Callable[..., Delivery]
) -> None:
    newer = make_delivery("B", address="folder:hetian/a.xlsx", modified_at=NIGHT)
    older = make_delivery("A", address="folder:hetian/b.xlsx", modified_at=NIGHT - DAY)
    judged = [(make_verdict(delivery, [row(delivery.sha256)]), delivery) for delivery in (newer, older)]
    outcomes = load_verdicts(engine, night(engine), judged, CONTRACT, NIGHT)
    assert [outcome.reason for outcome in outcomes] == [Reason.RESUBMISSION, Reason.FIRST]
    assert in_force(engine, 0) == [newer.sha256]


def test_submissions_of_one_delivery_stand_by_themselves(
    engine: Engine, load: Callable[..., LoadOutcome], make_delivery: Callable[..., Delivery]
) -> None:
    delivery = make_delivery("A")
    outcomes = [load(delivery, 0, period="2020"), load(delivery, 0, REFUSED), load(delivery, 0, period="2019")]
    assert [(outcome.state, outcome.reason) for outcome in outcomes] == [
        (ACCEPTED, Reason.FIRST), (REFUSED, Reason.FIRST), (ACCEPTED, Reason.FIRST),
    ]  # fmt: skip


def test_a_refusal_that_turns_into_acceptance_is_loaded(
    engine: Engine, load: Callable[..., LoadOutcome], make_delivery: Callable[..., Delivery]
) -> None:
    delivery = make_delivery("A")
    load(delivery, 0, REFUSED)
    assert load(delivery, 1) == LoadOutcome(2, ACCEPTED, Reason.RESUBMISSION, 1, 0)
    assert in_force(engine, 1) == [delivery.sha256]


def test_held_rows_are_kept_verbatim_but_for_personal_cells_and_the_others_load(
    engine: Engine, make_verdict: Callable[..., Verdict], make_delivery: Callable[..., Delivery]
) -> None:
    delivery = make_delivery("A")
    bad = {**row("坏"), "ended_on": ConformedCell("2021年2月30日", None, "bad_date"), "lecturer_names": "甲某"}
    verdict = make_verdict(
        delivery, [row("好"), bad, row("也好")], state=SubmissionState.ACCEPTED_WITH_FINDINGS,
        held=np.array([1]), rules_by_held={1: (FINDING.rule_id,)}, findings=(FINDING,),
    )  # fmt: skip
    outcome = load_verdict(engine, night(engine), verdict, delivery, CONTRACT, NIGHT)
    assert (outcome.rows_loaded, outcome.rows_held) == (2, 1)
    assert sorted(in_force(engine, 0)) == ["也好", "好"]
    with engine.connect() as connection:
        held = connection.execute(select(Quarantine)).one()
        counts = connection.execute(
            select(Submission.rows_read, Submission.critical_count, Submission.warning_count)
        ).one()
    assert tuple(counts) == (3, 1, 0)
    assert (held.source_row, held.rule_ids) == (5, [FINDING.rule_id])
    assert {header: text for header, text in held.cells.items() if text} == {
        "培训项目名称": "坏", "受训单位": "hetian", "培训方式": "线下", "开始时间": "2021-03-05", "结束时间": "2021年2月30日",
        "培训人次": "近1000人次", "主讲人": "●●●",
    }  # fmt: skip


def test_a_personal_number_typed_into_another_cell_is_stored_nowhere(
    engine: Engine, make_verdict: Callable[..., Verdict], make_delivery: Callable[..., Delivery]
) -> None:
    delivery = make_delivery("A")
    rows = [
        row("讲座，联系人13800000000"),
        {**row("讲座二"), "lecturer_names": "甲某110101190001010000"},
        {**row("讲座三"), "trainee_person_times": ConformedCell("138 0000 0000", None, "not_number")},
    ]
    verdict = make_verdict(
        delivery, rows, state=SubmissionState.ACCEPTED_WITH_FINDINGS,
        held=np.array([2]), rules_by_held={2: (FINDING.rule_id,)}, findings=(FINDING,),
    )  # fmt: skip
    load_verdict(engine, night(engine), verdict, delivery, CONTRACT, NIGHT)
    stored = repr(everything(engine))
    assert [number for number in ("13800000000", "110101190001010000", "138 0000 0000") if number in stored] == []
    assert sorted(in_force(engine, 0)) == ["讲座二", "讲座，联系人［号码已隐去］"]
    with engine.connect() as connection:
        assert connection.execute(select(Quarantine)).one().cells["培训人次"] == "［号码已隐去］"


def test_a_number_the_tables_have_no_room_for_refuses_its_submission_only(
    engine: Engine, make_verdict: Callable[..., Verdict], make_delivery: Callable[..., Delivery]
) -> None:
    good, huge = make_delivery("A"), make_delivery("B", partner_code="wuwei", address="folder:wuwei/台账.xlsx")
    judged = [
        (make_verdict(good, [row("好")]), good),
        (make_verdict(huge, [{**row("大"), "trainee_person_times": 10**20}]), huge),
    ]
    outcomes = load_verdicts(engine, night(engine), judged, CONTRACT, NIGHT)
    assert [outcome.state for outcome in outcomes] == [ACCEPTED, REFUSED]
    assert in_force(engine, 0) == ["好"]
    with engine.connect() as connection:
        assert list(connection.scalars(select(FindingRow.found))) == [str(10**20)]


def test_a_load_that_fails_leaves_nothing_behind(
    engine: Engine, make_verdict: Callable[..., Verdict], make_delivery: Callable[..., Delivery]
) -> None:
    delivery = make_delivery("A")
    verdict = make_verdict(delivery, [row("一"), row("二")])
    verdict.submission.rows[:] = 4  # two facts from one source row: the database refuses the second
    number = night(engine)
    before = everything(engine)
    with pytest.raises(Exception, match=r"(?i)unique"):
        load_verdict(engine, number, verdict, delivery, CONTRACT, NIGHT)
    assert everything(engine) == before


@pytest.mark.parametrize("state", [SubmissionState.UNREADABLE, SubmissionState.UNRECOGNISED, SubmissionState.REFUSED])
def test_why_a_file_could_not_be_read_is_recorded_once(
    engine: Engine, make_delivery: Callable[..., Delivery], state: SubmissionState
) -> None:
    finding = replace(FINDING, rule_id="read.encrypted", place=Place())
    reading = Reading(make_delivery("X"), findings=(finding,), state=state)
    first = record_unread(engine, night(engine), reading)
    assert (first, record_unread(engine, night(engine), reading)) == (1, None)
    assert history(engine) == [(state, Reason.FIRST)]
    with engine.connect() as connection:
        assert list(connection.scalars(select(FindingRow.rule_id))) == ["read.encrypted"]


def test_what_is_said_beside_the_ledgers_of_a_workbook_is_kept(
    engine: Engine, make_delivery: Callable[..., Delivery], make_verdict: Callable[..., Verdict]
) -> None:
    delivery = make_delivery("A")
    submission = make_verdict(delivery, [row("好")]).submission
    sheet = replace(FINDING, rule_id="read.sheet", severity=Severity.INFO, place=Place("说明"))
    assert record_unread(engine, night(engine), Reading(delivery, (submission,))) is None
    assert record_unread(engine, night(engine), Reading(delivery, (submission,), (sheet,))) == 1
    assert history(engine) == [(SubmissionState.RECEIVED, Reason.FIRST)]


def test_the_database_keeps_one_version_in_force(
    engine: Engine, load: Callable[..., LoadOutcome], make_delivery: Callable[..., Delivery]
) -> None:
    load(make_delivery("A"))
    with engine.connect() as connection:
        loaded = dict(connection.execute(select(Submission)).one()._mapping)
    with pytest.raises(Exception, match=r"(?i)unique"), begin_write(engine) as connection:
        connection.execute(insert(Submission).values({**loaded, "id": 99, "sequence": 2}))
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Submission)) == 1
