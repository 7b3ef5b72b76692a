"""Where facts came from: the file, receipt and layouts behind each submission, shared by export and trace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict, cast

from sqlalchemy import Connection, RowMapping, Select, select

from warehouse.tables import SightingRow, Submission


class StoredLayout(TypedDict):
    """A layout as `submission.layouts` holds it; `columns` is name → [1-based source column, header as written]."""

    sheet: str | None
    header_first_row: int
    header_last_row: int
    columns: dict[str, tuple[int, str]]
    unknown: list[str]
    missing: list[str]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Source:
    """The file one submission came in."""

    submission_id: int
    contract: str | None
    partner_code: str
    period: str | None
    delivery_sha256: str
    file_name: str
    address: str
    layouts: tuple[StoredLayout, ...]


def read_sources(connection: Connection, submission_ids: Select[int]) -> Mapping[int, Source]:
    """The files behind the selected submissions, by submission id."""
    statement = (
        select(
            Submission.id, Submission.contract, Submission.partner_code, Submission.period, Submission.delivery_sha256,
            SightingRow.file_name, SightingRow.address, Submission.layouts,
        )
        .join(SightingRow, SightingRow.id == Submission.sighting_id)
        .where(Submission.id.in_(submission_ids))
    )  # fmt: skip
    return {row.id: _source(row._mapping) for row in connection.execute(statement)}


def _source(row: RowMapping) -> Source:
    return Source(
        row["id"], row["contract"], row["partner_code"], row["period"], row["delivery_sha256"], row["file_name"],
        row["address"], tuple(cast("list[StoredLayout]", row["layouts"])),
    )  # fmt: skip
