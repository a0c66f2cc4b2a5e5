"""`merchants check` compares the account's own lists with the settings, and says for each difference what to set (R4,
R15): each difference by itself, and lists that are missing, null, empty, of another type, or repeat themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from local.simulators.billbee import enums
from local.simulators.billbee.orders import item
from local.simulators.faults import Fault
from orderbridge.desk.doctor.check_merchant import BIBI_CALLS, BIBI_MORE_PAGES, BILLBEE_CALLS, check_merchant
from orderbridge.desk.doctor.findings import Finding, Grade
from testkit.routes import CARRIERS, METHODS, PAYMENTS, PROVIDERS, STATUSES, STOCKS
from testkit.world import World, world

OK, HINT, WRONG = Grade.OK, Grade.HINT, Grade.WRONG
BILLBEE_LISTS, BIBI_LISTS = {CARRIERS, PROVIDERS, STOCKS}, {METHODS, PAYMENTS, STATUSES}
KNOWN = [{"id": 200, "name": "UPS", "products": [{"id": 2001, "displayName": "UPS Ground", "productName": "03"}]}]
"""Providers of which the warehouse has every product."""


@pytest.fixture(autouse=True)
def _known_products(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enums, "SHIPPING_PROVIDERS", KNOWN)


def doctor(here: World) -> list[Finding]:
    """All findings; each that is not ok says what to do."""
    for vendor in (here.billbee, here.bibi):
        vendor.calls.clear()
    workspace = here.workspace()
    found = list(check_merchant(workspace, webhook_url=None, webhook_secret=None, others={}))
    assert all(one.remedy for one in found if one.severity is not OK)
    return found


def of(found: list[Finding], area: str, *severities: Grade) -> list[tuple[str, str]]:
    wanted = severities or (HINT, WRONG)
    return [(one.what, one.remedy) for one in found if one.area == area and one.severity in wanted]


def one(found: list[Finding], area: str, severity: Grade) -> tuple[str, str]:
    (only,) = of(found, area, severity)
    return only


# ---- Each difference by itself


@pytest.mark.parametrize(
    ("settings", "area", "what", "remedy"),
    [
        (
            {"rules": [{"name": "heavy", "when": {"tag": "heavy"}, "then": {"ship_method": "2"}}]},
            "rules",
            "the rule 'heavy' ships by 2, and the account has no such ship method",
            "set its ship_method to one of 02 UPS Ground, ",
        ),
        (
            {"bibi": {"default_ship_method": "2"}},
            "shipping",
            "bibi.default_ship_method is 2, and the account has no such ship method",
            'set "bibi": {"default_ship_method": "02"} for UPS Ground; the others are ',
        ),
        (
            {"bibi": {"default_ship_method": "999"}},
            "shipping",
            "bibi.default_ship_method is 999, and the account has no such ship method",
            'set "bibi": {"default_ship_method": "…"} to one of 01 UPS Second Day Air, 02 UPS Ground, ',
        ),
        (
            {"bibi": {"international_ship_method": "International saver"}},
            "shipping",
            "bibi.international_ship_method is International saver, and the account has no such ship method",
            'set "bibi": {"international_ship_method": "82"} for International Saver; the others are ',
        ),
        (
            {"bibi": {"ship_methods": {"DHL Paket": "1084", "UPS": "02"}}},
            "shipping",
            "bibi.ship_methods.DHL Paket is 1084, and the account has no such ship method",
            'set "bibi": {"ship_methods": {"DHL Paket": "…"}} to one of 84 DHL, 61 DHL SmartMail Parcel, ',
        ),
        (
            {"bibi": {"ship_methods_by_country": {"de": "1084", "PR": "02"}}},
            "shipping",
            "bibi.ship_methods_by_country.DE is 1084, and the account has no such ship method",
            'set "bibi": {"ship_methods_by_country": {"DE": "…"}} to one of ',
        ),
        (
            {"bibi": {"pay_method": "pp"}},
            "payment",
            "bibi.pay_method is pp, and the account has no such pay method",
            'set "bibi": {"pay_method": "PP"} for Pre-Paid; the others are ',
        ),
        (
            {"bibi": {"pay_methods": {"26": "INV", "3": "VI"}}},
            "payment",
            "bibi.pay_methods.26 is INV, and the account has no such pay method",
            'set "bibi": {"pay_methods": {"26": "…"}} to one of ',
        ),
        (
            {"products": {"status": "Regular"}},
            "products",
            "products.status is Regular, and the account has no such status of products",
            'set "products": {"status": "R1"} for Regular; the others are D1 Discontinued',
        ),
        (
            {"carriers": {"UPS Ground": 4711, "Ground": 5}},
            "carriers",
            "carriers.UPS Ground is 4711, and Billbee has no carrier of that number",
            'set "carriers": {"UPS Ground": 5} for UPS; the others are ',
        ),
        (
            {"carriers": {"USPS First Class": 99, "Ground": 5}},
            "carriers",
            "carriers.USPS First Class is 99, and Billbee has no carrier of that number",
            'set "carriers": {"USPS First Class": 17} for usPostalService; the others are ',
        ),
        (
            {"billbee": {"stock_id": 7}},
            "stock",
            "billbee.stock_id is 7, and Billbee has no such stock",
            'set "billbee": {"stock_id": 0} for Standard',
        ),
    ],
)
def test_r4_a_setting_that_names_no_entry_of_the_accounts_list_is_wrong_and_the_nearest_entries_are_named(
    settings: dict[str, Any], area: str, what: str, remedy: str
) -> None:
    with world() as here:
        here.configure(**settings)
        found = doctor(here)
    told, to_do = one(found, area, WRONG)
    assert told == what
    assert to_do.startswith(remedy)
    assert sum(finding.severity is WRONG for finding in found) == 1
    assert len(to_do) < 400


def test_r4_where_everything_fits_each_list_is_said_to_fit() -> None:
    with world(carriers={"Ground": 5, "International": 2}) as here:
        found = doctor(here)
        assert not [finding for finding in found if finding.severity is WRONG]
        told = [what for area in ("shipping", "payment", "carriers", "stock") for what, _ in of(found, area, OK)]
        assert told == [
            "the account has every ship method of the settings, and 43 in all",
            "every shipping product of the shop has a ship method of the account",
            "the account has every pay method of the settings",
            "Billbee has every number of the settings",
            "every ship method in use has a carrier in Billbee",
            "goes to Standard, the only one of the account",
        ]
        assert ("are created with the status R1, which the account has", "") in of(found, "products", OK)


def test_r4_a_code_in_other_letters_than_the_accounts_is_told_since_the_warehouse_may_mind() -> None:
    with world() as here:
        here.warehouse.lists["listShipMethods"] = [
            {"code": "Gr", "short": "Ground"},
            {"code": "81", "short": "International"},
        ]
        here.configure(bibi={"default_ship_method": "GR"})
        what, remedy = one(doctor(here), "shipping", WRONG)
    assert what.startswith("bibi.default_ship_method is GR")
    assert remedy.startswith('set "bibi": {"default_ship_method": "Gr"} for Ground')


def test_r4_orders_of_late_that_leave_by_a_default_are_counted_by_the_shops_name_and_the_default() -> None:
    with world(bibi={}) as here:
        here.configure(bibi={"ship_methods": {"Post": "05"}})
        for number, fields in enumerate(
            [
                {"shipping_product": "UPS Grnd"},
                {"shipping_product": "UPS Grnd"},
                {"shipping_product": "Kurier", "country": "DE"},
                {"shipping_product": "post"},
                {"shipping_product": "ups  ground"},
                {},
            ],
            start=1,
        ):
            country = fields.pop("country", None)
            here.sell(number, **fields)
            if country:
                address = {**here.wire(number)["ShippingAddress"], "CountryISO2": country, "Country": country}
                here.shop.change(number, ShippingAddress=address)
        hints = of(doctor(here), "shipping", HINT)
    assert [what for what, _ in hints] == [
        "orders for UPS Grnd are shipped by the default 24 Ground (2 orders)",
        "orders for Kurier are shipped by the default 81 International (1 order)",
    ]
    assert hints[0][1].startswith('unless that is meant, set "bibi": {"ship_methods": {"UPS Grnd": "02"}} for UPS')
    assert hints[1][1].startswith('unless that is meant, set "bibi": {"ship_methods": {"Kurier": "…"}} to one of ')


def test_r4_only_the_most_frequent_names_of_orders_are_told_one_by_one() -> None:
    with world() as here:
        for number in range(1, 9):
            here.sell(number, shipping_product=f"Versand {number}")
        hints = of(doctor(here), "shipping", HINT)
    assert len(hints) == 6
    assert hints[-1][0] == "orders for Versand 6, Versand 7, Versand 8 are shipped by a default as well"


def test_r4_an_order_with_an_address_that_is_rejected_leaves_by_no_default() -> None:
    with world() as here:
        here.sell(1, shipping_product="Kurier")
        here.shop.change(1, ShippingAddress=None)
        assert of(doctor(here), "shipping", HINT) == []


def test_r4_shipping_products_of_the_shop_that_match_nothing_are_a_hint_and_those_of_orders_are_not_told_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = [
        {"id": 1, "name": "DHL", "products": [
            {"id": 11, "displayName": "DHL Paket", "productName": "V01PAK"},
            {"id": 12, "displayName": "Kurier", "productName": "K"},
            {"id": 13, "displayName": "Eigener Name", "productName": "UPS Ground"},
            {"id": 14, "displayName": "", "productName": "DHL Paket"},
            {"id": 15, "displayName": None, "productName": None},
        ]},
        {"id": 2, "name": "UPS", "products": None},
    ]  # fmt: skip
    monkeypatch.setattr(enums, "SHIPPING_PROVIDERS", shown)
    with world() as here:
        here.sell(1, shipping_product="Kurier")
        hints = of(doctor(here), "shipping", HINT)
        assert [what for what, _ in hints] == [
            "orders for Kurier are shipped by the default 24 Ground (1 order)",
            "the shop's shipping products that match no ship method of the account: DHL Paket",
        ]
        assert '"bibi": {"ship_methods": {"DHL Paket": "…"}} to one of 84 DHL' in hints[1][1]
        here.configure(bibi={"ship_methods": {"DHL Paket": "84", "Kurier": "24"}})
        assert of(doctor(here), "shipping", HINT) == []


def test_r15_a_name_among_the_carriers_that_is_no_ship_method_is_a_hint_with_the_nearest_name() -> None:
    with world(carriers={"Grund": 5, "Nowhere": 2}) as here:
        hints = [hint for hint in of(doctor(here), "carriers", HINT) if "of that name" in hint[0]]
    assert hints[0] == (
        "carriers has Grund, and the account has no ship method of that name",
        'set "carriers": {"Ground": 5} instead',
    )
    assert hints[1][1].startswith('set "carriers": {"…": 2} instead, with the name of one of ')


def test_r15_ship_methods_in_use_that_no_carrier_is_known_for_are_hints_until_the_settings_say_it() -> None:
    with world() as here:
        hints = of(doctor(here), "carriers", HINT)
        assert [what for what, _ in hints] == [
            "parcels by Ground are posted without a carrier",
            "parcels by International are posted without a carrier",
        ]
        assert hints[0][1].startswith('set "carriers": {"Ground": "…"} to one of 0 other, 1 DHLExpress, ')
        here.configure(carriers={"Ground": 5, "International": 2})
        assert of(doctor(here), "carriers") == []


def test_r18_several_stocks_and_stock_id_0_say_which_is_the_default_and_that_it_is_used() -> None:
    with world() as here:
        here.shop.add_stock(7, "Lager Nord")
        here.shop.make_default(7)
        what, remedy = one(doctor(here), "stock", HINT)
        assert what == ("billbee.stock_id is 0, and Billbee has several stocks; the default one is used: 7 Lager Nord")
        assert remedy == 'if another one is meant, set "billbee": {"stock_id": 0} for Standard'
        here.configure(billbee={"stock_id": 7})
        assert of(doctor(here), "stock", OK) == [("goes to 7 Lager Nord, as billbee.stock_id says", "")]


@pytest.mark.parametrize(
    ("marked", "told"), [((), "does not say of any that it"), ((0, 7), "says of 0, 7 that it")], ids=["none", "two"]
)
def test_r18_several_stocks_without_one_default_need_the_setting(marked: tuple[int, ...], told: str) -> None:
    with world() as here:
        here.shop.add_stock(7, "Lager Nord")
        for stock in here.shop.stocks:
            stock["IsDefault"] = stock["Id"] in marked
        what, remedy = one(doctor(here), "stock", WRONG)
    assert what == f"billbee.stock_id is 0, and Billbee has several stocks and {told} is the default one"
    assert remedy == 'set "billbee": {"stock_id": "…"} to one of 0 Standard, 7 Lager Nord'


def test_r4_payment_types_that_would_be_rejected_are_told_and_never_proposed_as_prepaid() -> None:
    with world() as here:
        for number in (1, 2, 3):
            here.sell(number)
        here.shop.change(1, PaymentMethod=26, PayedAt=None)
        here.shop.change(2, PaymentMethod=26, PayedAt=None)
        here.shop.change(3, PaymentMethod=2, PayedAt=None)
        hints = of(doctor(here), "payment", HINT)
        assert hints == [
            (
                f"payment type {number} is not paid, and rejected unless that changes ({orders})",
                f'if they are to be shipped, set "bibi": {{"pay_methods": {{"{number}": "…"}}}} to one of VI Visa, '
                "MC MasterCard, AX American Express, DI Discover",
            )
            for number, orders in ((26, "2 orders"), (2, "1 order"))
        ]
        here.configure(bibi={"pay_methods": {"26": "VI", "2": "MC"}})
        assert of(doctor(here), "payment") == []


def test_r4_an_order_that_is_not_paid_and_has_no_payment_type_is_told() -> None:
    with world() as here:
        here.sell(1, state=1)
        here.shop.change(1, PaymentMethod=None, PayedAt=None)
        what, remedy = one(doctor(here), "payment", HINT)
    assert what == "not paid, without a payment type, and rejected: 1 order"
    assert remedy == "set the payment type in Billbee, or the date of payment"


# ---- Order numbers and single products


def imported(prefix: str = "none", style: str = "glued", **bibi: str) -> World:
    """An order of ours that the warehouse has."""
    readings = {"prefix": prefix, "prefix-style": style, "prefix-calls": "either"}
    with world(bibi={"readings": readings}) as here:
        here.configure(bibi=bibi)
        here.sell(1)
        here.cycle()
        assert "1" in here.warehouse.orders
        return here


@pytest.mark.parametrize(("style", "written"), [("glued", "SA"), ("separated", "SA-")])
def test_r28_a_prefix_that_the_settings_do_not_name_is_wrong_and_is_named_as_it_is_to_be_set(
    style: str, written: str
) -> None:
    here = imported("SA", style)
    assert one(doctor(here), "order numbers", WRONG) == (
        f"the warehouse writes {written} before our numbers, e.g. {written}1, and bibi.order_prefix is not set",
        f'set "bibi": {{"order_prefix": "{written}"}}',
    )
    here.configure(bibi={"order_prefix": written})
    found = doctor(here)
    assert of(found, "order numbers") == []
    assert one(found, "order numbers", OK)[0].startswith(f"the warehouse writes {written} before our numbers")


def test_r28_a_prefix_in_the_settings_that_the_warehouse_does_not_write_is_a_hint() -> None:
    assert one(doctor(imported(order_prefix="SA")), "order numbers", HINT) == (
        "bibi.order_prefix is SA, and the warehouse writes our numbers without it, e.g. 1",
        "remove bibi.order_prefix from the settings",
    )


def test_r28_where_the_warehouse_lists_none_of_our_orders_nothing_is_said_to_fit() -> None:
    with world() as here:
        found = doctor(here)
    assert one(found, "order numbers", OK)[0] == "the warehouse lists no recent orders of ours: nothing to compare"


@pytest.mark.parametrize(("reading", "severity"), [("number", OK), ("id", HINT)])
def test_r18_whether_a_single_product_is_found_by_its_number_is_tried_with_one_call(
    reading: str, severity: Grade
) -> None:
    with world(bibi={"readings": {"list-product": reading}}) as here:
        found = doctor(here)
        told = [what for what, _ in of(found, "warehouse", severity) if "product" in what]
        assert any("by its product number" in what or "listProduct may want" in what for what in told)
        assert here.bibi.count("GET /listProduct/{number}") == 1
        assert not of(found, "warehouse", WRONG)


# ---- Lists that cannot be compared


SETTINGS: Mapping[str, tuple[str, Grade, str]] = {
    METHODS: ("shipping", WRONG, "the account's ship methods could not be compared: "),
    PAYMENTS: ("payment", WRONG, "the account's pay methods could not be compared: "),
    STATUSES: ("products", WRONG, "the account's statuses of products could not be compared: "),
    CARRIERS: ("carriers", HINT, "Billbee's list of carriers could not be compared: "),
    PROVIDERS: ("carriers", HINT, "the shop's shipping providers could not be compared: "),
    STOCKS: ("stock", HINT, "billbee.stock_id 0 could not be compared: "),
}
FITS: Mapping[str, tuple[str, str]] = {
    METHODS: ("shipping", "every ship method of the settings"),
    PAYMENTS: ("payment", "every pay method of the settings"),
    STATUSES: ("products", "are created with the status"),
    CARRIERS: ("carriers", "Billbee has every number"),
    PROVIDERS: ("shipping", "every shipping product"),
    STOCKS: ("stock", "goes to"),
}
"""What is said of each list where all is well."""


def not_compared(here: World, route: str) -> str:
    """What is told of one list that cannot be read, while every other one is compared."""
    found = doctor(here)
    area, severity, what = SETTINGS[route]
    (told,) = [finding for finding in found if "could not be compared" in finding.what]
    assert (told.area, told.severity) == (area, severity)
    assert told.what.startswith(what)
    for other, (its_area, fits) in FITS.items():
        said = [text for text, _ in of(found, its_area, OK) if fits in text]
        needed = {PROVIDERS: {METHODS, PROVIDERS}}.get(other, {other})
        assert bool(said) == (route not in needed), (other, said)
    if route in (METHODS, CARRIERS, PROVIDERS):  # each is needed to say it
        assert not any("every ship method in use" in text for text, _ in of(found, "carriers", OK))
    return told.what


@pytest.mark.parametrize("route", sorted(SETTINGS))
@pytest.mark.parametrize(
    "fault",
    [("html", {}), ("status", {"status": 500}), ("cut_json", {}), ("gateway_404_json", {})],
    ids=["HTML", "500", "cut", "404"],
)
def test_r4_a_list_that_cannot_be_read_could_not_be_compared_and_is_never_said_to_fit(
    route: str, fault: tuple[Any, dict[str, Any]]
) -> None:
    with world(carriers={"Ground": 5, "International": 2}) as here:
        vendor = here.bibi if route in BIBI_LISTS else here.billbee
        vendor.faults.add(Fault(fault[0], route=route, times=None, **fault[1]))
        not_compared(here, route)


@pytest.mark.parametrize("route", sorted(BIBI_LISTS))
@pytest.mark.parametrize(
    "shown",
    [None, [], {}, "", "PP", 5, True, [None], [{}], [["PP", "Pre-Paid"]], [{"code": None, "short": "x"}, {}]],
    ids=str,
)
def test_r4_a_list_of_the_warehouse_in_any_wrong_type_could_not_be_compared(route: str, shown: object) -> None:
    with world(carriers={"Ground": 5, "International": 2}) as here:
        here.bibi.faults.add(Fault("wrong_type", route=route, path="result", value=shown, times=None))
        what = not_compared(here, route)
        assert ("the list is empty" in what) == (shown in (None, [], {}, "")), what


@pytest.mark.parametrize("route", sorted(BIBI_LISTS))
def test_r4_a_list_that_the_warehouse_refuses_could_not_be_compared(route: str) -> None:
    with world(carriers={"Ground": 5, "International": 2}) as here:
        here.bibi.faults.add(Fault("wrong_type", route=route, path="success", value=False, times=None))
        not_compared(here, route)


@pytest.mark.parametrize("shown", [None, {}, "DHL", 5, [None], [5], [{}], [{"name": "DHL"}]], ids=str)
def test_r15_providers_in_any_wrong_type_could_not_be_compared(monkeypatch: pytest.MonkeyPatch, shown: Any) -> None:
    monkeypatch.setattr(enums, "SHIPPING_PROVIDERS", shown)
    with world(carriers={"Ground": 5, "International": 2}) as here:
        not_compared(here, PROVIDERS)


def test_r15_an_account_without_shipping_providers_is_no_error_and_not_said_to_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(enums, "SHIPPING_PROVIDERS", [])
    with world(carriers={"Ground": 5, "International": 2}) as here:
        found = doctor(here)
        what, _ = one(found, "shipping", HINT)
        assert what == "the shop's shipping products could not be compared: Billbee lists none"
        assert not any("every shipping product" in text for text, _ in of(found, "shipping", OK))


@pytest.mark.parametrize("reading", ["empty", "failing"])
def test_r15_an_empty_or_failing_enum_of_carriers_could_not_be_compared(reading: str) -> None:
    with world(billbee={"readings": {"carriers": reading}}, carriers={"Ground": 4711, "International": 2}) as here:
        found = doctor(here)
        not_compared(here, CARRIERS)
        assert of(found, "carriers", WRONG) == []


@pytest.mark.parametrize("shown", [None, "Standard", 5, [None], [{}], [{"Name": "Standard"}], [{"Id": True}]], ids=str)
def test_r18_stocks_in_any_wrong_type_could_not_be_compared(shown: object) -> None:
    with world(carriers={"Ground": 5, "International": 2}) as here:
        here.billbee.faults.add(Fault("wrong_type", route=STOCKS, path="Data", value=shown, times=None))
        not_compared(here, STOCKS)


@pytest.mark.parametrize(("wanted", "severity"), [(0, HINT), (7, WRONG)])
def test_r18_an_empty_list_of_stocks_could_not_be_compared_and_is_wrong_where_one_is_named(
    wanted: int, severity: Grade
) -> None:
    with world(billbee={}) as here:
        here.configure(billbee={"stock_id": wanted})
        here.shop.stocks.clear()
        found = doctor(here)
        what, _ = one(found, "stock", severity)
        assert what.startswith(f"billbee.stock_id {wanted} could not be compared: Billbee lists no stock")
        assert of(found, "stock", OK) == []


# ---- Lists that repeat themselves


def test_r4_a_code_that_stands_twice_with_two_names_is_found_by_both() -> None:
    with world() as here:
        here.warehouse.lists["listShipMethods"] = [
            *here.warehouse.lists["listShipMethods"],
            {"code": "02", "short": "UPS Ground Residential"},
        ]
        here.sell(1, shipping_product="UPS Ground")
        here.sell(2, shipping_product="UPS Ground Residential")
        assert of(doctor(here), "shipping") == []
        here.cycle()
        assert {here.warehouse.orders[n].submission.lines[0].ship_method for n in ("1", "2")} == {"02"}


def test_r4_a_name_that_two_codes_have_is_a_hint_until_the_settings_say_which() -> None:
    with world() as here:
        here.warehouse.lists["listShipMethods"] = [
            *here.warehouse.lists["listShipMethods"],
            {"code": "99", "short": "UPS  ground"},
        ]
        assert one(doctor(here), "shipping", HINT) == (
            "UPS Ground is the name of the ship methods 02, 99; orders for it are shipped by 99",
            'if another one is meant, set "bibi": {"ship_methods": {"UPS Ground": "02"}}',
        )
        here.sell(1, shipping_product="UPS Ground")
        here.cycle()
        assert here.warehouse.orders["1"].submission.lines[0].ship_method == "99"
        here.configure(bibi={"ship_methods": {"UPS Ground": "02"}})
        assert of(doctor(here), "shipping") == []


def test_r4_an_entry_that_stands_there_twice_is_no_difference() -> None:
    with world(carriers={"Ground": 5, "International": 2}) as here:
        for name in ("listShipMethods", "listPayMethods", "listProductStatusCodes"):
            here.warehouse.lists[name] = here.warehouse.lists[name] * 2
        here.shop.stocks *= 2
        found = doctor(here)
        for area in ("shipping", "payment", "carriers", "stock"):
            assert of(found, area) == []


# ---- Calls


def counted(here: World) -> dict[str, int]:
    return {route: here.bibi.count(route) for route in sorted(BIBI_LISTS)} | {
        route: here.billbee.count(route) for route in sorted(BILLBEE_LISTS)
    }


def test_r4_each_list_is_one_call_whatever_differs_and_nothing_is_written() -> None:
    everything: dict[str, Any] = {
        "bibi": {
            "default_ship_method": "999",
            "pay_method": "XX",
            "ship_methods": {f"Name {number}": "999" for number in range(30)},
            "pay_methods": {"2": "YY"},
        },
        "carriers": {"Grund": 4711},
        "products": {"status": "Z9"},
    }
    with world() as here:
        here.configure(**everything)
        for number in range(1, 20):
            here.sell(number, shipping_product=f"Versand {number}")
        doctor(here)
        assert set(counted(here).values()) == {1}
        assert len(here.billbee.calls) <= BILLBEE_CALLS
        assert len(here.bibi.calls) <= BIBI_CALLS
        assert here.writes_to_billbee() == []


def test_r4_lists_in_pages_are_read_to_their_end_within_the_bound() -> None:
    with world(bibi={"readings": {"pages": "several"}}, carriers={"Ground": 5, "International": 2}) as here:
        found = doctor(here)
        assert not [finding for finding in found if finding.severity is WRONG]
        assert ("the account has every ship method of the settings, and 43 in all", "") in of(found, "shipping", OK)
        assert len(here.bibi.calls) <= BIBI_CALLS + BIBI_MORE_PAGES
        assert here.bibi.count("POST /listShipMethods") == 2


def test_r4_where_the_warehouse_refuses_the_keys_none_of_its_lists_is_asked_for() -> None:
    with world() as here:
        here.secret("bibi_secret_key", "a-wrong-key")
        here.cold_start()
        found = doctor(here)
        assert [finding.area for finding in found if finding.severity is WRONG] == ["warehouse"]
        assert [here.bibi.count(route) for route in BIBI_LISTS] == [0, 0, 0]
        assert [here.billbee.count(route) for route in BILLBEE_LISTS] == [1, 1, 1]


def test_r4_where_billbee_refuses_the_password_the_warehouses_lists_are_compared_all_the_same() -> None:
    with world() as here:
        here.shop.password = "quite-another-password"
        here.configure(bibi={"default_ship_method": "999"})
        found = doctor(here)
        assert [finding.area for finding in found if finding.severity is WRONG] == ["Billbee", "shipping"]
        assert [here.billbee.count(route) for route in BILLBEE_LISTS] == [0, 0, 0]


# ---- Rules, R40


def test_r40_a_shop_that_no_recent_order_is_from_is_a_hint_with_those_that_there_are() -> None:
    rules = [
        {"name": "etsy", "when": {"shop": ["Etzy", "Shop"], "country": "DE"}, "then": {"hold": True}},
        {"name": "shop", "when": {"shop": [1]}, "then": {"hold": True}},
    ]
    with world(rules=rules) as here:
        here.sell(1)
        found = doctor(here)
        assert one(found, "rules", HINT) == (
            "the rule 'etsy' asks for the shop Etzy, and no recent order is from there",
            "unless it has not sold anything lately, name one of 1, Shop, Billbee",
        )
        assert of(found, "rules", OK) == [
            ("there are 2 rules; orderbridge rules try --merchant acme shows what they change", "")
        ]


def test_r40_a_currency_and_weights_that_recent_orders_do_not_have_are_hints() -> None:
    rules = [
        {"name": "dear", "when": {"value": {"min": 100, "currency": "EUR"}}, "then": {"hold": True}},
        {"name": "heavy", "when": {"weight_grams": {"min": 1000}}, "then": {"hold": True}},
    ]
    with world(rules=rules) as here:
        here.sell(1, item("MUG-01", weight=0), item("TEE-01"))
        here.sell(2)
        assert of(doctor(here), "rules", HINT) == [
            (
                "the rule 'dear' asks for a value in EUR, and no recent order is in that currency",
                "unless that is meant, name one of USD",
            ),
            (
                "the rule 'heavy' asks for the weight, which is not known of 1 recent order",
                "set the weights of the products in Billbee: such an order does not meet the rule",
            ),
        ]


def test_r46_orders_whose_weight_is_not_known_are_a_hint() -> None:
    with world(weights={"enabled": True}) as here:
        here.sell(1, item("MUG-01", weight=0), item("TEE-01"))
        here.sell(2)
        assert of(doctor(here), "weights", HINT) == [
            (
                "a product's weight is not known of 1 recent order of 2",
                "set the weights of the products in Billbee: such an order is not compared",
            )
        ]
        here.shop.change(1, OrderItems=[item("TEE-01")])
        assert of(doctor(here), "weights", HINT) == []
        here.configure(weights={"enabled": False})
        here.shop.change(1, OrderItems=[item("MUG-01", weight=0)])
        assert of(doctor(here), "weights", HINT) == []


def test_without_rules_the_doctor_says_nothing_about_them() -> None:
    with world() as here:
        here.sell(1)
        assert of(doctor(here), "rules", OK, HINT, WRONG) == []
