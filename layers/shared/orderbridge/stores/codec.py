"""Records as items, and back: the fields of a dataclass are the attributes.

Moments and days are kept in ISO 8601, durations in whole seconds, money as text, records within records as maps. A
field without a value has no attribute; an attribute without a field is passed over, since a newer release may have
written it.
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
    """The attributes of a record; None where a field has no value."""
    return {one.name: _plain(getattr(record, one.name)) for one in fields(record)}


def from_item(kind: type[Record], item: Mapping[str, Any]) -> Record:
    """The record that an item holds. Raises ValidationError where it is none."""
    adapter, optional = _adapter(kind)
    # Earlier releases wrote "" for what has no value.
    found: Record = adapter.validate_python({k: v for k, v in item.items() if v != "" or k not in optional})
    return found


@cache
def _adapter(kind: Any) -> tuple[TypeAdapter[Any], frozenset[str]]:
    """What reads a kind of record, and which of its fields are None by default."""
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
