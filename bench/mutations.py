"""Bench, fuzzing: one seed file becomes a damaged one: bytes, zip members, XML tokens, BIFF records and CSV text changed."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable
from random import Random
from typing import TypeAlias

Mutation: TypeAlias = Callable[[bytes, Random], bytes]

_TOKEN = re.compile(rb'<[^>]{1,400}>|"[^"]{0,200}"|[0-9]{1,12}|[^<>"0-9]{1,80}')
_CONTENT = re.compile(rb'(?<=>)[^<>]+(?=<)|(?<==")[^"<>]*(?=")')
_FIELD = re.compile(rb"[^,\t\r\n;|]+")
_VALUES = (
    *(b"", b"0", b"-1", b"1e309", b"NaN", b"99999999999999999999", b"XFD1048576", b"A0", b"&#0;", b"&lol;"),
    *(b"\xff\xfe", b"<row/>", b"<c>", b"]]>", b"<!--", b"2021-13-45", b"#REF!", b"\xe4\xb8", b"true"),
)
_CELLS = tuple(
    text.encode()
    for text in (
        *(
            "0",
            "-0",
            "1e308",
            "1e400",
            "nan",
            "inf",
            "１２，３４５．６",
            "约１.５亿",
            "三千零五",
            "负三",
            "5~3",
            "≥",
            "95%",
        ),
        *(
            "2021.2.30",
            "2021.13",
            "0.0.0",
            "99999.1.1",
            "2021年-3月",
            "二〇二一年十三月",
            "2021.3—2020.1",
            "44197",
            "-1",
            "1e5",
        ),
        *(
            "国家级",
            "和田职业技术学院、武威职业学院",
            "合计",
            "填表人：",
            "#NAME?",
            "（",
            "\u200b",
            "\u3000",
            "٣",
            "²",
            "①",
            "Ⅷ",
            "万",
        ),
        *(
            "110101190001010000",
            "２０２１年度",
            "单位：元",
            "受援单位",
            "受援单位\n（盖章）",
            "例",
            "同上",
            "A" * 40_000,
            "年" * 300,
        ),
    )
)
_CSV_PIECES = (
    *(b'"', b'""', b",", b"\t", b";", b"\n", b"\r\n", b"\r", b"\x00", b"=1+1", b'="001"', b"\xef\xbb\xbf"),
    *(b"\xff\xfe", b"\x1a", "�".encode(), "合计".encode(), "乱".encode("gbk"), b"sep=;\n", b"," * 300, b"9" * 400),
)
_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF)


def mutate(seed: bytes, random: Random) -> bytes:
    """A damaged copy, by one to three changes that suit the format.

    Args:
        seed: the bytes of a sound file.
        random: decides everything: the same state gives the same copy.
    """
    content = seed
    for _ in range(random.choice((1, 1, 2, 3))):
        content = random.choice(_suitable(content))(content, random)
    return content


def _suitable(content: bytes) -> tuple[Mutation, ...]:
    general = (flip_bytes, truncate, splice)
    if content.startswith(b"PK"):
        return (*general, *(change_member,) * 9, drop_member)
    if content.startswith(b"\xd0\xcf"):
        return (*general, *(change_record,) * 6)
    return (*general, *(change_text,) * 4, *(change_values,) * 6, change_tokens)


def flip_bytes(content: bytes, random: Random) -> bytes:
    """Some bytes set to others."""
    changed = bytearray(content)
    for _ in range(random.randint(1, 8) if changed else 0):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def truncate(content: bytes, random: Random) -> bytes:
    """The beginning alone."""
    return content[: random.randint(0, len(content))]


def splice(content: bytes, random: Random) -> bytes:
    """A piece taken from one place and put over or between another."""
    if not content:
        return content
    start, length = random.randrange(len(content)), random.randint(1, 512)
    to = random.randrange(len(content))
    return content[:to] + content[start : start + length] + content[to + random.choice((0, length)) :]


def change_tokens(content: bytes, random: Random) -> bytes:
    """Tags, attributes, numbers and texts dropped, doubled, swapped or set to odd values."""
    tokens = _TOKEN.findall(content[: 2**20])
    for _ in range(random.randint(1, 6) if tokens else 0):
        place = random.randrange(len(tokens))
        tokens[place] = random.choice(
            (b"", tokens[place] * 2, random.choice(tokens), random.choice(_VALUES), tokens[place] * 50)
        )
    return b"".join(tokens)


def change_values(content: bytes, random: Random) -> bytes:
    """Texts and attributes of a well-formed document, or fields of a table, set to values a reader of cells must survive."""
    pattern = _CONTENT if content[:200].lstrip(b"\xef\xbb\xbf \r\n").startswith(b"<") else _FIELD
    places = [match.span() for match in pattern.finditer(content[: 2**20])]
    chosen = sorted(random.sample(places, min(len(places), random.randint(1, 8))), reverse=True)
    for start, end in chosen:
        content = content[:start] + random.choice((*_CELLS, *_CELLS, *_VALUES)) + content[end:]
    return content


def change_text(content: bytes, random: Random) -> bytes:
    """Odd pieces of CSV put in, and lines doubled or cut."""
    for _ in range(random.randint(1, 5)):
        place = random.randint(0, len(content))
        content = content[:place] + random.choice(_CSV_PIECES) + content[place + random.choice((0, 0, 3)) :]
    return content


def change_member(content: bytes, random: Random) -> bytes:
    """One part of a package with its bytes or tokens changed, packed again."""
    parts = _parts(content)
    if not parts:
        return flip_bytes(content, random)
    name = random.choice(list(parts))
    is_text = parts[name].lstrip(b"\xef\xbb\xbf").startswith(b"<")
    change = (
        random.choice((change_tokens,) * 4 + (change_values,) * 8 + (flip_bytes, truncate, splice))
        if is_text
        else flip_bytes
    )
    return _packed({**parts, name: change(parts[name], random)})


def drop_member(content: bytes, random: Random) -> bytes:
    """One part of a package left out, or put in the place of another."""
    parts = _parts(content)
    if len(parts) < 2:
        return truncate(content, random)
    name, other = random.sample(list(parts), 2)
    lost = parts.pop(name)
    return _packed({**parts, other: lost} if random.random() < 0.3 else parts)


def change_record(content: bytes, random: Random) -> bytes:
    """A number in the stream of an xls file (kind, length or content of a record) set to an extreme."""
    changed = bytearray(content)
    records = _records(content)
    if not records:
        return flip_bytes(content, random)
    for _ in range(random.randint(1, 4)):
        start, length = random.choice(records)
        offset = start + 2 * random.randint(0, max(1, min(length, 40) // 2) + 1)
        if offset + 2 <= len(changed):
            struct.pack_into("<H", changed, offset, random.choice((*_NUMBERS, random.randrange(65536))))
    return bytes(changed)


def _records(content: bytes) -> list[tuple[int, int]]:
    """Where records begin and how long they are, from the first BOF on (sectors taken as they lie in the file)."""
    place, found = content.find(b"\x09\x08\x10\x00\x00\x06", 512), []
    while 0 <= place < len(content) - 4:
        length = struct.unpack_from("<H", content, place + 2)[0]
        found.append((place, length))
        place += 4 + length
    return found


def _parts(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            return {info.filename: package.read(info) for info in package.infolist() if info.file_size < 2**22}
    except Exception:  # an earlier change broke the package: then its bytes are changed instead
        return {}


def _packed(parts: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        for name, part in parts.items():
            package.writestr(name, part)
    return content.getvalue()
