"""How each kind of effects is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderbridge.domain.effects import Kind
from orderbridge.services.effects.changes import Cancellations, Changes
from orderbridge.services.effects.holds import Holds, Releases
from orderbridge.services.effects.invoices import InvoiceCancellations
from orderbridge.services.effects.labels import LabelMessages, Labels
from orderbridge.services.effects.messages import Messages, Tags
from orderbridge.services.effects.shipments import ReturnParcels, Shipments, States

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderbridge.services.effects.saying import Saying

SAYINGS: Final[Mapping[Kind, Saying]] = {
    Kind.MESSAGE: Messages(),
    Kind.TAG: Tags(),
    Kind.SHIPMENT: Shipments(),
    Kind.RETURN_PARCEL: ReturnParcels(),
    Kind.STATE: States(),
    Kind.HOLD: Holds(),
    Kind.RELEASE: Releases(),
    Kind.CHANGE: Changes(),
    Kind.CANCELLATION: Cancellations(),
    Kind.LABEL: Labels(),
    Kind.LABEL_MESSAGE: LabelMessages(),
    Kind.INVOICE_CANCELLATION: InvoiceCancellations(),
}
