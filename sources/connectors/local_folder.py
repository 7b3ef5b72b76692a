"""Connector for a folder on this machine or a mounted share: the plainest inbox."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from sources.connectors.connector import (
    AccessRefusedError,
    ByteSink,
    FileNotFetchedError,
    InboxUnreachableError,
    RemoteFile,
    is_temporary,
)
from sources.connectors.file_names import from_address, readable, shown_name, to_address

PIECE = 1 << 20
"""Bytes copied at a time."""

log = logging.getLogger(__name__)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class LocalFolder:
    """The files of a folder and its subfolders. Addresses are the inbox address and the path below it, so the folder may move."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.address = address.rstrip("/")

    def list_files(self) -> Iterator[RemoteFile]:
        """Every regular file, folder by folder in the order of names. Links to places outside the folder are not followed.

        Raises:
            InboxUnreachableError: the folder or one below it is missing or may not be read.
        """
        return self._list_below(self.folder)

    def fetch(self, remote: RemoteFile, sink: ByteSink) -> None:
        """Writes the file's bytes into `sink`.

        Raises:
            FileNotFetchedError: it is gone, may not be read, or is not the file that was listed (changed before or while reading).
        """
        for piece in self._pieces(remote):
            sink.write(piece)

    def close(self) -> None:
        """Nothing stays open between two files."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _pieces(self, remote: RemoteFile) -> Iterator[bytes]:
        try:
            with self._path_of(remote.address).open("rb") as file:
                while piece := file.read(PIECE):
                    yield piece
                status = os.fstat(file.fileno())
        except OSError as error:
            raise FileNotFetchedError(f"文件不能读取：{_reason(error)}") from error
        if (status.st_size, _modified_at(status)) != (remote.size_bytes, remote.modified_at):
            raise FileNotFetchedError("文件正在被修改，留待下次采集")

    def _list_below(self, folder: Path | str) -> Iterator[RemoteFile]:
        try:
            with os.scandir(folder) as entries:
                found = sorted((e for e in entries if not is_temporary(e.name)), key=lambda entry: entry.name)
            for entry in found:
                if entry.is_dir(follow_symlinks=False):
                    yield from self._list_below(entry.path)
                elif self._is_ours(entry):
                    yield from self._remote(entry)
        except OSError as error:
            lasting = isinstance(error, FileNotFoundError | PermissionError | NotADirectoryError)
            kind = AccessRefusedError if lasting else InboxUnreachableError
            raise kind(f"报送文件夹不能读取：{readable(str(folder))}（{_reason(error)}）") from error

    def _is_ours(self, entry: os.DirEntry[str]) -> bool:
        """Whether it is a regular file; a link counts only when it stays inside, or a partner could have any file read."""
        if not entry.is_symlink():
            return entry.is_file(follow_symlinks=False)
        target = Path(entry.path).resolve()
        stays = target.is_file() and target.is_relative_to(self.folder.resolve())
        if not stays:
            log.warning("%s: link out of the inbox not followed", readable(entry.path))
        return stays

    def _remote(self, entry: os.DirEntry[str]) -> Iterator[RemoteFile]:
        try:
            status = entry.stat()
        except FileNotFoundError:
            return  # taken away between listing and looking: there is nothing to fetch, and no reason to stop
        below = Path(entry.path).relative_to(self.folder).as_posix()
        name = shown_name(entry.name)
        yield RemoteFile(f"{self.address}/{to_address(below)}", name, status.st_size, _modified_at(status))

    def _path_of(self, address: str) -> Path:
        return self.folder / from_address(address.removeprefix(f"{self.address}/"))


def _modified_at(status: os.stat_result) -> datetime:
    """From whole nanoseconds: a float of seconds would round differently from night to night."""
    return EPOCH + timedelta(microseconds=status.st_mtime_ns // 1000)


def _reason(error: OSError) -> str:
    reasons = {FileNotFoundError: "不存在", PermissionError: "没有读取权限", NotADirectoryError: "不是文件夹"}
    return next((text for kind, text in reasons.items() if isinstance(error, kind)), str(error.strerror or error))
