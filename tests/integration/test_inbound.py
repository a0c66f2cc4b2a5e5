"""R23: a dropped file becomes one notice at the warehouse, whatever happens on the way; and what arrives is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from local.simulators.bibi.asn import receive
from local.simulators.faults import Fault
from orderbridge.desk.send_digest import arrived
from orderbridge.inbound.dropped_files import merchant_of, with_our_messages
from orderbridge.inbound.notice_records import NoticeRecord
from orderbridge.jobs.messages import AnnounceInbound
from orderbridge.merchants.bibi_paths import PATHS
from orderbridge.platform.documents import Documents
from testkit.aws import MemoryS3
from testkit.world import World, sold_product, world
from tests.faults.scenes import notice

RESULT = ".result.json"


@pytest.fixture
def here() -> Iterator[World]:
    with world(empty=True) as made:
        made.goods("MUG-01", "TEE-01", "CAP-01")
        yield made


def drop(here: World, name: str, content: str | bytes) -> dict[str, Any]:
    """Drop a file and have it worked on; gives its result."""
    key = here.drop(name, content)
    here.work("announce")
    return here.file(key + RESULT)


def asked(here: World, **fields: Any) -> dict[str, Any]:
    return drop(here, f"{fields['action']}-{len(here.s3.files)}.json", json.dumps(fields))


def codes(result: dict[str, Any]) -> list[tuple[int | None, str]]:
    return [(one["row"], one["code"]) for one in result["problems"]]


def record(here: World, number: str = "T-1") -> NoticeRecord:
    found = here.notices().get(number)
    assert found is not None
    return found


def at_the_warehouse(here: World, number: str = "T-1") -> dict[str, str]:
    return {sku: line["quantity"] for sku, line in here.warehouse.notices[number].lines.items()}


def calls(here: World, name: str) -> int:
    return here.bibi.count(f"POST /{name}")


# Announcing


def test_r23_a_file_becomes_a_notice_and_a_result_beside_it(here: World) -> None:
    result = drop(here, "goods.csv", notice("T-1", MUG_01=12, TEE_01=5))
    assert (result["outcome"], result["notice_number"], result["problems"]) == ("announced", "42", [])
    assert result["text"] == ["T-1: announced to the warehouse", "2 products, 17 pieces"]
    assert at_the_warehouse(here) == {"MUG-01": "12", "TEE-01": "5"}
    assert (record(here).status, record(here).announced) == ("open", {"MUG-01": 12, "TEE-01": 5})


def test_r23_a_file_dropped_twice_makes_one_notice(here: World) -> None:
    """Under its own name, under another, in another form; and by a message that comes twice."""
    first = drop(here, "goods.csv", notice("T-1", MUG_01=12))
    here.wait(minutes=1)
    second = drop(here, "goods.csv", notice("T-1", MUG_01=12))
    assert second | {"written_at": None} == first | {"written_at": None}
    assert drop(here, "again.csv", notice("T-1", MUG_01=12).replace(";", "\t"))["outcome"] == "already announced"
    here.drop("goods.csv", notice("T-1", MUG_01=12))
    here.drop("goods.csv", notice("T-1", MUG_01=12))
    here.work("announce")
    assert calls(here, "createASN") == 1
    assert len(here.warehouse.notices) == 1


def test_r23_a_file_with_one_bad_row_announces_nothing(here: World) -> None:
    result = drop(here, "goods.csv", notice("T-1", MUG_01=12, NOBODY=5))
    assert (result["outcome"], codes(result)) == ("refused", [(8, "OB-623")])
    assert not here.warehouse.notices
    assert here.notices().all() == []
    assert drop(here, "goods.csv", notice("T-1", MUG_01=12))["outcome"] == "announced"


def test_r23_the_same_number_with_other_goods_is_refused_wherever_it_is(here: World) -> None:
    drop(here, "goods.csv", notice("T-1", MUG_01=12))
    assert codes(drop(here, "other.csv", notice("T-1", MUG_01=13))) == [(None, "OB-630")]
    here.empty_the_table()
    assert codes(drop(here, "other2.csv", notice("T-1", MUG_01=13))) == [(None, "OB-630")]
    assert at_the_warehouse(here) == {"MUG-01": "12"}


def test_r23_after_a_lost_table_the_same_file_takes_the_notice_over(here: World) -> None:
    drop(here, "goods.csv", notice("T-1", MUG_01=12, TEE_01=5))
    here.empty_the_table()
    assert drop(here, "again.csv", notice("T-1", MUG_01=12, TEE_01=5))["outcome"] == "announced"
    assert calls(here, "createASN") == 1
    assert record(here).status == "open"


def test_r23_what_the_warehouse_did_not_take_over_is_added(here: World) -> None:
    """It made the notice with the first product only, and said nothing."""
    made = here.bibi.after_call

    def lose_one(call: Any) -> None:
        if call.route == "/createASN":
            here.warehouse.notices["T-1"].lines.pop("TEE-01", None)

    made.append(lose_one)
    try:
        assert drop(here, "goods.csv", notice("T-1", MUG_01=12, TEE_01=5))["outcome"] == "announced"
    finally:
        made.remove(lose_one)
    assert at_the_warehouse(here) == {"MUG-01": "12", "TEE-01": "5"}


def test_r23_a_file_dropped_again_is_processed_again(here: World) -> None:
    """What was true of the first drop need not be true of the second: neither of these answers is given again."""
    goods_file = notice("T-1", MUG_01=12)
    here.configure(mode="test")
    here.cold_start()
    assert drop(here, "goods.csv", goods_file)["outcome"] == "checked"
    here.configure(mode="live")
    here.cold_start()
    here.wait(minutes=1)
    assert drop(here, "goods.csv", goods_file)["outcome"] == "announced"
    assert asked(here, action="delete", tracking_number="T-1")["outcome"] == "deleted"
    here.wait(minutes=1)
    assert drop(here, "goods.csv", goods_file)["outcome"] == "announced"
    unknown = notice("T-2", NEW_01=3)
    assert drop(here, "new.csv", unknown)["outcome"] == "refused"
    here.goods("NEW-01")
    here.wait(minutes=1)
    assert drop(here, "new.csv", unknown)["outcome"] == "announced"
    assert calls(here, "createASN") == 3


@pytest.mark.parametrize("kind", ["drop_after", "status_after"])
def test_r23_a_lost_answer_is_asked_for_before_anything_is_sent_again(here: World, kind: Any) -> None:
    here.bibi.faults.add(Fault(kind, "POST /createASN"))
    assert drop(here, "goods.csv", notice("T-1", MUG_01=12))["outcome"] == "announced"
    assert calls(here, "createASN") == 1


def test_r23_a_claim_that_sent_nothing_holds_nobody_up(here: World) -> None:
    """A failure while the warehouse is asked for the notice cannot land later, so nothing waits for it."""
    here.bibi.faults.add(Fault("throttled", "POST /getASN", retry_after=4))
    before = here.clock.now()
    assert drop(here, "goods.csv", notice("T-1", MUG_01=12))["outcome"] == "announced"
    assert here.clock.now() - before < timedelta(seconds=20)


def test_r23_what_the_warehouse_refuses_is_told_in_its_words_and_may_be_tried_again(here: World) -> None:
    here.bibi.faults.add(Fault("status", "POST /createASN", status=400))
    result = drop(here, "goods.csv", notice("T-1", MUG_01=12))
    assert (result["outcome"], codes(result)) == ("refused", [(None, "OB-631")])
    assert record(here).status == "refused"
    assert drop(here, "goods2.csv", notice("T-1", MUG_01=12))["outcome"] == "announced"


def test_r23_a_wrong_path_leaves_the_file_for_later(here: World) -> None:
    here.configure(bibi={"paths": {"asn_create": "nowhere"}})
    key = here.drop("goods.csv", notice("T-1", MUG_01=12))
    here.work("announce")
    assert here.file(key + RESULT) == {}
    here.configure(bibi={"paths": {}})
    here.cold_start()
    here.wait(minutes=15)
    here.run("inbound")
    assert here.file(key + RESULT)["outcome"] == "announced"


def test_r23_a_file_of_fifty_megabytes_is_not_even_read(here: World) -> None:
    result = drop(here, "huge.csv", b"x" * 50_000_000)
    assert codes(result) == [(None, "OB-601")]
    assert "50.0 MB" in result["text"][1]


def test_r23_many_skus_without_a_record_are_looked_for_in_the_list(here: World) -> None:
    skus = {f"SKU_{place}": 1 for place in range(30)}
    for sku in skus:
        here.warehouse.add_product(sku.replace("_", "-"))
    assert drop(here, "goods.csv", notice("T-1", **skus))["outcome"] == "announced"
    assert calls(here, "listProducts") == 1
    assert here.bibi.count("GET /listProduct/{number}") == 0


def test_r23_a_product_is_known_by_the_ean_that_the_shop_gave_it(here: World) -> None:
    here.shop.add_product(sold_product("PEN-01", ean="012345678905"))
    here.sync_products()
    file = notice("T-1").replace("sku;quantity;boxes", "ean;quantity") + "0012345678905;7\n"
    assert drop(here, "goods.csv", file)["outcome"] == "announced"
    assert at_the_warehouse(here) == {"PEN-01": "7"}
    assert here.warehouse.notices["T-1"].lines["PEN-01"]["upc_code"] == "012345678905"


def test_r22_a_rehearsal_checks_only_and_a_pause_leaves_the_file_alone(here: World) -> None:
    here.configure(mode="test")
    result = drop(here, "goods.csv", notice("T-1", MUG_01=12))
    assert (result["outcome"], [one["code"] for one in result["remarks"]]) == ("checked", ["OB-640"])
    assert codes(drop(here, "bad.csv", notice("T-1", NOBODY=1))) == [(7, "OB-623")]
    here.configure(mode="paused")
    here.cold_start()
    assert drop(here, "later.csv", notice("T-2", MUG_01=12)) == {}
    assert not here.warehouse.notices
    here.configure(mode="live")
    here.cold_start()
    here.wait(minutes=15)
    here.run("inbound")
    assert here.file("inbound/acme/later.csv" + RESULT)["outcome"] == "announced"


def test_r23_the_result_speaks_the_merchants_language(here: World) -> None:
    here.configure(language="de")
    assert drop(here, "goods.csv", notice("T-1", MUG_01=0))["text"][0] == "goods.csv: nichts wurde getan"


# Commands


def test_r23_products_are_added_and_removed_and_twice_is_once(here: World) -> None:
    drop(here, "goods.csv", notice("T-1", MUG_01=12))
    for _ in range(2):
        more = [{"sku": "CAP-01", "quantity": 3}]
        assert asked(here, action="add", tracking_number="t-1", products=more)["outcome"] == "added"
    for _ in range(2):
        assert asked(here, action="remove", tracking_number="T-1", sku="mug-01")["outcome"] == "removed"
    assert at_the_warehouse(here) == {"CAP-01": "3"}
    assert record(here).announced == {"CAP-01": 3}
    assert codes(asked(here, action="add", tracking_number="T-1", sku="CAP-01", quantity=4)) == [(1, "OB-634")]


def test_r23_a_notice_is_closed_and_takes_no_more(here: World) -> None:
    drop(here, "goods.csv", notice("T-1", MUG_01=12))
    assert asked(here, action="close", tracking_number="T-1")["outcome"] == "closed"
    assert here.warehouse.notices["T-1"].status == "Closed"
    assert codes(asked(here, action="add", tracking_number="T-1", sku="CAP-01", quantity=4)) == [(None, "OB-633")]


def test_r23_a_notice_that_is_deleted_can_be_announced_anew(here: World) -> None:
    drop(here, "goods.csv", notice("T-1", MUG_01=12))
    assert asked(here, action="delete", tracking_number="T-1")["outcome"] == "deleted"
    assert asked(here, action="delete", tracking_number="T-1", note="again")["outcome"] == "deleted"
    assert drop(here, "new.csv", notice("T-1", MUG_01=13))["outcome"] == "announced"
    assert at_the_warehouse(here) == {"MUG-01": "13"}


def test_r23_a_command_for_no_notice_says_so_and_one_announced_elsewhere_is_taken_over(here: World) -> None:
    assert codes(asked(here, action="close", tracking_number="T-9")) == [(None, "OB-632")]
    drop(here, "goods.csv", notice("T-1", MUG_01=12))
    here.empty_the_table()
    assert asked(here, action="remove", tracking_number="T-1", sku="MUG-01")["outcome"] == "removed"
    assert (record(here).status, record(here).file) == ("open", "")


# Arrival


def test_r23_a_closed_notice_has_its_stock_synced_at_once_and_its_list_written(here: World) -> None:
    here.sync_stock()
    drop(here, "goods.csv", notice("T-1", MUG_01=12, TEE_01=5))
    drop(here, "later.csv", notice("T-2", TEE_01=1))
    here.wait(minutes=60)
    here.warehouse.move("MUG-01", 40, kind="M")  # between two shelves: nothing came
    receive(here.warehouse, "T-1", {"MUG-01": 12, "TEE-01": 4})
    here.run("inbound")
    here.work("stock")
    assert {one["SKU"]: one["StockCurrent"] for one in here.shop.products.values()}["MUG-01"] == 112
    told = here.file("inbound/acme/T-1.received.json")
    assert told["text"] == ["T-1: 16 of 17 pieces received; TEE-01: 1 missing"]
    rows = [(one["sku"], one["difference"], one["shared_with_another_notice"]) for one in told["products"]]
    assert rows == [("MUG-01", 0, False), ("TEE-01", -1, True)]
    spreadsheet = here.s3.files["inbound/acme/T-1.received.csv"].body.decode("utf-8-sig").split("\r\n")
    assert spreadsheet[:3] == ["sku;announced;received;difference", "MUG-01;12;12;0", "TEE-01;5;4;-1"]
    assert (record(here).status, record(here, "T-2").status) == ("closed", "open")
    today = here.clock.now().date()
    assert arrived(here.notices(), today, "de") == ["T-1: 16 von 17 Stück eingegangen; TEE-01: 1 fehlen"]
    assert arrived(here.notices(), today - timedelta(days=1), "en") == []


def test_r23_without_the_path_of_the_transactions_the_notice_is_closed_all_the_same(here: World) -> None:
    here.configure(bibi={"paths": {"inventory_transactions": "listReturns"}})
    drop(here, "goods.csv", notice("T-1", MUG_01=12))
    receive(here.warehouse, "T-1", {"MUG-01": 12})
    here.run("inbound")
    assert (record(here).status, record(here).received) == ("closed", None)
    assert here.file("inbound/acme/T-1.received.json")["text"] == [
        "T-1: 12 pieces, what was received could not be read"
    ]


def test_r23_without_the_list_of_reasons_the_receipts_are_found_by_the_documented_ones(here: World) -> None:
    here.bibi.faults.add(Fault("status", f"GET /{PATHS['reason_codes']}", status=404, times=9))
    drop(here, "goods.csv", notice("T-1", MUG_01=12))
    receive(here.warehouse, "T-1", {"MUG-01": 12})
    here.run("inbound")
    assert (record(here).status, record(here).received) == ("closed", {"MUG-01": 12})


def test_r23_a_notice_that_is_gone_at_the_warehouse_is_not_waited_for(here: World) -> None:
    drop(here, "goods.csv", notice("T-1", MUG_01=12))
    here.warehouse.notices.clear()
    here.run("inbound")
    assert record(here).status == "deleted"


def test_r23_a_file_that_s3_never_told_of_is_taken_up_after_a_while_and_once(here: World) -> None:
    key = here.drop("goods.csv", notice("T-1", MUG_01=12), told=False)
    here.drop("folder/", b"", told=False)
    for _ in range(2):
        here.run("inbound")
        here.wait(minutes=15)
    assert here.file(key + RESULT)["outcome"] == "announced"
    assert calls(here, "createASN") == 1


def test_r23_without_notices_and_files_nobody_is_asked(here: World) -> None:
    here.run("inbound")
    assert here.bibi.calls == []


def test_r23_more_files_than_a_page_of_the_list_are_all_seen() -> None:
    s3 = MemoryS3()
    documents = Documents(s3, "documents")
    for number in range(1001):
        documents.put(f"inbound/acme/{number:04d}.csv", b"x")
    assert [one.key[-8:] for one in documents.list("inbound/acme/")][-1] == "1000.csv"
    assert documents.head("inbound/acme/0") is None
    assert documents.get("inbound/acme/0001.csv", "another content's") is None


# What S3 says


def event(*keys: str, name: str = "ObjectCreated:Put") -> str:
    return json.dumps(
        {"Records": [{"eventSource": "aws:s3", "eventName": name, "s3": {"object": {"key": key}}} for key in keys]}
    )


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        (event("inbound/acme/a+b%2Bc.csv"), ["inbound/acme/a b+c.csv"]),
        (
            event("inbound/acme/a.csv", "inbound/nord/b.json", name="ObjectCreated:CompleteMultipartUpload"),
            ["inbound/acme/a.csv", "inbound/nord/b.json"],
        ),
        (event("inbound/acme/a.csv.result.json"), []),
        (event("inbound/acme/T-1.received.csv"), []),
        (event("inbound/acme/"), []),
        (event("inbound/NOT A MERCHANT/a.csv"), []),
        (event("labels/acme/1.pdf"), []),
        (event("inbound/acme/a.csv", name="ObjectRemoved:Delete"), []),
        ('{"Service": "Amazon S3", "Event": "s3:TestEvent"}', []),
        ("[]", None),
        ("no json", None),
        ('{"Records": []}', None),
        ('{"Records": [{"eventSource": "aws:sns"}]}', None),
        ('{"job": "announce-inbound"}', None),
    ],
)
def test_r23_of_what_comes_through_the_queue_only_new_files_of_merchants_are_work(
    body: str, keys: list[str] | None
) -> None:
    (*found,) = with_our_messages({"Records": [{"messageId": "m", "body": body}]})["Records"]
    if keys is None:
        assert [one["body"] for one in found] == [body]
    else:
        messages = [AnnounceInbound.model_validate_json(one["body"]) for one in found]
        assert [(one.key, one.correlation_id) for one in messages] == [(key, "m") for key in keys]


def test_r23_what_is_no_work_is_deleted_and_what_is_unknown_is_buried(here: World) -> None:
    records = [{"messageId": str(place), "body": body} for place, body in enumerate(("{}", event("x"), event("y")))]
    assert [one["messageId"] for one in with_our_messages({"Records": records})["Records"]] == ["0"]
    assert merchant_of("inbound/acme/folder/a.csv") == "acme"
    here.queues.send_message(QueueUrl="announce", MessageBody="{}")
    here.work("announce")
    assert len(here.queues.messages("announce-dead")) == 1


def test_no_carriers_phone_reaches_the_table_or_a_result(here: World) -> None:
    phone = "+49 151 4711 0815"
    result = drop(here, "goods.csv", f"telefon;{phone}\n" + notice("T-1", MUG_01=12))
    assert result["outcome"] == "announced"
    assert here.warehouse.notices["T-1"].header["carrier_phone"] == phone
    assert phone not in json.dumps(result)
    assert phone not in str(here.dynamodb.tables)
