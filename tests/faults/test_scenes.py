"""The scenes hold what they say: every route and every kind of record that the layer uses comes up in one of them."""

from __future__ import annotations

from tests.faults.argued import ARGUED
from tests.faults.matrix import recording
from tests.faults.scenes import SCENES


def test_every_vendors_route_of_the_jobs_is_struck() -> None:
    names = {step.name for scene in SCENES for step in recording(scene).steps}
    assert {name for name in names if name.startswith("bibi")} == {
        "bibi GET /",
        "bibi GET /listProduct/{number}",
        "bibi GET /listShipments/{number}",
        "bibi GET /listShipMethods",
        "bibi POST /cancelOrder/{number}",
        "bibi POST /holdOrder/{number}",
        "bibi POST /listProducts",
        "bibi POST /listReturns",
        "bibi POST /orderStatus",
        "bibi POST /returnLabel/{number}",
        "bibi POST /submitOrder",
        "bibi POST /updateOrder/{number}",
        "bibi POST /upsertProducts",
        "bibi GET /inventory/reasonCodes",
        "bibi GET /inventory/transactionTypes",
        "bibi POST /inventory/transactions",
        "bibi POST /upsertBOMs",
        "bibi GET /listASNs",
        "bibi GET /listBOM/{number}",
        "bibi POST /addASNProduct",
        "bibi POST /createASN",
        "bibi POST /deleteASN",
        "bibi POST /deleteASNProduct",
        "bibi POST /getASN",
        "bibi POST /updateASNStatus",
    }
    assert {name for name in names if name.startswith("abillify")} == {
        "abillify GET /orders/{reference}",
        "abillify PUT /orders/{reference}",
    }
    assert {name for name in names if name.startswith("billbee")} == {
        "billbee GET /enums/shippingcarriers",
        "billbee GET /orders",
        "billbee GET /orders/{id}",
        "billbee GET /products",
        "billbee GET /products/stocks",
        "billbee GET /products/{id}",
        "billbee GET /shipment/shippingproviders",
        "billbee POST /orders/{id}/message",
        "billbee POST /orders/{id}/shipment",
        "billbee POST /orders/{id}/tags",
        "billbee POST /products/updatestockmultiple",
        "billbee PUT /orders/{id}/orderstate",
    }


def test_undisturbed_each_scene_does_what_it_is_for() -> None:
    """A scene in which nothing happens would survive everything."""
    ends = {scene: recording(scene).end for scene in SCENES}
    orders = {scene: end["orders"] for scene, end in ends.items()}
    statuses = {scene: [one["ledger"]["status"] for one in found.values()] for scene, found in orders.items()}
    assert statuses["import"] == ["acknowledged", "acknowledged", "rejected", "rejected"]
    assert statuses["lost ledger"] == ["acknowledged", "acknowledged", "shipped", "rejected", "acknowledged"]
    assert statuses["interrupted submission"] == ["acknowledged", "acknowledged"]
    assert statuses["handed back"] == ["shipped", "acknowledged", "rejected"]
    assert [one["tags"] for one in orders["rehearsal"].values()] == [["bibi"], ["bibi"]]
    assert statuses["tracking"] == ["shipped", "shipped", "acknowledged"]
    assert [len(one["shipments"]) for one in orders["tracking"].values()] == [2, 2, 0]
    assert [len(one["told"]) for one in orders["silence"].values()] == [0, 1]
    assert [(len(one["told"]), len(one["shipments"])) for one in orders["returns"].values()] == [(0, 2), (1, 1)]
    assert [(one["label"], len(one["told"])) for one in orders["labels"].values()] == [(True, 1), (True, 1), (False, 0)]
    assert ends["labels"]["labels"] == ["1", "2"]
    links = [[bool(link) for _, link in one["parcels' costs"].values()] for one in orders["labels"].values()]
    assert links == [[False], [False], [True, True]]  # two left before anybody wanted links
    assert [one.parcels for one in ends["labels"]["costs"]] == [4]
    assert statuses["changes"] == ["acknowledged", "cancelled", "held", "acknowledged", "acknowledged"]
    assert [len(one["told"]) for one in orders["changes"].values()] == [0, 1, 0, 1, 1]
    assert statuses["hold"] == ["acknowledged", "cancelled"]
    assert statuses["billing"] == ["shipped", "shipped", "shipped", "shipped", "cancelled"]
    assert [len(one["told"]) for one in orders["billing"].values()] == [0, 1, 1, 2, 0]
    told = [one["ledger"]["told"] for one in orders["billing"].values()]
    assert ["billing_ok" in keys for keys in told] == [True, False, False, True, False]
    assert (ends["billing"]["cancelled there"], ends["billing"]["invoices"]["5"]) == (["5"], True)
    assert statuses["gate"] == ["acknowledged", "held"]
    assert statuses["rules"] == ["held", "held", "rejected"]
    assert ends["stock"]["stock"] == {"MUG-01": 7, "TEE-01": 4, "CAP-01": 0}
    assert len(ends["products"]["products"]) == 7
    assert [one[1] for one in ends["movements"]["moves"]["MUG-01"][:3]] == [-1, -2, -2]
    assert [len(notes) for notes in ends["movements"]["moves"].values()] == [6, 3]
    assert statuses["kits"] == ["acknowledged", "acknowledged", "rejected"]
    assert ends["kits"]["boms"] == {"BOX": {"MUG-01": 1, "TEE-01": 2}, "BOX-2": {"TEE-01": 3}}
    assert ends["notices"]["notices"] == {"NEW": ("deleted", {"MUG-01": 12, "CAP-01": 3}, None)}
    assert ends["notices"]["announced"] == {}
    results = ends["notices"]["results"]
    outcomes = {file: told[0] for file, told in results.items() if file.endswith(".result.json")}
    assert sorted(outcomes.values()) == ["added", "announced", "closed", "deleted", "removed"]
    assert ends["arrival"]["notices"]["NEW"][2] == {"MUG-01": 12, "TEE-01": 4}
    assert ends["arrival"]["stock"]["MUG-01"] == 112
    assert all(end["booked twice"] == [] for end in ends.values())


def test_every_argument_gives_its_reason() -> None:
    assert all(len(one.because) > 80 for one in ARGUED)
