"""Gives each kind of effects what it needs of a merchant's workspace."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from orderbridge.domain.carriers import find_carrier
from orderbridge.domain.effects import EffectKind
from orderbridge.services.effects.changes import Cancellations, Changes
from orderbridge.services.effects.holds import Holds, Releases
from orderbridge.services.effects.invoices import InvoiceCancellations
from orderbridge.services.effects.labels import LabelMessages, Labels
from orderbridge.services.effects.messages import Messages, Tags
from orderbridge.services.effects.shipments import ReturnParcels, Shipments, States
from orderbridge.services.preparation import prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orderbridge.domain.carriers import Carrier
    from orderbridge.services.effects.saying import Saying
    from orderbridge.services.workspace import Workspace


def _shipments(ws: Workspace) -> Shipments:
    def carrier(ship_method: str) -> Carrier:
        """No parcel waits for Billbee's lists: without them it is posted without a carrier."""
        return find_carrier(
            ship_method,
            ws.settings.carriers,
            providers=lambda: ws.providers.look_up(ws.hub.shipping_providers, ()),
            carriers=lambda: ws.carriers.look_up(ws.hub.carriers, {}),
        )

    return Shipments(ws.hub, carrier, ws.clock)


def _cancellations(ws: Workspace) -> Cancellations:
    return Cancellations(ws.hub, ws.warehouse, ws.stock if ws.settings.stock.enabled else None, ws.answers)


def _invoice_cancellations(ws: Workspace) -> InvoiceCancellations:
    assert ws.billing is not None, "only check_billing cancels invoices, with credentials"
    return InvoiceCancellations(ws.billing.invoices, ws.billing.records)


SAYINGS: Final[Mapping[EffectKind, Callable[[Workspace], Saying]]] = {
    EffectKind.MESSAGE: lambda ws: Messages(ws.hub),
    EffectKind.TAG: lambda ws: Tags(ws.hub),
    EffectKind.SHIPMENT: _shipments,
    EffectKind.RETURN_PARCEL: lambda ws: ReturnParcels(ws.hub),
    EffectKind.STATE: lambda ws: States(ws.hub, ws.stock, ws.clock),
    EffectKind.HOLD: lambda ws: Holds(ws.hub, ws.warehouse, ws.answers, until_billed=ws.settings.billing.holds),
    EffectKind.RELEASE: lambda ws: Releases(ws.hub, ws.warehouse, ws.answers, until_billed=ws.settings.billing.holds),
    EffectKind.CHANGE: lambda ws: Changes(ws.hub, ws.warehouse, partial(prepare, ws), ws.answers),
    EffectKind.CANCELLATION: _cancellations,
    EffectKind.LABEL: lambda ws: Labels(ws.warehouse.return_label, ws.labels, ws.hub, ws.answers),
    EffectKind.LABEL_MESSAGE: lambda ws: LabelMessages(ws.hub, ws.labels, ws.answers),
    EffectKind.INVOICE_CANCELLATION: _invoice_cancellations,
}
