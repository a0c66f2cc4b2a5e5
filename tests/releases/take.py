"""Takes the samples of the code as it is: `PYTHONPATH=.:layers/shared python -m tests.releases.take 0.2.0`.

Done once for each release, by whoever makes it; samples of a release that is out are never taken again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from orderbridge.jobs.messages import Message, PollOrders, PushOrder, parse
from orderbridge.jobs.publisher import Publisher
from orderbridge.ledger.order import Order
from orderbridge.merchants.settings import MerchantSecrets, MerchantSettings, parse_settings
from testkit.world import World
from tests.releases.samples import HERE, KINDS, MERCHANT, SETTINGS, plain, read_all, travelled

LEAST = {"billbee": {"username": "shop@acme.example", "order_tag": "bibi"}}


def take(version: str) -> None:
    with travelled() as (here, sent):
        Publisher(here.queues).send("push", list(_seldom_sent(here, sent)))
        found = {
            "messages": list(_messages(sent)),
            "schemas": {job: kind.model_json_schema() for job, kind in KINDS.items()},
            "items": sorted(here.items(), key=lambda item: str(item["sk"])),
            "read": {"now": here.clock.now().isoformat(), "found": read_all(here.table, here.clock)},
            "settings": _settings(),
        }
    folder = HERE / version
    folder.mkdir()
    for name, content in found.items():
        text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def _seldom_sent(here: World, sent: Iterable[str]) -> Iterator[Message]:
    """Messages that a doorbell, a person or a return label asks for."""
    common: dict[str, Any] = {"merchant": MERCHANT, "correlation_id": "by-hand"}
    yield PollOrders(**common, asked_at=here.clock.now(), burst=1782900000)
    order: Order | None = next(m.order for m in _parsed(sent) if isinstance(m, PushOrder) and m.order)
    for details in ({}, {"look": True}, {"label": True}, {"order": order, "look": True}):
        yield PushOrder(**common, billbee_id=1, version=7, **details)


def _parsed(sent: Iterable[str]) -> Iterator[Message]:
    for body in sent:
        job = json.loads(body).get("job")
        if job in KINDS:  # S3's notifications are S3's
            yield parse(KINDS[job], body)


def _messages(sent: Iterable[str]) -> Iterator[dict[str, Any]]:
    """One of each kind, scope and set of fields."""
    seen = set()
    for body in sent:
        fields = json.loads(body)
        if (job := fields.get("job")) not in KINDS:
            continue
        form = (job, fields.get("scope"), *sorted(fields), *sorted(fields.get("order") or ()))
        if form not in seen:
            seen.add(form)
            message = parse(KINDS[job], body)
            sample = {"body": body, "means": plain(message)}
            order = message.order if isinstance(message, PushOrder) else None
            yield sample | ({"hash": order.content_hash()} if order else {})


def _settings() -> dict[str, Any]:
    every_key = MerchantSettings.model_validate(LEAST).model_dump(mode="json")
    texts = [json.dumps(one) for one in (LEAST, LEAST | SETTINGS, every_key)]
    secrets = {name: f"the {name} of acme" for name in MerchantSecrets.model_fields}
    return {
        "settings": [{"text": text, "means": plain(parse_settings(MERCHANT, text))} for text in texts],
        "secrets": secrets,
    }


if __name__ == "__main__":
    take(sys.argv[1])
