"""Tables of what came in: nights, fetches, deliveries (bytes), sightings (who left them where), submissions (what they held)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from schemas.values import SubmissionState
from warehouse.base import Base, BigKey, Json, Key, choice


class Reason(StrEnum):
    """Why a submission exists: the slot's first, other bytes, an older version's bytes again, an older file found late, a replay."""

    FIRST = "first"
    RESUBMISSION = "resubmission"
    RETURN = "return"
    LATE = "late"
    REPLAY = "replay"


class Night(Base):
    """One run of collect. `closed_at` stays empty when the run did not come to its end."""

    __tablename__ = "night"

    id: Mapped[Key]
    started_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    summary: Mapped[Json | None]


class FetchLog(Base):
    """How one partner's inbox answered in one night. `seconds` is wall time; counts are files.

    `not_fetched` lists the files left where they are: [{address, file_name, reason}].
    """

    __tablename__ = "fetch_log"

    night_id: Mapped[int] = mapped_column(BigKey, ForeignKey("night.id"), primary_key=True)
    partner_code: Mapped[str] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    reason: Mapped[str | None]
    delivery_count: Mapped[int]
    unchanged_count: Mapped[int]
    fetched_bytes: Mapped[int] = mapped_column(BigKey, server_default="0")
    not_fetched: Mapped[Json | None]
    seconds: Mapped[float]
    logged_at: Mapped[datetime]

    __table_args__ = (Index(None, "partner_code", "night_id"),)


class DeliveryRow(Base):
    """Bytes, known by their hash and kept once; who sent them and under which name stands in the sightings."""

    __tablename__ = "delivery"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    size_bytes: Mapped[int] = mapped_column(BigKey)
    first_seen_at: Mapped[datetime]


class SightingRow(Base):
    """A delivery seen at an address of a partner: the receipt. The latest one of an address says what stands there now.

    `settled_at` is filled when everything the delivery holds has been loaded or recorded; until then the next night
    fetches the file again, so a run that died half-way leaves nothing unread. `etag` is what the server calls this version of
    the file; `message_id` is the mail it came in, so that the answer goes into the same thread.
    """

    __tablename__ = "sighting"

    id: Mapped[Key]
    night_id: Mapped[int] = mapped_column(BigKey, ForeignKey("night.id"))
    partner_code: Mapped[str]
    address: Mapped[str]
    delivery_sha256: Mapped[str] = mapped_column(ForeignKey("delivery.sha256"))
    file_name: Mapped[str]
    channel: Mapped[str]
    sender: Mapped[str | None]
    size_bytes: Mapped[int] = mapped_column(BigKey)
    modified_at: Mapped[datetime | None]
    etag: Mapped[str | None]
    message_id: Mapped[str | None]
    seen_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "partner_code", "address"), Index(None, "delivery_sha256"))


_BESIDE_LEDGERS = "state IN ('unreadable', 'unrecognised', 'refused', 'received')"


class Submission(Base):
    """One contract × partner × period found in a delivery; what a delivery held beside its submissions has no contract.

    `layouts` is a list with one entry a table of the workbook: sheet, header_first_row, header_last_row,
    columns {name: [source column from 1, header as written]}, unknown, missing, fingerprint. Without contract it is a list of the
    ledgers of which nothing could be taken: {contract, period or null}.
    """

    __tablename__ = "submission"

    id: Mapped[Key]
    night_id: Mapped[int] = mapped_column(BigKey, ForeignKey("night.id"))
    delivery_sha256: Mapped[str] = mapped_column(ForeignKey("delivery.sha256"))
    sighting_id: Mapped[int] = mapped_column(BigKey, ForeignKey("sighting.id"))
    partner_code: Mapped[str]
    contract: Mapped[str | None]
    contract_version: Mapped[int | None]
    period: Mapped[str | None]
    sequence: Mapped[int]
    state: Mapped[SubmissionState] = mapped_column(choice(SubmissionState))
    reason: Mapped[Reason] = mapped_column(choice(Reason))
    supersedes_id: Mapped[int | None] = mapped_column(BigKey, ForeignKey("submission.id"))
    received_at: Mapped[datetime]
    in_force_from: Mapped[datetime | None]
    in_force_to: Mapped[datetime | None]
    layouts: Mapped[Json]
    rows_read: Mapped[int]
    rows_loaded: Mapped[int]
    rows_held: Mapped[int]
    critical_count: Mapped[int]
    warning_count: Mapped[int]
    info_count: Mapped[int]

    __table_args__ = (
        CheckConstraint(f"(contract IS NULL) = (period IS NULL) AND (contract IS NOT NULL OR {_BESIDE_LEDGERS})", name="slot"),
        CheckConstraint("in_force_to IS NULL OR in_force_to >= in_force_from", name="in_force"),
        UniqueConstraint("contract", "partner_code", "period", "sequence"),
        # The promise of the whole house, kept by the database: one slot has at most one submission in force.
        Index(
            "uq_submission_in_force", "contract", "partner_code", "period", unique=True,
            sqlite_where=text("in_force_from IS NOT NULL AND in_force_to IS NULL"),
            postgresql_where=text("in_force_from IS NOT NULL AND in_force_to IS NULL"),
        ),
        Index(None, "delivery_sha256"),
        Index(None, "sighting_id"),
        Index(None, "night_id"),
    )  # fmt: skip
