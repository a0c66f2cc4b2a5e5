"""Where the sandbox acts: each merchant's simulated shop and warehouse, and how orders and products are named there."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from cli.merchants_file import Merchant, Merchants
from local.simulators import Bibi, Billbee
from local.simulators.bibi import Account as Warehouse
from local.simulators.bibi.records import Order
from local.simulators.billbee import Account as Shop

Wire = dict[str, Any]


class Refusal(Exception):
    """An act cannot be done; the text says why, and what to do."""


@dataclass(frozen=True)
class Place:
    """One merchant's accounts; None where there is no simulated one."""

    merchant: str
    order_tag: str | None
    shop: Shop | None
    warehouse: Warehouse | None

    def find_in_shop(self, name: str) -> Wire | None:
        """An order by Billbee's id or the shop's number."""
        orders = self.shop.orders.values() if self.shop else ()
        return next((one for one in orders if name in (str(one["BillBeeOrderId"]), one["OrderNumber"])), None)

    def find_at_warehouse(self, name: str) -> Order | None:
        """An order by any of its numbers."""
        books = self.warehouse.orders if self.warehouse else {}
        sold = self.find_in_shop(name)
        numbers = [name] if sold is None else [name, str(sold["BillBeeOrderId"]), sold["OrderNumber"]]
        return next((books[number] for number in numbers if number in books), None)

    def numbers(self) -> set[str]:
        """All numbers by which an order may be named."""
        in_shop = self.shop.orders.values() if self.shop else ()
        sold = {number for one in in_shop for number in (str(one["BillBeeOrderId"]), one["OrderNumber"])}
        return sold | set(self.warehouse.orders if self.warehouse else ())


@dataclass
class Places:
    """All merchants.

    Attributes:
        closed: why nothing may be done here; None where it may.
        step: lets the warehouses do their next step; False when there was nothing to do.
    """

    places: dict[str, Place]
    vendors: tuple[Billbee | Bibi, ...]
    step: Callable[[], bool]
    closed: str | None = None
    done: list[str] = field(default_factory=list)
    _told: int = 0

    def news(self) -> list[str]:
        """What was done since this was last asked."""
        told, self._told = self._told, len(self.done)
        return self.done[told : self._told]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nothing else changes at the vendors meanwhile: one act after the other."""
        with ExitStack() as exits:
            for vendor in self.vendors:
                exits.enter_context(vendor.lock)
            yield

    def place(self, merchant: str | None) -> Place:
        """A merchant's; the first one's where none is named."""
        if not self.places:
            raise Refusal("There is no merchant.")
        if merchant is None:
            return next(iter(self.places.values()))
        if merchant not in self.places:
            raise Refusal(f"There is no merchant {merchant}.{nearest(merchant, self.places)}")
        return self.places[merchant]

    def with_shop(self, merchant: str | None) -> tuple[Place, Shop]:
        place = self.place(merchant)
        if place.shop is None:
            raise Refusal(f"{place.merchant} has no simulated Billbee here.")
        return place, place.shop

    def with_warehouse(self, merchant: str | None) -> tuple[Place, Warehouse]:
        place = self.place(merchant)
        if place.warehouse is None:
            raise Refusal(f"{place.merchant} has no simulated warehouse here.")
        return place, place.warehouse

    def sold(self, name: str, merchant: str | None) -> tuple[Place, Shop, Wire]:
        """An order in its shop."""
        self._known(name, merchant)
        found = [place for place in self._asked(merchant) if place.find_in_shop(name)]
        if not found:
            raise Refusal(f"Order {name} is at the warehouse, but no simulated Billbee has it.")
        place, shop = self.with_shop(one_of(found, name).merchant)
        order = place.find_in_shop(name)
        assert order is not None
        return place, shop, order

    def booked(self, name: str, merchant: str | None) -> tuple[Place, Warehouse, Order]:
        """An order on the warehouse's books."""
        self._known(name, merchant)
        found = [place for place in self._asked(merchant) if place.find_at_warehouse(name)]
        if not found:
            raise Refusal(
                f"The warehouse does not have order {name} yet. Orders that are paid and have the merchant's tag are"
                f" sent there with the next look at Billbee."
            )
        place, warehouse = self.with_warehouse(one_of(found, name).merchant)
        order = place.find_at_warehouse(name)
        assert order is not None
        return place, warehouse, order

    def _asked(self, merchant: str | None) -> list[Place]:
        return list(self.places.values()) if merchant is None else [self.place(merchant)]

    def _known(self, name: str, merchant: str | None) -> None:
        known = {number for place in self._asked(merchant) for number in place.numbers()}
        if name not in known:
            raise Refusal(f"There is no order {name}.{nearest(name, known) or ' There are no orders yet.'}")


def one_of(found: list[Place], name: str) -> Place:
    """The only merchant that has an order of this name."""
    if len(found) > 1:
        names = ", ".join(place.merchant for place in found)
        raise Refusal(f"Several merchants have an order {name}: {names}. Name one with --merchant.")
    return found[0]


def nearest(name: str, known: Iterable[str]) -> str:
    """A sentence with what a name may have been meant to be; empty where nothing is known."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or names[:3]
    return f" The nearest: {', '.join(close)}." if close else ""


def open_places(
    merchants: Merchants,
    billbee: Billbee | None,
    bibi: Bibi | None,
    step: Callable[[], bool],
    closed: str | None = None,
) -> Places:
    """The accounts of the merchants at the simulators that run."""
    places = {
        one.name: Place(
            one.name,
            _order_tag(one),
            billbee.accounts.get(one.billbee_username or "") if billbee else None,
            bibi.accounts.get(one.secrets.get("bibi_public_key", "")) if bibi else None,
        )
        for one in merchants
    }
    return Places(places, tuple(one for one in (billbee, bibi) if one), step, closed)


def _order_tag(merchant: Merchant) -> str | None:
    """What marks the merchant's orders for the warehouse, if the settings can be read so far."""
    try:
        tag = json.loads(merchant.settings)["billbee"]["order_tag"]
    except (ValueError, LookupError, TypeError):
        return None
    return tag if isinstance(tag, str) else None
