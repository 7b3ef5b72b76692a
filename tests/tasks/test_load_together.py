"""Two workers load at once: the same files are taken in once, and of two versions one is in force; on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from schemas.contract import shipped_contracts
from schemas.errors import UnavailableError
from schemas.values import Delivery, Verdict
from tasks.intake.load import LoadOutcome, load_verdicts
from tasks.intake.load_plan import Judged
from warehouse import engine as warehouse_engine
from warehouse.engine import begin_write, open_engine
from warehouse.store.nights import open_night
from warehouse.tables import DeliveryRow, Reason, SightingRow, Submission, fact_tables

NOW = datetime(2021, 9, 1, 20, tzinfo=UTC)
ROW = {"trainee_person_times": 30, "started_on": date(2021, 3, 1), "ended_on": date(2021, 3, 2)}
WORKERS = 4


def load_together(url: str, judged: Callable[[int], list[Judged]]) -> list[list[LoadOutcome]]:
    """What became of what each worker loads, each with an engine of its own, all begun at the same moment."""
    ready = threading.Barrier(WORKERS)
    contract = shipped_contracts()["training_session"]

    def work(number: int) -> list[LoadOutcome]:
        engine = open_engine(url)
        with begin_write(engine) as connection:
            night = open_night(connection, NOW)
        ready.wait(30)
        outcomes = load_verdicts(engine, night, judged(number), contract, NOW + timedelta(seconds=number))
        engine.dispose()
        return outcomes

    with ThreadPoolExecutor(WORKERS) as threads:
        return list(threads.map(work, range(WORKERS)))


def counts(engine: Engine) -> dict[str, int]:
    tables = {"deliveries": DeliveryRow, "sightings": SightingRow, "submissions": Submission}
    with engine.connect() as connection:
        found = {
            name: connection.scalar(select(func.count()).select_from(table)) or 0 for name, table in tables.items()
        }
        facts = connection.scalar(select(func.count()).select_from(fact_tables()["training_session"])) or 0
        in_force = connection.scalar(
            select(func.count()).where(Submission.in_force_from.is_not(None), Submission.in_force_to.is_(None))
        )
    return {**found, "facts": facts, "in force": in_force or 0}


def test_the_same_files_are_taken_in_once(
    engine: Engine, warehouse_url: str, make_delivery: Callable[..., Delivery], make_verdict: Callable[..., Verdict]
) -> None:
    def same(_: int) -> list[Judged]:
        partners = [("A", "hetian"), ("B", "wuwei")]
        files = [
            make_delivery(content, partner_code=code, address=f"folder:{code}/1.xlsx") for content, code in partners
        ]
        return [(make_verdict(file, [ROW] * 50), file) for file in files]

    outcomes = load_together(warehouse_url, same)
    assert sorted(one.reason is Reason.FIRST for both in outcomes for one in both) == [False] * 6 + [True] * 2
    assert counts(engine) == {"deliveries": 2, "sightings": 2, "submissions": 2, "facts": 100, "in force": 2}


def test_of_several_versions_at_once_each_is_kept_and_one_counts(
    engine: Engine, warehouse_url: str, make_delivery: Callable[..., Delivery], make_verdict: Callable[..., Verdict]
) -> None:
    def version(number: int) -> list[Judged]:
        changed = NOW + timedelta(hours=2 * number)
        file = make_delivery("ABCD"[number], modified_at=changed)
        return [(make_verdict(file, [{**ROW, "trainee_person_times": 30 + number}] * 50), file)]

    load_together(warehouse_url, version)
    found = counts(engine)
    assert (found["deliveries"], found["submissions"], found["in force"]) == (4, 4, 1)
    with engine.connect() as connection:
        sequences = connection.scalars(select(Submission.sequence).order_by(Submission.sequence)).all()
        newest = connection.scalar(
            select(Submission.delivery_sha256).where(
                Submission.in_force_from.is_not(None), Submission.in_force_to.is_(None)
            )
        )
    assert list(sequences) == [1, 2, 3, 4]
    assert newest == make_delivery("D").sha256


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_writer_that_never_ends_is_told_of(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse_engine, "_PATIENCE_SECONDS", 1)
    with (
        begin_write(engine),
        pytest.raises(UnavailableError, match="another program has been writing"),
        begin_write(engine),
    ):
        pass
    with begin_write(engine):
        pass
