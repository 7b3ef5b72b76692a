"""How an HTTP server is asked: TLS verified, Basic credentials for this host alone, time-outs, redirects within the host, whole bodies."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Self

import httpx

from sources.connectors.connector import (
    Access,
    ByteSink,
    FileNotFetchedError,
    Patience,
    RemoteFile,
)
from sources.connectors.host import Host, read_host
from sources.connectors.http_marks import read_marks, read_size
from sources.connectors.network_faults import CHANGED, CUT, Fault, Nature, describe_fault, misregistered, not_fetched
from sources.connectors.remote_tree import check_size

LARGEST_LISTING = 64 * 1024 * 1024
"""Bytes of one listing that are read; about 60,000 entries of a WebDAV answer."""
MOST_REDIRECTS = 5

# httpx logs whole URLs, and a partner's URL may carry a token.
logging.getLogger("httpx").setLevel(logging.WARNING)


class RefusedError(Exception):
    """No answer, or no answer to what was asked; `status` is the HTTP status, 0 where there was none."""

    def __init__(self, text: str, nature: Nature = Nature.LASTING, status: int = 0) -> None:
        super().__init__(text)
        self.fault = Fault(text, nature)
        self.status = status


class HttpServer:
    """One server asked with one set of credentials; connections are kept until `close`."""

    def __init__(self, scheme: str, place: str, access: Access, patience: Patience) -> None:
        self.host: Host = read_host(place)
        self.root = httpx.URL(f"{scheme}://{self.host.authority}{self.host.path or '/'}")
        self._auth = httpx.BasicAuth(access.user, access.password or "") if access.user else None
        if self._auth and scheme == "http" and not _is_loopback(self.host.name):
            raise misregistered("登录密码会不加密地经过网络；请改用 https:// 或 webdavs:// 地址")
        self._client = httpx.Client(
            verify=_trust(access) if scheme == "https" else False,
            timeout=httpx.Timeout(patience.read_seconds, connect=patience.connect_seconds),
            headers={"User-Agent": "doublehigh", "Accept-Encoding": "identity"},
        )

    def close(self) -> None:
        """Lets the connections go."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def ask(
        self, method: str, url: httpx.URL, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> Iterator[httpx.Response]:
        """The server's good answer, its body not yet read. `answer.url` is where redirects within the host led.

        Raises:
            RefusedError: the server cannot be reached, refuses, or points to another host.
        """
        try:
            response = self._send(method, url, headers, content)
            try:
                _check_status(response, has_credentials=self._auth is not None)
                yield response
            finally:
                response.close()
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
            fault = _fault(error)
            raise RefusedError(fault.text, fault.nature) from error

    def read_listing(
        self, method: str, url: httpx.URL, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> tuple[httpx.Response, bytes]:
        """A whole answer in memory, bounded, with where it came from.

        Raises:
            RefusedError: as `ask`; or the listing is too large.
        """
        with self.ask(method, url, headers, content) as response:
            return response, read_bounded(response)

    def copy(self, url: httpx.URL, remote: RemoteFile, sink: ByteSink) -> None:
        """Writes the whole body of the file at `url` into `sink`.

        Raises:
            FileNotFetchedError: it is gone, forbidden, cut short, or not the file that was listed.
        """
        try:
            with self.ask("GET", url) as response:
                _check_same(response, remote)
                for piece in response.iter_bytes():
                    sink.write(piece)
                _check_whole(response, remote)
            self._check_unchanged(response)
        except RefusedError as error:
            raise not_fetched(error.fault) from error

    def _check_unchanged(self, before: httpx.Response) -> None:
        """A file overwritten in place while it is sent arrives as a mixture: the marks must be the same afterwards."""
        try:
            with self.ask("HEAD", before.url) as after:
                if read_marks(after) != read_marks(before):
                    raise FileNotFetchedError(CHANGED)
        except RefusedError as error:
            if error.status not in {403, 405, 501}:  # servers that know no HEAD
                raise

    def _send(
        self, method: str, url: httpx.URL, headers: Mapping[str, str] | None, content: bytes | None
    ) -> httpx.Response:
        for _ in range(MOST_REDIRECTS + 1):
            request = self._client.build_request(method, url, headers=dict(headers or {}), content=content)
            response = self._client.send(request, stream=True, auth=self._auth)
            if not response.has_redirect_location:
                return response
            response.close()
            url = self._followed(url, response.headers["location"])
        raise RefusedError("服务器反复转向，请核对地址")

    def _followed(self, url: httpx.URL, location: str) -> httpx.URL:
        """Where a redirect leads. Another host is never asked: it would learn our password, or be one we must not ask."""
        to = url.join(location)
        same = to.host == self.root.host and to.scheme in {"https", url.scheme}
        if not same or (to.port != url.port and to.scheme == url.scheme):
            there = to.copy_with(query=None, fragment=None, userinfo=b"")
            raise RefusedError(f"服务器转向另一地址 {there}，未跟随；如属实，请把 inbox 改为该地址")
        return to


def read_bounded(response: httpx.Response) -> bytes:
    """The body of a listing.

    Raises:
        RefusedError: it is too large.
    """
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > LARGEST_LISTING:
            raise RefusedError(f"文件列表超过 {LARGEST_LISTING >> 20} MB，请对方分文件夹存放")
    return bytes(body)


def _trust(access: Access) -> ssl.SSLContext:
    """Who may vouch for the server: the public authorities, or only the partner's own where a file is named."""
    if access.ca_file is None:
        return httpx.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=str(access.ca_file))
    except (OSError, ssl.SSLError) as error:
        raise misregistered(f"access.ca_file {access.ca_file} 不能读取，或不是 PEM 格式的证书") from error


