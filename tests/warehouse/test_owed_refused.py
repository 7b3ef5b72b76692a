"""A file of which nothing could be taken: what it was sent for is refused, not missing, until something of it comes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Engine

from schemas.values import Delivery, Finding, Reading, Severity, SubmissionState, Turn
from tasks.intake.load import record_unread
from warehouse.engine import begin_write
from warehouse.marts.owed import OwedState, read_owed
from warehouse.store.nights import open_night
from warehouse.store.obligations import sync_obligations

NIGHT = datetime(2022, 1, 10, 18, tzinfo=UTC)
CAME = date(2022, 1, 11)
DAY = timedelta(days=1)
FINDING = Finding("period.missing", Severity.CRITICAL, Turn.SUBMITTER, "没有年度", "", "", "")
REFUSED = (OwedState.REFUSED, CAME, 8, True)
MISSING = (OwedState.MISSING, None, 8, False)
DUE = date(2022, 1, 12)


def test_what_was_sent_in_vain_is_refused_not_missing(engine: Engine, make_delivery: Callable[..., Delivery]) -> None:
    with begin_write(engine) as connection:
        years = [("hetian", "award", str(year), date(year + 1, 1, 12)) for year in (2019, 2020, 2021, 2022)]
        others = [
            (code, name, "2021", DUE) for code, name in (("hetian", "fund"), ("hetian", "activity"), ("wuwei", "award"))
        ]
        sync_obligations(connection, [*years, *others])
    refuse(engine, make_delivery("A"), ("award", None), ("fund", "2021"), ("activity", "2015"))
    assert standing(engine, 9) == {
        ("hetian", "activity", "2021"): MISSING, ("hetian", "award", "2019"): (OwedState.MISSING, None, 739, False),
        ("hetian", "award", "2020"): (OwedState.MISSING, None, 373, False), ("hetian", "award", "2021"): REFUSED,
        ("hetian", "award", "2022"): (OwedState.NOT_DUE, None, 0, False), ("hetian", "fund", "2021"): REFUSED,
        ("wuwei", "award", "2021"): MISSING,
    }  # fmt: skip
    assert OwedState.REFUSED not in {state for state, *_ in standing(engine, -1).values()}


def test_what_stands_at_the_address_since_speaks_for_it(engine: Engine, make_delivery: Callable[..., Delivery]) -> None:
    with begin_write(engine) as connection:
        sync_obligations(connection, [("hetian", "award", "2021", DUE), ("hetian", "fund", "2021", DUE)])
    refuse(engine, make_delivery("A", seen_at=NIGHT), ("award", "2021"))
    refuse(engine, make_delivery("B", seen_at=NIGHT + DAY), ("fund", "2021"))
    states = {slot[1]: state for slot, (state, *_) in standing(engine, 9).items()}
    assert states == {"award": OwedState.MISSING, "fund": OwedState.REFUSED}


def refuse(engine: Engine, delivery: Delivery, *untaken: tuple[str, str | None]) -> None:
    with begin_write(engine) as connection:
        night = open_night(connection, NIGHT)
    reading = Reading(delivery, findings=(FINDING,), state=SubmissionState.REFUSED, untaken=untaken)
    record_unread(engine, night, reading, max(NIGHT, delivery.seen_at))


def standing(engine: Engine, day: int) -> dict[tuple[str, str, str], tuple[OwedState, date | None, int, bool]]:
    known_at = NIGHT + day * DAY
    with engine.connect() as connection:
        owed = read_owed(connection, (known_at + timedelta(hours=8)).date(), known_at)
    return {
        (one.partner_code, one.contract, one.period): (one.state, one.received_on, one.days_late, one.has_findings)
        for one in owed
    }
