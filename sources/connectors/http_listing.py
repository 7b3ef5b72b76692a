"""Which files and folders a page lists: links below the page's own address, and nothing else on it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import TypeAlias
from urllib.parse import quote, unquote_to_bytes

import httpx

from sources.connectors.http_marks import read_etag, read_instant
from sources.connectors.http_server import RefusedError
from sources.connectors.remote_tree import Entry

JsonValue: TypeAlias = "str | int | float | bool | list[JsonValue] | dict[str, JsonValue] | None"
META_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([\w-]+)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Link:
    """A listed file or folder, its path below the page. `query` is what must be asked with it, and is part of no address."""

    entry: Entry
    query: str = ""


def read_html(body: bytes, charset: str | None, page: httpx.URL) -> list[Link]:
    """The links of an Apache, nginx or hand-written page that lead one step below it.

    Raises:
        RefusedError: the page asks for a login.
    """
    parser = _Links()
    parser.feed(_text(body, charset))
    below = [link for href in parser.hrefs if (link := _link(href, page)) is not None and not link.query]
    if not below and parser.asks_password:
        raise RefusedError("网页要求登录，不是文件列表；请对方提供可直接列出文件的地址")
    return list({link.entry.path: link for link in below}.values())


def read_json(body: bytes, charset: str | None, page: httpx.URL) -> list[Link]:
    """The files of a JSON array: of addresses, or of objects with url or name, and size, mtime, etag, type where known.

    Raises:
        RefusedError: it is no such array, or lists two files under one name.
    """
    try:
        listed: JsonValue = json.loads(_text(body, charset))
    except (ValueError, RecursionError) as error:
        raise RefusedError("文件列表不是可读的 JSON，请对方检查") from error
    if not isinstance(listed, list):
        raise RefusedError("文件列表应是 JSON 数组，请对方检查")
    links = [link for item in listed if (link := _from_json(item, page)) is not None]
    paths = [link.entry.path for link in links]
    twice = sorted({path for path in paths if paths.count(path) > 1}) if len(set(paths)) < len(paths) else []
    if twice:
        raise RefusedError(f"文件列表中有重名的文件：{'、'.join(twice[:3])}，请对方改名")
    return links


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.asks_password = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self.hrefs.append(str(given["href"]))
        self.asks_password = self.asks_password or (tag == "input" and given.get("type") == "password")


def _text(body: bytes, charset: str | None) -> str:
    """By the answer's header, else the page's own word, else UTF-8, else GB18030."""
    told = META_CHARSET.search(body[:2048])
    named = charset or (told[1].decode("ascii") if told else None)
    # A page that calls itself gb2312 is written in what Windows calls so: GB18030 holds it and more.
    candidates = ["gb18030" if named and named.casefold() in {"gb2312", "gbk"} else named, "utf-8-sig", "gb18030"]
    for candidate in candidates:
        try:
            return body.decode(candidate) if candidate else body.decode("utf-8-sig")
        except (LookupError, UnicodeDecodeError):
            continue
    return body.decode("utf-8", errors="replace")


def _link(href: str, page: httpx.URL) -> Link | None:
    """What a link means, if it leads to the page's own host and one step or more below its folder."""
    try:
        url = page.join(_quoted(href.strip()))
    except httpx.InvalidURL:
        return None
    if (url.scheme, url.host, url.port) != (page.scheme, page.host, page.port):
        return None
    raw, _, query = url.raw_path.decode("ascii").partition("?")
    folder = page.raw_path.decode("ascii").partition("?")[0].rpartition("/")[0] + "/"
    path = _decoded(raw)
    itself = {_decoded(folder), _decoded(page.raw_path.decode("ascii").partition("?")[0])}
    if not path.startswith(_decoded(folder)) or path in itself or ".." in path.split("/"):
        return None
    return Link(Entry(path.removeprefix(_decoded(folder)).rstrip("/"), is_folder=path.endswith("/")), query)


def _from_json(item: JsonValue, page: httpx.URL) -> Link | None:
    told: JsonValue = {"url": item} if isinstance(item, str) else item
    if not isinstance(told, dict) or not _first(told, "url", "href", "path", "name"):
        raise RefusedError("文件列表的每一项应是文件地址或带 name、url 的对象，请对方检查")
    href, name = (_first(told, "url", "href", "path"), _first(told, "name"))
    link = _link(href if href is not None else _quoted(name or "", keep="/"), page)
    if link is None:
        return None
    is_folder = link.entry.is_folder or told.get("type") in {"directory", "folder"}
    return Link(_told_entry(link.entry.path, told, is_folder=is_folder), link.query)


def _told_entry(path: str, told: dict[str, JsonValue], *, is_folder: bool) -> Entry:
    size = told.get("size")
    return Entry(
        path, is_folder, size if isinstance(size, int) else None,
        _instant(_first(told, "modified", "mtime", "last_modified")), read_etag(_first(told, "etag")),
    )  # fmt: skip


def _first(told: dict[str, JsonValue], *keys: str) -> str | None:
    return next((value for key in keys if isinstance(value := told.get(key), str)), None)


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return read_instant(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant


def _quoted(href: str, keep: str = "/%?#:=&;@!$'()*+,~") -> str:
    """Characters that stand raw in a link, written as URLs write them."""
    return quote(href, safe=keep)


def _decoded(path: str) -> str:
    return unquote_to_bytes(path).decode("utf-8", "surrogateescape")
