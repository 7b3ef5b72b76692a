"""The first stage of a night: ask every source, land what is new, record how each answered, ask whose unclear mails are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import cast

from prefect.blocks.system import Secret
from sqlalchemy import Connection

from flows.inputs import whole
from flows.mailbox import office_mailbox
from flows.night import NightRun
from flows.office import Office
from flows.progress import watched
from flows.settings import Settings
from schemas.errors import MisconfiguredError
from schemas.personal import mask_personal_numbers
from sources.connectors.address import MAILBOX, sent_by_mail
from sources.connectors.connector import InboxUnreachableError
from sources.partner import Partner
from sources.secret import SecretError
from tasks.intake.fetch import Fetched, FetchOutcome
from tasks.intake.fetch_landing import check_landing
from tasks.intake.fetch_limits import HostLimits
from tasks.intake.fetch_mailbox import FetchedMail, UnmatchedMail, merge
from tasks.intake.steps import Intake, fetch_inbox, fetch_mails
from warehouse.engine import begin_write
from warehouse.marts.questions import answers
from warehouse.store.deliveries import known_in_mailbox, known_sightings, record_deliveries, settle_deliveries
from warehouse.store.nights import Fetch, record_fetch
from warehouse.store.questions import ask, withdraw

UNMATCHED_MAIL = "unmatched_mail"
NOBODYS = "-"
"""The answer that a file is nobody's: no code of a partner."""

Timed = tuple[Fetched, float]


def fetch_from_partners(night: NightRun, codes: Sequence[str] | None = None) -> list[Fetched]:
    """Ask every source, all at once; one that cannot be reached costs only itself.

    Raises:
        LandingError: what comes in cannot be stored; nothing was fetched.
        MisconfiguredError: there is no such partner.
    """
    partners = _partners_asked(night.office, codes)
    check_landing(night.office.settings.landing_folder)
    intake = intake_of(night.office.settings)
    with night.timed("fetch"):
        with night.office.engine.connect() as connection:
            known = {partner.code: known_sightings(connection, partner.code) for partner in partners}
        asked = [partner for partner in partners if not sent_by_mail(partner)]
        runs = [fetch_inbox.submit(whole(p), whole(known[p.code]), whole(intake), night.now) for p in asked]
        mail, mail_seconds = _fetch_mail(night, intake, partners, is_all=not codes)
        answered = [run.result() for run in watched("fetch", runs, len(runs))]
        timed = _merged([*answered, *((one, mail_seconds) for one in mail_parts(mail))])
        _record(night, timed, mail)
    return [fetched for fetched, _ in timed]


def intake_of(settings: Settings) -> Intake:
    """Where files come from and land, and what a source may cost, under these settings."""
    return Intake(
        settings.inbox_folder,
        settings.landing_folder,
        settings.fetch_limits,
        HostLimits(settings.host_connections),
        read_prefect_secret,
    )


def read_prefect_secret(name: str) -> str:
    """The secret in the Prefect Secret block of that name; a run's log never shows it."""
    return str(cast("Secret[str]", Secret.load(name)).get())


def mail_parts(mail: FetchedMail | None) -> list[Fetched]:
    """How the mailbox answered, and what it held of each partner."""
    return [mail.mailbox, *mail.by_partner] if mail else []


def _partners_asked(office: Office, codes: Sequence[str] | None) -> list[Partner]:
    known = office.registry.partners
    unknown = sorted(set(codes or ()) - set(known))
    if unknown:
        raise MisconfiguredError(f"no partner {', '.join(unknown)}; known: {', '.join(known)}")
    return [p for p in known.values() if p.inbox and (not codes or p.code in codes)]


