"""What every connector can do, list files and fetch one, and which connector an inbox address asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from schemas.errors import MisconfiguredError, UnavailableError
from sources.partner import Partner

SCHEMES = ("folder",)
UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp")
LEFT_BY_SYSTEMS = frozenset({"thumbs.db", "desktop.ini"})


class InboxAddressError(MisconfiguredError):
    """A partner file's inbox address that no connector can follow."""


class InboxUnreachableError(UnavailableError):
    """A partner's inbox that cannot be listed tonight; the text, in Chinese, says which and why."""


class FileNotFetchedError(UnavailableError):
    """One file that could not be copied whole tonight; the text, in Chinese, says why."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file where its partner keeps it. `address` is stable from night to night; `name` is for people to read."""

    address: str
    name: str
    size_bytes: int
    modified_at: datetime | None


class ByteSink(Protocol):
    """What a connector writes a file's bytes into, so that the one who fetches can hash and bound them on the way."""

    def write(self, data: bytes, /) -> object:
        """Takes the next bytes."""


class Connector(Protocol):
    """One place where one partner keeps files."""

    def list_files(self) -> Iterator[RemoteFile]:
        """Every file there, in a stable order, without temporary and hidden ones.

        Raises:
            InboxUnreachableError: the place cannot be listed whole.
        """

    def fetch(self, remote: RemoteFile, sink: ByteSink) -> None:
        """Writes the bytes of a listed file into `sink`, in order and once.

        Raises:
            FileNotFetchedError: the file cannot be read, or changed since it was listed.
        """


def connector_for(partner: Partner, inbox_folder: Path) -> Connector:
    """The connector that the partner's inbox address asks for; relative folders stand below `inbox_folder`.

    Raises:
        InboxAddressError: the partner has no inbox, or the address is of no known kind; the partner's file is named.
    """
    scheme, _, place = (partner.inbox or "").partition(":")
    if scheme == "folder":
        # A connector brings its own libraries, so it is imported only when a partner asks for it.
        from sources.connectors.local_folder import LocalFolder  # noqa: PLC0415

        return LocalFolder(_folder_below(inbox_folder, place, partner), f"folder:{place}")
    found = f"inbox {partner.inbox!r}" if partner.inbox else "no inbox"
    raise InboxAddressError(f"{partner.code}.yaml: {found}; known kinds: {', '.join(f'{s}:…' for s in SCHEMES)}")


def is_temporary(name: str) -> bool:
    """Whether a file or folder name marks something no partner means to send: hidden, half-written, or an editor's lock."""
    lowered = name.casefold()
    return lowered.startswith((".", "~$")) or lowered.endswith(UNFINISHED) or lowered in LEFT_BY_SYSTEMS


def _folder_below(inbox_folder: Path, place: str, partner: Partner) -> Path:
    if ".." in Path(place).parts:
        raise InboxAddressError(
            f"{partner.code}.yaml: inbox {partner.inbox!r} climbs out with '..'; write a folder below the inbox or a full path"
        )
    return inbox_folder / Path(place).expanduser()
