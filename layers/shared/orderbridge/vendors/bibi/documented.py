"""What BiBi documents of the answers that are read here (its developer pages)."""

from __future__ import annotations

from typing import Final

from orderbridge.vendors.drift import Shape, shape

STATUSES: Final = (
    "New, Collate Printed, Pack Checked, Processed, Shipped, ShippedExternal, Backordered, Backordered - HTC, "
    "Returned, Cancelled, Hold, Pending, Decline, Declined, Draft, Mixed"
)
_ENVELOPE: Final = "success hasMoreResults code message X-Rate-Limit-Limit X-Rate-Limit-Remaining X-Rate-Limit-Reset"
_HEADER: Final = shape(
    "order header",
    "customer_order_number third_party_short_number source_code billto_company billto_firstname billto_lastname "
    "billto_middle_initial billto_ref1 billto_ref2 billto_street billto_city billto_state billto_zip "
    "billto_country_code billto_phone billto_email shipto_company shipto_firstname shipto_lastname "
    "shipto_middle_initial shipto_ref1 shipto_ref2 shipto_street shipto_city shipto_state shipto_zip "
    "shipto_country_code shipto_phone shipto_email future_date status",
    values={"status": STATUSES},
)
_ITEM: Final = shape("order line", "item_no item_quantity item_description item_price")
_PART: Final = shape("order part", "ship_method status tracking_numbers", values={"status": STATUSES}, items=_ITEM)
_ORDER: Final = shape("order", "", header=_HEADER, details=_PART)
_RETURN: Final = shape(
    "return",
    "customer_order_number product_number product_description quantity return_id return_reason date_time "
    "inventory_disposition",
)


def _envelope(result: Shape) -> Shape:
    return shape("answer", _ENVELOPE, result=result)


BY_OPERATION: Final = {
    "bibi orderStatus": _envelope(_ORDER),
    "bibi listReturns": _envelope(_RETURN),
}
