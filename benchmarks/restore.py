"""How long bringing a backup back into the table takes (`orderbridge table restore`), counted.

    python -m benchmarks.restore [--orders 1000 10000]

Shipped orders, each with what its parcel cost, in a backup in memory; the table has lost everything. Counted are the
calls to DynamoDB that the tool makes once AWS has restored the backup. They are made one after the other, so that the
time is theirs. The figures stand in docs/reliability.md.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from typing import Final

from benchmarks.results import rows, say
from orderbridge.desk.restore_table import restore_table
from orderbridge.platform.copying import WholeTable
from testkit.aws.values import size
from testkit.environment import TABLE
from testkit.template import make_table
from testkit.world import world

SECONDS_A_CALL: Final = 0.02
"""From an operator's machine to DynamoDB, twenty-five items written or a hundred read."""
_BACKUP: Final = "backup"
_FIRST: Final = f"{1:020d}"


@dataclass(frozen=True)
class Copied:
    """What one restore took.

    Attributes:
        order_bytes: of one order's record.
        reading: calls that read the backup.
        writing: calls that look the items up in the table, and write them.
    """

    orders: int
    items: int
    order_bytes: int
    reading: int
    writing: int

    @property
    def seconds(self) -> float:
        return (self.reading + self.writing) * SECONDS_A_CALL


def measure(orders: int) -> Copied:
    with world() as here:
        here.sell(1)
        here.run_on()
        here.warehouse.ship("1")
        here.run_on()
        live = here.dynamodb.tables[TABLE]
        of_one = {key: item for key, item in live.items() if _FIRST in key[1]}
        for number in range(2, orders + 1):
            for (pk, sk), item in of_one.items():
                own = sk.replace(_FIRST, f"{number:020d}")
                live[pk, own] = dict(item, sk={"S": own})
        make_table(here.dynamodb, _BACKUP)
        here.dynamodb.tables[_BACKUP] |= live
        taken_at = here.clock.now()
        here.empty_the_table()
        into, backup = (WholeTable(here.dynamodb, name, here.clock) for name in (TABLE, _BACKUP))
        done = restore_table(into, backup, here.registry, taken_at=taken_at, now=here.clock.now(), dry_run=False)
        if done.kinds["orders"].put_back != orders:
            raise AssertionError(f"{done.kinds['orders']} of {orders} orders")
        record = next(item for key, item in of_one.items() if key[1].startswith("ORDER#"))
        return Copied(
            orders=orders,
            items=sum(one.put_back for one in done.kinds.values()),
            order_bytes=size(record),
            reading=backup.calls,
            writing=into.calls,
        )


def table(found: list[Copied]) -> str:
    headings = (
        "orders in the backup",
        "items put back",
        "calls to read the backup",
        "calls to the table",
        "copying takes",
    )
    lines = [
        (f"{one.orders:,}", f"{one.items:,}", one.reading, f"{one.writing:,}", f"{one.seconds:.0f} s") for one in found
    ]
    return rows(headings, lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--orders", type=int, nargs="+", default=[1_000, 10_000])
    found = [measure(orders) for orders in parser.parse_args().orders]
    say(table(found))
    say(f"an order's record: {found[0].order_bytes:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
