"""Writes deliveries and their sightings, and says what was last seen where so that a night need not fetch it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from schemas.personal import mask_personal_numbers
from schemas.values import Delivery, Sighting
from warehouse.base import storable_text, table_of
from warehouse.store.upsert import insert_if_new
from warehouse.tables import DeliveryRow, SightingRow


def known_sightings(connection: Connection, partner_code: str) -> dict[str, Sighting]:
    """What stood at each address of the partner when last seen, by address.

    An address whose latest sighting is not settled is left out: what stands there has to be fetched and read again. So is
    the zip file it came in (its address goes up to "!/"), or nobody would look into that again.
    """
    latest = _latest(connection, [partner_code])
    unsettled = {row.address for row in latest if row.settled_at is None}
    unread = unsettled | {address.partition("!/")[0] for address in unsettled}
    return {
        row.address: Sighting(row.address, row.size_bytes, row.modified_at, row.delivery_sha256, row.etag)
        for row in latest
        if row.address not in unread
    }


def known_in_mailbox(connection: Connection) -> dict[str, dict[str, Sighting]]:
    """What has been seen in the office's mailbox: partner code → address → sighting, as `known_sightings`."""
    senders = select(SightingRow.partner_code).where(SightingRow.channel == "mailbox").distinct()
    return {code: known_sightings(connection, code) for code in connection.scalars(senders)}


def record_deliveries(connection: Connection, night_id: int, deliveries: Iterable[Delivery]) -> dict[Delivery, int]:
    """Record bytes and receipts; returns the id of each delivery's sighting.

    Recording the same again writes nothing: a file that still stands at its address, with the same bytes, the same time of
    change and the same etag, is the same sighting.
    """
    wanted = list(dict.fromkeys(deliveries))
    insert_if_new(connection, DeliveryRow, [
        {"sha256": d.sha256, "size_bytes": d.size_bytes, "first_seen_at": d.seen_at} for d in wanted
    ])  # fmt: skip
    latest = {(row.partner_code, row.address): row for row in _latest(connection, {d.partner_code for d in wanted})}
    known = {
        d: row.id
        for d in wanted
        if (row := latest.get((d.partner_code, storable_text(d.address)))) and _is_same(d, row)
    }
    new = [delivery for delivery in wanted if delivery not in known]
    return {**known, **_insert_sightings(connection, night_id, new)}


def settle_deliveries(connection: Connection, deliveries: Iterable[Delivery], now: datetime) -> None:
    """Mark that everything these deliveries hold is loaded or recorded, so that the next night need not fetch them."""
    table = table_of(SightingRow)
    names = ("partner_code", "address", "delivery_sha256")
    seen = [(d.partner_code, storable_text(d.address), d.sha256) for d in dict.fromkeys(deliveries)]
    if seen:
        standing = (table.c[name] == bindparam(f"seen_{name}") for name in names)
        statement = update(table).where(*standing, table.c.settled_at.is_(None)).values(settled_at=now)
        connection.execute(
            statement, [{f"seen_{name}": told for name, told in zip(names, one, strict=True)} for one in seen]
        )


def new_addresses(connection: Connection, sighting_ids: Mapping[Delivery, int]) -> set[Delivery]:
    """The deliveries whose address nothing had been seen at before."""
    ids = list(sighting_ids.values())
    if not ids:
        return set()
    arrived = (
        select(SightingRow.partner_code, SightingRow.address, SightingRow.id).where(SightingRow.id.in_(ids)).subquery()
    )
    earlier = (
        select(arrived.c.id)
        .join(
            SightingRow,
            (SightingRow.partner_code == arrived.c.partner_code) & (SightingRow.address == arrived.c.address),
        )
        .where(SightingRow.id < arrived.c.id)
    )
    seen_before = set(connection.scalars(earlier))
    return {delivery for delivery, sighting_id in sighting_ids.items() if sighting_id not in seen_before}


_SightingRecord = Row[int, str, str, str, int, datetime | None, str | None, datetime | None]


def _latest(connection: Connection, partner_codes: Iterable[str]) -> Sequence[_SightingRecord]:
    newest = (
        select(func.max(SightingRow.id))
        .where(SightingRow.partner_code.in_(list(partner_codes)))
        .group_by(SightingRow.partner_code, SightingRow.address)
    )
    columns = (
        SightingRow.id, SightingRow.partner_code, SightingRow.address, SightingRow.delivery_sha256,
        SightingRow.size_bytes, SightingRow.modified_at, SightingRow.etag, SightingRow.settled_at,
    )  # fmt: skip
    return connection.execute(select(*columns).where(SightingRow.id.in_(newest))).all()


def _is_same(delivery: Delivery, row: _SightingRecord) -> bool:
    return (delivery.sha256, delivery.modified_at, _storable(delivery.etag)) == (
        row.delivery_sha256, row.modified_at, row.etag,
    )  # fmt: skip


def _storable(text: str | None) -> str | None:
    return None if text is None else storable_text(text)


def _insert_sightings(connection: Connection, night_id: int, deliveries: Sequence[Delivery]) -> dict[Delivery, int]:
    if not deliveries:
        return {}
    rows = [
        {
            "night_id": night_id, "partner_code": d.partner_code, "address": storable_text(d.address),
            "delivery_sha256": d.sha256, "file_name": storable_text(mask_personal_numbers(d.file_name)), "channel": d.channel, "sender": d.sender,
            "size_bytes": d.size_bytes, "modified_at": d.modified_at, "seen_at": d.seen_at,
            "etag": _storable(d.etag), "message_id": _storable(d.message_id),
        }
        for d in deliveries
    ]  # fmt: skip
    statement = insert(SightingRow).returning(SightingRow.id, sort_by_parameter_order=True)
    return dict(zip(deliveries, connection.scalars(statement, rows), strict=True))
