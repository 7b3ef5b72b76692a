"""Connector for a folder on a WebDAV disk (Nextcloud, 坚果云, a school's own): listed folder by folder with PROPFIND."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self
from urllib.parse import quote, unquote_to_bytes, urlsplit
from xml.etree.ElementTree import Element, ParseError

import httpx
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from sources.connectors.connector import Access, ByteSink, Patience, RemoteFile
from sources.connectors.http_marks import read_etag, read_instant
from sources.connectors.http_server import HttpServer, RefusedError
from sources.connectors.network_faults import Fault, Nature, unreachable
from sources.connectors.remote_tree import Entry, path_of, remote_file, walk

SCHEMES = {"webdav": "http", "webdavs": "https"}
ASK = (
    b'<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/>'
    b"<getetag/><getlastmodified/></prop></propfind>"
)
HEADERS = {"Depth": "1", "Content-Type": "application/xml; charset=utf-8"}


class WebdavFolder:
    """The files of a folder on a WebDAV server and of the folders below it."""

    def __init__(self, place: str, address: str, access: Access, patience: Patience) -> None:
        self.address = address
        self._server = HttpServer(SCHEMES[address.partition(":")[0]], place, access, patience)
        self._root = _decoded(self._server.host.path).rstrip("/")

    def list_files(self) -> Iterator[RemoteFile]:
        """Every file, folder by folder in the order of names.

        Raises:
            InboxUnreachableError: host, certificate, login or a folder is at fault.
        """
        return (remote_file(entry, self.address) for entry in walk(self._list_folder))

    def fetch(self, remote: RemoteFile, sink: ByteSink) -> None:
        """Writes the file's bytes into `sink`.

        Raises:
            FileNotFetchedError: it is gone, forbidden, cut short, or not the file that was listed.
        """
        self._server.copy(self._url(path_of(remote, self.address)), remote, sink)

    def close(self) -> None:
        """Lets the connections go."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _list_folder(self, folder: str) -> list[Entry]:
        try:
            url = self._url(f"{folder}/" if folder else "")
            response, body = self._server.read_listing("PROPFIND", url, HEADERS, ASK)
            return list(_entries(response, body, folder))
        except RefusedError as error:
            where = f"{self.address}/{folder}" if folder else self.address
            no_webdav = Fault(f"服务器不支持 WebDAV（{error.status}），请核对地址", Nature.LASTING)
            raise unreachable(where, no_webdav if error.status in {405, 501} else error.fault) from error

    def _url(self, below: str) -> httpx.URL:
        path = f"{self._root}/{below}"
        return self._server.root.copy_with(raw_path=quote(path.encode("utf-8", "surrogateescape")).encode("ascii"))


def _entries(response: httpx.Response, body: bytes, folder: str) -> Iterator[Entry]:
    """What stands in the folder that answered; a redirect may have led to another path than the one asked for."""
    if response.status_code != 207:
        raise RefusedError(f"应答不是 WebDAV 文件列表（{response.status_code}），请核对地址")
    asked = _decoded(response.url.raw_path.decode("ascii").partition("?")[0]).rstrip("/")
    for found in _read_xml(body).iterfind("{DAV:}response"):
        path = _decoded(urlsplit((found.findtext("{DAV:}href") or "").strip()).path).rstrip("/")
        parent, _, name = path.rpartition("/")
        if asked not in {path, parent}:
            raise RefusedError("文件列表里的路径不在所问的文件夹下，请对方检查服务器（反向代理）的设置")
        if path != asked:
            yield _entry(found, f"{folder}/{name}" if folder else name)


def _entry(found: Element, path: str) -> Entry:
    told = next((p for p in found.iterfind("{DAV:}propstat") if " 200" in (p.findtext("{DAV:}status") or "")), found)
    length = (told.findtext(".//{DAV:}getcontentlength") or "").strip()
    return Entry(
        path,
        is_folder=told.find(".//{DAV:}resourcetype/{DAV:}collection") is not None,
        size_bytes=int(length) if length.isdecimal() else None,
        modified_at=read_instant(told.findtext(".//{DAV:}getlastmodified")),
        etag=read_etag(told.findtext(".//{DAV:}getetag")),
    )


def _read_xml(body: bytes) -> Element:
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise RefusedError("文件列表不是可读的 XML，请对方检查 WebDAV 服务") from error
    return root


def _decoded(path: str) -> str:
    """Percent signs and raw characters alike; bytes that are no UTF-8 stand as surrogates, so that they go back as they came."""
    return unquote_to_bytes(path).decode("utf-8", "surrogateescape")
