"""The night's answers: for every new file its marked workbook in the outbox and a receipt to whoever sent it, each once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.inputs import whole
from flows.night import Loaded, NightRun
from flows.progress import watched
from flows.summary import Answer, first_message
from schemas.personal import mask_personal_numbers
from schemas.values import Delivery, Finding, Reading, Severity
from sources.partner import Partner
from tasks.feedback.question_list import AskedQuestion
from tasks.feedback.receipt import ReceivedLedger, compose_receipt
from tasks.feedback.steps import send_mails, write_marked_workbooks
from tasks.intake.fetch_files import NotFetched
from tasks.intake.load import record_unread
from tasks.intake.plausibility import PartnerSlot, read_asked
from tasks.mailing import Occasion
from warehouse.engine import begin_write
from warehouse.marts.impact import RowChanges, compare_with_predecessor
from warehouse.store.deliveries import settle_deliveries

WORTH_MARKING = frozenset({Severity.CRITICAL, Severity.WARNING})


def answer_partners(
    night: NightRun,
    readings: Sequence[Reading],
    loaded: Sequence[Loaded],
    record: Callable[[NightRun, Reading], int | None] | None = None,
    left: Sequence[NotFetched] = (),
) -> None:
    """Record what could not be read, write the marked workbooks, tell the senders, and settle the night's files.

    `record` records what is to be said of files read again; with it only those whose verdict changed are answered.
    `left` are the files not taken; those left in a zip file or mail are told in the receipt of what else came in it.
    """
    with night.timed("answer"):
        replies = list(_compose_replies(night, readings, loaded, record or _record_unread))
        to_mark = [(r.delivery, r.findings, r.marked_path, r.questions) for r in replies if r.marked_path]
        if to_mark:
            write_marked_workbooks(whole(to_mark), whole(night.office.settings.guard))
        night.summary.answers.extend(answer for reply in replies for answer in _answers(night, reply))
        mails = list(_receipts(night, replies, left, is_replay=record is not None))
        if mails:
            send_mails(
                whole(night.office.engine), whole(night.office.settings.post_office), "receipt", whole(mails), night.now
            )
        with begin_write(night.office.engine) as connection:
            settle_deliveries(connection, (reading.delivery for reading in readings), night.now)


@dataclass(frozen=True, slots=True)
class Reply:
    """What one file gets as an answer. `news` are its submissions that changed something or were refused anew."""

    reading: Reading
    loaded: tuple[Loaded, ...]
    findings: tuple[Finding, ...]
    is_new: bool
    marked_path: Path | None
    questions: tuple[AskedQuestion, ...] = ()

    @property
    def delivery(self) -> Delivery:
        """The file answered."""
        return self.reading.delivery


def _record_unread(night: NightRun, reading: Reading) -> int | None:
    return record_unread(night.office.engine, night.night_id, reading, night.now)


def _compose_replies(
    night: NightRun,
    readings: Sequence[Reading],
    loaded: Sequence[Loaded],
    record: Callable[[NightRun, Reading], int | None],
) -> Iterator[Reply]:
    by_delivery: dict[Delivery, list[Loaded]] = defaultdict(list)
    for one in loaded:
        by_delivery[one.delivery].append(one)
    with night.office.engine.connect() as connection:
        asked = read_asked(connection)
    for reading in watched("answer", readings, len(readings)):
        loads = by_delivery[reading.delivery]
        slots = dict.fromkeys(_slot(one) for one in loads)
        questions = tuple(question for slot in slots for question in asked.get(slot, ()))
        yield _compose_reply(night, reading, loads, record(night, reading), questions)


def _slot(one: Loaded) -> PartnerSlot:
    submission = one.verdict.submission
    return submission.partner_code, submission.contract, submission.period


def _compose_reply(
    night: NightRun,
    reading: Reading,
    loaded: Sequence[Loaded],
    recorded: int | None,
    questions: tuple[AskedQuestion, ...],
) -> Reply:
    news = [one for one in loaded if one.outcome.is_news]
    findings = (*(reading.findings if recorded else ()), *(f for one in news for f in one.outcome.findings))
    worth_marking = any(finding.severity in WORTH_MARKING for finding in findings)
    path = _marked_path(night, reading.delivery) if worth_marking or (news and questions) else None
    return Reply(reading, tuple(loaded), findings, bool(news or recorded), path, questions)


def _marked_path(night: NightRun, delivery: Delivery) -> Path:
    day = night.now.astimezone(night.office.settings.zone).date()
    name = f"{mask_personal_numbers(Path(delivery.file_name).stem)}-问题批注-{delivery.sha256[:8]}.xlsx"
    return night.office.settings.outbox_folder / delivery.partner_code / day.isoformat() / name


def _answers(night: NightRun, reply: Reply) -> Iterator[Answer]:
    partner_name = night.office.registry.partners[reply.delivery.partner_code].name
    marked = str(reply.marked_path) if reply.marked_path else None
    for one in reply.loaded:
        verdict, outcome = one.verdict, one.outcome
        findings = outcome.findings or verdict.findings
        severities = Counter(finding.severity for finding in findings)
        yield Answer(
            partner_name, mask_personal_numbers(reply.delivery.file_name), night.office.contracts[verdict.submission.contract].title,
            verdict.submission.period, outcome.state, not outcome.is_news, outcome.rows_loaded, outcome.rows_held,
            severities[Severity.CRITICAL], severities[Severity.WARNING], first_message(findings), marked,
        )  # fmt: skip
    if not reply.reading.submissions:
        severities = Counter(finding.severity for finding in reply.reading.findings)
        yield Answer(
            partner_name, mask_personal_numbers(reply.delivery.file_name), "", "", reply.reading.state, not reply.is_new, 0, 0,
            severities[Severity.CRITICAL], severities[Severity.WARNING], first_message(reply.reading.findings), marked,
        )  # fmt: skip


def _receipts(
    night: NightRun, replies: Sequence[Reply], left: Sequence[NotFetched], *, is_replay: bool
) -> Iterator[Occasion]:
    """One receipt for each file: a night run again finds them sent already.

    A file that stands in a folder is known by its address; one that came by mail by its mail, for the numbers that mail
    servers give may change.
    """
    told_again = f":replay:{night.night_id}" if is_replay else ""
    settings = night.office.settings
    untold = _by_archive(left)
    for reply, beside in told_of(replies):
        if is_replay and not reply.is_new:
            continue
        delivery, partner = reply.delivery, night.office.registry.partners[reply.delivery.partner_code]
        left_in_it = untold.pop(archive_of(delivery.address), ())
        mail = compose_receipt(
            partner, delivery, reply.reading.state, [_received(night, one, partner) for one in reply.loaded],
            reply.findings, delivery.seen_at.astimezone(settings.zone), reply.marked_path, beside,
            settings.mail_attachment_mb * 2**20, left_in_it, reply.questions,
        )  # fmt: skip
        if mail:
            place = delivery.message_id or delivery.address
            yield f"receipt:{partner.code}:{place}:{delivery.sha256}{told_again}", partner.code, mail


def archive_of(address: str) -> str:
    """The address of the zip file or mail that a file came in; its own when it came by itself."""
    return address.partition("!/")[0]


def _by_archive(left: Sequence[NotFetched]) -> dict[str, tuple[tuple[str, str], ...]]:
    told: dict[str, tuple[tuple[str, str], ...]] = defaultdict(tuple)
    for one in left:
        told[one.address] += ((one.file_name, one.reason),)
    return told


def told_of(replies: Sequence[Reply]) -> Iterator[tuple[Reply, tuple[str, ...]]]:
    """The files that get a receipt, each with the names it is to mention.

    A scan or a letter sent along with ledgers gets no receipt of its own: it is one line in the receipt of the first ledger
    of its mail. Where a mail holds nothing else, the first of them stands for all.
    """
    by_mail: dict[tuple[str, str], list[Reply]] = defaultdict(list)
    for reply in replies:
        delivery = reply.delivery
        by_mail[delivery.partner_code, delivery.message_id or delivery.address].append(reply)
    for together in by_mail.values():
        ledgers = [reply for reply in together if not _is_no_spreadsheet(reply)] or together[:1]
        beside = tuple(reply.delivery.file_name for reply in together if not any(reply is ledger for ledger in ledgers))
        yield from ((reply, beside if reply is ledgers[0] else ()) for reply in ledgers)


def _is_no_spreadsheet(reply: Reply) -> bool:
    return any(finding.rule_id == "file.not_a_workbook" for finding in reply.reading.findings)


def _received(night: NightRun, one: Loaded, partner: Partner) -> ReceivedLedger:
    submission, outcome = one.verdict.submission, one.outcome
    owed = (o for o in partner.owes if o.contract == submission.contract)
    due_on = next((day for o in owed if (day := o.due_dates.get(submission.period))), None)
    title = night.office.contracts[submission.contract].title
    held = len(one.verdict.held)
    return ReceivedLedger(
        title,
        submission.period,
        outcome.state,
        len(submission),
        held,
        outcome.is_unchanged,
        due_on,
        _changes(night, one),
        outcome.before if outcome.is_news else None,
    )


def _changes(night: NightRun, one: Loaded) -> RowChanges | None:
    """How the rows that count differ from those before; None when nothing took the place of anything."""
    if one.outcome.is_unchanged or one.outcome.submission_id is None:
        return None
    contract = night.office.contracts[one.verdict.submission.contract]
    with night.office.engine.connect() as connection:
        return compare_with_predecessor(connection, contract, one.outcome.submission_id)
