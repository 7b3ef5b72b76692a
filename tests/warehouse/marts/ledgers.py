"""Small ledgers for the tests of marts: rows as plain values, loaded through the store as a night would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np
from sqlalchemy import Engine, insert

from schemas.contract import shipped_contracts
from schemas.values import CellColumn, CellValue, Conformed, ConformedCell, Delivery, SheetLayout, SubmissionState
from warehouse.engine import begin_write
from warehouse.store.deliveries import record_deliveries
from warehouse.store.facts import record_facts
from warehouse.store.nights import open_night
from warehouse.store.submissions import NewSubmission, end_force, record_submissions
from warehouse.tables import DimInstitution, Reason

NOON = datetime(2021, 9, 20, 12, tzinfo=UTC)
HEADER_ROW = 3


@dataclass(frozen=True, slots=True)
class About:
    """A number written as approximate: 近400人次."""

    value: int | float


Cell = CellValue | About
Row = Mapping[str, Cell]


def load(
    engine: Engine, contract: str, period: str, rows: Sequence[Row], *, partner: str = "sgb", at: datetime = NOON,
    supersedes: int | None = None,
) -> int:  # fmt: skip
    """One submission in force from `at`; returns its id. One that supersedes another ends its force at that instant."""
    delivery = _delivery(contract, period, partner, at)
    submission = conformed(contract, period, rows, partner=partner, digest=delivery.sha256)
    with begin_write(engine) as connection:
        night_id = open_night(connection, at)
        sighting_id = record_deliveries(connection, night_id, [delivery])[delivery]
        if supersedes:
            end_force(connection, [(supersedes, SubmissionState.SUPERSEDED, at)])
        new = NewSubmission(
            night_id, sighting_id, submission, 1, 2 if supersedes else 1, SubmissionState.ACCEPTED,
            Reason.RESUBMISSION if supersedes else Reason.FIRST, supersedes, at, at, len(rows), 0, (),
        )  # fmt: skip
        [submission_id] = record_submissions(connection, [new])
        positions = np.arange(len(rows), dtype=np.int64)
        record_facts(connection, shipped_contracts()[contract], [(submission_id, submission, positions)])
    return submission_id


def register_institutions(engine: Engine, institutions: Mapping[str, tuple[str, str, str | None]]) -> None:
    """Put institutions (code → name, kind, region code) into the dimension."""
    rows = [
        {
            "institution_code": code, "institution_name": name, "aliases": [], "kind": kind, "region_code": region,
            "national_code": None, "is_listed": True,
        }
        for code, (name, kind, region) in institutions.items()
    ]  # fmt: skip
    with begin_write(engine) as connection:
        connection.execute(insert(DimInstitution), rows)


def conformed(contract: str, period: str, rows: Sequence[Row], *, partner: str, digest: str) -> Conformed:
    """Rows as the reader would hand them over: headed in row 3, one column a contract column, in its order."""
    columns = shipped_contracts()[contract].columns
    unknown = {name for row in rows for name in row} - {column.name for column in columns}
    if unknown:
        raise AssertionError(f"{contract} has no columns {sorted(unknown)}")
    layout = SheetLayout(
        "台账", HEADER_ROW, HEADER_ROW, {column.name: (i, column.header) for i, column in enumerate(columns, 1)}
    )
    return Conformed(
        digest, partner, contract, period, (layout,),
        np.arange(HEADER_ROW + 1, HEADER_ROW + 1 + len(rows), dtype=np.int32), np.zeros(len(rows), np.int32),
        {column.name: _column([row.get(column.name) for row in rows]) for column in columns},
    )  # fmt: skip


def _column(cells: Sequence[Cell]) -> CellColumn:
    return CellColumn(np.arange(len(cells), dtype=np.int32), tuple(_cell(cell) for cell in cells))


def _cell(cell: Cell) -> ConformedCell:
    if isinstance(cell, About):
        return ConformedCell(f"近{cell.value}", cell.value, is_approximate=True)
    return ConformedCell("" if cell is None else str(cell), cell)


def _delivery(contract: str, period: str, partner: str, at: datetime) -> Delivery:
    name = f"{contract}_{period}.xlsx"
    digest = sha256(f"{partner} {name} {at.isoformat()}".encode()).hexdigest()
    address = f"folder:{partner}/{name}"
    return Delivery(digest, partner, "folder", address, name, 1000, at, Path(name), modified_at=at)
