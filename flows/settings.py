"""Settings: read once at the start of a flow or command, from the environment or a settings file, and handed down."""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from flows.settings_fetch import FetchSettings
from schemas.errors import MisconfiguredError
from tasks.mail import PostOffice

if TYPE_CHECKING:
    from tasks.intake.guards import Caution
    from tasks.intake.reading_workers import Guard


_STAND_IN_HOME = ("inbox_folder", "landing_folder", "outbox_folder", "reports_folder", "backup_folder", "hash_key_file")
"""Places whose relative paths stand in the home folder, whatever folder the program was started in."""


class SettingsError(MisconfiguredError):
    """Settings that cannot be used; one line per fault: which setting, what was found, what is expected."""


class Settings(FetchSettings):
    """All settings of doublehigh. Each is DOUBLEHIGH_<NAME> in the environment, or <name> in the settings file."""

    model_config = SettingsConfigDict(env_prefix="DOUBLEHIGH_", extra="forbid", frozen=True)

    home: Path = Field(default=Path("~/.doublehigh"), description="folder for everything the program writes")
    warehouse_url: str = Field(
        default="", description="SQLAlchemy address of the warehouse; empty: SQLite in the home folder"
    )
    partners_folder: Path | None = Field(
        default=None, description="the office's own partner files; one here replaces the shipped one of the same code"
    )
    use_example_partners: bool = Field(
        default=True, description="also use the example partners shipped with the program"
    )
    outbox_folder: Path = Field(
        default=Path("outbox"), description="marked workbooks, and mails when no mail server is set"
    )
    reports_folder: Path = Field(default=Path("reports"), description="where reports are written")
    backup_folder: Path = Field(
        default=Path("backups"), description="where back-ups are written; better on another disk than the rest"
    )
    backup_keep: int = Field(default=14, ge=1, description="how many back-ups are kept")
    watchdog_hours: int = Field(
        default=30, ge=1, description="`doublehigh watchdog` mails when the last good night began longer ago than this"
    )
    time_zone: str = Field(default="Asia/Shanghai", description="time zone of due dates and of the clock on reports")
    college_name: str = Field(default="天津职业大学", description="name of the college on reports and blank workbooks")
    scoring_scheme: str = Field(
        default="national_final_2024",
        description="scoring scheme of the report: the name of a file in `schemas/scoring`",
    )
    report_change_percent: float = Field(
        default=1.0,
        ge=0,
        description="an issued report's figure that moves by more than this share calls for an amended report",
    )
    report_other_approver: bool = Field(
        default=False, description="a report must be approved by somebody else than whoever reviewed it"
    )
    leadership: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="mail addresses the annual report is sent to, separated by commas"
    )
    mail_from: str = Field(default="doublehigh@localhost", description="sender of our mails")
    smtp_host: str | None = Field(
        default=None, description="mail server; without it mails are written to the outbox as .eml"
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="port of the mail server")
    smtp_security: Literal["none", "starttls", "tls"] = Field(default="starttls", description="none, starttls or tls")
    smtp_user: str | None = Field(default=None, description="login on the mail server")
    smtp_password: SecretStr | None = Field(
        default=None, description="password on the mail server; better in the environment than in a file"
    )
    smtp_ca_file: Path | None = Field(
        default=None, description="certificate of the authority the mail server is signed by, when the system lacks it"
    )
    mail_attachment_mb: int = Field(
        default=20, ge=1, description="largest attachment of a mail, in MB; a larger one stays in the outbox folder"
    )
    hash_key_file: Path = Field(
        default=Path("hash.key"), description="secret key for hashes of ID numbers; made on first use, keep a copy"
    )
    reader_workers: int = Field(default=2, ge=1, le=64, description="processes that read partners' files")
    reader_memory_mb: int = Field(default=2048, ge=128, description="memory a reading process may use, in MB")
    reader_seconds: float = Field(default=60.0, gt=0, description="time one file may take to read, in seconds")
    reader_file_mb: int = Field(default=100, ge=1, description="a file larger than this, in MB, is refused unopened")
    reader_unpacked_mb: int = Field(default=1024, ge=1, description="size a file may have when unpacked, in MB")
    reader_cells: int = Field(default=12_000_000, ge=1000, description="cells of the box a sheet may span")
    reader_sheets: int = Field(default=1000, ge=1, description="sheets a workbook may hold")
    shrink_percent: int = Field(
        default=50,
        ge=0,
        le=100,
        description="a file with fewer rows than this share of those in force waits for an answer",
    )
    shrink_rows: int = Field(default=10, ge=1, description="if it also has at least so many rows fewer")
    order_minutes: int = Field(
        default=60,
        ge=0,
        description="two files changed within this time do not tell which is newer, and wait for an answer",
    )

    holidays_folder: Path | None = Field(
        default=None, description="the office's own holidays, one YAML a year; one here replaces the shipped year"
    )
    remind_before_days: tuple[Annotated[int, Field(ge=0, le=366)], ...] = Field(
        default=(14, 7, 1), description="days before a ledger is due on which its partner is reminded, as [14, 7, 1]"
    )
    remind_every_days: int = Field(
        default=7,
        ge=1,
        description="days from one reminder to the next once a ledger is overdue; the first goes a day after",
    )
    escalate_after_days: int = Field(default=14, ge=1, description="days overdue after which the unit's head hears too")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over the settings file."""
        path = settings_file()
        return (init_settings, env_settings, *((TomlConfigSettingsSource(settings_cls, path),) if path else ()))

    @field_validator("leadership", "operators", "office_senders", mode="before")
    @classmethod
    def _split_addresses(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value!r} is not a time zone; write it like Asia/Shanghai") from error
        return value

    @model_validator(mode="before")
    @classmethod
    def _stand_folders_in_home(cls, values: dict[str, object]) -> dict[str, object]:
        home = Path(str(values.get("home") or cls.model_fields["home"].default)).expanduser().absolute()
        placed: dict[str, object] = {**values, "home": home}
        for name in _STAND_IN_HOME:
            placed[name] = home / Path(str(values.get(name) or cls.model_fields[name].default)).expanduser()
        placed["warehouse_url"] = values.get("warehouse_url") or f"sqlite:///{home / 'warehouse.db'}"
        return placed

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of due dates."""
        return ZoneInfo(self.time_zone)

    @property
    def post_office(self) -> PostOffice:
        """Where mail goes under these settings."""
        password = self.smtp_password.get_secret_value() if self.smtp_password else None
        return PostOffice(
            self.mail_from,
            self.outbox_folder / "mail",
            self.smtp_host,
            self.smtp_port,
            self.smtp_security,
            self.smtp_user,
            password,
            ca_file=self.smtp_ca_file,
        )

    @property
    def guard(self) -> Guard:
        """What a file may take of processes, memory and time under these settings."""
        # Most commands read no file and need not wait for what reading needs.
        from tasks.intake.grid import Limits  # noqa: PLC0415
        from tasks.intake.reading_workers import Guard  # noqa: PLC0415

        limits = Limits(
            file_bytes=self.reader_file_mb * 2**20,
            unpacked_bytes=self.reader_unpacked_mb * 2**20,
            cells=self.reader_cells,
            sheets=self.reader_sheets,
        )
        return Guard(self.reader_workers, self.reader_memory_mb * 2**20, self.reader_seconds, limits)

    @property
    def caution(self) -> Caution:
        """What holds a file back until somebody has answered, under these settings."""
        from tasks.intake.guards import Caution  # noqa: PLC0415

        return Caution(self.shrink_percent / 100, self.shrink_rows, timedelta(minutes=self.order_minutes))

    def hash_key(self) -> bytes:
        """The key for hashes of ID numbers, made on first use with access for the owner only."""
        if not self.hash_key_file.exists():
            self.hash_key_file.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.hash_key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
        return bytes.fromhex(self.hash_key_file.read_text(encoding="ascii").strip())


