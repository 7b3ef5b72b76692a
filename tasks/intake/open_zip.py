"""Intake, zip files: each workbook in one is a delivery of its own; nothing is unpacked to where its name says."""

from __future__ import annotations

import stat
import struct
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from schemas.errors import UnavailableError
from schemas.values import Delivery
from sources.connectors.connector import ByteSink, FileNotFetchedError, is_temporary
from tasks.intake.fetch_landing import Landed, land
from tasks.intake.fetch_limits import Deadline

SPREADSHEETS = (".xlsx", ".xlsm", ".xltx", ".xls", ".xlsb", ".et", ".ods", ".csv", ".tsv", ".txt")
ARCHIVES = (".zip", ".rar", ".7z", ".gz", ".tar")
MARKS_OF_WORKBOOKS = ("[content_types].xml", "mimetype", "xl/workbook.xml")
"""A package that holds one of these is itself a document."""

MOST_MEMBERS = 500
MOST_DIRECTORY_BYTES = 1024 * 1024
"""Of the list of members; more is no partner's archive but an attempt on our memory."""
MOST_TIMES_LARGER = 300
"""Workbooks are compressed already: what unpacks to more than this many times its size is a bomb."""
SUSPECT_FROM_BYTES = 10 * 1024 * 1024
MOST_TIMES_ALL = 4
"""All members together may hold so many times what one file may."""
UNPACK_SECONDS = 120.0
UTF8_NAME, ENCRYPTED = 0x800, 0x1
_END, _END_LENGTH, _LONGEST_COMMENT = b"PK\x05\x06", 22, 65535
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class OpenedZip:
    """What a zip file gave: its workbooks as deliveries, and what was left in it with the reason (name, Chinese reason)."""

    deliveries: tuple[Delivery, ...]
    left: tuple[tuple[str, str], ...]


class _LeftError(Exception):
    """A member, or a whole zip file, that is not taken; the text is Chinese."""


def is_archive(delivery: Delivery) -> bool:
    """Whether the landed bytes are a zip file that is no workbook itself, whatever its name."""
    with delivery.path.open("rb") as file:
        is_zip = file.read(4) == b"PK\x03\x04"
    return is_zip and _has_no_mark(delivery.path)


def open_zip(delivery: Delivery, landing: Path, max_bytes: int) -> OpenedZip:
    """Lands the spreadsheets of a zip file, each at the address `<address of the zip file>!/<path in it>`.

    Only one level is opened. A member's name is never used as a path of ours, so none can climb out.

    Args:
        delivery: the landed zip file.
        landing: the archive.
        max_bytes: the largest member taken; all together may be four times as large.

    Raises:
        LandingError: the archive cannot be written.
    """
    taken: list[Delivery] = []
    left: list[tuple[str, str]] = []
    deadline = Deadline(UNPACK_SECONDS)
    try:
        with zipfile.ZipFile(_refuse_long_list(delivery.path)) as package:
            for member, name, path in _named(package):
                try:
                    room = min(max_bytes, MOST_TIMES_ALL * max_bytes - sum(one.size_bytes for one in taken))
                    landed = _land_member(package, member, name, landing, room, deadline)
                except (_LeftError, FileNotFetchedError) as error:
                    left.append((f"{delivery.file_name} › {name}", str(error)))
                else:
                    taken.append(_as_delivery(delivery, path, name, landed))
    except _LeftError as error:
        left.append((delivery.file_name, str(error)))
    except UnavailableError:
        raise
    except _DAMAGE:
        left.append((delivery.file_name, "压缩包已损坏，请重新压缩后报送"))
    return OpenedZip(tuple(taken), tuple(left))


def _as_delivery(archive: Delivery, path: str, name: str, landed: Landed) -> Delivery:
    return replace(
        archive,
        sha256=landed.sha256,
        size_bytes=landed.size_bytes,
        path=landed.path,
        address=f"{archive.address}!/{path}",
        file_name=name,
        etag=None,
    )


def _named(package: zipfile.ZipFile) -> Iterator[tuple[zipfile.ZipInfo, str, str]]:
    """The members somebody meant to send, each with its name and its path in the zip; a path used twice gets a number."""
    members = [one for one in package.infolist() if not one.is_dir() and not stat.S_ISLNK(one.external_attr >> 16)]
    if len(members) > MOST_MEMBERS:
        raise _LeftError(f"压缩包里有 {len(members)} 个文件，上限 {MOST_MEMBERS} 个；请分成几个压缩包，或直接报送表格")
    used = Counter[str]()
    for member in members:
        steps = [step for step in _name_of(member).replace("\\", "/").split("/") if step not in {"", ".", ".."}]
        if not steps or "__MACOSX" in steps or any(is_temporary(step) for step in steps):
            continue
        path = "/".join(steps)
        used[path] += 1
        yield member, steps[-1], path if used[path] == 1 else f"{path}#{used[path]}"


def _name_of(member: zipfile.ZipInfo) -> str:
    """Chinese Windows writes names in GB18030 without saying so; Python then reads them as the DOS code page 437."""
    name = member.orig_filename
    if not member.flag_bits & UTF8_NAME:
        try:
            raw = name.encode("cp437")
        except UnicodeEncodeError:
            raw = name.encode("utf-8")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return unicodedata.normalize("NFC", "".join(char for char in name if char.isprintable()))


def _land_member(
    package: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, landing: Path, max_bytes: int, deadline: Deadline
) -> Landed:
    _refuse(member, name)

    def write(sink: ByteSink) -> None:
        with package.open(member) as file:
            while piece := file.read(1 << 20):
                sink.write(piece)

    try:
        return land(landing, write, max_bytes, deadline)
    except UnavailableError:
        raise  # a limit or our own disk, not the zip file
    except _DAMAGE as error:
        raise _LeftError("压缩包里的这个文件已损坏，请重新压缩后报送") from error


def _refuse(member: zipfile.ZipInfo, name: str) -> None:
    lowered = name.casefold()
    if member.flag_bits & ENCRYPTED:
        raise _LeftError("压缩包设有密码，不能打开；请去掉密码后重新报送")
    if lowered.endswith(ARCHIVES):
        raise _LeftError("压缩包里又套了压缩包，未打开；请把表格直接放进一个压缩包")
    if not lowered.endswith(SPREADSHEETS):
        raise _LeftError("压缩包里的这个文件不是表格，未接收")
    if member.file_size > max(SUSPECT_FROM_BYTES, MOST_TIMES_LARGER * max(1, member.compress_size)):
        raise _LeftError("压缩比异常，为安全起见没有打开；请直接报送表格")


def _refuse_long_list(path: Path) -> Path:
    """The same path, after a look at how long the list of members is: Python would read the whole of it into memory."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _END_LENGTH - _LONGEST_COMMENT))
        tail = file.read()
    end = tail.rfind(_END)
    if end < 0:
        raise zipfile.BadZipFile("no end record")
    (listed,) = struct.unpack("<L", tail[end + 12 : end + 16])
    if listed > MOST_DIRECTORY_BYTES:
        raise _LeftError("压缩包里的文件太多；请分成几个压缩包，或直接报送表格")
    return path


def _has_no_mark(path: Path) -> bool:
    try:
        with zipfile.ZipFile(_refuse_long_list(path)) as package:
            names = {name.casefold() for name in package.namelist()}
    except (_LeftError, *_DAMAGE):
        return False
    return not names & set(MARKS_OF_WORKBOOKS)
