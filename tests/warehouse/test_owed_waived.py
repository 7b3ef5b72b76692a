"""A ledger that need not be sent is waived, from when it was decided, until it expires or is taken back."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import Engine, insert

from warehouse.engine import begin_write
from warehouse.marts.owed import OwedState, read_owed
from warehouse.store.decisions import record_decision
from warehouse.store.obligations import sync_obligations
from warehouse.tables import Waiver

GRANTED = datetime(2022, 2, 1, tzinfo=UTC)
TAKEN_BACK = datetime(2022, 3, 1, tzinfo=UTC)


def test_what_need_not_be_sent_is_waived_while_the_waiver_holds(engine: Engine) -> None:
    due = date(2022, 1, 20)
    with begin_write(engine) as connection:
        sync_obligations(connection, [(code, "award", "2021", due) for code in ("hetian", "wuwei", "akesu")])
        granted, revoked = (
            record_decision(
                connection, at, decided_by="双高办", kind=kind, subject_kind="obligation", subject="award", why="本年度未参赛"
            )
            for at, kind in ((GRANTED, "waive_obligation"), (TAKEN_BACK, "revoke_waiver"))
        )  # fmt: skip
        for code, taken_back in (("hetian", None), ("wuwei", revoked)):
            row: dict[str, object] = {
                "rule_id": None,
                "partner_code": code,
                "contract": "award",
                "period": None,
                "granted_at": GRANTED,
            }
            row |= {"expires_on": date(2022, 6, 30), "decision_id": granted, "revoked_by_id": taken_back}
            connection.execute(insert(Waiver).values(row))
    missing, waived = OwedState.MISSING, OwedState.WAIVED
    days = {
        day: states(engine, day) for day in (date(2022, 1, 31), date(2022, 2, 2), date(2022, 3, 2), date(2022, 7, 1))
    }
    assert days == {
        date(2022, 1, 31): {"akesu": missing, "hetian": missing, "wuwei": missing},
        date(2022, 2, 2): {"akesu": missing, "hetian": waived, "wuwei": waived},
        date(2022, 3, 2): {"akesu": missing, "hetian": waived, "wuwei": missing},
        date(2022, 7, 1): {"akesu": missing, "hetian": missing, "wuwei": missing},
    }


def states(engine: Engine, day: date) -> dict[str, OwedState]:
    with engine.connect() as connection:
        owed = read_owed(connection, day, datetime(day.year, day.month, day.day, 1, tzinfo=UTC))
    return {one.partner_code: one.state for one in owed}
