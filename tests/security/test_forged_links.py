"""R24: whoever has a return label's link sees the label; whoever guesses, turns or lengthens one sees a 404, always the
same, whatever was wrong.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from local.simulators.bibi.labels import picture
from local.stack import PROJECT
from orderbridge.returns.label_store import claim
from orderbridge.returns.return_label import LabelFormat, ReturnLabel
from testkit.functions import http_event
from testkit.world import World, world

SAMPLE = json.loads((PROJECT / "events/webhook/label.json").read_text(encoding="utf-8"))
CONTENT = picture("a label with an address")


@dataclass
class Door:
    """Where labels are kept, and asked for."""

    here: World

    def keep(self, merchant: str = "acme", order: int = 1, *, kind: LabelFormat = LabelFormat.PNG, age: int = 0) -> str:
        """A label; gives the last part of its link."""
        labels = self.here.function("push").labels
        kept = claim(merchant, order, 30, self.here.clock.now() - timedelta(days=age))
        labels.put(kept, ReturnLabel(kind, CONTENT))
        opened = labels.open(kept.key)
        assert opened is not None
        return labels.link(kept.key, opened).rpartition("/")[2]

    def ask(self, link: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.here.invoke("webhook", http_event(f"/labels/{link}", method="GET"))
        return answer


@pytest.fixture
def door() -> Iterator[Door]:
    with world() as here:
        yield Door(here)


def test_r24_the_link_shows_the_label_and_nobody_keeps_it(door: Door) -> None:
    answer = door.ask(door.keep())
    assert answer["statusCode"] == 200
    assert answer["isBase64Encoded"]
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    assert headers["content-type"] == "image/png"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-disposition"] == 'inline; filename="return-label.png"'


def test_r24_a_pdf_is_saved_and_not_run_in_the_page(door: Door) -> None:
    headers = door.ask(door.keep(kind=LabelFormat.PDF))["headers"]
    assert headers["Content-Disposition"] == 'attachment; filename="return-label.pdf"'


def _cut(dice: random.Random, link: str) -> str:
    return link[: dice.randrange(len(link))]


def _swap(dice: random.Random, link: str) -> str:
    place = dice.randrange(len(link))
    other = dice.choice([sign for sign in "ABCxyz0123456789-_." if sign != link[place]])
    return link[:place] + other + link[place + 1 :]


def _longer(dice: random.Random, link: str) -> str:
    place = dice.randrange(len(link) + 1)
    return link[:place] + dice.choice(["x", "0", ".", "%2e", "%2f", "é", "²", " "]) + link[place:]


@pytest.mark.parametrize("forge", [_cut, _swap, _longer])
def test_r24_a_forged_link_shows_nothing(door: Door, forge: Callable[[random.Random, str], str]) -> None:
    link, dice = door.keep(), random.Random(24)
    refusal = door.ask("nothing")
    assert refusal["statusCode"] == 404
    for _ in range(150):
        assert door.ask(forge(dice, link)) == refusal


def test_r24_the_token_of_one_label_opens_no_other(door: Door) -> None:
    own, other, neighbour = door.keep(), door.keep("other"), door.keep(order=2)
    token = own.rpartition(".")[2]
    for link in (other, neighbour):
        assert door.ask(f"{link.rpartition('.')[0]}.{token}")["statusCode"] == 404


def test_r24_a_label_that_is_older_than_its_days_is_not_shown(door: Door) -> None:
    assert door.ask(door.keep(age=29))["statusCode"] == 200
    assert door.ask(door.keep(order=2, age=30)) == door.ask("nothing")


def test_r24_a_link_reaches_labels_only(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a link says, no other file of the bucket is read."""
    asked: list[str] = []
    get = door.here.s3._client.get_object

    def noted(**request: Any) -> Any:
        asked.append(request["Key"])
        return get(**request)

    monkeypatch.setattr(door.here.s3._client, "get_object", noted)
    token = "A" * 43
    for link in (
        "30.acme.1-2",
        "30.acme.inbound-1",
        "30...1-2",
        "31.acme.1-2",
        "30.ACME.1-2",
        "7.acme.1-2",
    ):
        door.ask(f"{link}.{token}")
    assert asked == ["labels/30/acme/1-2", "labels/7/acme/1-2"]
