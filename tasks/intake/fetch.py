"""Step 1 of intake: list a partner's inbox, land what is new under its hash, leave alone what was already seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from schemas.values import Delivery, Sighting
from sources.connectors.address import MAILBOX, InboxAddressError, connector_for
from sources.connectors.connector import Connector, InboxUnreachableError, RemoteFile
from sources.partner import Partner
from sources.secret import PrefectSecret, SecretError
from tasks.intake.fetch_files import FetchJob, NotFetched, fetch_files, list_patiently, set_aside_unfinished
from tasks.intake.fetch_limits import FetchLimits
from tasks.intake.open_mail import is_mail, open_mail
from tasks.intake.open_zip import OpenedZip, is_archive, open_zip


class FetchOutcome(StrEnum):
    """How an inbox answered: it held files, it held none, or it could not be listed."""

    OK = "ok"
    EMPTY = "empty"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one partner's inbox gave in one night.

    `deliveries` are to be read. `touched` hold the bytes last seen at their address under a new time or size, or are zip files
    or mails whose workbooks are among the deliveries: they are only to be recorded as sightings, so that the next night need not fetch
    them again. `unchanged_count` counts the files not fetched because size and time, or the etag, were those last seen.
    `reason` (Chinese) is given when the inbox could not be listed. `fetched_bytes` counts what was transferred.
    """

    partner_code: str
    outcome: FetchOutcome
    reason: str | None = None
    deliveries: tuple[Delivery, ...] = ()
    touched: tuple[Delivery, ...] = ()
    unchanged_count: int = 0
    not_fetched: tuple[NotFetched, ...] = ()
    fetched_bytes: int = 0


def fetch_partner(
    partner: Partner,
    inbox_folder: Path,
    landing: Path,
    known: Mapping[str, Sighting],
    now: datetime,
    limits: FetchLimits | None = None,
    prefect_secret: PrefectSecret | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Fetched:
    """Lists the partner's inbox and lands every file that is not the one last seen at its address.

    A faulty file or inbox never stops the night: it is reported in the value.

    Args:
        partner: whose inbox.
        inbox_folder: where relative `folder:` inboxes stand.
        landing: archive of everything received; a file lands as <first two hex digits>/<sha256>, read-only.
        known: what last stood at each address of this partner, by address.
        now: the instant written into the deliveries, timezone-aware.
        limits: what this source may cost tonight.
        prefect_secret: looks up secrets kept in Prefect.
        sleep: waits so many seconds between two tries.

    Raises:
        LandingError: the landing folder cannot be written.
    """
    limits = limits or FetchLimits()

    def connect() -> Connector:
        return connector_for(partner, inbox_folder, limits.patience, prefect_secret)

    job = FetchJob(partner.code, connect, landing, now, limits, sleep)
    try:
        listed = list_patiently(job)
    except InboxUnreachableError as error:
        return Fetched(partner.code, FetchOutcome.UNREACHABLE, str(error))
    except InboxAddressError as error:
        return Fetched(partner.code, FetchOutcome.UNREACHABLE, f"报送地址登记有误：{error}")
    except SecretError as error:
        return Fetched(partner.code, FetchOutcome.UNREACHABLE, f"登录信息不可用：{error}")
    return fetch_listed(job, listed, known)


def fetch_listed(job: FetchJob, listed: Sequence[RemoteFile], known: Mapping[str, Sighting]) -> Fetched:
    """Lands what is new among the files listed, opens zip files and mails, and sorts what came by what it means."""
    if not listed:
        return Fetched(job.partner_code, FetchOutcome.EMPTY)
    changed = [remote for remote in listed if not stands_unchanged(remote, known.get(remote.address))]
    finished, waiting = set_aside_unfinished(job, changed)
    landed = fetch_files(job, finished)
    return _sort_out(job, [*landed, *waiting], known, unchanged_count=len(listed) - len(changed))


def stands_unchanged(remote: RemoteFile, seen: Sighting | None) -> bool:
    """Whether what the server tells of the file shows that it is the one last seen at its address.

    A mail never changes. Otherwise an etag decides where both nights have one, size and time where the server tells both; a
    source that tells neither cannot be trusted to be unchanged: its file is fetched and the hash decides.
    """
    if seen is None:
        return False
    if remote.address.startswith(f"{MAILBOX}:"):
        return True
    if remote.size_bytes is not None and remote.size_bytes != seen.size_bytes:
        return False
    if remote.etag is not None and seen.etag is not None:
        weak = remote.etag.startswith("W/")
        return remote.etag == seen.etag and (not weak or remote.modified_at == seen.modified_at)
    told = remote.size_bytes is not None and remote.modified_at is not None
    return told and remote.modified_at == seen.modified_at


def _sort_out(
    job: FetchJob, landed: Sequence[Delivery | NotFetched], known: Mapping[str, Sighting], unchanged_count: int
) -> Fetched:
    files = [item for item in landed if isinstance(item, Delivery)]
    left = [item for item in landed if isinstance(item, NotFetched)]
    new, touched = _split(files, known)
    for archive in [one for one in new if is_archive(one) or is_mail(one)]:
        opened = _opened(archive, job)
        left += [NotFetched(archive.address, name, reason) for name, reason in opened.left]
        if not opened.deliveries:
            continue  # nothing in it can be read: it goes to the reader itself, which tells its partner
        fresh, same = _split(opened.deliveries, known)
        place = new.index(archive)
        new[place : place + 1] = fresh
        touched += [archive, *same]
    return Fetched(
        job.partner_code,
        FetchOutcome.OK,
        deliveries=tuple(new),
        touched=tuple(touched),
        unchanged_count=unchanged_count,
        not_fetched=tuple(left),
        fetched_bytes=sum(one.size_bytes for one in files),
    )


def _opened(archive: Delivery, job: FetchJob) -> OpenedZip:
    """What is in a zip file, or in a mail sent as a file: there a zip file may be attached, and is opened in its turn."""
    if is_archive(archive):
        return open_zip(archive, job.landing, job.limits.max_bytes)
    mail = open_mail(archive, job.landing, job.limits.max_bytes)
    attached = [open_zip(one, job.landing, job.limits.max_bytes) for one in mail.deliveries if is_archive(one)]
    plain = [one for one in mail.deliveries if not is_archive(one)]
    return OpenedZip(
        (*plain, *(one for zipped in attached for one in zipped.deliveries)),
        (*mail.left, *(one for zipped in attached for one in zipped.left)),
    )


def _split(files: Sequence[Delivery], known: Mapping[str, Sighting]) -> tuple[list[Delivery], list[Delivery]]:
    """Other bytes than last seen at their address, and the same."""
    same = {one.address for one in files if one.address in known and known[one.address].sha256 == one.sha256}
    return [one for one in files if one.address not in same], [one for one in files if one.address in same]
