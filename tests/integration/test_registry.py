"""The registry of merchants: one query lists them, each change is kept with who and when, one switch pauses all."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from orderbridge.merchants.registry import REGISTRY, EntryChanged, MerchantListing, Pause, Registry
from orderbridge.merchants.settings import find_settings
from orderbridge.platform.errors import NewerRelease, SettingsError
from orderbridge.platform.table import SCHEMA, Table
from testkit.aws import MemoryDynamoDB
from testkit.clock import ManualClock
from testkit.mishaps import Watch
from testkit.template import make_table
from testkit.watched import Watched
from testkit.world import world


def settings(mode: str = "live", **more: Any) -> str:
    return json.dumps({"mode": mode, "billbee": {"username": "shop", "order_tag": "bibi"}, **more})


class Scene:
    """A registry in memory whose calls are seen."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.watch = Watch()
        self.watch.recording = True
        self.memory = MemoryDynamoDB()
        name = make_table(self.memory, "table")
        self.items = self.memory.tables[name]
        self.table = Table(Watched("dynamodb", self.memory, self.watch), name)  # type: ignore[arg-type]
        self.registry = self.another()

    def another(self) -> Registry:
        """As another worker has it."""
        return Registry(self.table, self.clock)

    def newer(self, merchant: str) -> None:
        """The merchant's entry gets the form of a newer release."""
        key = (REGISTRY, f"MERCHANT#{merchant}")
        self.items[key] = self.items[key] | {"schema": {"N": str(SCHEMA + 1)}}

    def calls(self) -> list[str]:
        """What was called since the last time."""
        called = [step.name for step in self.watch.steps]
        self.watch.steps.clear()
        return called


@pytest.fixture
def here() -> Scene:
    return Scene()


def test_one_query_lists_every_merchant_and_the_switch(here: Scene) -> None:
    for name in ("cord", "acme", "bolt"):
        here.registry.put(name, settings(), by="jane")
    here.registry.pause_all(by="jane")
    since = here.clock.now()
    here.calls()
    reader = here.another()
    assert reader.listing() == MerchantListing(
        dict.fromkeys(("acme", "bolt", "cord"), settings()), Pause(since, "jane")
    )
    assert here.calls() == ["dynamodb query REGISTRY"]
    assert reader.merchants() == dict.fromkeys(("acme", "bolt", "cord"), settings())
    assert here.calls() == []
    here.clock.sleep(301)
    reader.merchants()
    assert here.calls() == ["dynamodb query REGISTRY"]


def test_a_listing_goes_on_beyond_a_megabyte(here: Scene) -> None:
    long = settings(carriers={"x" * 90_000: 1})
    for number in range(30):
        here.registry.put(f"m{number:02d}", long, by="jane")
    here.calls()
    assert here.another().merchants() == {f"m{number:02d}": long for number in range(30)}
    assert here.calls() == ["dynamodb query REGISTRY"] * 3


def test_a_merchants_settings_and_the_switch_are_read_by_one_call_and_kept_for_five_minutes(here: Scene) -> None:
    here.registry.put("acme", settings("test"), by="jane")
    here.calls()
    reader = here.another()
    for _ in range(3):
        assert reader.settings("acme").mode == "test"
        assert not reader.is_paused("acme")
    assert here.calls() == ["dynamodb batch_get_item MERCHANT"]
    here.another().put("acme", settings("live"), by="jane")
    here.clock.sleep(299)
    assert reader.settings("acme").mode == "test"
    here.clock.sleep(2)
    assert reader.settings("acme").mode == "live"


def test_a_merchant_that_is_added_is_known_at_once_to_whoever_asked_before(here: Scene) -> None:
    with pytest.raises(SettingsError, match="there is no such merchant in the registry"):
        here.registry.settings("acme")
    here.another().put("acme", settings(), by="jane")
    assert here.registry.settings("acme").mode == "live"


def test_each_change_is_kept_with_its_version_who_and_when(here: Scene) -> None:
    began = here.clock.now()
    first = here.registry.put("acme", settings("test"), by="jane", expected=0)
    here.clock.sleep(60)
    second = here.registry.put("acme", settings("live"), by="john", expected=1)
    assert [first.version, second.version] == [1, 2]
    assert here.registry.entry("acme") == second
    assert here.registry.entries() == [second]
    assert here.registry.history("acme") == [second, first]
    assert [(one.changed_at - began, one.changed_by) for one in (first, second)] == [
        (timedelta(0), "jane"),
        (timedelta(minutes=1), "john"),
    ]


def test_a_version_that_is_not_the_expected_one_is_not_replaced(here: Scene) -> None:
    here.registry.put("acme", settings(), by="jane")
    for expected in (0, 2):
        with pytest.raises(EntryChanged):
            here.registry.put("acme", settings("test"), by="john", expected=expected)
    with pytest.raises(EntryChanged):
        here.registry.put("bolt", settings(), by="john", expected=1)
    assert here.another().merchants() == {"acme": settings()}


