"""Files made to harm: in one night with ledgers, each ends as one finding within the limits, and every ledger is read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from bench.fuzz import fuzz
from bench.fuzz_seeds import corpora, ledgers
from schemas.contract import shipped_contracts
from schemas.values import Delivery, SubmissionState
from sources.registry import Registry
from tasks.intake.grid import Limits
from tasks.intake.reading_worker import OUR_FAULT, Guard
from tasks.intake.reading_workers import read_deliveries

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006"
OASIS = "urn:oasis:names:tc:opendocument:xmlns"
OFFICE = "urn:schemas-microsoft-com:office:spreadsheet"
MILLION = 10**6
CORNER = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
LAUGHS = "".join(f'<!ENTITY l{n} "{10 * f"&l{n - 1};"}">' for n in range(1, 10))


def _zipped(parts: Mapping[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        for name, part in parts.items():
            package.writestr(name, part)
    return content.getvalue()


def _xlsx(rows: str = "", sheets: int = 1, before: str = "", after: str = "", **parts: str) -> bytes:
    """A workbook of raw parts; further parts (strings, styles) by their name without folder and ending."""
    tags = "".join(f'<sheet name="s{n}" sheetId="{n}" r:id="r{n}"/>' for n in range(1, sheets + 1))
    targets = "".join(
        f'<Relationship Id="r{n}" Type="{RELATION}/worksheet" Target="worksheets/sheet1.xml"/>'
        for n in range(1, sheets + 1)
    ) + "".join(f'<Relationship Id="p{name}" Type="{RELATION}/{name}" Target="{name}.xml"/>' for name in parts)
    return _zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{TYPES}/content-types"><Default Extension="xml" ContentType="a/xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{TYPES}/relationships"><Relationship Id="r1" '
            f'Type="{RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATION}"><sheets>{tags}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{TYPES}/relationships">{targets}</Relationships>',
            "xl/worksheets/sheet1.xml": f'<?xml version="1.0"?>{before}<worksheet xmlns="{MAIN}"><sheetData>{rows}'
            f"</sheetData>{after}</worksheet>",
            **{f"xl/{name}.xml": part for name, part in parts.items()},
        }
    )


def _strings(document_type: str, text: str) -> bytes:
    head = f'<?xml version="1.0"?><!DOCTYPE sst [{document_type}]>'
    rows = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
    return _xlsx(rows, sharedStrings=f'{head}<sst xmlns="{MAIN}"><si><t>{text}</t></si></sst>')


def _lying() -> bytes:
    content = bytearray(_xlsx("<!--" + " " * 10 * MILLION + "-->"))
    entry = content.rfind(b"xl/worksheets/sheet1.xml")
    content[entry - 46 + 24 : entry - 46 + 28] = (1000).to_bytes(4, "little")
    return bytes(content)


def _ods(table: str) -> bytes:
    spaces = "".join(f' xmlns:{name}="{OASIS}:{name}:1.0"' for name in ("office", "table", "text"))
    return _zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f'<m:manifest xmlns:m="{OASIS}:manifest:1.0"/>',
            "content.xml": f"<office:document-content{spaces}><office:body><office:spreadsheet><table:table "
            f'table:name="a">{table}</table:table></office:spreadsheet></office:body></office:document-content>',
        }
    )


def _spreadsheetml(rows: str, head: str = "") -> bytes:
    return (
        f'<?xml version="1.0"?>{head}<Workbook xmlns="{OFFICE}" xmlns:ss="{OFFICE}"><Worksheet ss:Name="a"><Table>'
        f"{rows}</Table></Worksheet></Workbook>"
    ).encode()


def _compound(sector: int) -> bytes:
    """A compound file whose allocation table leads every sector to the given one, again and again."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + bytes.fromhex("3e000300feff09000600") + bytes(10)
    numbers = (1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    head += b"".join(number.to_bytes(4, "little") for number in numbers)
    table = sector.to_bytes(4, "little") * 128
    names = "Workbook".encode("utf-16-le").ljust(64, b"\0") + bytes.fromhex("12000201") + b"\xff" * 12 + bytes(36)
    return head.ljust(512, b"\0") + table + (names + sector.to_bytes(4, "little") + b"\xff\xff\xff\x7f\0\0\0\0") * 4


HOSTILE: dict[str, Callable[[], bytes]] = {
    "bomb.xlsx": lambda: _xlsx("<!--" + " " * 120 * MILLION + "-->"),
    "lying.xlsx": _lying,
    "laughs.xlsx": lambda: _strings(f'<!ENTITY l0 "哈">{LAUGHS}', "&l9;"),
    "quadratic.xlsx": lambda: _strings(f'<!ENTITY a "{"a" * 50_000}">', "&a;" * 20_000),
    "external.xlsx": lambda: _strings('<!ENTITY a SYSTEM "file:///etc/hostname">', "&a;"),
    "laughs-in-sheet.xlsx": lambda: _xlsx(before=f'<!DOCTYPE a [<!ENTITY l0 "a">{LAUGHS}]>', after="<a>&l9;</a>"),
    "corner.xlsx": lambda: _xlsx(CORNER),
    "corner-many.xlsx": lambda: _xlsx(CORNER, sheets=500),
    "deep.xlsx": lambda: _xlsx("<row>" * 300_000),
    "deep-strings.xlsx": lambda: _xlsx(sharedStrings=f'<sst xmlns="{MAIN}">' + "<si>" * 300_000),
    "sheets.xlsx": lambda: _xlsx(CORNER[:37], sheets=100_000),
    "styles.xlsx": lambda: _xlsx(
        styles=f'<styleSheet xmlns="{MAIN}"><cellXfs>{"<xf/>" * MILLION}</cellXfs></styleSheet>'
    ),
    "merges.xlsx": lambda: _xlsx(
        after="".join(["<mergeCells>", *(f'<mergeCell ref="A{n}:B{n}"/>' for n in range(1, 300_000)), "</mergeCells>"])
    ),
    "members.xlsx": lambda: _zipped({f"xl/{number}": "" for number in range(50_000)}),
    "nested.xlsx": lambda: _zipped({"xl/workbook.xml": "", "a.zip": _xlsx(CORNER).decode("latin-1")}),
    "repeats.ods": lambda: _ods(
        '<table:table-row table:number-rows-repeated="1000000"><table:table-cell office:value-type="string" '
        'table:number-columns-repeated="16000"><text:p>x</text:p></table:table-cell></table:table-row>'
    ),
    "deep.ods": lambda: _ods("<table:table-row><table:table-cell>" + "<text:p>" * 300_000),
    "spaces.ods": lambda: _ods('<table:table-row><table:table-cell><text:p><text:s text:c="2000000000"/></text:p>'),
    "deep.xls": lambda: b"<html><body>" + b"<table><tr><td>" * 100_000,
    "spans.xls": lambda: b"<table>" + b"<tr><td colspan=999999999 rowspan=999999999>1</td></tr>" * 50 + b"</table>",
    "open.xls": lambda: b"<html><table>" + b"<td a='" * MILLION,
    "entities.xls": lambda: b"<table><tr><td>" + b"&amp" * MILLION + b"</td></tr></table>",
    "laughs-2003.xls": lambda: _spreadsheetml("<Row/>", f'<!DOCTYPE a [<!ENTITY l0 "a">{LAUGHS}]>'),
    "index-2003.xls": lambda: _spreadsheetml('<Row ss:Index="999999999"><Cell ss:Index="999999999"/></Row>'),
    "merge-2003.xls": lambda: _spreadsheetml(
        '<Row><Cell ss:MergeAcross="999999999" ss:MergeDown="999999999"><Data ss:Type="String">x</Data></Cell></Row>'
    ),
    "circle.xls": lambda: _compound(0),
    "outside.xls": lambda: _compound(0x7FFFFFF0),
    "noise.xls": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + Random(1).randbytes(200_000),  # noqa: S311
    "quote.csv": lambda: b'a,b\n1,"' + b"x,y\n" * MILLION,
    "quotes.csv": lambda: b'"' * 3_000_001,
    "commas.csv": lambda: b"a" + b"," * 30 * MILLION,
    "lines.csv": lambda: b"a" + b"\n" * 30 * MILLION,
    "long.csv": lambda: b"x" * 20 * MILLION,
    "wide.csv": lambda: b"a\n" * 10_000 + b"b," * 10_000 + b"c",
}
GUARD = Guard(workers=2, memory_bytes=2**29, seconds=15, limits=Limits(unpacked_bytes=100 * 2**20))
LEDGER = (
    "2021年实训室建设情况一览表\n受援单位,实训室名称,使用面积,设备总值,工位数,建成时间\n武威职业学院,甲,1,2,3,2021.3\n"
)


def _delivery(folder: Path, name: str, content: bytes) -> Delivery:
    path = folder / name
    path.write_bytes(content)
    return Delivery(
        name, "wuwei", "folder", f"folder:wuwei/{name}", name, len(content), datetime(2022, 1, 5, tzinfo=UTC), path
    )


def test_each_hostile_file_is_one_finding_and_every_ledger_is_read(tmp_path: Path, registry: Registry) -> None:
    deliveries = []
    for number, (name, build) in enumerate(HOSTILE.items()):
        deliveries.append(_delivery(tmp_path, name, build()))
        deliveries.append(_delivery(tmp_path, f"ledger{number}.csv", LEDGER.encode()))
    readings = {
        reading.delivery.sha256: reading
        for reading in read_deliveries(deliveries, shipped_contracts(), registry, b"secret", GUARD)
    }
    assert len(readings) == len(deliveries)
    hostile = {name: readings.pop(name) for name in HOSTILE}
    assert {reading.state for reading in readings.values()} == {SubmissionState.RECEIVED}
    # A file may hold nothing bad enough to be refused; then it holds no ledger, which is one finding too.
    refused = {SubmissionState.UNREADABLE, SubmissionState.UNRECOGNISED}
    critical = {
        name: [finding.found for finding in reading.findings if finding.severity == "critical"]
        for name, reading in hostile.items()
    }
    assert {name: reading.state for name, reading in hostile.items() if reading.state not in refused} == {}
    assert {name: found for name, found in critical.items() if len(found) != 1 or OUR_FAULT in found} == {}


KILLERS = ("memory_calamine-071", "fuzz_mutant_memory-045", "synth_xls_biff-145")


@pytest.mark.skipif(not corpora(), reason="../shared/corpora is not beside this checkout")
def test_native_code_that_dies_takes_only_its_own_file(tmp_path: Path) -> None:
    killers = {name: content for name, content in corpora().items() if name.startswith(KILLERS)}
    outcome = fuzz(160, 3, tmp_path, killers, {"utf8.csv": ledgers()["utf8.csv"]})
    assert outcome.failures == {}
    died = [count for kind, count in outcome.counts.items() if "严重错误" in kind]
    assert sum(died) > 0
