"""The sandbox in the tests' world: its acts at the simulators, and the real functions that see what came of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from local.sandbox.act import perform
from local.sandbox.control import ACTS
from local.sandbox.places import Place, Places
from local.sandbox.warehouse import work_on_all
from testkit.world import TAG, World, world

FIRST = "10001"
"""The number of the first order that the sandbox creates."""


@dataclass
class Sandbox:
    """What a person can do, and the world in which it is done."""

    here: World
    places: Places

    def __call__(self, act: str, **given: Any) -> dict[str, Any]:
        """Do an act; gives its fields, and what it said. Raises Refusal."""
        done = perform(ACTS, act, given, self.places)
        return {"said": done.said, **done.fields}

    def create(self, **given: Any) -> str:
        """The number of a new order."""
        return str(self("shop/create-order", **given)["order"]["order"])

    def at_warehouse(self, **given: Any) -> str:
        """The number of a new order that the functions have brought to the warehouse."""
        number = self.create(**given)
        self.here.look()
        return number

    def wire(self, number: str) -> dict[str, Any]:
        return self.here.shop.orders[int(number)]


def places_of(here: World) -> Places:
    places = {one.name: Place(one.name, TAG, one.shop, one.warehouse) for one in here.merchants.values()}
    return Places(places, (here.billbee, here.bibi), lambda: work_on_all(here.bibi.accounts.values()))


@contextmanager
def sandbox(*others: str, **settings: Any) -> Iterator[Sandbox]:
    """The sandbox of `acme`, who has these settings, and of other merchants."""
    with world() as here:
        here.configure(**settings)
        for name in others:
            here.open_merchant(name)
        yield Sandbox(here, places_of(here))
