"""Converts records to items and back. The fields of a dataclass are the attributes of its item.

Moments and days are kept in ISO 8601, durations in whole seconds, money as text, nested records as maps. A field
without a value has no attribute. An attribute without a field is ignored, because a newer release may have written it.
A newer release may also have added members to an enum, so a value that no member has is of a newer release.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from orderbridge.platform.errors import NewerRelease

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from orderbridge.platform.table import Item

Record = TypeVar("Record", bound="DataclassInstance")


def to_item(record: DataclassInstance, *, sparse: bool = False) -> Item:
    """The attributes of a record; None for a field without a value.

    Args:
        sparse: leaves out each field that has its default, in nested records too.
    """
    defaults = _defaults(type(record)) if sparse else {}
    values = {one.name: getattr(record, one.name) for one in fields(record)}
    return {
        name: _plain(value, sparse) for name, value in values.items() if name not in defaults or value != defaults[name]
    }


def from_item(kind: type[Record], item: Mapping[str, Any]) -> Record:
    """The record that an item holds.

    Raises:
        NewerRelease: an enum has no such member.
        ValidationError: it holds no such record.
    """
    adapter, optional = _adapter(kind)
    try:
        # Earlier releases wrote "" for a field without a value.
        found: Record = adapter.validate_python({k: v for k, v in item.items() if v != "" or k not in optional})
    except ValidationError as error:
        for one in error.errors(include_url=False):
            if one["type"] == "enum":
                raise NewerRelease(f"the {one['loc'][-1]} {one['input']!r} is one of a newer release") from None
        raise
    return found


@cache
def _adapter(kind: Any) -> tuple[TypeAdapter[Any], frozenset[str]]:
    """The reader of a kind of record, and those of its fields that are None by default."""
    return TypeAdapter(kind), frozenset(one.name for one in fields(kind) if one.default is None)


@cache
def _defaults(kind: Any) -> dict[str, Any]:
    defaults = {one.name: one.default for one in fields(kind) if one.default is not MISSING}
    return defaults | {one.name: one.default_factory() for one in fields(kind) if one.default_factory is not MISSING}


def _plain(value: Any, sparse: bool) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {name: content for name, content in to_item(value, sparse=sparse).items() if content is not None}
    if isinstance(value, date):  # and so a datetime
        return value.isoformat()
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {name: _plain(content, sparse) for name, content in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one, sparse) for one in value]
    return value
