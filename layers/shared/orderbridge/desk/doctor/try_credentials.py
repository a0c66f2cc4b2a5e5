"""Whether the vendors accept a merchant's credentials: tried before they are stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from orderbridge.platform.errors import MalformedAnswer, UpstreamError

if TYPE_CHECKING:
    from orderbridge.desk.ports import Workspace


def try_credentials(workspace: Workspace) -> tuple[str, UpstreamError] | None:
    """Make one call to each vendor. Returns the first area whose call failed, with the error.

    An answer that cannot be read is no failure, because a vendor gives it only to accepted credentials.
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
            return area, error
    return None
