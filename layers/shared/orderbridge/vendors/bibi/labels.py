"""BiBi's return labels. Each call creates one and may cost money. Existing labels cannot be listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orderbridge.returns.return_label import ReturnLabel, read_label
from orderbridge.vendors.bibi.models import rows

if TYPE_CHECKING:
    from orderbridge.vendors.bibi.api import BibiApi


def return_label(api: BibiApi, written: str) -> ReturnLabel:
    """Have a label created for a shipped order, by one form of its number.

    Raises:
        UnusableLabel: the warehouse answered, but with no label.
        Refused, NotFound: it creates none for this order.
        UnknownOutcome: it may have created one.
        UpstreamError: any other one; it certainly has created none.
    """
    answer = api.call("return_label", {}, suffix=written, repeatable=False)
    result = answer.data.get("result") if isinstance(answer.data, dict) else None
    return read_label(_text_of(result))


def _text_of(result: Any) -> object:
    """The documentation shows a list of objects; a single object and a bare text are accepted too."""
    if isinstance(result, dict) and "label" in result:
        result = [result]
    if isinstance(result, str):
        return result
    return next((row["label"] for row in rows(result) if "label" in row), None)
