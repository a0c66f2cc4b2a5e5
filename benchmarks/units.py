"""What DynamoDB charges for: item sizes and capacity units, as AWS documents them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Wire = Mapping[str, Mapping[str, Any]]
"""An item as it travels: ``{"n": {"N": "1"}}``."""


def size(item: Wire) -> int:
    """In bytes: names, texts, half a byte a digit, and what lists and maps add."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def write_units(*versions: Wire | None) -> int:
    """One for each KB of the larger of the item before and after; one at least."""
    return max(1, *(-(-size(one or {}) // 1024) for one in versions))


def read_units(bytes_read: int, *, consistent: bool) -> float:
    """One for each 4 KB, half of that where it may be a little old; for 4 KB at least."""
    return max(1, -(-bytes_read // 4096)) * (1.0 if consistent else 0.5)


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, held),) = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "N":
            return 1 + -(-len(held.lstrip("-").replace(".", "")) // 2)
        case "M":
            return 3 + len(held) + size(held)
        case "L":
            return 3 + len(held) + sum(map(_value_size, held))
        case _:
            return 1
