"""R15: Billbee's lists of carriers and providers are a help. No parcel waits for them, and they are asked seldom."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.simulators.billbee import enums
from local.simulators.faults import Fault
from orderbridge.platform.table import merchant_key
from testkit.routes import CARRIERS, PROVIDERS
from testkit.world import World, world

FIRST, LATER = range(1, 5), range(5, 9)


@pytest.fixture
def here() -> Iterator[World]:
    with world() as made:
        for number in (*FIRST, *LATER):
            made.sell(number)
        made.cycle()
        yield made


def _ship(here: World, numbers: range, method: str = "08") -> None:
    for number in numbers:
        here.warehouse.ship(str(number), method=method)


def _asked(here: World, route: str) -> int:
    return sum(f"{call.method} {call.route}" == route for call in here.billbee.calls)


def _carriers(here: World, numbers: range) -> list[int]:
    return [one["ShippingCarrier"] for number in numbers for one in here.wire(number)["ShippingIds"]]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=500), Fault("status", status=404), Fault("status", status=401), Fault("bad_gateway"),
        Fault("throttled", retry_after=120), Fault("html_before"), Fault("cut_json"),
    ],
    ids=lambda fault: f"{fault.kind} {fault.status if fault.kind == 'status' else ''}",
)  # fmt: skip
@pytest.mark.parametrize("route", [CARRIERS, PROVIDERS])
def test_r15_a_list_that_always_fails_holds_up_no_parcel_and_is_asked_once_in_15_minutes(
    here: World, fault: Fault, route: str
) -> None:
    fault.route, fault.times, fault.used, fault.seen = route, None, 0, 0
    here.billbee.faults.add(fault)
    _ship(here, FIRST)
    here.pull("all")
    tries = _asked(here, route)
    assert [here.status(number) for number in FIRST] == ["shipped"] * len(FIRST)
    assert 1 <= tries <= 4  # a passing fault is tried again at once
    _ship(here, LATER)
    here.pull("all")
    assert [here.status(number) for number in LATER] == ["shipped"] * len(LATER)
    assert _asked(here, route) == tries
    assert all(len(here.parcels(number)) == 1 for number in (*FIRST, *LATER))
    assert set(_carriers(here, FIRST)) == ({0} if route == CARRIERS else {17})


def test_r15_a_list_that_failed_is_asked_again_after_15_minutes(here: World) -> None:
    here.billbee.faults.add(Fault("status", route=CARRIERS, status=500, times=3))
    _ship(here, FIRST)
    here.pull("all")
    here.wait(minutes=16)
    _ship(here, LATER)
    here.pull("all")
    assert _asked(here, CARRIERS) == 3 + 1, "a passing fault is tried again at once, and then not for a while"
    assert (set(_carriers(here, FIRST)), set(_carriers(here, LATER))) == ({0}, {17})


def test_r15_an_empty_list_is_asked_again_after_15_minutes_and_a_full_one_after_six_hours(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = enums.SHIPPING_PROVIDERS
    monkeypatch.setattr(enums, "SHIPPING_PROVIDERS", [])
    _ship(here, range(1, 3), "05")  # USPS Priority Mail, a product of the account's
    here.pull("all")
    assert [here.wire(number)["ShippingIds"][0]["ShippingProviderId"] for number in (1, 2)] == [None, None]
    monkeypatch.setattr(enums, "SHIPPING_PROVIDERS", full)
    for minutes, number, asked in ((10, 3, 1), (6, 4, 2), (300, 5, 2), (61, 6, 3)):
        here.wait(minutes=minutes)
        _ship(here, range(number, number + 1), "05")
        here.pull("all")
        assert (number, _asked(here, PROVIDERS)) == (number, asked)
        (shipment,) = here.wire(number)["ShippingIds"]
        wanted = (None, None) if number == 3 else (300, 3001)
        assert (shipment["ShippingProviderId"], shipment["ShippingProviderProductId"]) == wanted


def test_r15_a_list_of_identifiers_names_the_carrier_of_bibis_own_sample(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, name in ((17, "usPostalService"), (7, "dpag"), (18, "amazon_logistics")):
        monkeypatch.setitem(enums.SHIPPING_CARRIERS, number, name)
    _ship(here, FIRST, "09")  # USPS First Class
    here.pull("all")
    assert _carriers(here, FIRST) == [17] * len(FIRST)


def test_r15_other_environments_find_the_lists_in_the_table(here: World) -> None:
    for number in FIRST:
        here.cold_start()
        _ship(here, range(number, number + 1))
        here.pull("all")
    assert (_asked(here, CARRIERS), _asked(here, PROVIDERS)) == (1, 1)
    assert set(_carriers(here, FIRST)) == {17}
    here.wait(hours=6, minutes=1)
    here.cold_start()
    _ship(here, LATER)
    here.pull("all")
    assert (_asked(here, CARRIERS), _asked(here, PROVIDERS)) == (2, 2)


def test_r15_the_lists_of_another_account_are_not_used(here: World) -> None:
    _ship(here, FIRST)
    here.pull("all")
    kept = {item["sk"]["S"]: item for item in here.items() if item["sk"]["S"].startswith("LIST#")}
    assert kept.keys() == {"LIST#carriers", "LIST#providers"}
    assert "@" not in str(kept), "the table knows no username"
    here.table.change(merchant_key("acme"), "LIST#providers", set={"account": "another one's"})
    here.cold_start()
    _ship(here, LATER)
    here.pull("all")
    assert (_asked(here, CARRIERS), _asked(here, PROVIDERS)) == (1, 2)


@pytest.mark.parametrize("content", ["", "[", '{"other": "form"}', None])
def test_r15_a_list_that_cannot_be_read_is_asked_for_again(here: World, content: str | None) -> None:
    _ship(here, FIRST)
    here.pull("all")
    here.table.change(merchant_key("acme"), "LIST#providers", set={"content": content})
    here.cold_start()
    _ship(here, LATER)
    here.pull("all")
    assert (_asked(here, CARRIERS), _asked(here, PROVIDERS)) == (1, 2)
    assert set(_carriers(here, LATER)) == {17}
