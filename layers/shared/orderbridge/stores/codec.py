"""Converts records to items and back. The fields of a dataclass are the attributes of its item.

Moments and days are kept in ISO 8601, durations in whole seconds, money as text, nested records as maps. A field
without a value has no attribute. An attribute without a field is ignored, because a newer release may have written it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from orderbridge.stores.table import Item

Record = TypeVar("Record", bound="DataclassInstance")


def to_item(record: DataclassInstance) -> Item:
    """The attributes of a record; None for a field without a value."""
    return {one.name: _plain(getattr(record, one.name)) for one in fields(record)}


def from_item(kind: type[Record], item: Mapping[str, Any]) -> Record:
    """The record that an item holds. Raises ValidationError if it holds no such record."""
    adapter, optional = _adapter(kind)
    # Earlier releases wrote "" for a field without a value.
    found: Record = adapter.validate_python({k: v for k, v in item.items() if v != "" or k not in optional})
    return found


@cache
def _adapter(kind: Any) -> tuple[TypeAdapter[Any], frozenset[str]]:
    """The reader of a kind of record, and those of its fields that are None by default."""
    return TypeAdapter(kind), frozenset(one.name for one in fields(kind) if one.default is None)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {name: content for name, content in to_item(value).items() if content is not None}
    if isinstance(value, date):  # and so a datetime
        return value.isoformat()
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {name: _plain(content) for name, content in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value