def _fetch_mail(
    night: NightRun, intake: Intake, partners: Sequence[Partner], is_all: bool
) -> tuple[FetchedMail | None, float]:
    """The mailbox, when the office has one; partners that send by mail while it has none are told to the operator."""
    by_mail = [partner.code for partner in partners if sent_by_mail(partner)]
    try:
        mailbox = office_mailbox(night.office, read_prefect_secret) if is_all or by_mail else None
    except (SecretError, InboxUnreachableError) as error:
        return FetchedMail(Fetched(MAILBOX, FetchOutcome.UNREACHABLE, str(error))), 0.0
    if mailbox is None:
        return _without_mailbox(by_mail), 0.0
    with night.office.engine.connect() as connection:
        known = known_in_mailbox(connection)
        assigned = _assigned(connection)
    only = None if is_all else {partner.code for partner in partners}
    return fetch_mails(whole(mailbox), whole(known), whole(assigned), whole(intake), night.now, whole(only))


def _without_mailbox(by_mail: Sequence[str]) -> FetchedMail | None:
    if not by_mail:
        return None
    reason = f"有 {len(by_mail)} 个单位用邮件报送，但没有设置邮箱（设置项 mailbox），收不到它们的邮件"
    return FetchedMail(Fetched(MAILBOX, FetchOutcome.UNREACHABLE, reason))


def _assigned(connection: Connection) -> Mapping[str, str]:
    """Address in the mailbox → partner code, as people answered."""
    found = ((one.asked.details, one.code) for one in answers(connection, UNMATCHED_MAIL) if one.code != NOBODYS)
    return {str(told["address"]): code for told, code in found if isinstance(told, dict)}


def _merged(timed: Sequence[Timed]) -> list[Timed]:
    """One answer a source: a partner with an inbox of its own may send mails as well."""
    merged: dict[str, Timed] = {}
    for fetched, seconds in timed:
        before = merged.get(fetched.partner_code)
        together = (merge(before[0], fetched), before[1] + seconds) if before else (fetched, seconds)
        merged[fetched.partner_code] = together
    return list(merged.values())


def _record(night: NightRun, timed: Sequence[Timed], mail: FetchedMail | None) -> None:
    with begin_write(night.office.engine) as connection:
        for fetched, seconds in timed:
            record_fetch(connection, night.night_id, _entry(fetched, seconds), night.now)
            record_deliveries(connection, night.night_id, [*fetched.deliveries, *fetched.touched])
            settle_deliveries(connection, fetched.touched, night.now)
        if mail:
            withdraw(connection, night.now, [_key(address) for address in sorted(mail.matched)])
            _ask_whose(connection, night, mail.unmatched)


def _entry(fetched: Fetched, seconds: float) -> Fetch:
    return Fetch(
        fetched.partner_code,
        fetched.outcome,
        fetched.reason,
        len(fetched.deliveries),
        fetched.unchanged_count,
        seconds,
        fetched.fetched_bytes,
        tuple((left.address, left.file_name, left.reason) for left in fetched.not_fetched),
    )


def _key(address: str) -> str:
    return f"{UNMATCHED_MAIL}:{address}"


def _ask_whose(connection: Connection, night: NightRun, unmatched: Sequence[UnmatchedMail]) -> None:
    """One question a file of the mail; the workbooks of a zip file go together."""
    by_address: dict[str, list[UnmatchedMail]] = defaultdict(list)
    for one in unmatched:
        by_address[one.delivery.address.partition("!/")[0]].append(one)
    partners = night.office.registry.partners
    for address, files in by_address.items():
        names = "、".join(f"《{mask_personal_numbers(one.delivery.file_name)}》" for one in files)
        candidates = files[0].partner_codes or tuple(partners)
        ask(
            connection,
            night.now,
            key=_key(address),
            kind=UNMATCHED_MAIL,
            question=f"邮箱收到{names}（发件人 {files[0].delivery.sender or '不明'}），{files[0].reason}。是哪个单位报送的？",
            choices={code: partners[code].name for code in candidates} | {NOBODYS: "不是报送文件，不处理"},
            delivery_sha256=files[0].delivery.sha256,
            details={"address": address, "deliveries": [one.delivery.sha256 for one in files]},
        )
