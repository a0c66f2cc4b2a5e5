"""R35: an engraving on its way from Billbee to the warehouse, its change, and one that is too long."""

from __future__ import annotations

import json

import pytest

from local.simulators.billbee.orders import item
from testkit.world import RECEIVED, REJECTED, World, world


def engrave(here: World, text: str) -> list[dict[str, object]]:
    here.put("MUG-01", 10)
    return [item("MUG-01", title="Enamel mug", attributes={"Engraving": text}), item("TEE-01")]


def described(here: World) -> list[str]:
    return [line.description for line in here.warehouse.orders["1"].submission.lines]


def test_r35_an_engraving_reaches_the_warehouse_and_stands_nowhere_else() -> None:
    with world() as here:
        here.sell(1, *engrave(here, "Für Mia Musterfrau"))
        here.cycle()
        assert described(here) == ["Enamel mug (Engraving: Für Mia Musterfrau)", "TEE-01"]
        assert here.warehouse.orders["1"].submission.comment == ""
        assert "Musterfrau" not in json.dumps(here.items(), ensure_ascii=False)


def test_r35_a_long_engraving_is_the_order_comment_and_the_timeline_says_so() -> None:
    with world() as here:
        here.configure(bibi={"send_buyer_message": True})
        text = "A rather long dedication of a hundred characters, and of a few more, so that no label has room for it."
        here.sell(1, *engrave(here, text), message="Please wrap it")
        here.cycle()
        assert described(here) == ["Enamel mug", "TEE-01"]
        comment = here.warehouse.orders["1"].submission.comment
        assert comment == f"1 x MUG-01: Engraving: {text}\nPlease wrap it"
        assert any("personalisation of line 1 is in the comment" in one.why for one in here.record(1).timeline)
        assert "dedication" not in json.dumps(here.items())


@pytest.mark.parametrize(("language", "told"), [("en", "has 5724 characters"), ("de", "hat 5724 Zeichen")])
def test_r35_a_buyers_message_beyond_the_limit_is_rejected_and_never_cut(language: str, told: str) -> None:
    with world(language=language) as here:
        here.configure(bibi={"send_buyer_message": True})
        here.sell(1, message="y" * 5724)
        here.cycle()
        (message,) = here.told(1)
        assert told in message
        assert "room for 1000 of 1000" in message or "Platz für 1000 von 1000" in message
        assert "[OB-134]" in message
        assert (REJECTED in here.tags(1), here.bibi.count("POST /submitOrder")) == (True, 0)
        here.configure(bibi={"longest_comment": 6000})
        here.shop.remove_tag(1, REJECTED)
        here.cycle()
        assert here.warehouse.orders["1"].submission.comment == "y" * 5724


@pytest.mark.parametrize(("language", "told"), [("en", "shorten it in Billbee"), ("de", "bitte in Billbee kürzen")])
def test_r35_one_of_5000_characters_is_rejected_and_sent_once_it_is_shorter(language: str, told: str) -> None:
    with world(language=language) as here:
        lines = engrave(here, "x" * 5000)
        here.sell(1, *lines)
        here.cycle()
        (message,) = here.told(1)
        assert told in message
        assert "[OB-126]" in message
        assert "xxx" not in message
        assert (REJECTED in here.tags(1), here.bibi.count("POST /submitOrder")) == (True, 0)
        here.shop.change(1, OrderItems=engrave(here, "Mia"))
        here.shop.remove_tag(1, REJECTED)
        here.cycle()
        assert described(here)[0] == "Enamel mug (Engraving: Mia)"


def test_r11_r35_a_corrected_engraving_is_changed_at_the_warehouse() -> None:
    with world() as here:
        here.sell(1, *engrave(here, "Mya"))
        here.cycle()
        here.shop.change(1, OrderItems=engrave(here, "Mia"))
        here.shop.remove_tag(1, RECEIVED)
        here.run_on()
        assert described(here)[0] == "Enamel mug (Engraving: Mia)"
        assert (here.bibi.count("POST /updateOrder/{number}"), RECEIVED in here.tags(1)) == (1, True)


def test_r11_r35_before_it_is_sent_the_latest_engraving_counts() -> None:
    with world() as here:
        here.sell(1, *engrave(here, "Mya"))
        here.poll()
        here.shop.change(1, OrderItems=engrave(here, "Mia"))
        here.poll()
        here.push()
        assert described(here)[0] == "Enamel mug (Engraving: Mia)"
        assert here.submitted("1") == 1
