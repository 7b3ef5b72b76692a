"""Feedback: an xlsx package edited part by part: what is not changed keeps its bytes."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape, unescape
from pathlib import Path

RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ATTRIBUTE = re.compile(rb"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_RELATIONSHIP = re.compile(rb"<Relationship\b[^>]*>")
_NOT_PLAIN = re.compile(rb"<!(?:--|DOCTYPE|ENTITY|\[CDATA\[)")
_ENCODING = re.compile(rb"""^<\?xml[^>]*encoding\s*=\s*["']([^"']+)""")
_TYPES = "[Content_Types].xml"


class NotSafeError(Exception):
    """The package is written in a way that cannot be edited part by part without risk."""


def attributes(tag: bytes) -> dict[str, str]:
    """The attributes of a start tag, their values unescaped."""
    return {
        name.decode(): unescape((double or single).decode("utf-8")) for name, double, single in _ATTRIBUTE.findall(tag)
    }


def with_attribute(tag: bytes, name: str, value: str | int) -> bytes:
    """A start tag (or the inside of one) with one attribute set."""
    written = f'{name}="{quoted(str(value))}"'.encode()
    pattern = re.compile(rb"(?<=\s)" + name.encode() + rb"""\s*=\s*(?:"[^"]*"|'[^']*')""")
    if pattern.search(tag):
        return pattern.sub(lambda _: written, tag, count=1)
    end = re.search(rb"\s*/?>?$", tag)
    at = end.start() if end else len(tag)
    return tag[:at] + b" " + written + tag[at:]


def without_attribute(tag: bytes, name: str) -> bytes:
    """A start tag without one of its attributes."""
    return re.sub(rb"\s" + name.encode() + rb"""\s*=\s*(?:"[^"]*"|'[^']*')""", b"", tag)


def quoted(text: str) -> str:
    """Text as it stands in XML."""
    return escape(text, quote=True)


@dataclass(slots=True)
class Package:
    """An open package: its parts as delivered, and those changed or added since."""

    source: zipfile.ZipFile
    changed: dict[str, bytes] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        names = self.source.namelist()
        if len({name.lower() for name in names}) != len(names) or any("\\" in name for name in names):
            raise NotSafeError("parts named twice or oddly")
        if any(entry.flag_bits & 1 for entry in self.source.infolist()):
            raise NotSafeError("encrypted parts")

    def __contains__(self, name: str) -> bool:
        return name not in self.dropped and (name in self.changed or name in self.source.NameToInfo)

    def read(self, name: str, root: bytes | None = None) -> bytes:
        """A part; with `root` it must be plain UTF-8 XML whose root element has exactly that name.

        Raises:
            NotSafeError: the part is not there, or not plain.
        """
        if name not in self:
            raise NotSafeError(f"no part {name}")
        content = self.changed[name] if name in self.changed else self.source.read(name)
        if root is not None:
            _check_plain(name, content, root)
        return content

    def write(self, name: str, content: bytes) -> None:
        """Change or add a part."""
        self.changed[name] = content

    def drop(self, name: str) -> None:
        """Leave a part out, and what the content types say of it."""
        self.dropped.add(name)
        types = self.read(_TYPES, b"Types")
        self.write(
            _TYPES, re.sub(rb'<Override\b[^>]*PartName="/' + re.escape(name.encode()) + rb'"[^>]*/>', b"", types)
        )

    def new_name(self, pattern: str) -> str:
        """The first name of a pattern such as `xl/comments{}.xml` that no part has."""
        return next(name for number in range(1, 100_000) if (name := pattern.format(number)) not in self)

    def relations(self, part: str) -> Iterator[Relation]:
        """What a part refers to."""
        path = rels_path(part)
        if path in self:
            for tag in _RELATIONSHIP.findall(self.read(path, b"Relationships")):
                said = attributes(tag)
                yield Relation(said["Id"], said["Type"], resolved(part, said["Target"]), tag)

    def relate(self, part: str, kind: str, target: str) -> str:
        """Let a part refer to another; returns the id of the relation."""
        path = rels_path(part)
        empty = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
        content = self.read(path, b"Relationships") if path in self else empty
        content = re.sub(rb"<Relationships\b([^>]*?)/>", rb"<Relationships\1></Relationships>", content)
        taken = {relation.id for relation in self.relations(part)}
        new = next(name for number in range(1, 100_000) if (name := f"rId{number}") not in taken)
        tag = f'<Relationship Id="{new}" Type="{RELATION}/{kind}" Target="/{target}"/>'.encode()
        self.write(path, _before_end(content, b"</Relationships>", tag))
        return new

    def declare(self, target: str, content_type: str) -> None:
        """Say of what type a new part is."""
        tag = f'<Override PartName="/{target}" ContentType="{content_type}"/>'.encode()
        self.write(_TYPES, _before_end(self.read(_TYPES, b"Types"), b"</Types>", tag))

    def save(self, to: Path) -> None:
        """Write the package: parts in their old order, the new ones last."""
        with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as package:
            for entry in self.source.infolist():
                if entry.filename not in self.dropped:
                    content = self.changed.get(entry.filename)
                    package.writestr(
                        _like(entry), self.source.read(entry) if content is None else content, zipfile.ZIP_DEFLATED, 3
                    )
            for name in self.changed.keys() - self.source.NameToInfo.keys() - self.dropped:
                package.writestr(zipfile.ZipInfo(name), self.changed[name], zipfile.ZIP_DEFLATED, 3)


@dataclass(frozen=True, slots=True)
class Relation:
    """One reference of a part: its id, type, the name of the part it points to, and the tag that says so."""

    id: str
    type: str
    target: str
    tag: bytes

    @property
    def kind(self) -> str:
        """The last word of its type."""
        return self.type.rsplit("/", 1)[-1]


def rels_path(part: str) -> str:
    """Where the references of a part stand."""
    folder, name = posixpath.split(part)
    return f"{folder}/_rels/{name}.rels"


def resolved(part: str, target: str) -> str:
    """The name of the part a target written in `part` means."""
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(part), target)).lstrip("/")


def _check_plain(name: str, content: bytes, root: bytes) -> None:
    encoding = _ENCODING.match(content.removeprefix(b"\xef\xbb\xbf"))
    if encoding and encoding.group(1).lower() not in {b"utf-8", b"us-ascii"}:
        raise NotSafeError(f"{name}: {encoding.group(1)!r}")
    found = re.search(rb"<([A-Za-z][^\s/>]*)", content[:4096])
    if found is None or found.group(1) != root or _NOT_PLAIN.search(content) or b"\x00" in content[:64]:
        raise NotSafeError(f"{name} is no plain <{root.decode()}>")
    if b"</" + root + b">" not in content[-4096:] and b"/>" not in content[-16:]:
        raise NotSafeError(f"{name} has no end")


def _before_end(content: bytes, end: bytes, added: bytes) -> bytes:
    at = content.rfind(end)
    if at < 0:
        raise NotSafeError(f"no {end.decode()}")
    return content[:at] + added + content[at:]


def _like(entry: zipfile.ZipInfo) -> zipfile.ZipInfo:
    copy = zipfile.ZipInfo(entry.filename, entry.date_time)
    copy.external_attr = entry.external_attr
    return copy
