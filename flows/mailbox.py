"""The office's mailbox under its settings: the one source that many partners send to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flows.office import Office
from sources.connectors.connector import Access
from sources.connectors.mailbox import Mailbox
from sources.correspondents import correspondents_of
from sources.secret import PrefectSecret, read_secret


def office_mailbox(office: Office, prefect_secret: PrefectSecret | None = None) -> Mailbox | None:
    """The mailbox, not yet connected; None when the office has none.

    Raises:
        SecretError: its password is not where the settings say.
        InboxUnreachableError: its address cannot be understood.
    """
    settings = office.settings
    if not settings.mailbox:
        return None
    password = read_secret(settings.mailbox_password, prefect_secret) if settings.mailbox_password else None
    return Mailbox(
        settings.mailbox,
        Access(password=password, ca_file=settings.mailbox_ca_file),
        settings.fetch_limits.patience,
        correspondents_of(office.registry.partners.values(), settings.office_senders, settings.mail_from),
        since=datetime.now(UTC) - timedelta(days=settings.mailbox_days),
        max_bytes=settings.fetch_limits.max_bytes,
    )
