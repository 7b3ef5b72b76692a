"""Intake, reading: the stamp a form we gave out carries: which ledger and year it was made for, kept by whoever saves it again."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass

STAMP = "doublehigh_template"
"""Custom document property: contract/version/year of the form a file began as."""

_MOST_BYTES = 65_536
_VALUE = re.compile(r"([a-z][a-z0-9_]*)/\d+/(20\d\d)")
_PARTS = {
    "docProps/custom.xml": re.compile(rf'name="{STAMP}"[^>]*>\s*<[^>]+>([^<]*)<'),
    "meta.xml": re.compile(rf'meta:name="{STAMP}"[^>]*>([^<]*)<'),
}


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a form was made for: name of the contract, and the year as text."""

    contract: str
    year: str


def read_stamp(content: bytes) -> Stamp | None:
    """The stamp of an xlsx or ods workbook, or None when it has none that can be read."""
    # The names of parts stand in the package as they are: most files need not be opened for it.
    if not content.startswith(b"PK") or not any(part.encode() in content for part in _PARTS):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            for part in _PARTS.keys() & set(package.namelist()):
                with package.open(part) as stream:
                    found = _PARTS[part].search(stream.read(_MOST_BYTES).decode("utf-8", "replace"))
                value = _VALUE.fullmatch(found.group(1).strip()) if found else None
                if value:
                    return Stamp(*value.groups())
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError, ValueError, zlib.error):
        # A damaged part is no stamp; whether the workbook itself can be read is told where it is opened.
        return None
    return None
