"""Settings of fetching: where files come from and land, the office's mailbox, and what one source may cost in a night; a part of all settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, NoDecode

if TYPE_CHECKING:
    from tasks.intake.fetch_limits import FetchLimits


class FetchSettings(BaseSettings):
    """Where files and mail come from, and how large, how long, how often and how many at a time."""

    inbox_folder: Path = Field(default=Path("inbox"), description="folder below which relative `folder:` inboxes stand")
    landing_folder: Path = Field(default=Path("landing"), description="archive of everything received, named by sha256")
    mailbox: str | None = Field(
        default=None,
        pattern=r"^imaps?://[^/:]+@[^/@]+(/.*)?$",
        description="mailbox partners send files to: imaps://user@host:993/INBOX (imap:// for STARTTLS); it is only read",
    )
    mailbox_password: str | None = Field(
        default=None, description="where its password is kept: env:NAME, file:/path or prefect:block-name"
    )
    mailbox_ca_file: Path | None = Field(
        default=None,
        description="certificate of the authority the mailbox's server is signed by, when the system lacks it",
    )
    mailbox_days: int = Field(default=400, ge=1, description="mails older than so many days are not looked at")
    office_senders: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="mail addresses of colleagues who forward partners' mails, separated by commas"
    )
    max_file_mb: int = Field(default=50, ge=1, description="largest file that is fetched, in MB")
    source_seconds: float = Field(
        default=900.0,
        gt=0,
        description="time one partner's inbox may take in a night, tries again included, in seconds",
    )
    connect_seconds: float = Field(default=15.0, gt=0, description="time a partner's server may take to let us connect")
    silence_seconds: float = Field(default=60.0, gt=0, description="time a partner's server may stay silent after that")
    fetch_attempts: int = Field(default=3, ge=1, le=10, description="how often a server that does not answer is tried")
    host_connections: int = Field(default=2, ge=1, le=32, description="connections to one server at the same time")
    operators: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="mail addresses told when a source has been failing for 1, 3 and 7 nights, with commas"
    )

    @property
    def fetch_limits(self) -> FetchLimits:
        """What one source may cost in a night under these settings."""
        # Most commands fetch nothing and need not wait for what fetching needs.
        from sources.connectors.connector import Patience  # noqa: PLC0415
        from tasks.intake.fetch_limits import FetchLimits  # noqa: PLC0415

        return FetchLimits(
            max_bytes=self.max_file_mb * 1024 * 1024,
            source_seconds=self.source_seconds,
            attempts=self.fetch_attempts,
            patience=Patience(self.connect_seconds, self.silence_seconds),
        )
