"""A submission tried against the warehouse: rows and figures are compared, and nothing of it stays, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from schemas.contract import shipped_contracts
from schemas.values import Delivery, SubmissionState, Verdict
from tasks.intake.impact import preview_impact
from tasks.intake.judge import check
from tasks.intake.load import load_verdicts
from warehouse.base import Base
from warehouse.engine import begin_write
from warehouse.marts.impact import RowChanges, compare_with_predecessor
from warehouse.store.nights import open_night

CONTRACTS = shipped_contracts()
CONTRACT = CONTRACTS["training_session"]
NIGHT = datetime(2021, 9, 1, 18, tzinfo=UTC)
LATER = NIGHT + timedelta(days=1)
FIRST = [(f"研修班{n}", 20 + n) for n in range(6)]
Judge = Callable[..., tuple[Verdict, Delivery]]


@pytest.fixture
def judged(make_verdict: Callable[..., Verdict], make_delivery: Callable[..., Delivery]) -> Judge:
    """Builds judged submissions of sessions given by name and person-times."""

    def make(
        content: str, sessions: list[tuple[str, int]], ended_on: date = date(2021, 3, 9)
    ) -> tuple[Verdict, Delivery]:
        rows = [
            {
                "session_name": name, "trainee_institution_code": "hetian", "training_mode_code": "线下",
                "started_on": date(2021, 3, 5), "ended_on": ended_on, "trainee_person_times": times,
            }
            for name, times in sessions
        ]  # fmt: skip
        delivery = make_delivery(content)
        return check(CONTRACT, [make_verdict(delivery, rows).submission])[0], delivery

    return make


def everything(engine: Engine) -> dict[str, list[str]]:
    """All rows of all tables."""
    with engine.connect() as connection:
        return {
            name: sorted(map(repr, connection.execute(select(table)).all()))
            for name, table in Base.metadata.tables.items()
        }


@pytest.fixture
def loaded(engine: Engine, judged: Judge) -> Engine:
    """A warehouse with six sessions in force."""
    with begin_write(engine) as connection:
        night_id = open_night(connection, NIGHT)
    load_verdicts(engine, night_id, [judged("A", FIRST)], CONTRACT, NIGHT)
    return engine


@pytest.mark.parametrize(
    ("sessions", "rows"),
    [
        (FIRST, RowChanges()),
        (FIRST[::-1], RowChanges()),
        ([*FIRST, FIRST[0]], RowChanges(new=1)),
        ([("研修班0", 99), *FIRST[1:5], ("新班", 7)], RowChanges(new=1, changed=1, gone=1)),
    ],
)
def test_rows_and_figures_that_would_move(
    loaded: Engine, judged: Judge, sessions: list[tuple[str, int]], rows: RowChanges
) -> None:
    before = everything(loaded)
    (impact,), moves = preview_impact(loaded, CONTRACTS, [judged("B", sessions)], LATER)
    assert (impact.rows, impact.replaces) == (rows, "台账.xlsx")
    by = sum(times for _, times in sessions) - sum(times for _, times in FIRST)
    told = {int(move.by) for move in moves if move.before == sum(times for _, times in FIRST)}
    assert told == ({by} if by else set())
    assert everything(loaded) == before


def test_a_receipt_can_tell_how_rows_differ_from_those_before(loaded: Engine, judged: Judge) -> None:
    with begin_write(loaded) as connection:
        night_id = open_night(connection, LATER)
    second = judged("B", [("研修班0", 99), *FIRST[1:5], ("新班", 7)])
    (outcome,) = load_verdicts(loaded, night_id, [second], CONTRACT, LATER)
    with loaded.connect() as connection:
        told = [compare_with_predecessor(connection, CONTRACT, number) for number in (1, outcome.submission_id or 0)]
    assert told == [None, RowChanges(new=1, changed=1, gone=1)]


@pytest.mark.parametrize("content", ["B", "A"], ids=["another file", "the very bytes in force"])
def test_a_refused_file_moves_nothing(loaded: Engine, judged: Judge, content: str) -> None:
    before = everything(loaded)
    (impact,), moves = preview_impact(loaded, CONTRACTS, [judged(content, FIRST, date(2021, 3, 1))], LATER)
    assert (impact.state, impact.rows, moves) == (SubmissionState.REFUSED, RowChanges(), [])
    assert everything(loaded) == before
