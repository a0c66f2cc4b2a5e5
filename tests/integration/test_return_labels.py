"""R24: a return label is made once, kept in the bucket, and told with a link; in doubt, a person decides."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from local.simulators.bibi.labels import picture
from local.simulators.faults import Fault
from orderbridge.ledger.told import Answer
from orderbridge.returns.label_store import OpenLabel, ReturnLabels
from orderbridge.returns.make_labels import NoLabel, ask_for_label
from orderbridge.returns.return_label import LARGEST
from testkit.environment import LABELS_URL
from testkit.routes import LABEL
from testkit.world import World, world
from tests.faults.scenes import imported

ASKED, READY, REFUSED = "return_label_bibi", "return_label_ready_by_bibi", "return_label_refused_by_bibi"


@pytest.fixture
def here() -> Iterator[World]:
    """Order 1 has been shipped, and the shop knows it."""
    with world(empty=True) as made:
        imported(made, 1)
        made.warehouse.ship("1", ["1Z1"], method="02")
        made.pull()
        yield made


def ask(here: World) -> None:
    here.shop.add_tags(1, [ASKED])
    here.look(5)


def link(here: World) -> str:
    """The last part of the link that the merchant was told last."""
    found = re.findall(rf"{re.escape(LABELS_URL)}/(\S+)", " ".join(here.told(1)))
    return str(found[-1])


def behind(here: World, last_part: str) -> OpenLabel | None:
    return ReturnLabels(lambda: here.s3, "documents", LABELS_URL).behind(last_part, here.clock.now())


def operator(here: World, *, again: bool = False) -> bool:
    record = here.ledger.get("acme", 1)
    assert record is not None
    asked = ask_for_label(
        here.ledger, record, here.function("operator").sender("PUSH_ORDERS_QUEUE_URL"), "x", again=again
    )
    here.push()
    return asked


def test_r24_the_tag_has_a_label_made_kept_and_told_of(here: World) -> None:
    ask(here)
    opened = behind(here, link(here))
    assert opened is not None
    assert opened.label.content == picture("return 1 1")
    assert {ASKED, READY} <= set(here.wire(1)["Tags"])
    assert "2026" in " ".join(here.told(1))
    record = here.ledger.get("acme", 1)
    assert record is not None
    assert record.label is not None
    assert record.label.stored
    assert record.label.expires_at - record.label.asked_at == timedelta(days=30)


@pytest.mark.parametrize("state", [4, 5, 7])
def test_r24_a_label_is_made_within_one_poll_also_for_a_complaint_and_a_closed_order(here: World, state: int) -> None:
    here.shop.change(1, State=state)
    before = len(here.billbee.calls)
    ask(here)
    assert behind(here, link(here))
    assert here.wire(1)["State"] == state
    assert [call.name for call in here.billbee.calls[before:]].count("GET /orders") == 1


def test_r24_one_label_is_made_however_often_the_order_is_looked_at(here: World) -> None:
    ask(here)
    for _ in range(3):
        here.look(5)
    here.poll("all")
    here.push()
    assert here.warehouse.labels == ["1"]
    assert sum("OB-701" in text for text in here.told(1)) == 1


def test_r24_a_label_waits_until_something_has_left() -> None:
    with world(empty=True) as here:
        imported(here, 1)
        ask(here)
        assert here.warehouse.labels == []
        here.warehouse.ship("1", ["1Z1"])
        here.pull()
        here.look(5)
        assert here.warehouse.labels == ["1"]


def test_r24_an_order_that_is_cancelled_in_the_shop_after_it_was_shipped_gets_its_label(here: World) -> None:
    here.shop.set_state(1, 8)
    ask(here)
    assert here.warehouse.labels == ["1"]


def test_r24_the_link_is_nowhere_but_on_the_order(here: World) -> None:
    ask(here)
    token = link(here).rpartition(".")[2]
    assert token not in str(here.dynamodb.tables)
    assert token not in repr(behind(here, link(here)))


@pytest.mark.parametrize(
    "changed",
    [
        lambda link: link[:-1] + ("A" if link[-1] != "A" else "B"),
        lambda link: link.replace("30.acme", "90.acme"),
        lambda link: link.replace("acme", "other"),
        lambda link: link.replace(".1-", ".2-"),
        lambda link: link + "x",
        lambda link: link.rpartition(".")[0],
        lambda link: "../" + link,
        lambda link: "",
    ],
)
def test_r24_another_link_opens_nothing(here: World, changed: object) -> None:
    ask(here)
    assert callable(changed)
    assert behind(here, changed(link(here))) is None


def test_r24_a_link_is_dead_when_the_label_has_expired(here: World) -> None:
    ask(here)
    here.wait(minutes=30 * 24 * 60)
    assert behind(here, link(here)) is None


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ("", "holds no label"),
        ("not base64!", "not base64"),
        (base64.b64encode(b"^XA^FO50,50^XZ").decode(), "neither PNG, GIF, JPEG nor PDF"),
        (base64.b64encode(b"%PDF-" + b"0" * LARGEST).decode(), "more than 4 MB"),
    ],
)
def test_r24_what_is_no_picture_is_refused_and_not_kept(here: World, sent: str, why: str) -> None:
    here.warehouse.label_text = sent
    ask(here)
    assert why in " ".join(here.told(1))
    assert REFUSED in here.wire(1)["Tags"]
    assert not here.s3.files
    here.look(5)
    assert len(here.warehouse.labels) == 1


def test_r24_a_refusal_can_be_asked_again_by_removing_the_tag(here: World) -> None:
    here.bibi.faults.add(Fault("status", route=LABEL, status=400))
    ask(here)
    assert any("OB-702" in text for text in here.told(1))
    here.shop.remove_tag(1, ASKED)
    here.look(5)
    ask(here)
    assert here.warehouse.labels == ["1"]
    assert READY in here.wire(1)["Tags"]
    record = here.ledger.get("acme", 1)
    assert record is not None
    assert record.reason is None


def test_r24_a_tag_that_is_set_again_tells_of_the_label_there_is(here: World) -> None:
    ask(here)
    first = link(here)
    here.shop.remove_tag(1, ASKED)
    here.look(5)
    ask(here)
    assert link(here) == first
    assert here.warehouse.labels == ["1"]


@pytest.mark.parametrize("kind", ["status_after", "html"])
def test_r24_after_an_unknown_outcome_nobody_asks_again_but_a_person(here: World, kind: Any) -> None:
    here.bibi.faults.add(Fault(kind, route=LABEL, status=502))
    ask(here)
    for _ in range(2):
        here.look(5)
    here.shop.remove_tag(1, ASKED)
    here.look(5)
    ask(here)
    assert len(here.warehouse.labels) == 1
    assert all("OB-703" in text for text in here.told(1))
    with pytest.raises(NoLabel, match="may have made one"):
        operator(here)
    assert operator(here, again=True)
    assert len(here.warehouse.labels) == 2
    assert behind(here, link(here)) is not None


def test_r24_an_operator_needs_no_tag_and_two_deliveries_make_one_label(here: World) -> None:
    assert operator(here)
    assert here.warehouse.labels == ["1"]
    assert READY in here.wire(1)["Tags"]
    assert not operator(here)
    with pytest.raises(NoLabel, match="still good"):
        operator(here, again=True)


def test_r24_a_lost_ledger_makes_no_second_label(here: World) -> None:
    ask(here)
    here.empty_the_table()
    here.queues.clear()
    here.cold_start()
    here.poll("all")
    here.push()
    here.look(5)
    assert here.warehouse.labels == ["1"]
    record = here.ledger.get("acme", 1)
    assert record is not None
    assert Answer.LABEL_READY in record.told
    with pytest.raises(NoLabel, match="lost"):
        operator(here)


def test_r24_an_expired_label_is_made_anew_when_it_is_asked_for_again(here: World) -> None:
    ask(here)
    here.wait(minutes=31 * 24 * 60)
    assert operator(here)
    assert len(here.warehouse.labels) == 2


def test_r24_an_order_that_is_gone_from_the_shop_gets_its_label_from_the_operator(here: World) -> None:
    here.shop.remove_order(1)
    assert operator(here)
    record = here.ledger.get("acme", 1)
    assert record is not None
    assert record.label is not None
    assert record.label.stored


@pytest.mark.parametrize("gone", [False, True])
def test_r24_a_refusal_that_repeats_the_buyers_data_is_told_without_it(here: World, gone: bool) -> None:
    buyer = dict(here.wire(1)["ShippingAddress"])
    told = f"no label for {buyer['FirstName']} {buyer['LastName']}, {buyer['Street']}"
    here.warehouse.label_refusal = told
    if gone:
        here.shop.remove_order(1)
        operator(here)
    else:
        ask(here)
    record = here.ledger.get("acme", 1)
    assert record is not None
    assert "[OB-702]" in (record.reason or "")
    kept = str(here.dynamodb.tables)
    assert not [part for part in ("FirstName", "LastName", "Street") if buyer[part] in kept]
