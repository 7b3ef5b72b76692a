"""Which connector an inbox address asks for, and how it gets in."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from schemas.errors import MisconfiguredError
from sources.connectors.connector import Access, Connector, Patience
from sources.partner import AccessReferences, Partner
from sources.secret import PrefectSecret, SecretError, read_secret

SCHEMES = ("folder:", "sftp://", "webdav://", "webdavs://", "s3://", "http://", "https://", "mailbox:")
MAILBOX = "mailbox"


class InboxAddressError(MisconfiguredError):
    """A partner file's inbox address that no connector can follow."""


def connector_for(
    partner: Partner,
    inbox_folder: Path,
    patience: Patience | None = None,
    prefect_secret: PrefectSecret | None = None,
) -> Connector:
    """The connector that the partner's inbox address asks for; relative folders stand below `inbox_folder`.

    Nothing is connected yet. Secrets are looked up here, as late as can be.

    Raises:
        InboxAddressError: the partner has no inbox, the address is of no known kind, or it is the office's mailbox, which
            is listed once for all partners; the partner's file is named.
        SecretError: a secret is not where its reference says.
    """
    scheme, _, place = (partner.inbox or "").partition(":")
    if scheme == "folder":
        # A connector brings its own libraries, so it is imported only when a partner asks for it.
        from sources.connectors.local_folder import LocalFolder  # noqa: PLC0415

        return LocalFolder(_folder_below(inbox_folder, place, partner), f"folder:{place}")
    if not _is_server(partner.inbox):
        found = f"inbox {partner.inbox!r}" if partner.inbox else "no inbox"
        raise InboxAddressError(f"{partner.code}.yaml: {found}; known kinds: {', '.join(f'{s}…' for s in SCHEMES)}")
    access = resolve_access(partner.access, _user_in(place), prefect_secret)
    return _connector_to(scheme, place, access, patience or Patience())


def sent_by_mail(partner: Partner) -> bool:
    """Whether the partner's files come to the office's mailbox, which is one source for many partners."""
    return (partner.inbox or "").startswith(f"{MAILBOX}:")


def host_of(partner: Partner) -> str | None:
    """The server the partner's inbox is on (host and port, or the S3 service); None for a folder or the mailbox."""
    scheme, _, place = (partner.inbox or "").partition(":")
    if not _is_server(partner.inbox):
        return None
    if scheme == "s3":
        return partner.access.endpoint or "s3"
    return place.removeprefix("//").partition("/")[0].rpartition("@")[2]


def resolve_access(references: AccessReferences, user: str | None, prefect_secret: PrefectSecret | None) -> Access:
    """The access with its secrets looked up; `user` is the one in the address, if any.

    Raises:
        SecretError: a secret is not where its reference says.
    """

    def secret(reference: str | None) -> str | None:
        return read_secret(reference, prefect_secret) if reference else None

    return Access(
        user=references.user or user,
        password=secret(references.password),
        private_key=secret(references.private_key),
        key_passphrase=secret(references.key_passphrase),
        host_key=references.host_key,
        ca_file=_readable(references.ca_file),
        endpoint=references.endpoint,
        region=references.region,
    )


def stable_address(scheme: str, place: str) -> str:
    """What the addresses of a place's files begin with: no user, no query, no slash at the end, so that it stays the same."""
    host, slash, path = place.removeprefix("//").partition("?")[0].partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}".rstrip("/")


def _connector_to(scheme: str, place: str, access: Access, patience: Patience) -> Connector:
    address = stable_address(scheme, place)
    if scheme == "sftp":
        from sources.connectors.sftp_folder import SftpFolder  # noqa: PLC0415

        return SftpFolder(place, address, access, patience)
    if scheme in {"webdav", "webdavs"}:
        from sources.connectors.webdav_folder import WebdavFolder  # noqa: PLC0415

        return WebdavFolder(place, address, access, patience)
    if scheme == "s3":
        from sources.connectors.s3_bucket import S3Bucket  # noqa: PLC0415

        return S3Bucket(place, address, access, patience)
    from sources.connectors.http_files import HttpFiles  # noqa: PLC0415

    return HttpFiles(place, address, access, patience)


def _is_server(inbox: str | None) -> bool:
    return (inbox or "").startswith(tuple(scheme for scheme in SCHEMES if scheme.endswith("//")))


def _user_in(place: str) -> str | None:
    user, at, _ = place.removeprefix("//").partition("/")[0].rpartition("@")
    return unquote(user) if at and user else None


def _readable(ca_file: str | None) -> Path | None:
    if ca_file is None:
        return None
    path = Path(ca_file).expanduser()
    if not path.is_file():
        raise SecretError(f"证书文件 {path} 不存在；请检查 ca_file 的路径")
    return path


def _folder_below(inbox_folder: Path, place: str, partner: Partner) -> Path:
    if ".." in Path(place).parts:
        raise InboxAddressError(
            f"{partner.code}.yaml: inbox {partner.inbox!r} climbs out with '..'; write a folder below the inbox or a full path"
        )
    return inbox_folder / Path(place).expanduser()
