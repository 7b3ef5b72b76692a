"""JSON Schemas for editors: every YAML file of ours names one in its first line. `python -m schemas.json_schema` writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel

from schemas.contract import Contract
from schemas.indicator import IndicatorFile
from schemas.rule import RuleTexts
from schemas.scoring import Scheme

JSON = Path(__file__).parent / "json"
MODELS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {"contract": Contract, "rule_texts": RuleTexts, "indicator": IndicatorFile, "scoring": Scheme}
)
"""Schema name → the model a YAML file of that kind is read into."""


def json_schema(model: type[BaseModel]) -> str:
    """The JSON Schema (draft 2020-12) of a model as text, ending in a line break; the same model gives the same text."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def write_json_schemas(folder: Path, models: Mapping[str, type[BaseModel]] = MODELS) -> tuple[Path, ...]:
    """Write `<name>.schema.json` for each model into `folder`; a room above hands in its own models.

    Returns:
        The files written, in the order of `models`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = tuple(folder / f"{name}.schema.json" for name in models)
    for path, model in zip(paths, models.values(), strict=True):
        path.write_text(json_schema(model), encoding="utf-8")
    return paths


if __name__ == "__main__":
    write_json_schemas(JSON)
