"""BiBi's advance shipping notices: what is sent is as documented, and what is read bears what answers may be like."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from local.simulators import Bibi
from orderbridge.inbound.notice import Header, Notice, NoticeLine, WarehouseNotice
from orderbridge.platform.errors import MalformedAnswer, NotFound, Refused, ServerError
from orderbridge.vendors.bibi.api import BibiApi
from orderbridge.vendors.bibi.inbound import BibiInbound, sent_notice
from orderbridge.vendors.http import Answer, HttpClient
from testkit.clock import ManualClock
from tests.contract.clients import PUBLIC, SECRET, bibi_client

HEADER = Header("T-1", date(2017, 2, 14), date(2017, 2, 15), "US", "BWI", "CARRIER", "360", "OLYMPIA", "WA", "90210")
LINE = NoticeLine(
    7, "00-1300", 6, ean="12345678905", boxes=5, pallets=3, inner_packs=2, units_per_inner_pack=4,
    box_pounds=Decimal("1.5"), lot_number="L1",
)  # fmt: skip


@dataclass
class Canned(BibiApi):
    """A client that gives one answer, or fails with one error."""

    result: Any = None
    error: Exception | None = None
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def call(self, path_name: str, form: Mapping[str, str] | None = None, **options: Any) -> Answer:
        self.asked.append((path_name, json.loads(form["json"]) if form else None))
        if self.error is not None:
            raise self.error
        return Answer(200, {}, {"success": True, "result": self.result})

    def pages(self, path_name: str, **options: Any) -> Iterator[Answer]:
        yield self.call(path_name)


def test_r23_a_notice_is_sent_as_documented_in_texts() -> None:
    """The names of the portal's sample; what is not known is empty."""
    assert sent_notice(Notice(HEADER, (LINE, NoticeLine(8, "00-1301", 8)))) == {
        "Header": {
            "asn_bol_track_number": "T-1", "date_shipped": "2017-02-14", "expected_delivery_date": "2017-02-15",
            "carrier_name": "CARRIER", "carrier_phone": "360", "shipment_origination_city": "OLYMPIA",
            "shipment_origination_state": "WA", "shipment_origination_country": "US", "destination_warehouse": "BWI",
            "po_number": "90210",
        },
        "Products": [
            {
                "product_number": "00-1300", "quantity": "6", "box_number": "", "number_of_boxes": "5",
                "pallet_number": "", "number_of_pallets": "3", "number_of_inner_packs": "2",
                "number_of_units_inner_pack": "4", "weight_of_box": "1.5", "upc_code": "012345678905",
                "lot_number": "L1",
            },
            {
                "product_number": "00-1301", "quantity": "8", "box_number": "", "number_of_boxes": "",
                "pallet_number": "", "number_of_pallets": "", "number_of_inner_packs": "",
                "number_of_units_inner_pack": "", "weight_of_box": "",
            },
        ],
    }  # fmt: skip


def shown(**header: Any) -> dict[str, Any]:
    product = {"product_number": "A", "quantity": "6"}
    return {"header": {"asn_bol_track_number": "T-1", "status": "Open", **header}, "products": [product]}


@pytest.mark.parametrize("result", [shown(), [shown()], {**shown(), "products": {"1": shown()["products"][0]}}])
def test_r23_a_notice_is_read_in_whatever_shape(result: Any) -> None:
    assert BibiInbound(Canned(result)).get("t-1") == WarehouseNotice("T-1", "Open", {"A": 6})


@pytest.mark.parametrize("result", [None, "", [], {}])
def test_r23_an_empty_answer_means_that_there_is_none(result: Any) -> None:
    assert BibiInbound(Canned(result)).get("T-1") is None


@pytest.mark.parametrize(
    "error", [NotFound("x", "gone"), Refused("x", "ASN was not found."), Refused("x", "No such ASN")]
)
def test_r23_a_refusal_that_means_none_is_none_and_any_other_is_an_error(error: Exception) -> None:
    assert BibiInbound(Canned(error=error)).get("T-1") is None
    with pytest.raises(Refused):
        BibiInbound(Canned(error=Refused("x", "json takes no such field"))).get("T-1")


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (Refused("x", "The requested page was not found", own=False), Refused),
        (Refused("x", "SQLSTATE[42S02]: Base table or view not found"), ServerError),
    ],
    ids=["a gateway's words", "a failure of the server"],
)
def test_r23_only_the_warehouse_itself_says_that_there_is_no_notice(error: Exception, raised: type[Exception]) -> None:
    with pytest.raises(raised):
        BibiInbound(Canned(error=error)).get("T-1")


