"""BiBi's return labels. Each call makes one, and may cost money; made ones cannot be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orderbridge.clients.bibi.models import rows
from orderbridge.domain.return_labels import ReturnLabel, read_label

if TYPE_CHECKING:
    from orderbridge.clients.bibi.client import BibiClient
    from orderbridge.domain.order_number import OrderNumber


def return_label(client: BibiClient, number: OrderNumber) -> ReturnLabel:
    """Have a label made for an order that came from the warehouse, to the address and by the method it was shipped.

    Raises:
        UnusableLabel: the warehouse answered, but with no label.
        Refused, NotFound: it makes none for this order.
        UnknownOutcome: it may have made one.
        UpstreamError: any other: it certainly has made none.
    """
    answer = client.call_for("return_label", number, {})
    result = answer.data.get("result") if isinstance(answer.data, dict) else None
    return read_label(_text_of(result))


def _text_of(result: Any) -> object:
    """The documentation shows a list of objects; one object, and a bare text, are taken as well."""
    if isinstance(result, dict) and "label" in result:
        result = [result]
    if isinstance(result, str):
        return result
    return next((row["label"] for row in rows(result) if "label" in row), None)
