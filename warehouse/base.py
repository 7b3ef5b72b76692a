"""What every table shares: one metadata, constraint names by convention, UTC instants, big keys, choices from an enum."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Enum, Integer, MetaData, Numeric, Table, Text
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

# Alembic can only alter or drop a constraint it can name, and the two databases name them differently by themselves.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Json = dict[str, object] | list[object]

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def has_unstorable(text: str) -> bool:
    """Whether the text holds NUL or a lone surrogate."""
    return _UNSTORABLE.search(text) is not None


def storable_text(text: str) -> str:
    """The text with NUL and lone surrogates shown as �: PostgreSQL takes neither, and both databases must hold the same."""
    return _UNSTORABLE.sub("\ufffd", text) if has_unstorable(text) else text


class Instant(TypeDecorator[datetime]):
    """A moment in UTC, always timezone-aware in Python; SQLite, which knows no zones, holds it as naive UTC text."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant as the database takes it.

        Raises:
            ValueError: the value has no time zone, so nobody can say which moment it means.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant needs a time zone, found {value.isoformat()}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The instant in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal kept digit for digit: NUMERIC on PostgreSQL, text on SQLite, which would make a binary float of it."""

    impl = Numeric(24, 6)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text where the database has no exact decimals."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric(24, 6))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | str | None:
        """Rounded to the six places PostgreSQL keeps, so that both databases give the same figure back."""
        if value is None:
            return None
        rounded = value.quantize(Decimal("0.000001"))
        return str(rounded) if dialect.name == "sqlite" else rounded

    def process_result_value(self, value: Decimal | str | None, dialect: Dialect) -> Decimal | None:
        """The decimal, whatever the database held it in."""
        return None if value is None else Decimal(value)


class Base(DeclarativeBase):
    """The declarative base; `Base.metadata` also carries the fact tables projected from the contracts."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {str: Text(), datetime: Instant(), Json: JSON()}  # noqa: RUF012 (SQLAlchemy's own spelling)


# SQLite gives row numbers by itself only to a column of exactly the type INTEGER.
BigKey = BigInteger().with_variant(Integer(), "sqlite")
Key = Annotated[int, mapped_column(BigKey, primary_key=True)]
Choice = TypeVar("Choice", bound=StrEnum)


def choice(kind: type[Choice]) -> Enum:
    """A text column that holds the values of an enum and nothing else, checked by the database too."""
    return Enum(
        kind, native_enum=False, create_constraint=True, length=40, name=kind.__name__.lower(),
        values_callable=lambda members: [str(member.value) for member in members],
    )  # fmt: skip


def table_of(model: type[Base]) -> Table:
    """The Core table behind a model, for the bulk paths."""
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is not mapped to a table")
    return table
