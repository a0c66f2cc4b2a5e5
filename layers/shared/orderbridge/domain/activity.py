"""What is counted for each merchant and day: it tells whether a merchant's orders flow as they usually do."""

from __future__ import annotations

from enum import StrEnum


class Activity(StrEnum):
    """One thing that happened to an order, a parcel or a figure. The values are the names in the table."""

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
    def metric(self) -> str:
        """Its name in CloudWatch, where it is counted over all merchants."""
        return _METRICS[self]


_METRICS = {
    Activity.IMPORTED: "OrdersImported",
    Activity.ADOPTED: "OrdersAdopted",
    Activity.SUBMITTED: "OrdersSubmitted",
    Activity.REJECTED: "OrdersRejected",
    Activity.CHANGED: "OrdersChanged",
    Activity.CANCELLED: "OrdersCancelled",
    Activity.SHIPPED: "OrdersShipped",
    Activity.PARCELS: "ParcelsPosted",
    Activity.RETURNS: "ReturnsTold",
    Activity.STOCK_FIGURES: "StockFiguresSent",
    Activity.PRODUCTS: "ProductsSent",
    Activity.BILLED: "OrdersBilled",
    Activity.BILLING_MISMATCHES: "BillingMismatches",
    Activity.MOVEMENTS: "MovementsRead",
    Activity.NOTICES_ANNOUNCED: "NoticesAnnounced",
    Activity.NOTICES_CLOSED: "NoticesClosed",
    Activity.LABELS: "ReturnLabelsMade",
}
