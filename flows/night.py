"""The stages of one night over one office, in the order `collect` calls them; each takes what the one before it gave."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from flows.inputs import whole
from flows.office import Office, instant_or_now
from flows.progress import watched
from flows.summary import NightSummary, count_held
from schemas.errors import MisconfiguredError
from schemas.ring import Surroundings
from schemas.values import Conformed, Delivery, Reading, SubmissionState, Verdict
from sources.connectors.address import MAILBOX
from sources.registry import find_contract_faults
from tasks.feedback.question_list import read_answers
from tasks.feedback.steps import LASTING, send_kept_mails
from tasks.intake.fetch import Fetched, FetchOutcome
from tasks.intake.fetch_mailbox import UNMATCHED
from tasks.intake.layout_memory import read_approvals
from tasks.intake.load import LoadOutcome
from tasks.intake.plausibility import read_asked, record_explanations
from tasks.intake.steps import load_contract, read_batch, validate_contract
from tasks.intake.surroundings import read_surroundings
from tasks.intake.waive import waive
from warehouse.engine import begin_write
from warehouse.marts.dispatches import read_failed
from warehouse.marts.nights import broken_off_nights
from warehouse.marts.questions import open_questions
from warehouse.marts.waivers import read_waivers
from warehouse.store.dimensions import sync_dimensions, sync_plan
from warehouse.store.nights import close_night, open_night
from warehouse.store.obligations import sync_obligations


@dataclass(frozen=True, slots=True)
class NightRun:
    """One night at work: its office, its instant (UTC), its number in the warehouse and its growing summary."""

    office: Office
    now: datetime
    night_id: int
    summary: NightSummary

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Adds the wall seconds of the block to the stage's."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.summary.seconds[stage] = round(self.summary.seconds.get(stage, 0.0) + time.monotonic() - started, 3)


Judged = tuple[Verdict, Delivery]

SOURCE_NAMES = {MAILBOX: "双高办邮箱", UNMATCHED: "邮箱中单位不明的邮件"}
"""What sources that are no partner are called."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A verdict with the file it was found in and what loading made of it."""

    verdict: Verdict
    delivery: Delivery
    outcome: LoadOutcome


def begin_night(office: Office, now: datetime) -> NightRun:
    """Open the night, with the partners and what they owe as their files say tonight.

    Raises:
        MisconfiguredError: a partner file names a contract or column that does not exist.
    """
    faults = find_contract_faults(office.registry, office.contracts)
    if faults:
        raise MisconfiguredError("\n".join(faults))
    partners = office.registry.partners.values()
    with begin_write(office.engine) as connection:
        sync_dimensions(connection, [(p.code, p.name, p.kind, p.region_code, p.national_code) for p in partners])
        sync_obligations(
            connection,
            [
                (p.code, o.contract, period, due)
                for p in partners
                for o in p.owes
                for period, due in o.due_dates.items()
            ],
        )
        broken_off = broken_off_nights(connection)
        night_id = open_night(connection, now)
    summary = NightSummary(night_id, now.isoformat())
    summary.broken_off = [f"{at.astimezone(office.settings.zone):%Y-%m-%d %H:%M} 开始的一次" for at in broken_off]
    return NightRun(office, now, night_id, summary)


def send_what_was_kept(night: NightRun) -> None:
    """Send the receipts that could not go on an earlier night, before those of tonight."""
    with night.office.engine.connect() as connection:
        waits = bool(read_failed(connection, LASTING))
    if not waits:
        return
    with night.timed("send again"):
        send_kept_mails(whole(night.office.engine), whole(night.office.settings.post_office), night.now)


def read_deliveries_of(night: NightRun, fetched: Sequence[Fetched]) -> list[Reading]:
    """Read everything new, in protected worker processes."""
    return read_files(night, [delivery for one in fetched for delivery in one.deliveries])


def read_files(night: NightRun, deliveries: Sequence[Delivery]) -> list[Reading]:
    """Read landed files in protected worker processes, under what was decided on their layouts."""
    if not deliveries:
        return []
    office = night.office
    with office.engine.connect() as connection:
        approvals = read_approvals(connection)
    with night.timed("read"):
        return read_batch(
            whole(deliveries), whole(office.contracts), whole(office.registry), whole(office.settings.hash_key()),
            whole(office.settings.guard), whole(approvals), whole(partial(watched, "read", total=len(deliveries))),
        )  # fmt: skip


