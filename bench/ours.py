"""Bench, our night: the functions `collect` calls, in its order, without Prefect: fetch, read, validate, load, record, summary.

Run by bench.night: python -m bench.ours PARTNERS INBOX HOME URL [READER_MB]   (an already migrated warehouse)
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from bench.contender import Stopwatch, tell
from flows.summary import ACCEPTED, NightSummary, count_held
from schemas.contract import Contract, shipped_contracts
from schemas.values import Conformed, Delivery, Reading, Sighting, Verdict
from sources.partner import Partner
from sources.registry import Registry, load_registry
from tasks.intake.fetch import Fetched, fetch_partner
from tasks.intake.load import LoadOutcome, load_verdicts, record_unread
from tasks.intake.reading_workers import Guard, prepare_workers, read_deliveries
from tasks.intake.warming import validation_imported_meanwhile
from warehouse.engine import begin_write, open_engine
from warehouse.store.deliveries import known_sightings, record_deliveries, settle_deliveries
from warehouse.store.dimensions import sync_dimensions
from warehouse.store.nights import Fetch, close_night, open_night, record_fetch

Judged = list[tuple[Verdict, Delivery]]
_SHIPPED = Path(__file__).parent.parent / "sources" / "partners"


@dataclass(frozen=True, slots=True)
class Place:
    """Where one night works."""

    registry: Registry
    contracts: Mapping[str, Contract]
    engine: Engine
    inbox: Path
    landing: Path
    stopwatch: Stopwatch
    now: datetime
    night_id: int
    guard: Guard


def main() -> None:
    """One night; says its stages and what it came to."""
    place = open_place(*sys.argv[1:6])
    fetched = fetch_all(place)
    readings = read_all(place, fetched)
    judged = validate_all(place, readings)
    outcomes = load_all(place, judged)
    summary = end_night(place, fetched, readings, judged)
    place.engine.dispose()
    tell(
        place.stopwatch, files=len(readings), unchanged=summary.unchanged_count, rows=sum(o.rows_loaded for o in outcomes),
        held=sum(o.rows_held for o in outcomes), accepted=sum(o.state in ACCEPTED for o in outcomes), submissions=len(outcomes),
        findings=sum(len(v.findings) for group in judged.values() for v, _ in group),
    )  # fmt: skip


def open_place(partners: str, inbox: str, home: str, url: str, reader_mb: str = "1024") -> Place:
    """Registry, contracts and warehouse; the night opened in it."""
    stopwatch = Stopwatch()
    with stopwatch.stage("open"):
        registry = load_registry(_SHIPPED, Path(partners))
        engine, now = open_engine(url), datetime.now(UTC)
        with begin_write(engine) as connection:
            known = registry.partners.values()
            sync_dimensions(connection, [(p.code, p.name, p.kind, p.region_code, p.national_code) for p in known])
            night_id = open_night(connection, now)
    guard = Guard(memory_bytes=int(reader_mb) * 2**20)
    return Place(
        registry, shipped_contracts(), engine, Path(inbox), Path(home, "landing"), stopwatch, now, night_id, guard
    )


def fetch_all(place: Place) -> list[Fetched]:
    """Every partner's inbox, and what is new in it recorded."""
    partners = [p for p in place.registry.partners.values() if p.code.startswith("bench")]
    with place.stopwatch.stage("fetch"):
        with place.engine.connect() as connection:
            known = {p.code: known_sightings(connection, p.code) for p in partners}
        fetched = [_fetch(place, p, known[p.code]) for p in partners]
        with begin_write(place.engine) as connection:
            for one in fetched:
                entry = Fetch(one.partner_code, one.outcome, one.reason, len(one.deliveries), one.unchanged_count, 0.0)
                record_fetch(connection, place.night_id, entry, place.now)
                record_deliveries(connection, place.night_id, [*one.deliveries, *one.touched])
                settle_deliveries(connection, one.touched, place.now)
    return fetched


def _fetch(place: Place, partner: Partner, known: Mapping[str, Sighting]) -> Fetched:
    fetched = fetch_partner(partner, place.inbox, place.landing, known, place.now)
    if fetched.deliveries:
        prepare_workers()
    return fetched


def read_all(place: Place, fetched: Iterable[Fetched]) -> list[Reading]:
    """Everything new, in guarded worker processes."""
    deliveries = [delivery for one in fetched for delivery in one.deliveries]
    if not deliveries:
        return []
    with place.stopwatch.stage("read and conform"), validation_imported_meanwhile():
        return list(read_deliveries(deliveries, place.contracts, place.registry, b"k" * 32, place.guard))


def validate_all(place: Place, readings: Sequence[Reading]) -> Mapping[str, Judged]:
    """One Great Expectations run a contract."""
    by_contract: dict[str, list[tuple[Conformed, Delivery]]] = defaultdict(list)
    for reading in readings:
        for submission in reading.submissions:
            by_contract[submission.contract].append((submission, reading.delivery))
    if not by_contract:
        return {}
    with place.stopwatch.stage("import Great Expectations"):
        from tasks.intake.validate import validate  # noqa: PLC0415 (as the night does: it takes seconds)
    with place.stopwatch.stage("validate"):
        judged: dict[str, Judged] = {}
        for name, found in sorted(by_contract.items()):
            verdicts = validate(place.contracts[name], [submission for submission, _ in found])
            judged[name] = [(verdict, delivery) for verdict, (_, delivery) in zip(verdicts, found, strict=True)]
    return judged


def load_all(place: Place, judged: Mapping[str, Judged]) -> list[LoadOutcome]:
    """Facts, findings, quarantine and lineage; a transaction a contract."""
    with place.stopwatch.stage("load"):
        return [
            outcome
            for name, verdicts in judged.items()
            for outcome in load_verdicts(place.engine, place.night_id, verdicts, place.contracts[name], place.now)
        ]


def end_night(
    place: Place, fetched: Sequence[Fetched], readings: Sequence[Reading], judged: Mapping[str, Judged]
) -> NightSummary:
    """What could not be read is recorded, the files settled, the summary kept."""
    with place.stopwatch.stage("record and summary"):
        for reading in readings:
            if reading.findings or not reading.submissions:
                record_unread(place.engine, place.night_id, reading)
        summary = NightSummary(place.night_id, place.now.isoformat(), delivery_count=len(readings))
        summary.unchanged_count = sum(one.unchanged_count for one in fetched)
        summary.held_because = dict(count_held([verdict for group in judged.values() for verdict, _ in group]))
        with begin_write(place.engine) as connection:
            settle_deliveries(connection, (reading.delivery for reading in readings), place.now)
            close_night(connection, place.night_id, summary.as_record(), place.now)
    return summary


if __name__ == "__main__":
    main()
