"""The hubs that the suite is run against: for each, its port and the merchant's own hands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Final

from local.simulators.billbee.orders import item
from local.simulators.faults import Fault, Kind
from orderbridge.desk.ports import Hub
from testkit.clock import ManualClock
from testkit.world import World, sold_product
from tests.contract.conformance.mishaps import KINDS, MISHAPS


class Shop(ABC):
    """One hub under test.

    Attributes:
        port: what the rooms use.
        page: entries of the longest page of a list.
        mishaps: what can go wrong with a call, by name.
    """

    port: Hub
    clock: ManualClock
    page: ClassVar[int]
    mishaps: ClassVar[tuple[str, ...]]

    @abstractmethod
    def sell(self, order_id: int, *tags: str, state: int = 3, sku: str = "MUG-01", pieces: int = 1) -> None:
        """An order arrives, with the number ``SHOP-<id>``."""

    @abstractmethod
    def edit(self, order_id: int) -> None:
        """The merchant changes an order."""

    @abstractmethod
    def archive(self, order_id: int) -> None:
        """The merchant puts an order away: nothing of it can be changed any more."""

    @abstractmethod
    def put(self, sku: str, **components: int) -> int:
        """A product, or a bundle of pieces by SKU. Gives the hub's number."""

    @abstractmethod
    def strike(self, mishap: str, call: str = "") -> None:
        """Something goes wrong with the next call: its ``request`` or its ``answer`` gets lost, or one of `mishaps`.

        Args:
            call: the next ``message``, ``parcel``, ``stock`` or ``webhook`` is meant, whatever is called before it.
        """


class BillbeeShop(Shop):
    """Billbee's client, put together as deployed, in front of the simulator."""

    page = 250
    mishaps = MISHAPS
    _ROUTES: Final[Mapping[str, str]] = {
        "message": "POST /orders/{id}/message",
        "parcel": "POST /orders/{id}/shipment",
        "stock": "POST /products/updatestockmultiple",
        "webhook": "POST /webhooks",
    }

    def __init__(self, here: World) -> None:
        self.port, self.clock = here.workspace().hub, here.clock
        self._here = here

    def sell(self, order_id: int, *tags: str, state: int = 3, sku: str = "MUG-01", pieces: int = 1) -> None:
        lines, number = item(sku, quantity=pieces), f"SHOP-{order_id}"
        self._here.sell(order_id, lines, tags=list(tags), state=state, order_number=number)

    def edit(self, order_id: int) -> None:
        self._here.shop.change(order_id, SellerComment="urgent")

    def archive(self, order_id: int) -> None:
        self._here.shop.archive(order_id)

    def put(self, sku: str, **components: int) -> int:
        return int(self._here.shop.add_product(sold_product(sku, components=list(components.items())))["Id"])

    def strike(self, mishap: str, call: str = "") -> None:
        kind: Kind = KINDS.get(mishap, mishap)  # type: ignore[arg-type]
        self._here.billbee.faults.add(Fault(kind, self._ROUTES.get(call), seconds=25.0))


HUBS: Final[Mapping[str, type[BillbeeShop]]] = {"Billbee": BillbeeShop}
