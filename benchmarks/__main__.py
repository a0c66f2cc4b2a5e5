"""Everything that is measured, one after the other, and the report.

python -m benchmarks            all of it: see `make bench`
python -m benchmarks report     only writes docs/performance.md again, from the existing results
"""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks.report import write
from benchmarks.results import say
from local.stack import PROJECT

#: Each in a process of its own, so that none warms up another. The report says whether its goals are met.
MEASUREMENTS = (
    ("drain",),
    ("latency", "--orders", "40", "--minutes", "1.5"),
    ("latency", "--minutes", "0"),
    ("cold_start", "--repetitions", "5"),
    ("calls",),
    ("cost",),
    ("overhead",),
    ("path",),
    ("growth",),
    ("stock",),
    ("memory",),
    ("defect", "--orders-per-hour", "60"),
    ("defect", "--orders-per-hour", "300"),
    ("fleet", "--merchants", "10000"),
    ("fleet", "--merchants", "10000", "--without-doorbell"),
    ("fleet", "--merchants", "1", "--orders-per-day", "100000"),
)


def main() -> int:
    broken = []
    for name, *options in MEASUREMENTS if sys.argv[1:] != ["report"] else ():
        began = time.monotonic()
        say(f"\n== {' '.join([name, *options])}")
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *options], cwd=PROJECT, check=False)  # noqa: S603
        say(f"== {time.monotonic() - began:.0f} s")
        if done.returncode not in (0, 1):  # 1: a goal is missed
            broken.append(name)
    say(f"written: {write()}")
    for name in broken:
        say(f"{name} did not come to an end: its result in the report is an earlier one")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