def settings_file() -> Path | None:
    """The settings file in use: $DOUBLEHIGH_SETTINGS, else doublehigh.toml in the working folder, else none.

    Raises:
        SettingsError: $DOUBLEHIGH_SETTINGS names a file that is not there.
    """
    named = os.environ.get("DOUBLEHIGH_SETTINGS")
    if named:
        if not Path(named).is_file():
            raise SettingsError(f"DOUBLEHIGH_SETTINGS: {named} is not a file")
        return Path(named)
    return Path("doublehigh.toml") if Path("doublehigh.toml").is_file() else None


def read_settings(**given: object) -> Settings:
    """The settings of this run.

    Raises:
        SettingsError: a setting is unknown or cannot be used.
    """
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        origin = settings_file() or "environment"
        raise SettingsError(
            "\n".join(_fault(e["loc"], e["type"], e["input"], e["msg"], origin) for e in error.errors())
        ) from None
    except (OSError, ValueError) as error:
        raise SettingsError(f"{settings_file()}: {error}") from error


def _fault(location: tuple[int | str, ...], kind: str, found: object, message: str, origin: Path | str) -> str:
    name = ".".join(map(str, location)) or "(file)"
    if kind == "extra_forbidden":
        # The value is not shown: a misspelt password setting would be printed.
        known = ", ".join(sorted(Settings.model_fields))
        return f"setting {name}: not known ({origin}); known: {known}"
    # Somebody may have written a password into the address of the mailbox; it is not repeated.
    shown = "…" if name == "mailbox" else repr(found)
    return f"setting {name}: found {shown}: {message} ({origin})"
