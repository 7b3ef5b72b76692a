"""Connector for a bucket of an S3-compatible store (MinIO, 阿里云 OSS, 腾讯云 COS, AWS)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Self, TypedDict

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError  # type: ignore[import-untyped]

from sources.connectors.connector import (
    Access,
    ByteSink,
    FileNotFetchedError,
    Patience,
    RemoteFile,
    is_temporary,
)
from sources.connectors.host import Host, read_host
from sources.connectors.http_marks import read_etag
from sources.connectors.network_faults import CHANGED, not_fetched, unreachable
from sources.connectors.remote_tree import Entry, check_size, path_of, remote_file
from sources.connectors.s3_client import S3Client, find_fault, open_client

PIECE = 1 << 20


class _Listed(TypedDict):
    """One object as ListObjectsV2 tells it."""

    Key: str
    Size: int
    LastModified: datetime
    ETag: str


class S3Bucket:
    """The objects of a bucket whose keys begin with the inbox's prefix and a slash."""

    def __init__(self, place: str, address: str, access: Access, patience: Patience) -> None:
        self.address = address
        host: Host = read_host(place)
        self._bucket = host.name
        below = host.path.strip("/")
        self._prefix = f"{below}/" if below else ""
        self._client: S3Client = open_client(access, patience, host.query)

    def list_files(self) -> Iterator[RemoteFile]:
        """Every object in the order of keys, a page of a thousand at a time.

        Raises:
            InboxUnreachableError: endpoint, keys, region or bucket is at fault.
        """
        for listed in self._objects():
            path = listed["Key"].removeprefix(self._prefix)
            # A key that ends in a slash is a folder some program drew; one part that is temporary hides what is below it.
            if path and not path.endswith("/") and not any(is_temporary(part) for part in path.split("/")):
                entry = Entry(path, False, listed["Size"], listed["LastModified"], read_etag(listed["ETag"]))
                yield remote_file(entry, self.address)

    def fetch(self, remote: RemoteFile, sink: ByteSink) -> None:
        """Writes the object's bytes into `sink`; the store is asked for the very version that was listed.

        Raises:
            FileNotFetchedError: it is gone, forbidden, cut short, or not the object that was listed.
        """
        count = 0
        for piece in self._pieces(remote):
            sink.write(piece)
            count += len(piece)
        check_size(count, remote)

    def close(self) -> None:
        """Lets the connections go."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _objects(self) -> Iterator[_Listed]:
        try:
            for page in self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix
            ):
                yield from page.get("Contents", [])
        except (BotoCoreError, ClientError, HTTPClientError) as error:
            raise unreachable(self.address, find_fault(error)) from error

    def _pieces(self, remote: RemoteFile) -> Iterator[bytes]:
        key = self._prefix + path_of(remote, self.address)
        match = {"IfMatch": f'"{remote.etag}"'} if remote.etag else {}
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key, **match)
            if remote.etag and read_etag(answer["ETag"]) != remote.etag:
                raise FileNotFetchedError(CHANGED)  # a store that does not know If-Match
            with closing(answer["Body"]) as body:
                while piece := body.read(PIECE):
                    yield piece
        except (BotoCoreError, ClientError, HTTPClientError) as error:
            raise not_fetched(find_fault(error)) from error
