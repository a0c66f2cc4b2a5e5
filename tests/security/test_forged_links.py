"""R24: whoever has a return label's link sees the label; whoever guesses, turns or lengthens one sees a 404, always the
same, whatever was wrong.
"""

from __future__ import annotations

import importlib.util
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from local.simulators.bibi.labels import picture
from local.stack import PROJECT
from orderbridge.bootstrap import Deployment
from orderbridge.domain.return_labels import Label, LabelKind
from orderbridge.stores.labels import ReturnLabels, claim
from testkit.aws import MemoryS3

SAMPLE = json.loads((PROJECT / "events/webhook/label.json").read_text(encoding="utf-8"))
CONTENT = picture("a label with an address")


@dataclass
class Door:
    function: ModuleType
    s3: MemoryS3
    labels: ReturnLabels

    def keep(self, merchant: str = "acme", order: int = 1, *, kind: LabelKind = LabelKind.PNG, age: int = 0) -> str:
        """A label; gives the last part of its link."""
        kept = claim(merchant, order, 30, datetime.now(UTC) - timedelta(days=age))
        self.labels.put(kept, Label(kind, CONTENT))
        opened = self.labels.open(kept.key)
        assert opened is not None
        return self.labels.link(kept.key, opened).rpartition("/")[2]

    def ask(self, link: str) -> dict[str, Any]:
        context = SimpleNamespace(
            function_name="webhook",
            memory_limit_in_mb=512,
            invoked_function_arn="arn:aws:::webhook",
            aws_request_id="r",
        )
        event = SAMPLE | {"rawPath": f"/labels/{link}", "pathParameters": {"link": link}}
        event["requestContext"]["http"]["path"] = event["rawPath"]
        answer: dict[str, Any] = self.function.handler(event, context)
        return answer


@pytest.fixture
def door() -> Door:
    spec = importlib.util.spec_from_file_location("labels_app", PROJECT / "functions/webhook/app.py")
    assert spec is not None
    assert spec.loader is not None
    function = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(function)
    s3 = MemoryS3()
    parts = Deployment(
        {"DOCUMENTS_BUCKET": "documents", "LABELS_URL": "https://x/labels"}, client={"s3": s3}.__getitem__
    )
    function.deployment = lambda: parts  # type: ignore[attr-defined]
    return Door(function, s3, parts.labels)


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
    headers = door.ask(door.keep(kind=LabelKind.PDF))["headers"]
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
    get = door.s3.get_object

    def noted(**request: Any) -> dict[str, Any]:
        asked.append(request["Key"])
        return get(**request)

    monkeypatch.setattr(door.s3, "get_object", noted)
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