@pytest.mark.parametrize(
    "result", ["text", 7, [shown(), shown()], {"header": "x"}, shown(status=None), shown(asn_bol_track_number="T-2")]
)
def test_r23_an_answer_about_something_else_is_not_believed(result: Any) -> None:
    with pytest.raises(MalformedAnswer):
        BibiInbound(Canned(result)).get("T-1")


@pytest.mark.parametrize(
    ("result", "found"),
    [([shown()["header"], {"status": "x"}], {"t-1": "Open"}), ({}, {}), (None, {}), ("", {})],
)
def test_r23_the_list_is_read_as_far_as_it_can_be(result: Any, found: dict[str, str]) -> None:
    listed = BibiInbound(Canned(result)).list()
    assert {number: one.status for number, one in listed.items()} == found
    with pytest.raises(MalformedAnswer):
        BibiInbound(Canned("nonsense")).list()


# The simulator

T1 = {"asn_bol_track_number": "T-1"}


@pytest.fixture
def client() -> Iterator[BibiApi]:
    """A warehouse that knows two products and has been told of no goods yet."""
    with Bibi(throttles=False) as bibi:
        account = bibi.add_account(PUBLIC, SECRET)
        for sku in ("00-1300", "00-1301"):
            account.add_product(sku)
        yield bibi_client(HttpClient(bibi.url, clock=ManualClock()), clock=ManualClock())._api


def ask(client: BibiApi, name: str, **asked: Any) -> Any:
    return (client.call(name, {"json": json.dumps(asked)}).data or {})["result"]


def test_r23_the_simulator_answers_as_the_portal_shows(client: BibiApi) -> None:
    sent = sent_notice(Notice(HEADER, (LINE,)))
    assert ask(client, "asn_create", **sent) == "42"
    fetched = ask(client, "asn_get", asn_bol_track_number="T-1")
    assert set(fetched["header"]) == {
        *sent["Header"], "expected_delivery_time", "status", "boxes_under_lbs", "boxes_over_lbs", "total_pallets",
    }  # fmt: skip
    (product,) = fetched["products"]
    assert (product["product_number"], product["quantity"], product["number_of_boxes"]) == ("00-1300", "6", "5")
    (one,) = ask(client, "asn_get_product", asn_bol_track_number="T-1", product_number="00-1300")
    assert {"id", "asn_header_id", "asn_bol_track_number", "short_description"} <= set(one)
    assert [row["status"] for row in client.call("asn_list").data["result"]] == ["Open"]  # type: ignore[index,unused-ignore]


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        ("asn_create", sent_notice(Notice(HEADER, (LINE,))), "ASN header information could not be added."),
        ("asn_create", {"Header": {"asn_bol_track_number": "T-2"}, "Products": []}, "date_shipped is required."),
        ("asn_add_product", {**T1, "product_number": "00-1300", "quantity": "1"}, "not be added"),
        ("asn_add_product", {**T1, "product_number": "NONE", "quantity": "1"}, "not be added"),
        ("asn_add_product", {**T1, "product_number": "00-1301", "quantity": "-1"}, "not be added"),
        ("asn_add_product", {**T1, "product_number": "00-1301", "pieces": "1"}, "json takes"),
        ("asn_delete_product", {"asn_bol_track_number": "T-1", "product_number": "00-1301"}, "could not be deleted"),
        ("asn_update_status", {"asn_bol_track_number": "T-1", "status": "Done"}, "status must be Open or Closed."),
        ("asn_get", {"asn_bol_track_number": "T-3"}, "ASN was not found."),
    ],
)  # fmt: skip
def test_r23_the_simulator_is_strict(client: BibiApi, name: str, asked: dict[str, Any], said: str) -> None:
    ask(client, "asn_create", **sent_notice(Notice(HEADER, (LINE,))))
    with pytest.raises((Refused, NotFound)) as refused:
        ask(client, name, **asked)
    assert said in refused.value.detail
