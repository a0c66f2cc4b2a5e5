"""Our own share: processor seconds for an order with vendors and AWS in memory, and how they are spent.

    python -m benchmarks.overhead [--orders 300]

The time of the simulators and the stores in memory is left out; `requests`, pydantic and Powertools count as ours. The
profile is of the functions' own lines: the functions that they call have lines of their own.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.results import rows, save, say
from benchmarks.simulation import backlog
from local.stack import PROJECT

TOP: Final = 10
_NOT_OURS: Final = ("/tests/", "/testkit/", "/local/", "/benchmarks/", "/flask/", "/werkzeug/", "/copy.py", "~")


def measure(orders: int) -> dict[str, Any]:
    backlog(20)  # whatever is made once
    acknowledged, shipped = backlog(orders)
    by_function = {
        name: (acknowledged.cpu_seconds[name] + shipped.cpu_seconds[name]) / orders
        for name in acknowledged.cpu_seconds | shipped.cpu_seconds
    }
    profile = cProfile.Profile()
    profile.runcall(backlog, orders)
    return {
        "orders": orders,
        "cpu_ms_per_order": {name: seconds * 1000 for name, seconds in by_function.items()},
        "top": top(pstats.Stats(profile), orders),
    }


def top(stats: pstats.Stats, orders: int) -> list[dict[str, Any]]:
    """The functions with the most time of their own, and of ours those with the most time in all."""
    found = []
    for (file, line, name), (_, calls, own, whole, _callers) in stats.stats.items():  # type: ignore[attr-defined]
        if any(part in file for part in _NOT_OURS) or "lambda" in name:
            continue
        ours = "/orderbridge/" in file or "/functions/" in file
        where = str(Path(file).relative_to(PROJECT)) if ours else "/".join(Path(file).parts[-2:])
        found.append(
            {
                "where": f"{where}:{line} {name}" if line else name,
                "ours": ours,
                "calls": calls / orders,
                "own_ms": own * 1000 / orders,
                "whole_ms": whole * 1000 / orders,
            }
        )
    own = sorted((one for one in found if one["ours"]), key=lambda one: -float(str(one["own_ms"])))[:TOP]
    others = sorted((one for one in found if not one["ours"]), key=lambda one: -float(str(one["own_ms"])))[:TOP]
    return [*own, *others]


def table(found: Mapping[str, Any]) -> str:
    each = found["cpu_ms_per_order"]
    lines: list[tuple[Any, ...]] = [
        (name, f"{ms:.2f}") for name, ms in sorted(each.items(), key=lambda one: -float(one[1]))
    ]
    lines.append(("**all**", f"**{sum(each.values()):.2f}**"))
    profiles = [
        rows(
            (title, "calls", "own ms", "with what it calls, ms"),
            [
                (f"`{one['where']}`", f"{one['calls']:.1f}", f"{one['own_ms']:.3f}", f"{one['whole_ms']:.2f}")
                for one in found["top"]
                if one["ours"] is ours
            ],
        )
        for title, ours in (("ours, for an order", True), ("libraries, for an order", False))
    ]
    return "\n\n".join([rows(("function", "CPU ms for an order"), lines), *profiles])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--orders", type=int, default=300)
    options = parser.parse_args()
    found = measure(options.orders)
    save("overhead", found)
    say(table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
