"""R4: ship method and pay method of an order come from the settings and the account's own lists, or the order waits."""

from __future__ import annotations

import pytest

from local.simulators.faults import Fault
from testkit.routes import METHODS
from testkit.world import REJECTED, World, world


def method_of(here: World, order: int = 1) -> str:
    return here.warehouse.orders[str(order)].submission.lines[0].ship_method


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", route=METHODS, status=500, times=1000),
        Fault("html", route=METHODS, times=1000),
        Fault("wrong_type", route=METHODS, path="result", value=[], times=1000),
        Fault("wrong_type", route=METHODS, path="result", value=None, times=1000),
        Fault("wrong_type", route=METHODS, path="result.1.code", value=None, times=1000),
        Fault("wrong_type", route=METHODS, path="success", value=False, times=1000),
    ],
    ids=["500", "HTML", "empty", "null", "an entry without a code", "refused"],
)
def test_r4_an_order_whose_ship_method_cannot_be_looked_up_waits_and_never_leaves_by_the_default(fault: Fault) -> None:
    with world() as here:
        here.sell(1, shipping_product="UPS Ground")
        here.sell(2)
        here.bibi.faults.add(fault)
        here.poll()
        here.push()
        assert here.submitted("1") == 0
        assert (here.submitted("2"), method_of(here, 2)) == (1, "24")
        assert here.told(1) == []
        here.bibi.faults.clear()
        here.run_on()
        assert (here.submitted("1"), method_of(here)) == (1, "02")


def test_r4_a_list_that_was_read_is_not_asked_for_again_and_one_that_was_not_is() -> None:
    with world() as here:
        here.bibi.faults.add(Fault("wrong_type", route=METHODS, path="result", value=[]))
        here.sell(1, shipping_product="UPS Ground")
        here.poll()
        here.push()
        assert (here.submitted("1"), here.bibi.count(METHODS)) == (1, 2)
        here.sell(2, shipping_product="UPS Ground")
        here.poll()
        here.push()
        assert (method_of(here, 2), here.bibi.count(METHODS)) == ("02", 2)


@pytest.mark.parametrize(("payment", "code"), [(26, "OB-123"), (2, "OB-124")])
def test_r4_an_order_that_is_not_paid_is_rejected_until_the_settings_say_what_it_is(payment: int, code: str) -> None:
    with world() as here:
        here.sell(1)
        here.shop.change(1, PaymentMethod=payment, PayedAt=None)
        here.run_on()
        assert here.submitted("1") == 0
        assert REJECTED in here.tags(1)
        (told,) = here.told(1)
        assert f"[{code}]" in told
        here.configure(bibi={"pay_methods": {str(payment): "EC"}})
        here.shop.remove_tag(1, REJECTED)
        here.run_on()
        assert here.submitted("1") == 1
        assert here.warehouse.orders["1"].submission.body["Header"]["HeaderGroup"]["PayMethod"] == "EC"


def test_r4_what_is_paid_is_prepaid_by_the_code_of_the_settings() -> None:
    with world(bibi={}) as here:
        here.configure(bibi={"pay_method": "VI"})
        here.sell(1)
        here.cycle()
        assert here.warehouse.orders["1"].submission.body["Header"]["HeaderGroup"]["PayMethod"] == "VI"
