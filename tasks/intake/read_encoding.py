"""Intake, reading: the bytes of a text file become its text; what a wrong encoding did to it is said, never taken."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from tasks.intake.grid import FileRefusedError
from tasks.intake.read_findings import file_finding

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_MULTIBYTE = re.compile(rb"[\xe3-\xe9][\x80-\xbf]{2}")
_HANZI = re.compile(r"[\u4e00-\u9fff]")
_FOREIGN_LETTERS = re.compile(r"[^\x00-\x7f]+")
_LATIN_RUN = re.compile(
    r"[\u0080-\u00ff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]{4,}"
)
_ACCENTED = re.compile(r"[\u00b0-\u00ff]")
_QUESTION_RUN = re.compile(r"\?{2,}")
_ODD_PAIR = re.compile(
    "["
    + bytes(byte for lead in range(0xE4, 0xEA) for trail in range(0x80, 0xA1) for byte in (lead, trail)).decode(
        "gb18030"
    )
    + "]"
)
"""What the first two bytes of a UTF-8 character look like when they are read as GBK: characters hardly anybody writes."""

_FEW = 4
_PROBABLE_SHARE = 0.6
_BIG5_SHARE = 0.85
_CUT = "文件末尾不完整（可能没有传完），最后一个汉字只剩一半"
_MIXED = "从第 {line} 行起编码不一致：一部分行是 UTF-8，一部分行是 GBK，像是两个文件拼接而成"


def decode_text(content: bytes) -> str:
    """The text of a file: its byte order mark decides, else the whole of it is strict UTF-8, UTF-16 or GB18030.

    Raises:
        FileRefusedError: no encoding fits the whole file, or what fits shows that the characters were damaged before.
    """
    text, encoding = _decoded(content)
    # Two files joined leave a byte order mark in the middle; DOS programs end a file with Ctrl-Z.
    text = text.replace("\ufeff", "").removesuffix("\x1a")
    control = _CONTROL.search(text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        kind = "空字节（NUL）" if control.group() == "\x00" else "控制字符"
        raise _damaged(f"第 {line} 行夹有{kind}，不是正常的文本")
    damage = _damage(text) or (_gb18030_damage(content, text) if encoding == "gb18030" else None)
    if damage:
        raise _damaged(damage)
    return text


def _decoded(content: bytes) -> tuple[str, str]:
    for mark, encoding, name in (
        (b"\xef\xbb\xbf", "utf-8", "UTF-8"),
        (b"\xff\xfe", "utf-16-le", "UTF-16"),
        (b"\xfe\xff", "utf-16-be", "UTF-16"),
    ):
        if content.startswith(mark):
            return _strict(content[len(mark) :], encoding, name), encoding
    wide = _wide_encoding(content) if b"\x00" in content else None
    for encoding in (wide,) if wide else ("utf-8", "gb18030"):
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            if encoding == "utf-8":
                _refuse_mixed(content)
    raise _damaged(_why_nothing_fits(content))


def _strict(content: bytes, encoding: str, name: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _damaged(f"文件开头标明是 {name} 编码，但第 {line} 行不是") from error


def _wide_encoding(content: bytes) -> str | None:
    """UTF-16 without its mark: the NULs of line ends stand on one side, and none is left over."""
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if ("\n" in text or "\r" in text) and not _CONTROL.search(text) and _usual_share(text) >= _PROBABLE_SHARE:
            return encoding
    return None


def _refuse_mixed(content: bytes) -> None:
    """Lines that can be nothing but UTF-8 in a file that is not UTF-8: GB18030 must not be tried on them."""
    lines = content.splitlines()
    others = [number for number, line in enumerate(lines, 1) if not _is_utf8(line)]
    if any(len(_MULTIBYTE.findall(line)) >= _FEW and _is_utf8(line) for line in lines):
        raise _damaged(_CUT if others == [len(lines)] else _MIXED.format(line=others[0] if others else 1))


def _is_utf8(line: bytes) -> bool:
    if line.isascii():
        return True
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _why_nothing_fits(content: bytes) -> str:
    if b"\x00" in content:
        return "夹有空字节（NUL），不是正常的文本"
    if _is_big5(content):
        return "是繁体 Big5 编码"
    return "文字编码混乱，既不是 UTF-8 也不是 GB18030"


def _damage(text: str) -> str | None:
    """What shows that characters were lost before the file was saved, whatever its encoding is now."""
    place = text.find("\ufffd")
    if place >= 0:
        return f"第 {text.count(chr(10), 0, place) + 1} 行有乱码“�”，原来的字已经丢失"
    if "锟斤拷" in text:
        return "有乱码“锟斤拷”，原来的字已经丢失"
    restored = _latin_restored(text) or _gbk_restored(text)
    if restored:
        return f"汉字成了乱码（像是用错误的编码打开后又保存），例如“{restored}”"
    if _is_question_marks(text):
        return "汉字都成了问号，原来的字已经丢失"
    return None


def _latin_restored(text: str) -> str | None:
    """A sample of GBK or UTF-8 that was read as Latin-1: ÊÜÔ®µ¥Î» for 受援单位."""
    sample, count = None, 0
    for run in _LATIN_RUN.findall(text):
        # Dashes and quotation marks alone, which Chinese texts are full of, are no damage.
        original = _as_chinese(b"".join(_single_bytes(run))) if 3 * len(_ACCENTED.findall(run)) >= len(run) else ""
        hanzi = len(_HANZI.findall(original))
        if 2 * hanzi >= max(1, len(original)):
            sample, count = sample or run[:12], count + hanzi
    return sample if count >= _FEW else None


def _single_bytes(run: str) -> Iterator[bytes]:
    for letter in run:
        try:
            yield letter.encode("cp1252")
        except UnicodeEncodeError:
            yield letter.encode("latin-1", "replace")


def _as_chinese(content: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return ""


def _gbk_restored(text: str) -> str | None:
    """A sample of UTF-8 that was read as GBK: 鍙楁彺鍗曚綅 for 受援单位."""
    if len(_ODD_PAIR.findall(text)) < _FEW:
        return None
    runs = [run for run in _FOREIGN_LETTERS.findall(text) if _ODD_PAIR.search(run)]
    restored, size = 0, 0
    for run in runs:
        content = run.encode("gb18030", "replace")
        size += len(content)
        restored += 3 * len(_HANZI.findall(content.decode("utf-8", "ignore")))
    return runs[0][:12] if restored >= _PROBABLE_SHARE * size else None


def _is_question_marks(text: str) -> bool:
    runs = _QUESTION_RUN.findall(text)
    return len(runs) >= _FEW and text.isascii() and 5 * sum(map(len, runs)) >= len(text)


def _gb18030_damage(content: bytes, text: str) -> str | None:
    """GB18030 accepts nearly every sequence of bytes: whether it makes Chinese of them tells whether it was GB18030."""
    share = _usual_share(text)
    if share >= _BIG5_SHARE:
        return None
    if _is_big5(content):
        return "是繁体 Big5 编码，按简体读出来都是错字"
    return None if share >= _PROBABLE_SHARE else "不是 UTF-8，按 GBK 读出来又大多是生僻字，看不出是什么编码"


def _usual_share(text: str) -> float:
    """How much of what is not ASCII is what Chinese texts are made of; 1 where there is too little to tell."""
    letters = Counter("".join(_FOREIGN_LETTERS.findall(text)))
    usual = sum(count for letter, count in letters.items() if letter in _usual_letters())
    return usual / letters.total() if letters.total() >= _FEW else 1.0


@lru_cache
def _usual_letters() -> frozenset[str]:
    """The 3,755 commonest characters, and the signs that stand beside them."""
    leads = (*range(0xA1, 0xA4), *range(0xB0, 0xD8))
    pairs = b"".join(bytes((lead, trail)) for lead in leads for trail in range(0xA1, 0xFF))
    return frozenset(pairs.decode("gb2312", "ignore"))


def _is_big5(content: bytes) -> bool:
    try:
        text = content.decode("big5")
    except UnicodeDecodeError:
        return False
    hanzi = "".join(_HANZI.findall(text)).encode("big5")
    # The frequent characters of Big5 begin with A4–C6.
    return len(hanzi) > 2 * _FEW and sum(0xA4 <= lead <= 0xC6 for lead in hanzi[::2]) >= _BIG5_SHARE * len(hanzi) / 2


def _damaged(reason: str) -> FileRefusedError:
    return FileRefusedError(file_finding("file.encoding_damaged", found=reason, reason=reason))
