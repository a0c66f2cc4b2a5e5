"""What the matrices' scenes are too small to show, found while they were written."""

from __future__ import annotations

from typing import Any

import pytest

from orderbridge.vendors.billbee import client as billbee
from testkit.mishaps import Mishap
from testkit.vendors import wrong_type
from testkit.world import World, world
from tests.faults.matrix import end_of
from tests.faults.scenes import a_lost_ledger


def spoil(here: World, name: str, nth: int, path: str, value: Any) -> Mishap:
    """Spoils a field of one answer of Billbee's from now on counted."""
    strike = wrong_type(path, value)
    mishap = Mishap("wrong type", name, nth, lambda act: strike(here.wires["billbee"], act))
    here.watch.mishap, here.watch.recording = mishap, True
    return mishap


@pytest.mark.parametrize("path", ["Paging.TotalPages", "Paging.TotalRows", "Data.0", "Data.0.BillBeeOrderId"])
def test_r10_a_list_that_cannot_be_read_to_its_end_does_not_count_as_read(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(billbee, "PAGE_SIZE", 1)
    with world(empty=True) as here:
        a_lost_ledger(here)
        mishap = spoil(here, "billbee GET /orders", 1, path, "text")
        here.look(0)
        assert mishap.struck
        here.watch.recording = False
        here.cycle()
        here.cycle()
        end = end_of(here)
        assert end["booked twice"] == []
        assert [here.status(order) for order in (1, 2, 3, 5)] == [
            "acknowledged",
            "acknowledged",
            "shipped",
            "acknowledged",
        ]
        assert [len(here.parcels(order)) for order in (1, 2, 3, 5)] == [0, 0, 1, 0]
