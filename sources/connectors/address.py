"""Which connector an inbox address asks for."""

from __future__ import annotations

from pathlib import Path

from schemas.errors import MisconfiguredError
from sources.connectors.connector import Connector
from sources.partner import Partner

SCHEMES = ("folder",)


class InboxAddressError(MisconfiguredError):
    """A partner file's inbox address that no connector can follow."""


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


def _folder_below(inbox_folder: Path, place: str, partner: Partner) -> Path:
    if ".." in Path(place).parts:
        raise InboxAddressError(
            f"{partner.code}.yaml: inbox {partner.inbox!r} climbs out with '..'; write a folder below the inbox or a full path"
        )
    return inbox_folder / Path(place).expanduser()
