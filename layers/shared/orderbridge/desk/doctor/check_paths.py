"""Part of `merchants check`: whether BiBi's assumed paths (``bibi_paths.py``) answer. Calls only those that read and
that the merchant's settings use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from orderbridge.ledger.lifecycle import Status
from orderbridge.merchants.bibi_paths import path_of
from orderbridge.platform.errors import MalformedAnswer, NotFound, Refused

if TYPE_CHECKING:
    from orderbridge.desk.ports import Workspace
    from orderbridge.ledger.order_number import OrderNumber
    from orderbridge.merchants.settings import MerchantSettings

_LATELY: Final = timedelta(days=30)


@dataclass(frozen=True)
class Probe:
    """A path that is tried.

    Attributes:
        is_on: whether the settings make orderbridge use it.
        optional: no job uses it.
        of_an_order: whether the number of a shipped order is the end of the path.
    """

    name: str
    is_on: Callable[[MerchantSettings], bool]
    optional: bool = False
    of_an_order: bool = False


@dataclass(frozen=True)
class Probed:
    """The result. ``known`` is None if there is no order to ask about."""

    name: str
    path: str
    known: bool | None
    optional: bool
    said: str = ""


PROBES: Final = (
    Probe("asn_list", lambda settings: True, optional=True),
    Probe("shipments", lambda settings: settings.bibi.shipping_costs, of_an_order=True),
    Probe("transaction_types", lambda settings: settings.stock.movements),
    Probe("reason_codes", lambda settings: settings.stock.movements),
    Probe("inventory_transactions", lambda settings: settings.stock.movements),
    Probe("bom_list", lambda settings: settings.bundles == "kits"),
)


def probe_paths(workspace: Workspace) -> Iterator[Probed]:
    """Try each path that is used, with at most one call each (two if a read with GET is not allowed).

    Raises:
        UpstreamError: an error that says nothing about the path: no connection, refused credentials, a throttle.
    """
    for probe in PROBES:
        if probe.is_on(workspace.settings):
            yield _ask(workspace, probe)


def _ask(workspace: Workspace, probe: Probe) -> Probed:
    number = _shipped_order(workspace) if probe.of_an_order else None
    path = path_of(probe.name, workspace.settings.bibi.paths)
    if number is None and probe.of_an_order:
        return Probed(probe.name, path, None, probe.optional, "no order has shipped lately that could be asked about")
    try:
        workspace.warehouse.probe(probe.name, number)
    except (NotFound, MalformedAnswer) as error:  # a page, or "there is no such thing"
        return Probed(probe.name, path, False, probe.optional, str(error))
    except Refused as error:
        return Probed(probe.name, path, error.status != 405, probe.optional, str(error))
    return Probed(probe.name, path, True, probe.optional)


def _shipped_order(workspace: Workspace) -> OrderNumber | None:
    since = workspace.now() - _LATELY
    shipped = workspace.ledger.ended_orders(workspace.merchant, Status.SHIPPED, since=since)
    return next((record.order_number for record in islice(shipped, 5) if record.order_number), None)
