"""Feedback: the styles of a workbook, with those its marked cells need: the cell's own look in another colour."""

from __future__ import annotations

import re
from collections.abc import Collection

from tasks.feedback.package import NotSafeError, attributes, with_attribute


class Styles:
    """The styles part of a package; what is asked of it is added at its end, so no style changes its number."""

    def __init__(self, content: bytes, our_colours: Collection[str]) -> None:
        self._content = content
        self._added: dict[str, list[bytes]] = {"font": [], "fill": [], "border": [], "xf": []}
        self._held = {kind: _items(content, kind) for kind in self._added}
        self._marked: dict[tuple[int, str], int] = {}
        self._fills: dict[str, int] = {}
        our_fills = {number for number, fill in enumerate(self._held["fill"]) if _colour(fill) in our_colours}
        self._ours = {
            number: xf
            for number, xf in enumerate(self._held["xf"])
            if int(attributes(_head(xf)).get("fillId", 0)) in our_fills
        }

    @property
    def ours(self) -> Collection[int]:
        """The styles that carry a mark of ours from an earlier answer."""
        return self._ours.keys()

    def unmarked(self, style: int) -> int:
        """The style of a cell without our mark."""
        return self._derived(style, "", 0) if style in self._ours else style

    def marked(self, style: int, colour: str) -> int:
        """The style in the colour of a mark."""
        if colour not in self._fills:
            fill = f'<fill><patternFill patternType="solid"><fgColor rgb="FF{colour}"/><bgColor indexed="64"/></patternFill></fill>'
            self._fills[colour] = self._add("fill", fill.encode())
        return self._derived(style, colour, self._fills[colour])

    def adopt(self, other: bytes) -> list[int]:
        """Take over the styles of another workbook: the number each of its cell formats has here."""
        moved = {kind: len(self._held[kind]) + len(self._added[kind]) for kind in ("font", "fill", "border")}
        for kind in moved:
            self._added[kind] += _items(other, kind)
        numbers = []
        for xf in _items(other, "xf"):
            head = _head(xf)
            said = attributes(head)
            new = with_attribute(head, "xfId", 0)
            for kind, offset in moved.items():
                new = with_attribute(new, f"{kind}Id", int(said.get(f"{kind}Id", 0)) + offset)
                new = with_attribute(new, f"apply{kind.capitalize()}", 1)
            numbers.append(self._add("xf", new + xf[len(head) :]))
        return numbers

    def render(self) -> bytes:
        """The part with what was added."""
        content = self._content
        for kind, added in self._added.items():
            if added:
                found = _section(content, kind)
                opening = with_attribute(found.group(1), "count", len(self._held[kind]) + len(added))
                content = b"".join(
                    [content[: found.start()], opening, found.group(2), *added, found.group(3), content[found.end() :]]
                )
        return content

    def _derived(self, style: int, colour: str, fill: int) -> int:
        if (style, colour) not in self._marked:
            xf = self._held["xf"][style] if style < len(self._held["xf"]) else self._held["xf"][0]
            head = _head(xf)
            new = with_attribute(with_attribute(head, "fillId", fill), "applyFill", 1)
            self._marked[style, colour] = self._add("xf", new + xf[len(head) :])
        return self._marked[style, colour]

    def _add(self, kind: str, item: bytes) -> int:
        self._added[kind].append(item)
        return len(self._held[kind]) + len(self._added[kind]) - 1


_SECTIONS = {"font": b"fonts", "fill": b"fills", "border": b"borders", "xf": b"cellXfs"}


def _section(content: bytes, kind: str) -> re.Match[bytes]:
    name = _SECTIONS[kind]
    found = re.search(rb"(<" + name + rb"\b[^>]*>)(.*?)(</" + name + rb">)", content, re.DOTALL)
    if found is None or found.group(1).endswith(b"/>"):
        raise NotSafeError(f"styles without {name.decode()}")
    return found


def _items(content: bytes, kind: str) -> list[bytes]:
    name = kind.encode()
    pattern = rb"<" + name + rb"(?=[\s/>])(?:[^>]*/>|[^>]*>.*?</" + name + rb">)"
    return re.findall(pattern, _section(content, kind).group(2), re.DOTALL)


def _head(item: bytes) -> bytes:
    return item[: item.index(b">") + 1]


def _colour(fill: bytes) -> str | None:
    found = re.search(rb'<fgColor\b[^>]*rgb="[0-9A-Fa-f]{2}([0-9A-Fa-f]{6})"', fill)
    return found.group(1).decode().upper() if found else None
