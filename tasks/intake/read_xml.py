"""Intake, reading: XML of strangers, parsed as a stream: no entities, nothing from outside, no bottomless nesting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Protocol
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from tasks.intake.grid import FileRefusedError, Limits
from tasks.intake.read_findings import file_finding

_CHUNK = 2**18
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["'](gbk|gb2312|gb18030|cp936)["'][^>]*\?>""", re.IGNORECASE)


class Listener(Protocol):
    """What is told of the elements of a document as they pass; names are `{namespace}name`."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, tag: str) -> None:
        """An element ends."""

    def data(self, text: str) -> None:
        """Text within an element, perhaps a part of it only."""


class _Deaf:
    def start(self, tag: str, attributes: dict[str, str]) -> None:
        pass

    def end(self, tag: str) -> None:
        pass

    def data(self, text: str) -> None:
        pass


class _Bounded:
    """Passes on what a listener hears, and stops at the depth no spreadsheet program writes."""

    def __init__(self, listener: Listener, depth: int) -> None:
        self.listener, self.depth = listener, depth
        self.data = listener.data

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth -= 1
        if self.depth < 0:
            raise _refused("XML 元素嵌套过深")
        self.listener.start(tag, attributes)

    def end(self, tag: str) -> None:
        self.depth += 1
        self.listener.end(tag)

    def close(self) -> None:
        pass


def parse_xml(stream: IO[bytes], listener: Listener, limits: Limits) -> None:
    """Let a listener hear a whole document.

    Raises:
        FileRefusedError: it is not well-formed, declares entities, or nests deeper than `limits.depth`.
    """
    parser = DefusedXMLParser(target=_Bounded(listener, limits.depth))
    try:
        for piece in _pieces(stream):
            parser.feed(piece)
        parser.close()
    except DefusedXmlException as error:
        raise _refused("XML 中声明了实体，表格不需要这样的内容") from error
    except (ParseError, ValueError, LookupError) as error:
        raise _refused("XML 内容不完整") from error


def check_xml(stream: IO[bytes], limits: Limits) -> None:
    """Whether a document may be given to a parser that does not look out for itself.

    Raises:
        FileRefusedError: as for `parse_xml`.
    """
    parse_xml(stream, _Deaf(), limits)


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    """The document in pieces; Chinese encodings, which the parser does not know, in UTF-8."""
    first = stream.read(_CHUNK)
    declared = _DECLARED.match(first)
    if declared:
        yield (first + stream.read())[declared.end() :].decode("gb18030").encode()
        return
    while first:
        yield first
        first = stream.read(_CHUNK)


def _refused(reason: str) -> FileRefusedError:
    return FileRefusedError(file_finding("file.unreadable", found=reason, reason=reason))
