"""Writes decisions: who decided what, when and why. They are only ever added; the database refuses anything else."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert

from warehouse.base import Json
from warehouse.tables import Decision


def record_decision(
    connection: Connection,
    now: datetime,
    *,
    decided_by: str,
    kind: str,
    subject_kind: str,
    subject: str,
    why: str,
    details: Json | None = None,
) -> int:
    """Add a decision (`kind`) on a subject, such as a layout by its fingerprint; returns its id.

    Raises:
        ValueError: nobody decided, or nobody says why.
    """
    if not decided_by.strip() or not why.strip():
        raise ValueError("a decision needs who decided and why")
    row = {
        "decided_at": now, "decided_by": decided_by, "kind": kind, "subject_kind": subject_kind, "subject": subject,
        "why": why, "details": details,
    }  # fmt: skip
    return int(connection.scalars(insert(Decision).values(row).returning(Decision.id)).one())