def test_of_two_changes_at_once_one_is_refused(here: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    here.registry.put("acme", settings(), by="jane")
    change = Table.change

    def raced(table: Table, *arguments: Any, **more: Any) -> Any:
        monkeypatch.setattr(Table, "change", change)
        here.another().put("acme", settings("paused"), by="john")
        return change(table, *arguments, **more)

    monkeypatch.setattr(Table, "change", raced)
    with pytest.raises(EntryChanged, match="by another user"):
        here.registry.put("acme", settings("test"), by="jane")
    entry = here.registry.entry("acme")
    assert entry is not None
    assert (entry.version, entry.settings, entry.changed_by) == (2, settings("paused"), "john")
    assert [one.version for one in here.registry.history("acme")] == [2, 1]


def test_a_removed_merchant_is_gone_and_its_history_says_who_removed_it(here: Scene) -> None:
    here.registry.put("acme", settings(), by="jane")
    here.registry.remove("acme", by="john")
    assert here.registry.entry("acme") is None
    assert here.another().merchants() == {}
    assert [(one.version, one.settings, one.changed_by) for one in here.registry.history("acme")] == [
        (2, None, "john"),
        (1, settings(), "jane"),
    ]
    with pytest.raises(EntryChanged, match="there is no merchant acme"):
        here.registry.remove("acme", by="john")
    again = here.registry.put("acme", settings("test"), by="jane", expected=0)
    assert again.version == 3
    assert [one.version for one in here.registry.history("acme")] == [3, 2, 1]


def test_a_removal_that_did_not_come_to_its_end_leaves_a_whole_merchant(
    here: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.registry.put("acme", settings(), by="jane")
    with monkeypatch.context() as patch:
        patch.setattr(Table, "delete", _fails)
        with pytest.raises(ConnectionError):
            here.registry.remove("acme", by="john")
    assert here.another().settings("acme").mode == "live"
    here.registry.put("acme", settings("test"), by="jane")
    here.registry.put("acme", settings("live"), by="jane")
    assert [one.settings for one in here.registry.history("acme")] == [settings(), settings("test"), settings()]


def _fails(*_: Any, **__: Any) -> None:
    raise ConnectionError


def test_an_entry_of_a_newer_form_stops_its_merchant_alone(here: Scene) -> None:
    here.registry.put("acme", settings(), by="jane")
    here.registry.put("bolt", settings(), by="jane")
    here.newer("acme")
    reader = here.another()
    assert reader.settings("bolt").mode == "live"
    with pytest.raises(NewerRelease):
        reader.settings("acme")
    with pytest.raises(NewerRelease):
        reader.entry("acme")
    listed = reader.merchants()
    assert listed["bolt"] == settings()
    with pytest.raises(SettingsError, match="form of a newer release"):
        find_settings("acme", listed["acme"])
    assert [entry.merchant for entry in reader.entries()] == ["bolt"]


def test_what_a_newer_release_has_added_is_read_over_and_kept(here: Scene) -> None:
    here.registry.put("acme", settings(), by="jane")
    key = (REGISTRY, "MERCHANT#acme")
    here.items[key] = here.items[key] | {"colour": {"S": "red"}}
    assert here.another().settings("acme").mode == "live"
    here.registry.put("acme", settings("test"), by="jane")
    assert here.items[key]["colour"] == {"S": "red"}
    assert here.items["REGISTRY#acme", "VERSION#000001"]["colour"] == {"S": "red"}


# ---- The switch


def test_r22_the_switch_pauses_all_and_changes_no_merchant(here: Scene) -> None:
    here.registry.put("acme", settings("test"), by="jane")
    here.registry.put("asleep", settings("paused"), by="jane")
    before = here.another().merchants()
    here.registry.pause_all(by="john")
    reader = here.another()
    assert [reader.is_paused(name) for name in ("acme", "asleep")] == [True, True]
    assert reader.pause() == Pause(here.clock.now(), "john")
    here.registry.resume_all(by="jane")
    reader = here.another()
    assert [reader.is_paused(name) for name in ("acme", "asleep")] == [False, True]
    assert reader.pause() is None
    assert reader.merchants() == before


def test_r22_while_all_are_paused_nothing_is_done_and_afterwards_nothing_is_lost() -> None:
    """Orders arrive before, during and after: what waited in a queue when the switch was thrown is taken up later."""
    with world() as here:
        here.sell(1)
        here.poll()  # order 1 waits in the queue to the warehouse
        here.registry.pause_all(by="jane")
        here.cold_start()
        billbee, bibi = len(here.billbee.calls), len(here.bibi.calls)
        here.sell(2)
        for _ in range(12):
            here.cycle()
        assert (len(here.billbee.calls), len(here.bibi.calls)) == (billbee, bibi)
        assert here.status(1) == "queued"
        assert here.submitted("1") == 0
        here.registry.resume_all(by="jane")
        here.cold_start()
        here.sell(3)
        for _ in range(12):
            here.cycle()
        assert [here.status(number) for number in (1, 2, 3)] == ["acknowledged"] * 3
        assert [here.submitted(number) for number in ("1", "2", "3")] == [1, 1, 1]
        assert not here.failures
