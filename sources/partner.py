"""Who sends spreadsheets or is named in them: the model of one partner file, read before anything is fetched."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from schemas.yaml_file import Frozen

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Words = Annotated[str, Field(min_length=2, max_length=60, pattern=r"^\S(.*\S)?$")]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Year = Annotated[int, Field(ge=2000, le=2099)]
Secret = Annotated[
    str,
    Field(
        pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:\S.*|prefect:[a-z0-9][a-z0-9_-]*)$",
        description="where a secret is kept, never the secret: env:NAME, file:/path or prefect:block-name",
    ),
]
MonthDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]


class PartnerKind(StrEnum):
    """What a partner is to the college. Only a supported_school counts as a supported partner school."""

    SUPPORTED_SCHOOL = "supported_school"
    REGION = "region"
    DEPARTMENT = "department"
    COLLEGE = "college"
    BRANCH = "branch"
    ORGANISATION = "organisation"


class Contact(Frozen):
    """Someone to write to, named by role: persons change, and partner files hold no names of persons."""

    role: str = Field(min_length=1, description="Chinese: the role of the mailbox, never a person's name")
    email: Email


class AccessReferences(Frozen):
    """How to get into an inbox on a server. Secrets stand here by reference only; what is public stands as it is."""

    user: str | None = Field(
        default=None, min_length=1, description="login, unless the inbox says user@host; S3: key id"
    )
    password: Secret | None = Field(default=None, description="of the login; S3: the secret of the access key")
    private_key: Secret | None = Field(default=None, description="SSH key instead of a password")
    key_passphrase: Secret | None = Field(default=None, description="what opens the private key")
    host_key: str | None = Field(
        default=None,
        pattern=r"^(ssh|ecdsa|sk)-\S+ \S+",
        description="the SSH server's own key as `ssh-ed25519 AAAA…`, one a line: without it we do not connect",
    )
    ca_file: str | None = Field(
        default=None, pattern=r"^\S.*$", description="certificate authority of a server with its own TLS certificates"
    )
    endpoint: str | None = Field(
        default=None, pattern=r"^https?://[^\s@]+$", description="address of an S3 service other than Amazon's"
    )
    region: str | None = Field(
        default=None, pattern=r"^\S+$", description="region of the bucket, where the service asks"
    )


class Obligation(Frozen):
    """One ledger a partner owes: for which years, and until when."""

    contract: Code = Field(description="name of the contract: a file in schemas/contracts")
    periods: tuple[Year, ...] = Field(min_length=1, description="years owed")
    due: MonthDay = Field(default="01-20", description="month and day it is due, in the year after the period")
    due_on: Mapping[Year, date] = Field(default_factory=dict, description="years due on another day: year → date")

    @property
    def due_dates(self) -> dict[str, date]:
        """The day each owed period is due, by period ("2021"), in the order of the years."""
        return {str(year): self._due_on(year) for year in sorted(self.periods)}

    def _due_on(self, year: int) -> date:
        return self.due_on.get(year) or date.fromisoformat(f"{year + 1}-{self.due}")

    @model_validator(mode="after")
    def _dates_exist(self) -> Obligation:
        stray = sorted(set(self.due_on) - set(self.periods))
        if stray:
            raise ValueError(f"due_on names years that are not owed: {', '.join(map(str, stray))}")
        if len(set(self.periods)) != len(self.periods):
            raise ValueError("a period is written twice")
        try:
            _ = self.due_dates
        except ValueError as error:
            raise ValueError(f"due {self.due!r} is not a day of every year after a period") from error
        return self


class Partner(Frozen):
    """A school, region, department or organisation: its names, its codes, where its files come from and what it owes."""

    code: Code = Field(description="our own code, also the name of the file; never changes, even when the name does")
    name: Words = Field(description="official name, Chinese")
    aliases: tuple[Words, ...] = Field(default=(), description="short, former and new names seen in cells")
    kind: PartnerKind
    region_code: str | None = Field(
        default=None, pattern=r"^\d{2}(\d{2}){0,2}$", description="GB/T 2260: province 2, prefecture 4, county 6 digits"
    )
    national_code: str | None = Field(default=None, pattern=r"^\d{10}$", description="学校标识码, only where published")
    contacts: tuple[Contact, ...] = ()
    head_email: Email | None = Field(default=None, description="the unit's head, written to when reminders go unheard")
    inbox: str | None = Field(
        default=None,
        pattern=r"^([a-z][a-z0-9+]*:\S.*|mailbox:)$",
        description="where its files come from, as scheme:place; folder:hetian stands below the inbox folder",
    )
    access: AccessReferences = Field(default=AccessReferences(), description="how to get into the inbox, by reference")
    mail_senders: tuple[Email, ...] = Field(
        default=(), description="addresses it sends mail from, besides its contacts and head"
    )
    owes: tuple[Obligation, ...] = ()
    header_aliases: Mapping[Code, Mapping[Code, tuple[str, ...]]] = Field(
        default_factory=dict, description="its own words for headers: contract → column → headers"
    )

    @property
    def names(self) -> tuple[str, ...]:
        """Every name written in the file, the official one first."""
        return (self.name, *self.aliases)

    @model_validator(mode="after")
    def _fits_together(self) -> Partner:
        if len(set(self.names)) != len(self.names):
            raise ValueError("a name is written twice among name and aliases")
        if self.owes and self.inbox is None:
            raise ValueError("a partner that owes ledgers needs an inbox")
        owed = [(o.contract, period) for o in self.owes for period in o.periods]
        if len(set(owed)) != len(owed):
            raise ValueError("owes names a contract twice for the same period")
        if self.inbox and _has_password(self.inbox):
            raise ValueError("inbox holds a password; keep secrets out of partner files")
        return self


def _has_password(address: str) -> bool:
    """Whether the address carries user:password@ after its scheme."""
    user, at, _ = address.partition("://")[2].partition("/")[0].rpartition("@")
    return bool(at) and ":" in user
