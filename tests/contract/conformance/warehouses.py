"""The warehouses that the suite is run against: for each, its port and its own hands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar, Final, Protocol, TypeVar

from local.simulators.faults import Fault, Kind
from orderbridge.desk.ports import Warehouse
from orderbridge.ledger.order_number import OrderNumber
from orderbridge.ledger.sku import Sku
from testkit.clock import ManualClock
from testkit.world import World, world
from tests.contract.conformance.mishaps import KINDS, MISHAPS
from tests.contract.conformance.tiny_warehouse import TinyWarehouse

SKU, OTHER = "MUG-1", "PEN"
STATUS, METHOD = "R1", "24"
"""A product status and a ship method that every account in these tests has."""
MOST_PAGES: Final = 5


class _Page(Protocol):
    @property
    def more(self) -> bool: ...


P = TypeVar("P", bound=_Page)


def members(port: type, within: str = "") -> set[str]:
    """The names of a port's calls; of one within another, behind its name."""
    rooms = [one for one in port.__mro__ if one.__module__.startswith("orderbridge.")]
    return {within + name for one in rooms for name in vars(one) if not name.startswith("_")}


def pages(read: Callable[[int], P]) -> Iterator[P]:
    """The pages of a list of the warehouse."""
    for page in range(1, MOST_PAGES + 1):
        answer = read(page)
        yield answer
        if not answer.more:
            return
    raise AssertionError(f"the list has no end after {MOST_PAGES} pages")


class House(ABC):
    """One warehouse under test. Another one gets an adapter like those below, and a line in `HOUSES`.

    Attributes:
        port: what the rooms use.
        page: entries of the longest page of a list.
        mishaps: what can go wrong with a call, by name.
    """

    port: Warehouse
    clock: ManualClock
    page: ClassVar[int]
    mishaps: ClassVar[tuple[str, ...]]

    @abstractmethod
    def stock(self, sku: str, pieces: int) -> None:
        """A product that can be ordered, with pieces on the shelf."""

    @abstractmethod
    def ship(self, number: OrderNumber, *parcels: str) -> None: ...

    @abstractmethod
    def receive(self, sku: str, pieces: int) -> None:
        """Goods of a purchase arrive."""

    @abstractmethod
    def take_back(self, number: OrderNumber, sku: str) -> None:
        """A piece of a shipped order comes back."""

    @abstractmethod
    def labels(self) -> int:
        """How many return labels were made."""

    @abstractmethod
    def spoil_labels(self) -> None:
        """From now on, what is sent as a label cannot be read as one."""

    @abstractmethod
    def strike(self, mishap: str, call: str = "") -> None:
        """Something goes wrong with the next call: its ``request`` or its ``answer`` gets lost, or one of `mishaps`.

        Args:
            call: the next ``submit``, ``hold``, ``label`` or ``announce`` is meant, whatever is called before it.
        """


class BibiHouse(House):
    """BiBi's client, put together as deployed, in front of the simulator."""

    page = 100
    mishaps = (*MISHAPS, "expire_token")
    _ROUTES: Final[Mapping[str, str]] = {
        "submit": "POST /submitOrder",
        "hold": "POST /holdOrder/{number}",
        "label": "POST /returnLabel/{number}",
        "announce": "POST /createASN",
    }

    def __init__(self, here: World) -> None:
        self.port, self.clock = here.workspace().warehouse, here.clock
        self._bibi, self._account = here.bibi, here.warehouse

    def stock(self, sku: str, pieces: int) -> None:
        self._account.add_product(sku, stock=pieces)

    def ship(self, number: OrderNumber, *parcels: str) -> None:
        self._account.ship(number.text, list(parcels))

    def receive(self, sku: str, pieces: int) -> None:
        self._account.receive(sku, pieces)

    def take_back(self, number: OrderNumber, sku: str) -> None:
        self._account.return_item(number.text, sku)

    def labels(self) -> int:
        return len(self._account.labels)

    def spoil_labels(self) -> None:
        self._account.label_text = "bm8gbGFiZWw="

    def strike(self, mishap: str, call: str = "") -> None:
        kind: Kind = KINDS.get(mishap, mishap)  # type: ignore[arg-type]
        self._bibi.faults.add(Fault(kind, self._ROUTES.get(call), seconds=25.0))


class TinyHouse(House):
    page = 3
    mishaps = ("request", "answer")

    def __init__(self) -> None:
        self.clock = ManualClock()
        self._tiny = TinyWarehouse(self.clock)
        self.port = self._tiny

    def stock(self, sku: str, pieces: int) -> None:
        self._tiny.shelf[Sku(sku)] = pieces

    def ship(self, number: OrderNumber, *parcels: str) -> None:
        self._tiny.ship(number, *parcels)

    def receive(self, sku: str, pieces: int) -> None:
        self._tiny.receive(sku, pieces)

    def take_back(self, number: OrderNumber, sku: str) -> None:
        self._tiny.take_back(number, sku)

    def labels(self) -> int:
        return len(self._tiny.labels)

    def spoil_labels(self) -> None:
        self._tiny.label_text = "bm8gbGFiZWw="

    def strike(self, mishap: str, call: str = "") -> None:
        self._tiny.line.cut = "answer" if mishap == "answer" else "request"


HOUSES: Final[Mapping[str, type[House]]] = {"BiBi": BibiHouse, "BiBi with a prefix": BibiHouse, "tiny": TinyHouse}


@contextmanager
def opened(name: str) -> Iterator[House]:
    """A warehouse with ten pieces of two products."""
    if name == "tiny":
        house: House = TinyHouse()
        _fill(house)
        yield house
        return
    prefix = "SA" if name.endswith("prefix") else ""
    with world(bibi={"readings": {"prefix": prefix or "none"}}, empty=True) as here:
        here.configure(bibi={"order_prefix": prefix})
        house = BibiHouse(here)
        _fill(house)
        yield house


def _fill(house: House) -> None:
    for sku in (SKU, OTHER):
        house.stock(sku, 10)
