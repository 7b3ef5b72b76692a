"""How an S3-compatible store is asked, with the partner's keys alone, and what its errors mean in Chinese."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import parse_qs

import botocore.exceptions  # type: ignore[import-untyped]
import botocore.session  # type: ignore[import-untyped]
from botocore import UNSIGNED
from botocore.config import Config  # type: ignore[import-untyped]

from sources.connectors.connector import Access, Patience
from sources.connectors.network_faults import CHANGED, CUT, OTHER_NAME, Fault, Nature, describe_fault, misregistered

# botocore's variables as (name in files, in the environment, default, conversion): none is looked for.
_OWN_ACCOUNT: dict[str, tuple[None, None, str | None, None]] = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
STYLES = ("path", "virtual")


class Paginator(Protocol):
    """Pages of a listing."""

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterable[Mapping[str, Any]]:  # noqa: N803  botocore's own names
        """One page after another."""


class S3Client(Protocol):
    """As much of botocore's client as is used; botocore makes its clients from data and has no types of its own."""

    def get_paginator(self, operation_name: str) -> Paginator:
        """Pages of an operation."""

    def get_object(self, **asked: str) -> Mapping[str, Any]:
        """One object, its body not yet read."""

    def close(self) -> None:
        """Lets the connections go."""


def open_client(access: Access, patience: Patience, query: str) -> S3Client:
    """A client that knows the partner's keys and nothing of the account the night runs under. Nothing is connected yet.

    Args:
        access: user is the access key, password the secret key; without a user, nothing is signed (public buckets).
        patience: time-outs.
        query: what follows the question mark in the place: `style=path` (buckets in the path, as MinIO has them; usual
            where an endpoint is named) or `style=virtual` (buckets in the host name, as 阿里云 OSS demands).

    Raises:
        AccessRefusedError: endpoint or style is no such thing.
    """
    style = parse_qs(query).get("style", ["path" if access.endpoint else "auto"])[0]
    if style not in {*STYLES, "auto"}:
        raise misregistered(f"style={style}，应为 path 或 virtual")
    session = botocore.session.Session(session_vars=_OWN_ACCOUNT)
    options = Config(
        signature_version="s3v4" if access.user else UNSIGNED,
        s3={"addressing_style": style},
        connect_timeout=patience.connect_seconds,
        read_timeout=patience.read_seconds,
        retries={"total_max_attempts": 1},  # whoever fetches tries again, within the time one source may take
        response_checksum_validation="when_required",
        ignore_configured_endpoint_urls=True,
    )
    try:
        return session.create_client(  # type: ignore[no-any-return]
            "s3", endpoint_url=access.endpoint, region_name=access.region or "us-east-1", config=options,
            verify=str(access.ca_file) if access.ca_file else True,
            aws_access_key_id=access.user, aws_secret_access_key=access.password,
        )  # fmt: skip
    except ValueError as error:
        raise misregistered(f"access.endpoint {access.endpoint} 应写成 https://主机:端口") from error


def find_fault(error: Exception) -> Fault:
    """What an error of botocore means, in Chinese."""
    if isinstance(error, botocore.exceptions.ClientError):
        code, status = error.response["Error"].get("Code", ""), error.response["ResponseMetadata"]["HTTPStatusCode"]
        return Fault(_CODES.get(code) or f"存储服务拒绝（{status} {code}）", _nature(status, code))
    if isinstance(error, (botocore.exceptions.ConnectTimeoutError, botocore.exceptions.ReadTimeoutError)):
        return describe_fault(TimeoutError())
    if isinstance(error, _CUT):
        return Fault(CUT, Nature.PASSING)
    if isinstance(error, botocore.exceptions.SSLError) and "doesn't match" in str(error):
        return OTHER_NAME  # urllib3 compares names itself and wraps no error of ssl
    return describe_fault(error)


def _nature(status: int, code: str) -> Nature:
    if status >= 500 or code in {"SlowDown", "RequestTimeout"}:
        return Nature.PASSING
    return Nature.ACCESS if status == 403 else Nature.LASTING


_CUT = (
    botocore.exceptions.IncompleteReadError,
    botocore.exceptions.ResponseStreamingError,
    botocore.exceptions.ConnectionClosedError,
)
_WRONG_KEY = "密钥（access.password）不对，请与对方核对"
_REGION = "区域不对，请在 access 下写入正确的 region"
_CODES = {
    "InvalidAccessKeyId": "访问密钥编号（access.user）不对，请与对方核对",
    "SignatureDoesNotMatch": _WRONG_KEY,
    "AccessDenied": "没有读取权限，请对方开放给本密钥",
    "NoSuchBucket": "存储桶不存在，请核对名称",
    "NoSuchKey": "不存在",
    "404": "不存在",
    "PreconditionFailed": CHANGED,
    "InvalidObjectState": "已归档，请对方先解冻",
    "RequestTimeTooSkewed": "本机时间与服务器相差太大，请校准本机时间",
    "AuthorizationHeaderMalformed": _REGION,
    "PermanentRedirect": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "SecondLevelDomainForbidden": "此存储服务不接受路径式地址，请在 inbox 末尾加 ?style=virtual",
    "SlowDown": "服务器嫌访问过于频繁，请稍后再试",
}
