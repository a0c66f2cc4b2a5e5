"""What DynamoDB charges for: capacity units, as AWS documents them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

from testkit.aws.values import Wire, size


def write_units(*versions: Wire | None) -> int:
    """One for each KB of the larger of the item before and after; one at least."""
    return max(1, *(-(-size(one or {}) // 1024) for one in versions))


def read_units(bytes_read: int, *, consistent: bool) -> float:
    """One for each 4 KB, half of that where it may be a little old; for 4 KB at least."""
    return max(1, -(-bytes_read // 4096)) * (1.0 if consistent else 0.5)
