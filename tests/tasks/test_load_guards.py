"""Loading: what is held until a person has spoken (far fewer rows, times that do not tell the order), asked once, and answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from schemas.contract import shipped_contracts
from schemas.values import Delivery, SubmissionState, Verdict
from tasks.intake.load import LoadOutcome, load_verdicts
from tasks.intake.replay import replay_verdicts
from warehouse.engine import begin_write
from warehouse.marts.held import read_held
from warehouse.marts.in_force import counted_submissions
from warehouse.marts.owed import OwedState, read_owed
from warehouse.marts.questions import open_questions
from warehouse.store.nights import open_night
from warehouse.store.obligations import sync_obligations
from warehouse.store.questions import answer
from warehouse.tables import FindingRow, Reason, Submission, fact_table

CONTRACTS = shipped_contracts()
TRAINING, REGISTER = "training_session", "training_room"
DAY = timedelta(days=1)
NIGHT = datetime(2021, 9, 1, 18, tzinfo=UTC)
ACCEPTED, RECEIVED = SubmissionState.ACCEPTED, SubmissionState.RECEIVED
SUPERSEDED, REFUSED = SubmissionState.SUPERSEDED, SubmissionState.REFUSED

Sent = tuple[Delivery, int]


@pytest.fixture
def verdicts(make_verdict: Callable[..., Verdict]) -> Callable[..., list[tuple[Verdict, Delivery]]]:
    """Verdicts on files of so many rows, each row named after its file's bytes."""

    def verdicts(sent: Sequence[Sent], contract: str = TRAINING, **told: object) -> list[tuple[Verdict, Delivery]]:
        return [(make_verdict(d, [row(d.sha256)] * rows, contract=contract, **told), d) for d, rows in sent]

    return verdicts


@pytest.fixture
def load(engine: Engine, verdicts: Callable[..., list[tuple[Verdict, Delivery]]]) -> Callable[..., list[LoadOutcome]]:
    """Loads files of so many rows in the night so many days after the first."""

    def load(*sent: Sent, day: int = 0, contract: str = TRAINING, **told: object) -> list[LoadOutcome]:
        now = NIGHT + day * DAY
        return load_verdicts(engine, night(engine), verdicts(sent, contract, **told), CONTRACTS[contract], now)

    return load


@pytest.fixture
def settle(engine: Engine, verdicts: Callable[..., list[tuple[Verdict, Delivery]]]) -> Callable[..., list[LoadOutcome]]:
    """Answers the only open question and reads the files again."""

    def settle(code: str, *sent: Sent, contract: str = TRAINING) -> list[LoadOutcome]:
        with begin_write(engine) as connection:
            (question,) = open_questions(connection)
            answer(connection, NIGHT + 5 * DAY, question.question_id, code=code, by="甲老师", why="电话核实")
        with engine.connect() as connection:
            receipts = {held.sha256: held.sighting_id for held in read_held(connection, sha256="")}
            receipts |= {
                held.sha256: held.sighting_id for d, _ in sent for held in read_held(connection, sha256=d.sha256)
            }
        sightings = {delivery: receipts[delivery.sha256] for delivery, _ in sent}
        judged = verdicts(sent, contract)
        return replay_verdicts(engine, night(engine), judged, sightings, CONTRACTS[contract], NIGHT + 6 * DAY)

    return settle


def night(engine: Engine) -> int:
    with begin_write(engine) as connection:
        return open_night(connection, NIGHT)


def row(name: str) -> dict[str, object]:
    return {"session_name": name, "started_on": date(2021, 3, 5), "ended_on": date(2021, 3, 9), "room_name": name}


def in_force(engine: Engine, contract: str = TRAINING, year: int = 2021) -> set[str]:
    fact = fact_table(contract)
    name = "session_name" if contract == TRAINING else "room_name"
    counted = counted_submissions(contract, year, NIGHT + 400 * DAY)
    with engine.connect() as connection:
        return set(connection.scalars(select(fact.c[name]).where(fact.c.submission_id.in_(counted))))


def history(engine: Engine) -> list[tuple[SubmissionState, Reason]]:
    with engine.connect() as connection:
        rows = connection.execute(select(Submission.state, Submission.reason).order_by(Submission.id))
        return [tuple(found) for found in rows]


def asked(engine: Engine) -> list[tuple[str, str, tuple[str, ...]]]:
    with engine.connect() as connection:
        return [(q.kind, q.question, tuple(code for code, _ in q.choices)) for q in open_questions(connection)]


def findings(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(select(FindingRow.rule_id).order_by(FindingRow.id)))


def later(make: Callable[..., Delivery], content: str, day: int = 1, **told: object) -> Delivery:
    return make(content, modified_at=NIGHT + day * DAY, **told)


