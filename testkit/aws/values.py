"""DynamoDB's attribute values as they travel, ``{"n": {"N": "1"}}``: what it refuses, and how large they are.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

Wire = Mapping[str, Mapping[str, Any]]

LARGEST_ITEM: Final = 400 * 1024
_DIGITS: Final = 38
_LARGEST: Final = Decimal("9.9999999999999999999999999999999999999E+125")
_SMALLEST: Final = Decimal("1E-130")
_DEEPEST: Final = 32
_LONGEST_NAME: Final = 64 * 1024


class Refused(Exception):
    """What DynamoDB would say to it."""


def size(item: Wire) -> int:
    """In bytes: names, texts, half a byte a digit, and what lists and maps add."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def stored(item: Wire) -> dict[str, dict[str, Any]]:
    """An item as DynamoDB keeps it. Raises Refused."""
    return {_name(name): stored_value(value) for name, value in item.items()}


def stored_value(value: Mapping[str, Any], depth: int = 1) -> dict[str, Any]:
    """A value as DynamoDB keeps it: numbers without needless zeros. Raises Refused."""
    if len(value) != 1:
        raise Refused("Supplied AttributeValue has more than one datatypes set, must contain exactly one")
    if depth > _DEEPEST:
        raise Refused("Nesting Levels have exceeded supported limits")
    ((kind, held),) = value.items()
    match kind:
        case "S":
            if not isinstance(held, str):
                raise Refused("Type mismatch: S must be a string")
            return {"S": held}
        case "N":
            return {"N": _number(held)}
        case "BOOL":
            return {"BOOL": bool(held)}
        case "NULL":
            if held is not True:
                raise Refused("One or more parameter values were invalid: Null attribute value types must have true")
            return {"NULL": True}
        case "B":
            return {"B": bytes(held)}
        case "M":
            return {"M": {_name(name): stored_value(entry, depth + 1) for name, entry in held.items()}}
        case "L":
            return {"L": [stored_value(entry, depth + 1) for entry in held]}
        case "SS" | "NS" | "BS":
            entries = [_number(entry) for entry in held] if kind == "NS" else list(held)
            if not entries:
                raise Refused(f"One or more parameter values were invalid: An {kind} set may not be empty")
            if len(set(entries)) < len(entries):
                raise Refused("One or more parameter values were invalid: Input collection contains duplicates")
            return {kind: entries}
        case _:
            raise Refused(f"Supplied AttributeValue has an unknown datatype: {kind}")


def plain(value: Mapping[str, Any]) -> Any:
    """A wire value to compare with; of numbers, their value."""
    ((kind, held),) = value.items()
    return Decimal(held) if kind == "N" else held


def number(value: Decimal) -> dict[str, Any]:
    """A sum as DynamoDB keeps it. Raises Refused."""
    return {"N": _number(str(value))}


def _name(name: str) -> str:
    if not name:
        raise Refused("One or more parameter values were invalid: Attribute names must not be empty")
    if len(name.encode()) > _LONGEST_NAME:
        raise Refused("Attribute name is too large, must be less than 65536 bytes")
    return name


@lru_cache(maxsize=4096)
def _number(text: str) -> str:
    if not isinstance(text, str):
        raise Refused("Type mismatch: N must be a string")
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise Refused(f"The parameter cannot be converted to a numeric value: {text}") from None
    if not found.is_finite():
        raise Refused(f"The parameter cannot be converted to a numeric value: {text}")
    digits = "".join(map(str, found.as_tuple().digits)).strip("0")
    if len(digits) > _DIGITS:
        raise Refused("Attempting to store more than 38 significant digits in a Number")
    if abs(found) > _LARGEST:
        raise Refused("Number overflow. Attempting to store a number with magnitude larger than supported range")
    if found and abs(found) < _SMALLEST:
        raise Refused("Number underflow. Attempting to store a number with magnitude smaller than supported range")
    whole, _, fraction = format(found, "f").partition(".")
    fraction = fraction.rstrip("0")
    kept = f"{whole}.{fraction}" if fraction else whole
    return "0" if kept in ("-0", "") else kept


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, held),) = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "N":
            return 1 + -(-len(held.lstrip("-").replace(".", "")) // 2)
        case "B":
            return len(held)
        case "M":
            return 3 + len(held) + size(held)
        case "L":
            return 3 + len(held) + sum(map(_value_size, held))
        case "SS" | "NS" | "BS":
            return sum(_value_size({kind[0]: entry}) for entry in held)
        case _:
            return 1
