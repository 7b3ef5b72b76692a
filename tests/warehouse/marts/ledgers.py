"""Small ledgers for the tests of marts: rows as plain values, loaded through the store as a night would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np
from sqlalchemy import Engine, insert

from schemas.cells import CellColumn, CellValue, ConformedCell
from schemas.contract import shipped_contracts
from schemas.values import Conformed, Delivery, SheetLayout, SubmissionState, Verdict
from tasks.intake.load import load_verdict
from warehouse.engine import begin_write
from warehouse.store.nights import open_night
from warehouse.tables import DimInstitution

NOON = datetime(2021, 9, 20, 12, tzinfo=UTC)
HEADER_ROW = 3


@dataclass(frozen=True, slots=True)
class About:
    """A number written as approximate: 近400人次."""

    value: int | float


Cell = CellValue | About
Row = Mapping[str, Cell]


def load(
    engine: Engine, contract: str, period: str, rows: Sequence[Row], *, partner: str = "sgb", at: datetime = NOON
) -> int:
    """One accepted submission, in force from `at` until the next one for its slot; returns its id."""
    delivery = _delivery(contract, period, partner, at)
    submission = conformed(contract, period, rows, partner=partner, digest=delivery.sha256)
    verdict = Verdict(submission, SubmissionState.ACCEPTED, (), np.array([], dtype=np.int64))
    with begin_write(engine) as connection:
        night_id = open_night(connection, at)
    outcome = load_verdict(engine, night_id, verdict, delivery, shipped_contracts()[contract], at)
    assert outcome.submission_id is not None
    return outcome.submission_id


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