def judge_readings(night: NightRun, readings: Sequence[Reading]) -> dict[str, list[Judged]]:
    """Validate what was read, contract by contract, all new submissions of one together; waivers in force are applied."""
    by_contract: dict[str, list[tuple[Conformed, Delivery]]] = defaultdict(list)
    for reading in readings:
        for submission in reading.submissions:
            by_contract[submission.contract].append((submission, reading.delivery))
    judged = {}
    tonight = {name: [submission for submission, _ in found] for name, found in by_contract.items()}
    with night.office.engine.connect() as connection:
        waivers = read_waivers(connection, night.now, night.office.settings.zone)
    with night.timed("validate"):
        for name, found in watched("validate", sorted(by_contract.items()), len(by_contract)):
            verdicts = validate_contract(
                whole(night.office.contracts[name]), whole(tonight[name]), whole(_surroundings_of(night, name, tonight))
            )
            judged[name] = [
                (waive(night.office.contracts[name], verdict, waivers), delivery)
                for verdict, (_, delivery) in zip(verdicts, found, strict=True)
            ]
    night.summary.held_because = dict(count_held([verdict for verdicts in judged.values() for verdict, _ in verdicts]))
    return judged


def _surroundings_of(night: NightRun, name: str, tonight: Mapping[str, Sequence[Conformed]]) -> Surroundings:
    office = night.office
    return read_surroundings(office.engine, office.contracts[name], office.contracts, tonight, night.now)


def load_judged(night: NightRun, judged: Mapping[str, Sequence[Judged]]) -> list[Loaded]:
    """Load contract by contract; what is in force changes only here."""
    outcomes = []
    with night.timed("load"):
        for name, verdicts in watched("load", judged.items(), len(judged)):
            contract = night.office.contracts[name]
            loaded = load_contract(
                whole(night.office.engine), night.night_id, whole(verdicts), whole(contract), night.now,
                night.office.settings.caution,
            )  # fmt: skip
            outcomes += [
                Loaded(verdict, delivery, outcome)
                for (verdict, delivery), outcome in zip(verdicts, loaded, strict=True)
            ]
        with begin_write(night.office.engine) as connection:
            sync_plan(connection, night.now)
    return outcomes


def record_answers(night: NightRun, readings: Sequence[Reading]) -> None:
    """Record what partners wrote beside their questions in marked workbooks they sent back; once, however often it is read.

    A file that could not be read safely in its own process is not opened here.
    """
    office = night.office
    with office.engine.connect() as connection:
        waiting = {partner_code for partner_code, _, _ in read_asked(connection)}
    for reading in readings:
        delivery = reading.delivery
        if delivery.partner_code in waiting and reading.state is not SubmissionState.UNREADABLE:
            texts = read_answers(delivery.path)
            by = office.registry.partners[delivery.partner_code].name
            if texts:
                with begin_write(office.engine) as connection:
                    record_explanations(connection, night.now, delivery.partner_code, by, texts)


def end_night(night: NightRun, fetched: Sequence[Fetched]) -> NightSummary:
    """Close the night with its summary; everything in it is already in the warehouse in full."""
    summary = night.summary
    names = {code: partner.name for code, partner in night.office.registry.partners.items()}
    summary.partner_count = sum(one.partner_code in names for one in fetched)
    summary.delivery_count = sum(len(one.deliveries) for one in fetched)
    summary.unchanged_count = sum(one.unchanged_count + len(one.touched) for one in fetched)
    names |= SOURCE_NAMES
    summary.unreachable = [
        f"{names[one.partner_code]}：{one.reason}" for one in fetched if one.outcome is FetchOutcome.UNREACHABLE
    ]
    summary.not_fetched = [
        f"{names[one.partner_code]}：{left.file_name}：{left.reason}" for one in fetched for left in one.not_fetched
    ]
    with begin_write(night.office.engine) as connection:
        # Addresses and what servers say of them stay out of Prefect.
        summary.unsent = [message.subject for message in read_failed(connection, LASTING)]
        summary.open_questions = [f"{one.question_id}：{one.question}" for one in open_questions(connection)]
        close_night(connection, night.night_id, summary.as_record(), instant_or_now(None))
    return summary
