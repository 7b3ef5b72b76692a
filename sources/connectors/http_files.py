"""Connector for a web address: one file, or a page that lists files (Apache, nginx, a JSON array)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Self
from urllib.parse import quote, unquote, unquote_to_bytes

import httpx

from sources.connectors.connector import (
    Access,
    BrokenOffError,
    ByteSink,
    InboxUnreachableError,
    Patience,
    RemoteFile,
)
from sources.connectors.http_listing import Link, read_html, read_json
from sources.connectors.http_marks import read_etag, read_instant, read_size
from sources.connectors.http_server import HttpServer, RefusedError, read_bounded
from sources.connectors.network_faults import unreachable
from sources.connectors.remote_tree import Entry, path_of, remote_file, walk

LISTINGS = {"text/html": read_html, "application/xhtml+xml": read_html, "application/json": read_json}
ALWAYS_A_FILE = (".xlsx", ".xlsm", ".xls", ".xlsb", ".et", ".ods", ".csv", ".tsv", ".txt", ".zip", ".docx", ".pdf")
NO_HEAD = {403, 405, 501}
"""Answers of servers that know GET alone."""


class HttpFiles:
    """The file at a web address, or the files a page there links to, as long as they stand below the page's own address."""

    def __init__(self, place: str, address: str, access: Access, patience: Patience) -> None:
        self.address = address
        self._server = HttpServer(address.partition(":")[0], place, access, patience)
        self._page = self._server.root.copy_with(query=self._server.host.query.encode("utf-8") or None)
        self._queries: dict[str, str] = {}
        self._has_listed = False

    def list_files(self) -> Iterator[RemoteFile]:
        """The one file, or every listed one, folder by folder in the order of names.

        Size, time and etag are what the server tells of each file; a server that tells none leaves them None.

        Raises:
            InboxUnreachableError: host, certificate, login, the page or a folder below it is at fault.
        """
        try:
            only = self._only_file()
        except RefusedError as error:
            raise self._unreachable("", error) from error
        if only is not None:
            yield only
            return
        for entry in walk(self._list_folder):
            yield remote_file(self._with_marks(entry), self.address)

    def fetch(self, remote: RemoteFile, sink: ByteSink) -> None:
        """Writes the file's bytes into `sink`.

        Raises:
            FileNotFetchedError: it is gone, forbidden, cut short, or not the file that was listed.
        """
        if remote.address == self.address:
            self._server.copy(self._page, remote, sink)
            return
        if not self._has_listed:
            self._read_queries()
        self._server.copy(self._url(path_of(remote, self.address)), remote, sink)

    def close(self) -> None:
        """Lets the connections go."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _only_file(self) -> RemoteFile | None:
        """The file the address names; None when it names a listing."""
        path = self._page.path
        if path.endswith("/"):
            return None
        headers = self._headers(self._page)
        if not path.casefold().endswith(ALWAYS_A_FILE) and _media_type(headers) in LISTINGS:
            return None
        name = _announced_name(headers) or path.rpartition("/")[2]
        return replace(remote_file(_marked(Entry(name), headers), self.address), address=self.address)

    def _read_queries(self) -> None:
        """Another connector may have listed: signed links stand on the page alone, and change from night to night."""
        try:
            self._list_folder("")
        except InboxUnreachableError as error:
            raise BrokenOffError(str(error)) from error

    def _list_folder(self, folder: str) -> list[Entry]:
        try:
            with self._server.ask("GET", self._url(f"{folder}/") if folder else self._page) as response:
                read = _reader(_media_type(response.headers))
                links = read(read_bounded(response), response.charset_encoding, response.url)
        except RefusedError as error:
            raise self._unreachable(folder, error) from error
        self._has_listed = True
        entries = [
            replace(link.entry, path=f"{folder}/{link.entry.path}" if folder else link.entry.path) for link in links
        ]
        self._queries.update({e.path: link.query for e, link in zip(entries, links, strict=True) if link.query})
        return entries

    def _with_marks(self, entry: Entry) -> Entry:
        """A page tells sizes rounded and times to the minute, if at all; the file's own headers tell them exactly."""
        if entry.etag or (entry.size_bytes is not None and entry.modified_at is not None):
            return entry
        try:
            return _marked(entry, self._headers(self._url(entry.path)))
        except RefusedError as error:
            if error.status:
                return entry  # fetching it will say what is wrong with this one file
            raise self._unreachable(entry.path, error) from error

    def _headers(self, url: httpx.URL) -> httpx.Headers:
        try:
            with self._server.ask("HEAD", url) as response:
                return response.headers
        except RefusedError as error:
            if error.status not in NO_HEAD:
                raise
        with self._server.ask("GET", url) as response:
            return response.headers

    def _url(self, below: str) -> httpx.URL:
        path = quote(below.encode("utf-8", "surrogateescape")).encode("ascii")
        query = self._queries.get(below, "").encode("ascii")
        page = self._page.copy_with(query=None).raw_path
        folder = page if page.endswith(b"/") else page.rpartition(b"/")[0] + b"/"
        return self._page.copy_with(raw_path=folder + path + (b"?" + query if query else b""))

    def _unreachable(self, folder: str, error: RefusedError) -> InboxUnreachableError:
        where = f"{self.address.rstrip('/')}/{folder}" if folder else self.address
        return unreachable(where, error.fault)


def _reader(media_type: str) -> Callable[[bytes, str | None, httpx.URL], list[Link]]:
    if media_type not in LISTINGS:
        raise RefusedError(f"不是文件列表（{media_type or '没有说明类型'}），请核对地址")
    return LISTINGS[media_type]


def _marked(entry: Entry, headers: httpx.Headers) -> Entry:
    return replace(
        entry,
        size_bytes=read_size(headers),
        modified_at=read_instant(headers.get("last-modified")),
        etag=read_etag(headers.get("etag")),
    )


def _media_type(headers: httpx.Headers) -> str:
    return str(headers.get("content-type", "")).partition(";")[0].strip().casefold()


def _announced_name(headers: httpx.Headers) -> str | None:
    """The name in Content-Disposition (RFC 6266); only its last part, whatever folders it claims."""
    text = headers.get("content-disposition", "")
    _, extended, value = text.partition("filename*=")
    if extended:
        charset, _, name = value.partition(";")[0].strip().strip('"').partition("''")
        try:
            return unquote_to_bytes(name).decode(charset or "utf-8").replace("\\", "/").rpartition("/")[2] or None
        except (LookupError, UnicodeDecodeError):
            return None
    _, plain, value = text.partition("filename=")
    name = unquote(value.partition(";")[0].strip().strip('"')) if plain else ""
    return name.replace("\\", "/").rpartition("/")[2] or None
