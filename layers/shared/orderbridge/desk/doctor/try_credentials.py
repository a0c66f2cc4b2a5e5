"""Whether the vendors accept a merchant's credentials: tried before they are stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from orderbridge.desk.doctor.findings import Finding, failure
from orderbridge.platform.errors import MalformedAnswer, UpstreamError

if TYPE_CHECKING:
    from orderbridge.desk.ports import Workspace


def try_credentials(workspace: Workspace) -> Iterator[Finding]:
    """Make one call to each vendor, and yield each failure. An answer that cannot be read is none: only who is let in
    gets it.
    """
    calls: dict[str, Callable[[], object]] = {
        "Billbee": workspace.hub.stocks,
        "warehouse": lambda: workspace.warehouse.products(1),
    }
    if (billing := workspace.billing) is not None:
        calls["billing"] = lambda: billing.invoices.order("0")
    for area, call in calls.items():
        try:
            call()
        except MalformedAnswer:
            continue
        except UpstreamError as error:
            yield failure(area, error)
