"""Gives each kind of effects what it needs of a merchant's workspace."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from orderbridge.billing.invoice_effects import InvoiceCancellations
from orderbridge.effects.messages import Messages, Tags
from orderbridge.ledger.effects import EffectKind
from orderbridge.orders.change_effects import Cancellations, Changes
from orderbridge.orders.hold_effects import Holds, Releases
from orderbridge.orders.merges import hinders_change
from orderbridge.orders.preparation import prepare
from orderbridge.orders.taken_over_effects import TakenOver
from orderbridge.returns.label_effects import LabelMessages, Labels
from orderbridge.tracking.carriers import find_carrier
from orderbridge.tracking.parcel_effects import ReturnParcels, Shipments, States

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orderbridge.effects.saying import Saying
    from orderbridge.stock.stock_records import StockRecords
    from orderbridge.tracking.carriers import Carrier
    from orderbridge.workspace import Workspace


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


def _changes(ws: Workspace) -> Changes:
    return Changes(
        ws.hub,
        ws.warehouse,
        partial(prepare, ws),
        ws.answers,
        hinders=partial(hinders_change, ws),
        stock=_stock(ws),
    )


def _cancellations(ws: Workspace) -> Cancellations:
    return Cancellations(ws.hub, ws.warehouse, _stock(ws), ws.answers)


def _stock(ws: Workspace) -> StockRecords | None:
    """None if the merchant's stock is not synced."""
    return ws.stock if ws.settings.stock.enabled else None


def _invoice_cancellations(ws: Workspace) -> InvoiceCancellations:
    assert ws.billing is not None, "only check_billing cancels invoices, with credentials"
    return InvoiceCancellations(ws.billing.invoices, ws.billing.records)


SAYINGS: Final[Mapping[EffectKind, Callable[[Workspace], Saying]]] = {
    EffectKind.MESSAGE: lambda ws: Messages(ws.hub),
    EffectKind.TAG: lambda ws: Tags(ws.hub),
    EffectKind.SHIPMENT: _shipments,
    EffectKind.RETURN_PARCEL: lambda ws: ReturnParcels(ws.hub),
    EffectKind.STATE: lambda ws: States(ws.hub, ws.stock, ws.clock),
    EffectKind.TAKEN_OVER: lambda ws: TakenOver(ws.hub, ws.settings.billbee.import_states),
    EffectKind.HOLD: lambda ws: Holds(ws.hub, ws.warehouse, ws.answers, until_billed=ws.settings.billing.holds),
    EffectKind.RELEASE: lambda ws: Releases(ws.hub, ws.warehouse, ws.answers, until_billed=ws.settings.billing.holds),
    EffectKind.CHANGE: _changes,
    EffectKind.CANCELLATION: _cancellations,
    EffectKind.LABEL: lambda ws: Labels(ws.warehouse.return_label, ws.labels, ws.hub, ws.answers),
    EffectKind.LABEL_MESSAGE: lambda ws: LabelMessages(ws.hub, ws.labels, ws.answers),
    EffectKind.INVOICE_CANCELLATION: _invoice_cancellations,
}