def _is_loopback(name: str) -> bool:
    return name in {"localhost", "::1"} or name.startswith("127.")


def _check_status(response: httpx.Response, *, has_credentials: bool) -> None:
    status = response.status_code
    if response.is_success:
        return
    text = _STATUS.get(status) or (
        f"服务器出错（{status}），请稍后再试" if status >= 500 else f"服务器拒绝（{status}）"
    )
    if status == 401:
        text = _login_fault(response.headers.get("www-authenticate", ""), has_credentials=has_credentials)
    raise RefusedError(text, _nature(status), status)


def _nature(status: int) -> Nature:
    if status in {401, 403, 407}:
        return Nature.ACCESS
    return Nature.PASSING if status in {408, 425, 429} or status >= 500 else Nature.LASTING


_STATUS = {
    403: "没有读取权限（403），请对方开放给本账号",
    404: "不存在（404）",
    407: "代理服务器要求登录（407），请核对本机的代理设置",
    410: "已被删除（410）",
    429: "服务器嫌访问过于频繁（429），请稍后再试",
    503: "服务器暂停服务（503），请稍后再试",
}


def _login_fault(challenge: str, *, has_credentials: bool) -> str:
    if not has_credentials:
        return "需要用户名和密码（401），请在 inbox 写用户名、在 access 下写 password"
    if challenge and "basic" not in challenge.casefold():
        return f"服务器只接受 {challenge.split(maxsplit=1)[0]} 登录（401），请对方开放 Basic 登录"
    return "用户名或密码不对（401），请与对方核对；网盘须用“应用密码”"


def _fault(error: Exception) -> Fault:
    if isinstance(error, httpx.RemoteProtocolError):
        return Fault(CUT, Nature.PASSING)
    if isinstance(error, httpx.TimeoutException):
        return describe_fault(TimeoutError())
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return Fault("地址不合规范，请核对", Nature.LASTING)
    return describe_fault(error)


def _check_same(response: httpx.Response, remote: RemoteFile) -> None:
    """What is told of the file as it is sent must be what was told when it was listed, as far as both were told."""
    told = (read_size(response.headers), *read_marks(response))
    listed = (remote.size_bytes, remote.etag, remote.modified_at)
    if any(now is not None and then is not None and now != then for now, then in zip(told, listed, strict=True)):
        raise FileNotFetchedError(CHANGED)


def _check_whole(response: httpx.Response, remote: RemoteFile) -> None:
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and response.num_bytes_downloaded != int(announced):
        raise RefusedError(CUT, Nature.PASSING)
    if "content-encoding" not in response.headers:
        check_size(response.num_bytes_downloaded, remote)
