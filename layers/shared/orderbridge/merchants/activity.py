"""What is counted for each merchant and day, to see whether a merchant's orders flow as usual."""

from __future__ import annotations

from enum import StrEnum


class Activity(StrEnum):
    """An event of an order, a parcel or a figure. The values are the names in the table."""

    IMPORTED = "imported"
    ADOPTED = "adopted"
    SUBMITTED = "submitted"
    REJECTED = "rejected"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    SHIPPED = "shipped"
    PARCELS = "parcels"
    RETURNS = "returns"
    STOCK_FIGURES = "stock_figures"
    PRODUCTS = "products"
    BILLED = "billed"
    BILLING_MISMATCHES = "billing_mismatches"
    MOVEMENTS = "movements"
    NOTICES_ANNOUNCED = "notices_announced"
    NOTICES_CLOSED = "notices_closed"
    LABELS = "labels"

    @property
    def metric(self) -> str | None:
        """Its name in CloudWatch, if it is counted there over all merchants, because each metric is billed."""
        return _METRICS.get(self)


_METRICS = {
    Activity.IMPORTED: "OrdersImported",
    Activity.SUBMITTED: "OrdersSubmitted",
    Activity.REJECTED: "OrdersRejected",
    Activity.SHIPPED: "OrdersShipped",
}
