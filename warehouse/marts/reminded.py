"""Who was last reminded of which ledger: read from the log of what went out."""

from __future__ import annotations

from datetime import date, tzinfo
from itertools import product

from pydantic import TypeAdapter
from sqlalchemy import Connection, select

from warehouse.tables import Dispatch

REMINDER = "reminder"
"""The kind of dispatch a reminder is."""


def read_reminded(connection: Connection, zone: tzinfo) -> dict[tuple[str, str, str, str], date]:
    """Mail address, partner code, contract, period → the office day of the last reminder that went out; failed ones did not."""
    statement = (
        select(Dispatch.recipients, Dispatch.details, Dispatch.sent_at)
        .where(Dispatch.kind == REMINDER, Dispatch.outcome != "failed", Dispatch.details.is_not(None))
        .order_by(Dispatch.sent_at)
    )
    reminded = {}
    for recipients, details, sent_at in connection.execute(statement):
        slots: list[dict[str, str]] = TypeAdapter(list[dict[str, str]]).validate_python(details)
        for slot, address in product(slots, recipients):
            reminded[str(address), slot["partner_code"], slot["contract"], slot["period"]] = sent_at.astimezone(
                zone
            ).date()
    return reminded