SHRUNKEN = (
    "shrink",
    "".join(
        (
            f"{CONTRACTS[TRAINING].title}（2021 年度）：这次的《台账.xlsx》只有 12 行，现行版本《台账.xlsx》有 480 行。是确实减少了，",
            "还是文件不完整？确认以前，现行版本继续有效。",
        )
    ),
    ("accept", "keep"),
)


def test_a_file_with_far_fewer_rows_waits_and_is_asked_about_once(
    engine: Engine, load: Callable[..., list[LoadOutcome]], make_delivery: Callable[..., Delivery]
) -> None:
    full, short = make_delivery("A"), later(make_delivery, "B")
    load((full, 480))
    assert load((short, 12), day=1) == [LoadOutcome(2, RECEIVED, Reason.RESUBMISSION, 0, 0)]
    assert load((short, 12), day=2)[0].is_unchanged
    again = load((replace(short, address="folder:hetian/副本.xlsx"), 12), day=2)
    assert again == [LoadOutcome(2, RECEIVED, None, 0, 0)], "it waits still; its sender must not read that it was taken"
    assert asked(engine) == [SHRUNKEN]
    assert (findings(engine), in_force(engine)) == (["load.shrink"], {full.sha256})
    assert history(engine) == [(ACCEPTED, Reason.FIRST), (RECEIVED, Reason.RESUBMISSION)]


@pytest.mark.parametrize(
    ("before", "rows", "waits"),
    [(480, 240, False), (480, 239, True), (19, 9, True), (18, 9, False), (12, 3, False), (480, 480, False)],
)
def test_how_few_rows_are_far_fewer(
    engine: Engine, load: Callable[..., list[LoadOutcome]], make_delivery: Callable[..., Delivery],
    before: int, rows: int, waits: bool,
) -> None:  # fmt: skip
    load((make_delivery("A"), before))
    (outcome,) = load((later(make_delivery, "B"), rows), day=1)
    assert (outcome.state is RECEIVED, bool(asked(engine))) == (waits, waits)


def test_accepting_loads_the_short_file_and_is_remembered(
    engine: Engine, load: Callable[..., list[LoadOutcome]], settle: Callable[..., list[LoadOutcome]],
    make_delivery: Callable[..., Delivery],
) -> None:  # fmt: skip
    full, short = make_delivery("A"), later(make_delivery, "B")
    load((full, 480))
    load((short, 12), day=1)
    assert settle("accept", (short, 12)) == [LoadOutcome(3, ACCEPTED, Reason.REPLAY, 12, 0)]
    assert (in_force(engine), asked(engine)) == ({short.sha256}, [])
    assert history(engine) == [
        (SUPERSEDED, Reason.FIRST), (SUPERSEDED, Reason.RESUBMISSION), (ACCEPTED, Reason.REPLAY),
    ]  # fmt: skip
    assert load((short, 12), day=9)[0].is_unchanged


def test_keeping_closes_the_short_file(
    engine: Engine, load: Callable[..., list[LoadOutcome]], settle: Callable[..., list[LoadOutcome]],
    make_delivery: Callable[..., Delivery],
) -> None:  # fmt: skip
    full, short = make_delivery("A"), later(make_delivery, "B")
    load((full, 480))
    load((short, 12), day=1)
    assert settle("keep", (short, 12))[0].is_unchanged
    assert history(engine) == [(ACCEPTED, Reason.FIRST), (SUPERSEDED, Reason.RESUBMISSION)]
    assert load((replace(short, address="folder:hetian/副本.xlsx"), 12), day=9)[0].is_unchanged
    assert (in_force(engine), asked(engine)) == ({full.sha256}, [])


def test_a_complete_file_answers_the_question_by_itself(
    engine: Engine, load: Callable[..., list[LoadOutcome]], make_delivery: Callable[..., Delivery]
) -> None:
    load((make_delivery("A"), 480))
    load((later(make_delivery, "B"), 12), day=1)
    load((later(make_delivery, "C", 2), 481), day=2)
    assert (asked(engine), [state for state, _ in history(engine)]) == ([], [SUPERSEDED, SUPERSEDED, ACCEPTED])


def test_a_refused_file_and_a_return_to_an_older_one_are_not_asked_about(
    engine: Engine, load: Callable[..., list[LoadOutcome]], make_delivery: Callable[..., Delivery]
) -> None:
    short, full = make_delivery("A"), later(make_delivery, "B")
    load((short, 12))
    load((full, 480), day=1)
    load((later(make_delivery, "C", 2), 3), day=2, state=REFUSED)
    (returned,) = load((later(make_delivery, "A", 3), 12), day=3)
    assert (returned.reason, asked(engine), in_force(engine)) == (Reason.RETURN, [], {short.sha256})


