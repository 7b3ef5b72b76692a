"""The steps of a night as Prefect tasks: one task run a partner, a batch of files or a contract, never one a file or row.

What passes between them stays in memory: results are not persisted, inputs are not hashed or searched (`quote`), so no frame
and nothing personal reaches Prefect's database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from sqlalchemy import Engine

from schemas.contract import Contract
from schemas.ring import NOTHING_KNOWN, Surroundings
from schemas.values import Conformed, Delivery, Reading, Sighting, Verdict
from sources.connectors.address import host_of
from sources.connectors.mailbox import Mailbox
from sources.partner import Partner
from sources.registry import Registry
from sources.secret import PrefectSecret
from tasks.intake.fetch import Fetched, fetch_partner
from tasks.intake.fetch_limits import FetchLimits, HostLimits
from tasks.intake.fetch_mailbox import FetchedMail, KnownMail, fetch_mailbox
from tasks.intake.guards import Caution
from tasks.intake.load import LoadOutcome, load_verdicts
from tasks.intake.load_plan import Judged
from tasks.intake.reading import Approvals
from tasks.intake.reading_workers import Guard, prepare_workers, read_deliveries
from tasks.intake.replay import replay_verdicts
from tasks.intake.warming import validation_imported_meanwhile


@dataclass(frozen=True, slots=True)
class Intake:
    """Where files come from and land, what one source may cost, and how many connections one server is asked for at a time."""

    inbox_folder: Path
    landing_folder: Path
    limits: FetchLimits
    hosts: HostLimits
    prefect_secret: PrefectSecret | None = None


@task(name="fetch", task_run_name="取件 {partner.name}", cache_policy=NO_CACHE, persist_result=False)
def fetch_inbox(
    partner: Partner, known: Mapping[str, Sighting], intake: Intake, now: datetime
) -> tuple[Fetched, float]:
    """Fetch what is new in one partner's inbox; returns it with the seconds it took. An inbox that stays shut is a value too.

    Trying again is left to the fetching itself: it knows what is worth another try, and how much time the source has left.
    """
    with intake.hosts.turn(host_of(partner)):
        started = time.monotonic()
        fetched = fetch_partner(
            partner, intake.inbox_folder, intake.landing_folder, known, now, intake.limits, intake.prefect_secret
        )
        if fetched.deliveries:
            prepare_workers()
        return fetched, time.monotonic() - started


@task(name="fetch mail", task_run_name="收取邮箱", cache_policy=NO_CACHE, persist_result=False)
def fetch_mails(
    mailbox: Mailbox,
    known: KnownMail,
    assigned: Mapping[str, str],
    intake: Intake,
    now: datetime,
    only: Set[str] | None,
) -> tuple[FetchedMail, float]:
    """Fetch what is new in the office's mailbox, for all partners at once; returns it with the seconds it took."""
    started = time.monotonic()
    fetched = fetch_mailbox(mailbox, intake.landing_folder, known, assigned, now, intake.limits, only)
    return fetched, time.monotonic() - started


@task(name="read", task_run_name="读取新文件", cache_policy=NO_CACHE, persist_result=False)
def read_batch(
    deliveries: Sequence[Delivery],
    contracts: Mapping[str, Contract],
    registry: Registry,
    hash_key: bytes,
    guard: Guard,
    approvals: Approvals,
    watch: Callable[[Iterable[Reading]], Iterable[Reading]],
) -> list[Reading]:
    """Read new files in guarded worker processes; in the order they came in, whatever order they were finished in."""
    with validation_imported_meanwhile():
        readings = read_deliveries(deliveries, contracts, registry, hash_key, guard, approvals)
        finished = {reading.delivery: reading for reading in watch(readings)}
    return [finished[delivery] for delivery in deliveries]


@task(name="validate", task_run_name="校验 {contract.title}", cache_policy=NO_CACHE, persist_result=False)
def validate_contract(
    contract: Contract, submissions: Sequence[Conformed], surroundings: Surroundings = NOTHING_KNOWN
) -> list[Verdict]:
    """Judge all new submissions of one contract in one Great Expectations run."""
    # Great Expectations takes seconds to import; a night without news never needs it.
    from tasks.intake.validate import validate  # noqa: PLC0415

    return validate(contract, submissions, surroundings)


@task(
    name="load",
    task_run_name="入库 {contract.title}",
    retries=2,
    retry_delay_seconds=5,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def load_contract(
    engine: Engine, night_id: int, judged: Sequence[Judged], contract: Contract, now: datetime, caution: Caution
) -> list[LoadOutcome]:
    """Load the judged submissions of one contract in one transaction; a broken connection is tried again, whole."""
    return load_verdicts(engine, night_id, judged, contract, now, caution)


@task(name="replay", task_run_name="重新入库 {contract.title}", cache_policy=NO_CACHE, persist_result=False)
def replay_contract(
    engine: Engine,
    night_id: int,
    judged: Sequence[Judged],
    sightings: Mapping[Delivery, int],
    contract: Contract,
    now: datetime,
    caution: Caution,
) -> list[LoadOutcome]:
    """Load what was read again of one contract in one transaction; only a verdict that changed is written."""
    return replay_verdicts(engine, night_id, judged, sightings, contract, now, caution)
