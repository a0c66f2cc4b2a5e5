"""`python -m tests.soak --seeds 1 2 3`: the whole soak, with what came of it."""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import sys
import time

os.environ |= {"POWERTOOLS_METRICS_NAMESPACE": "orderbridge/test", "AWS_DEFAULT_REGION": "eu-central-1"}


def main() -> int:
    from tests.soak.soak import HEALTHY, soak  # noqa: PLC0415  Powertools reads the environment when it is imported

    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--orders", type=int, default=200, help="of each of five merchants")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    wrong = 0
    for seed in asked.seeds:
        began = time.monotonic()
        with contextlib.redirect_stdout(io.StringIO()):  # Powertools prints metrics
            together = soak(seed, orders=asked.orders)
            alone = soak(seed, HEALTHY, asked.orders)
        print("\n".join(together.lines()))
        ratios = ", ".join(f"{name} {together.done_after[name] / alone.done_after[name]:.2f}" for name in HEALTHY)
        print(f"  healthy merchants, time with the others to time without them: {ratios}")
        print(f"  {time.monotonic() - began:.0f} s", flush=True)
        wrong += bool(together.lost or together.booked_twice or together.posted_twice)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
