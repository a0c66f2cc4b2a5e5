"""What every billing does with invoices, in the words of the room's port."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import ClassVar, Final

import pytest

from local.simulators.billbee.orders import item
from local.simulators.faults import Fault, Kind
from orderbridge.billing.ports import Invoices
from orderbridge.platform.errors import NotFound, Refused, UnknownOutcome, UnreadableItem, UpstreamError
from testkit.clock import ManualClock
from testkit.world import World, world
from tests.contract.conformance.mishaps import KINDS, MISHAPS

CANCEL = "PUT /orders/{reference}"
NOBODY = "404"


class Books(ABC):
    """One billing under test.

    Attributes:
        port: what the rooms use.
        mishaps: what can go wrong with a call, by name.
    """

    port: Invoices
    clock: ManualClock
    mishaps: ClassVar[tuple[str, ...]]

    @abstractmethod
    def bill(self, reference: str) -> None:
        """An order of two mugs for 10.00 each is billed in dollars, without tax."""

    @abstractmethod
    def spoil(self, reference: str) -> None:
        """An invoice has a total that is no amount."""

    @abstractmethod
    def cancellations(self) -> list[str]:
        """The references of the cancellations that were taken, in their sequence."""

    @abstractmethod
    def strike(self, mishap: str, route: str | None = None) -> None:
        """Something goes wrong with the next call, or with the next cancellation."""


class AbillifyBooks(Books):
    """Abillify's client, put together as deployed, in front of the simulator."""

    mishaps = MISHAPS

    def __init__(self, here: World) -> None:
        billing = here.workspace().billing
        assert billing is not None
        self.port, self.clock, self._here = billing.invoices, here.clock, here

    def bill(self, reference: str) -> None:
        sold = self._here.sell(int(reference), item("MUG-01", quantity=2, unit_price="10.00"))
        self._here.books.bill(sold, reference)

    def spoil(self, reference: str) -> None:
        self._here.books.orders[reference]["total"] = "much"

    def cancellations(self) -> list[str]:
        return self._here.books.cancellations

    def strike(self, mishap: str, route: str | None = None) -> None:
        kind: Kind = KINDS.get(mishap, mishap)  # type: ignore[arg-type]
        self._here.abillify.faults.add(Fault(kind, route, seconds=25.0))


BILLINGS: Final[Mapping[str, type[AbillifyBooks]]] = {"Abillify": AbillifyBooks}


@pytest.fixture(params=BILLINGS)
def books(request: pytest.FixtureRequest) -> Iterator[Books]:
    with world(billing={"enabled": True}, empty=True) as here:
        yield BILLINGS[request.param](here)


def test_r20_an_invoice_is_found_by_its_reference_with_its_money_and_pieces(books: Books) -> None:
    books.bill("1")
    invoice = books.port.order("1")
    assert invoice is not None
    assert (invoice.currency, invoice.total, invoice.tax, invoice.net) == ("USD", Decimal(20), Decimal(0), Decimal(20))
    assert [(one.number, one.quantity) for one in invoice.items] == [("MUG-01", Decimal(2))]
    assert not invoice.cancelled


@pytest.mark.parametrize("reference", [NOBODY, "", " ", "..", "1/2"])
def test_r20_an_order_without_an_invoice_is_none(books: Books, reference: str) -> None:
    books.bill("1")
    assert books.port.order(reference) is None


def test_r20_an_invoice_that_cannot_be_read_is_an_error_and_no_missing_one(books: Books) -> None:
    books.bill("1")
    books.spoil("1")
    with pytest.raises(UnreadableItem):
        books.port.order("1")


def test_r20_a_cancelled_invoice_shows_it_and_a_repetition_changes_nothing(books: Books) -> None:
    books.bill("1")
    books.bill("2")
    books.port.cancel("1", books.clock.now())
    with suppress(Refused):
        books.port.cancel("1", books.clock.now())
    cancelled, other = books.port.order("1"), books.port.order("2")
    assert cancelled is not None
    assert other is not None
    assert (cancelled.cancelled, other.cancelled) == (True, False)
    assert cancelled.total == other.total


def test_r20_an_invoice_that_is_not_there_cannot_be_cancelled(books: Books) -> None:
    with pytest.raises((NotFound, Refused)):
        books.port.cancel(NOBODY, books.clock.now())


@pytest.mark.parametrize(("lost", "there"), [("answer", True), ("request", False)])
def test_r20_after_a_lost_answer_the_invoice_tells_whether_it_is_cancelled(
    books: Books, lost: str, there: bool
) -> None:
    books.bill("1")
    books.strike(lost, CANCEL)
    with pytest.raises(UnknownOutcome):
        books.port.cancel("1", books.clock.now())
    invoice = books.port.order("1")
    assert invoice is not None
    assert (invoice.cancelled, books.cancellations()) == (there, ["1"] if there else [])


@pytest.mark.parametrize(("name", "mishap"), [(name, one) for name in BILLINGS for one in BILLINGS[name].mishaps])
def test_r20_whatever_goes_wrong_a_call_raises_what_the_rooms_know_and_cancels_once(name: str, mishap: str) -> None:
    with world(billing={"enabled": True}, empty=True) as here:
        books = BILLINGS[name](here)
        books.bill("1")
        books.strike(mishap)
        with suppress(UpstreamError):
            books.port.order("1")
        books.strike(mishap)
        with suppress(UpstreamError):
            books.port.cancel("1", books.clock.now())
        books.clock.sleep(60)  # so that no throttle hides what follows
        invoice = books.port.order("1")
        assert invoice is not None
        assert books.cancellations() == (["1"] if invoice.cancelled else [])
