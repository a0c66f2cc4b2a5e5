"""The warehouse for one merchant: implements the rooms' ports with BiBi's API.

Open points of BiBi's documentation are settled in the modules of this folder, each about one topic, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from orderbridge.vendors.bibi import codes, labels, products, shipments
from orderbridge.vendors.bibi.mapping import WAREHOUSE_ZONE
from orderbridge.vendors.bibi.orders import BibiOrders

# Few functions use announced goods, movements and kits. Their modules are imported on first use, so that other
# functions start without them.
# ruff: noqa: PLC0415
if TYPE_CHECKING:
    from orderbridge.ledger.order_number import OrderNumber
    from orderbridge.products.products import WarehouseProduct
    from orderbridge.returns.return_label import ReturnLabel
    from orderbridge.stock.figures import WarehouseStock, WarehouseStockPage
    from orderbridge.tracking.shipments import Shipment
    from orderbridge.vendors.bibi.inbound import BibiInbound
    from orderbridge.vendors.bibi.movements import BibiMovements


class BibiWarehouse(BibiOrders):
    """The warehouse of one merchant's account.

    Every method raises the errors of ``orderbridge.platform.errors``; ``submit`` may raise ``UnknownOutcome``.
    """

    @property
    def clock_skew(self) -> timedelta | None:
        """How far the warehouse's clock is ahead of ours, by its last answer."""
        return self._api.clock_skew

    def date_of(self, moment: datetime) -> date:
        """The date at the warehouse."""
        return moment.astimezone(WAREHOUSE_ZONE).date()

    # Parcels and return labels

    def shipments(self, number: OrderNumber) -> tuple[Shipment, ...]:
        """The shipments of an order; empty if the warehouse lists none (yet)."""
        return shipments.shipments(self._api, number, self.writings(number), self._numbering)

    def return_label(self, number: OrderNumber) -> ReturnLabel:
        """Have a label created for a shipped order, with the address and method of its shipment. Each call creates one,
        and may cost money.

        Raises:
            UnusableLabel: the warehouse answered, but with no label.
            Refused, NotFound: it creates none for this order.
            UnknownOutcome: it may have created one.
            UpstreamError: any other one; it certainly has created none.
        """
        return self._in_each_form(number, lambda form: labels.return_label(self._api, form))

    # Products, kits and stock

    def products(self, page: int) -> WarehouseStockPage:
        """A page of the warehouse's products with their stock, a hundred at a time, from page 1."""
        return products.stock_page(self._api, page)

    def product(self, sku: str) -> WarehouseStock | None:
        """One product's present stock, or None if the warehouse shows no product for the SKU. None does not prove that
        there is no such product.
        """
        return products.stock_of(self._api, sku)

    def upsert_products(self, wanted: Sequence[WarehouseProduct]) -> tuple[str | None, ...] | None:
        """Create or update products. May be repeated.

        Returns:
            For each product, in order, why the warehouse refused it, or None if it took it. None instead of a list if
            the answer does not tell them apart: send them one by one.

        Raises:
            Refused: all of them.
        """
        return products.upsert_products(self._api, wanted)

    def upsert_kits(self, kits: Mapping[str, Mapping[str, int]]) -> frozenset[str]:
        """Set the contents of kits, pieces by SKU, replacing the earlier ones. May be repeated.

        Returns:
            The kits that the warehouse shows as they were sent. What it would pack for the others is not known.

        Raises:
            Refused: the warehouse does not take them.
        """
        from orderbridge.vendors.bibi.kits import upsert_boms

        return upsert_boms(self._api, kits)

    @cached_property
    def movements(self) -> BibiMovements:
        """What moved in the warehouse."""
        from orderbridge.vendors.bibi.movements import BibiMovements

        return BibiMovements(self._api)

    # Goods on their way

    @cached_property
    def notices(self) -> BibiInbound:
        """The advance shipping notices."""
        from orderbridge.vendors.bibi.inbound import BibiInbound

        return BibiInbound(self._api)

    # The lists that each account has of its own; each raises MalformedAnswer for one that is empty or refused.

    def list_ship_methods(self) -> list[tuple[str, str]]:
        """Codes with their names. Both may occur more than once."""
        return codes.read_codes(self._api, "ship_methods")

    def ship_methods(self) -> dict[str, str]:
        """Codes by name; if a name occurs twice, its last code."""
        return {name: code for code, name in self.list_ship_methods()}

    def pay_methods(self) -> dict[str, str]:
        """Names by code."""
        return dict(codes.read_codes(self._api, "pay_methods"))

    def product_statuses(self) -> dict[str, str]:
        """Names by code."""
        return dict(codes.read_codes(self._api, "product_statuses"))

    # What the documents leave open

    def probe(self, path_name: str, number: OrderNumber | None = None) -> None:
        """Call one of the assumed paths that only read (``bibi_paths``), as a job would: about an order, or for the
        movements of the last hour. The errors of the call say whether the path exists.
        """
        if number is not None:
            self._in_each_form(number, lambda form: self._api.call(path_name, suffix=form))
        elif path_name == "inventory_transactions":
            from orderbridge.vendors.bibi.movements import asked_for

            now = self._clock.now()
            self._api.call(path_name, asked_for(now - timedelta(hours=1), now))
        else:
            self._api.call(path_name)
