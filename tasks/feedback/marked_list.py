"""Feedback: the sheet 问题清单 put in front of the sheets of a package, or in place of the one an earlier answer brought."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from tasks.feedback.marked_styles import Styles
from tasks.feedback.package import RELATION, NotSafeError, Package, attributes, with_attribute
from tasks.feedback.problem_list import TITLE

_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_SHEET = re.compile(rb"<sheet\b[^>]*?/>|<sheet\b[^>]*>\s*</sheet>")
_STYLED = re.compile(rb'(<c\b[^>]*?\ss=")(\d+)')
_LOCAL = re.compile(rb"""(<definedName\b[^>]*?\blocalSheetId=["'])(\d+)""")


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet as the workbook lists it: its name, the name of its part, and what kind of sheet it is."""

    name: str
    part: str
    kind: str


@dataclass(slots=True)
class PackedWorkbook:
    """The workbook part of a package."""

    package: Package
    part: str
    content: bytes

    @property
    def sheets(self) -> list[SheetPart]:
        """Its sheets, in order."""
        parts = {relation.id: relation for relation in self.package.relations(self.part)}
        found = []
        for tag in _SHEET.findall(self._list()):
            said = attributes(tag)
            relation = parts.get(said.get("r:id", ""))
            if relation is None or "name" not in said:
                raise NotSafeError("a sheet without its part")
            found.append(SheetPart(said["name"], relation.target, relation.kind))
        return found

    def put_list_first(self, fill: Callable[[Worksheet], None], styles: Styles) -> None:
        """Write the list that `fill` fills into the package, and open the workbook on it."""
        written = _written(fill, styles)
        names = [sheet.name for sheet in self.sheets]
        if TITLE in names:
            self.package.write(self.sheets[names.index(TITLE)].part, written)
        else:
            self._add_first(written)
        self._open_on(names.index(TITLE) if TITLE in names else 0)
        self.package.write(self.part, self.content)

    def _list(self) -> bytes:
        found = re.search(rb"<sheets\b[^>]*>(.*?)</sheets>", self.content, re.DOTALL)
        if found is None:
            raise NotSafeError("no sheets")
        return found.group(1)

    def _add_first(self, written: bytes) -> None:
        part = self.package.new_name("xl/worksheets/sheet{}.xml")
        self.package.write(part, written)
        self.package.declare(part, _SHEET_TYPE)
        relation = self.package.relate(self.part, "worksheet", part)
        number = 1 + max(int(attributes(tag)["sheetId"]) for tag in _SHEET.findall(self._list()))
        tag = f'<sheet xmlns:r="{RELATION}" name="{TITLE}" sheetId="{number}" r:id="{relation}"/>'
        self.content = re.sub(rb"<sheets\b[^>]*>", lambda found: found.group(0) + tag.encode(), self.content, count=1)
        self.content = _LOCAL.sub(lambda found: found.group(1) + str(int(found.group(2)) + 1).encode(), self.content)
        self._define(
            f'<definedName name="_xlnm.Print_Titles" localSheetId="0">\'{TITLE}\'!$4:$4</definedName>'.encode()
        )

    def _define(self, name: bytes) -> None:
        opening = re.search(rb"<definedNames\b[^>]*[^/]>|<definedNames>", self.content)
        if opening:
            self.content = self.content[: opening.end()] + name + self.content[opening.end() :]
            return
        self.content = re.sub(rb"<definedNames\s*/>", b"", self.content)
        ends = (b"</sheets>", b"</functionGroups>", b"</externalReferences>")
        at = max(self.content.find(end) + len(end) for end in ends if end in self.content)
        self.content = self.content[:at] + b"<definedNames>" + name + b"</definedNames>" + self.content[at:]

    def _open_on(self, position: int) -> None:
        def open_on(found: re.Match[bytes]) -> bytes:
            return with_attribute(with_attribute(found.group(0), "activeTab", position), "firstSheet", 0)

        self.content = re.sub(rb"<workbookView\b[^>]*>", open_on, self.content)


def open_workbook(package: Package) -> PackedWorkbook:
    """The workbook part, wherever the package keeps it.

    Raises:
        NotSafeError: it is written in a way we do not know.
    """
    found = re.search(
        rb'<Relationship\b[^>]*Type="' + RELATION.encode() + rb'/officeDocument"[^>]*>', package.read("_rels/.rels")
    )
    if found is None:
        raise NotSafeError("no workbook")
    part = attributes(found.group(0))["Target"].lstrip("/")
    return PackedWorkbook(package, part, package.read(part, b"workbook"))


def _written(fill: Callable[[Worksheet], None], styles: Styles) -> bytes:
    """The list as a sheet of the package: its texts in the cells, its styles among those that are there."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = TITLE
    fill(sheet)
    buffer = io.BytesIO()
    workbook.save(buffer)
    with zipfile.ZipFile(buffer) as made:
        content = made.read("xl/worksheets/sheet1.xml")
        numbers = styles.adopt(made.read("xl/styles.xml"))
    return _STYLED.sub(lambda found: found.group(1) + str(numbers[int(found.group(2))]).encode(), content)
