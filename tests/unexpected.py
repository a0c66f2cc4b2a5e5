"""The metrics of what no undisturbed run sees: an unexpected error, and an order that is late."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from unittest.mock import patch

from orderbridge.desk.troubles.watch import watch
from orderbridge.platform.defects import report
from orderbridge.platform.observability import metered, metrics
from testkit.world import world


def rare_lines(namespace: str) -> list[str]:
    """The lines that bring these metrics, in the embedded metric format."""
    out = io.StringIO()

    @metered
    def look() -> None:
        report(ZeroDivisionError())
        listing = here.registry.listing()
        watch(listing.merchants, here.table, here.clock, lambda *_: None, "test", listing.pause)

    with world() as here, patch.object(metrics.provider, "namespace", namespace):
        here.sell(1)
        here.poll()
        here.wait(hours=2)
        metrics.clear_metrics()
        with redirect_stdout(out):
            look()
    return [f"log {line}" for line in out.getvalue().splitlines()]