def test_a_register_is_held_against_the_last_period_too(
    engine: Engine, load: Callable[..., list[LoadOutcome]], make_delivery: Callable[..., Delivery]
) -> None:
    full, short = make_delivery("A"), later(make_delivery, "B", address="folder:hetian/2021.xlsx")
    load((full, 40), contract=REGISTER, period="2020")
    assert load((short, 4), contract=REGISTER, period="2021", day=1)[0].state is RECEIVED
    assert ([kind for kind, _, _ in asked(engine)], in_force(engine, REGISTER)) == (["shrink"], {full.sha256})
    (calendar,) = load((later(make_delivery, "C", address="folder:hetian/c.xlsx"), 4), period="2020", day=2)
    assert calendar.state is ACCEPTED


def test_an_older_file_put_in_the_place_of_a_newer_one_is_asked_about(
    engine: Engine, load: Callable[..., list[LoadOutcome]], settle: Callable[..., list[LoadOutcome]],
    make_delivery: Callable[..., Delivery],
) -> None:  # fmt: skip
    newer, older = later(make_delivery, "B", 0), later(make_delivery, "A", -9)
    load((newer, 5))
    assert load((older, 5), day=1)[0].state is RECEIVED
    assert load((older, 5), day=2)[0].is_unchanged
    ((kind, question, codes),) = asked(engine)
    assert (kind, codes, in_force(engine)) == ("order", ("1", "keep"), {newer.sha256})
    assert "《台账.xlsx》（2021-08-24 02:00 修改，5 行）" in question
    assert settle("1", (older, 5)) == [LoadOutcome(3, ACCEPTED, Reason.REPLAY, 5, 0)]
    assert in_force(engine) == {older.sha256}


def test_two_files_of_one_night_whose_times_do_not_tell_wait_both(
    engine: Engine, load: Callable[..., list[LoadOutcome]], settle: Callable[..., list[LoadOutcome]],
    make_delivery: Callable[..., Delivery],
) -> None:  # fmt: skip
    standing = make_delivery("A", address="folder:hetian/0.xlsx")
    load((standing, 5))
    one = later(make_delivery, "B", 1, address="folder:hetian/1.xlsx", file_name="甲.xlsx")
    two = later(make_delivery, "C", 1, address="folder:hetian/2.xlsx", file_name="乙.xlsx")
    two = replace(two, modified_at=NIGHT + DAY + timedelta(minutes=59))
    assert [outcome.state for outcome in load((one, 5), (two, 6), day=1)] == [RECEIVED, RECEIVED]
    assert all(outcome.is_unchanged for outcome in load((one, 5), (two, 6), day=2))
    ((kind, question, codes),) = asked(engine)
    assert (kind, codes, in_force(engine)) == ("order", ("1", "2", "keep"), {standing.sha256})
    assert ("《甲.xlsx》" in question, "《乙.xlsx》" in question) == (True, True)
    outcomes = settle("1", (one, 5), (two, 6))
    assert [(o.state, o.reason) for o in outcomes] == [(ACCEPTED, Reason.REPLAY), (ACCEPTED, None)]
    assert in_force(engine) == {one.sha256}
    assert sorted(state for state, _ in history(engine)) == [ACCEPTED, SUPERSEDED, SUPERSEDED, SUPERSEDED]
    saved_again = replace(two, modified_at=NIGHT + 20 * DAY)
    assert load((saved_again, 6), day=21)[0].state is ACCEPTED


def test_two_files_without_times_and_nothing_in_force_wait_both_unless_they_hold_the_same(
    engine: Engine, load: Callable[..., list[LoadOutcome]], make_verdict: Callable[..., Verdict],
    make_delivery: Callable[..., Delivery],
) -> None:  # fmt: skip
    one = make_delivery("B", modified_at=None, address="folder:hetian/1.xlsx")
    two = make_delivery("C", modified_at=None, address="folder:hetian/2.xlsx")
    same = [(make_verdict(delivery, [row("同")], period="2020"), delivery) for delivery in (one, two)]
    outcomes = load_verdicts(engine, night(engine), same, CONTRACTS[TRAINING], NIGHT)
    assert ([o.state for o in outcomes], asked(engine)) == ([ACCEPTED, ACCEPTED], [])
    assert [o.state for o in load((one, 5), (two, 6))] == [RECEIVED, RECEIVED]
    ((kind, question, _),) = asked(engine)
    assert (kind, "确认以前，都不计入数据" in question, in_force(engine)) == ("order", True, {"同"})


def test_what_waits_with_nothing_in_force_is_owed_as_received(
    engine: Engine, load: Callable[..., list[LoadOutcome]], make_delivery: Callable[..., Delivery]
) -> None:
    with begin_write(engine) as connection:
        sync_obligations(connection, [("hetian", TRAINING, "2021", date(2021, 12, 31))])
    one = make_delivery("B", modified_at=None, address="folder:hetian/1.xlsx")
    load((one, 5), (make_delivery("C", modified_at=None, address="folder:hetian/2.xlsx"), 6))
    with engine.connect() as connection:
        (owed,) = read_owed(connection, date(2021, 9, 3), NIGHT + DAY)
    assert (owed.state, owed.days_late) == (OwedState.RECEIVED, 0)
