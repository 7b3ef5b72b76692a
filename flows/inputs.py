"""How values are handed to Prefect tasks."""

from __future__ import annotations

from typing import TypeVar, cast

from prefect.utilities.annotations import quote

Value = TypeVar("Value")


def whole(value: Value) -> Value:
    """The value wrapped so that Prefect hands it over as it is; otherwise it walks through every frame looking for futures."""
    return cast("Value", quote(value))
