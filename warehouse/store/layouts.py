"""Reads back the layouts that were accepted: what a partner's next file of the same kind is compared with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypedDict, cast

from sqlalchemy import Connection, select

from schemas.values import SheetLayout
from warehouse.tables import Submission


class _Stored(TypedDict):
    sheet: str | None
    header_first_row: int
    header_last_row: int
    columns: Mapping[str, tuple[int, str]]
    unknown: list[str]
    missing: list[str]
    fingerprint: str


def read_accepted_layouts(
    connection: Connection, contract: str, partner_codes: Iterable[str], before_sha256: str | None = None
) -> dict[str, list[SheetLayout]]:
    """By partner, the layouts of every submission of the contract that ever counted, the latest last, each once.

    With `before_sha256` only those from before that delivery first counted: what it was compared with when it came.
    """
    statement = (
        select(Submission.partner_code, Submission.layouts, Submission.delivery_sha256)
        .where(Submission.contract == contract, Submission.in_force_from.is_not(None))
        .where(Submission.partner_code.in_(set(partner_codes)))
        .order_by(Submission.id)
    )
    found: dict[str, dict[str, SheetLayout]] = defaultdict(dict)
    for partner_code, layouts, delivery_sha256 in connection.execute(statement):
        if delivery_sha256 == before_sha256:
            break
        for stored in cast("list[_Stored]", layouts):
            layout = _layout(stored)
            found[partner_code].pop(layout.fingerprint, None)
            found[partner_code][layout.fingerprint] = layout
    return {partner_code: list(layouts.values()) for partner_code, layouts in found.items()}


def _layout(stored: _Stored) -> SheetLayout:
    columns = {name: (index, header) for name, (index, header) in stored["columns"].items()}
    return SheetLayout(
        stored["sheet"], stored["header_first_row"], stored["header_last_row"], columns, tuple(stored["unknown"]),
        tuple(stored["missing"]), stored["fingerprint"],
    )  # fmt: skip
