"""The port of inbound goods: what it needs of the warehouse (R23)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from orderbridge.stock import ports

if TYPE_CHECKING:
    from orderbridge.inbound.notice import Notice, NoticeLine, WarehouseNotice
    from orderbridge.inbound.notice_records import InboundNotices
    from orderbridge.products.product_records import ProductRecords


class Notices(Protocol):
    """The warehouse's advance shipping notices, by tracking number."""

    def create(self, notice: Notice) -> str:
        """Announce goods. Not repeatable.

        Returns:
            The warehouse's number of the notice, which may be empty.

        Raises:
            Refused: also if a notice with this tracking number exists. Ask for it.
            UnknownOutcome: ask for it before it is sent again.
        """

    def get(self, tracking_number: str) -> WarehouseNotice | None:
        """A notice with its pieces by SKU, or None."""

    def list(self) -> dict[str, WarehouseNotice]:
        """All notices, by case-folded tracking number. They may come without their pieces."""

    def add_product(self, tracking_number: str, line: NoticeLine) -> None:
        """Add a product to a notice. May be repeated: a product that the notice has is refused.

        Raises:
            NotFound, Refused: the notice does not exist, or does not accept the product.
        """

    def delete_product(self, tracking_number: str, sku: str) -> None:
        """Remove a product from a notice. May be repeated; raises as `add_product`."""

    def close(self, tracking_number: str) -> None:
        """Close a notice: nothing more will arrive. May be repeated. Raises NotFound and Refused."""

    def delete(self, tracking_number: str) -> None:
        """Withdraw a notice. May be repeated, and then raises NotFound or Refused."""


class Warehouse(ports.Warehouse, Protocol):
    @property
    def notices(self) -> Notices: ...


class Workspace(ports.Workspace, Protocol):
    @property
    def warehouse(self) -> Warehouse: ...
    @property
    def notices(self) -> InboundNotices: ...
    @property
    def products(self) -> ProductRecords: ...
