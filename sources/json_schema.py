"""The shape of a partner file for editors, generated from the model: python -m sources.json_schema writes it anew."""

from __future__ import annotations

import json
from pathlib import Path

from sources.partner import Partner

PARTNER_SCHEMA = Path(__file__).parent / "json" / "partner.schema.json"


def compose_partner_schema() -> str:
    """The JSON Schema (draft 2020-12) of one partner file, as the text of its file."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Partner.model_json_schema()}
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def write_partner_schema(path: Path = PARTNER_SCHEMA) -> None:
    """Writes the schema where the first line of every partner file points to."""
    path.write_text(compose_partner_schema(), encoding="utf-8")


if __name__ == "__main__":
    write_partner_schema()
