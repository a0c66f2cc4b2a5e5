"""BiBi's bills of material: a JSON payload as documented, a form field where that does not work, and read back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orderbridge.platform.errors import MalformedAnswer, Refused
from orderbridge.vendors.bibi.warehouse import BibiWarehouse
from tests.contract.canned import Canned, Reply
from tests.contract.clients import answers, bibi_client, refusal, success, token

KIT = {"BOX": {"MUG": 1, "PEN": 3}}
SENT = [
    {
        "product_number": "BOX",
        "components": [
            {"component_product_number": "MUG", "component_quantity": 1},
            {"component_product_number": "PEN", "component_quantity": 3},
        ],
    }
]


@pytest.fixture
def client(server: Canned) -> BibiWarehouse:
    return bibi_client(server)


def shown(*components: tuple[str, Any], kit: str = "BOX", flat: bool = False) -> Reply:
    """The two shapes of the documents: components below their kit, and beside it."""
    parts = [{"component_product_number": sku, "component_quantity": count} for sku, count in components]
    return success(
        [{"product_number": kit} | part for part in parts] if flat else [{"product_number": kit, "components": parts}]
    )


RIGHT = (("MUG", "1"), ("PEN", "3"))


def sent(server: Canned) -> list[tuple[str, Any]]:
    """Each upsert: in which form, and what."""
    return [
        ("json", one.json) if one.content.startswith(b"[") else ("form", json.loads(one.form["json"]))
        for one in server.received
        if one.path.endswith("/upsertBOMs")
    ]


@pytest.mark.parametrize("flat", [False, True])
def test_r26_a_bill_of_material_is_sent_as_the_json_payload_of_the_documents(
    server: Canned, client: BibiWarehouse, flat: bool
) -> None:
    answers(server, token(), success(), shown(*RIGHT, flat=flat))
    assert client.upsert_kits(KIT) == {"BOX"}
    assert sent(server) == [("json", SENT)]
    assert [one.path for one in server.received[2:]] == ["/api/listBOM/BOX"]


@pytest.mark.parametrize(
    "no", [refusal("The field json is missing."), refusal("no form fields", 400), Reply(415, {"success": False})]
)
def test_r26_where_json_is_refused_it_goes_as_a_form_field(server: Canned, client: BibiWarehouse, no: Reply) -> None:
    answers(server, token(), no, success(), shown(*RIGHT))
    assert client.upsert_kits(KIT) == {"BOX"}
    assert sent(server)[1:] == [("form", SENT)]


def test_r26_where_json_is_taken_and_changes_nothing_it_goes_as_a_form_field(
    server: Canned, client: BibiWarehouse
) -> None:
    answers(server, token(), success(), shown(("MUG", 1)), success(), shown(*RIGHT))
    assert client.upsert_kits(KIT) == {"BOX"}
    assert [how for how, _ in sent(server)] == ["json", "form"]


def test_r26_a_refusal_in_both_forms_names_both_reasons(server: Canned, client: BibiWarehouse) -> None:
    answers(server, token(), refusal("The field json is missing."), refusal("Product PEN does not exist."))
    with pytest.raises(Refused) as refused:
        client.upsert_kits(KIT)
    assert refused.value.detail == "The field json is missing. / Product PEN does not exist."
    assert len(sent(server)) == 2


@pytest.mark.parametrize(
    "found",
    [
        shown(), shown(("MUG", 1)), shown(("MUG", 1), ("PEN", 4)), shown(*RIGHT, ("TEE", 1)),
        shown(("MUG", 1), ("MUG", 1), ("PEN", 3)),
        shown(("MUG", "1.5"), ("PEN", 3)), shown(("MUG", True), ("PEN", 3)), shown(("MUG", None), ("PEN", 3)),
        shown(("MUG", ""), ("PEN", 3)), shown(("MUG", {}), ("PEN", 3)), shown(*RIGHT, kit="OTHER"),
        success(None), success(""), success([]), success({}), success("MUG"), success([None, 7]),
        success([{"components": None}]),
        refusal("Resource was not found.", 404, code=404),
    ],
)  # fmt: skip
def test_r26_a_kit_that_is_not_shown_as_it_was_sent_is_not_confirmed(
    server: Canned, client: BibiWarehouse, found: Reply
) -> None:
    answers(server, token(), success(), found, success(), found)
    assert client.upsert_kits(KIT) == frozenset()
    assert len(server.received) == 5


def test_r26_a_long_bill_of_material_is_read_over_its_pages(server: Canned, client: BibiWarehouse) -> None:
    first = shown(("MUG", 1))
    first.body["hasMoreResults"] = True  # type: ignore[index]
    answers(server, token(), success(), first, shown(("PEN", "3")))
    assert client.upsert_kits(KIT) == {"BOX"}
    assert server.received[3].form == {"offset": "2"}


def test_r26_a_list_that_repeats_its_page_is_an_error_and_no_bill_of_material(
    server: Canned, client: BibiWarehouse
) -> None:
    endless = shown(("MUG", 1))
    endless.body["hasMoreResults"] = True  # type: ignore[index]
    answers(server, token(), success(), *[endless] * 9)
    with pytest.raises(MalformedAnswer, match=r"page 2 shows what page 1 showed"):
        client.upsert_kits(KIT)
    assert len(server.received) == 4
