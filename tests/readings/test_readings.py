"""The product holds under each open reading of the vendors' documents by itself (R3 to R27)."""

from __future__ import annotations

import pytest

from local.simulators.readings import READINGS
from tests.effort import share
from tests.readings.matrix import ALL_SCENES, CASES, NOT_IN_SCENES, Case, assumed, run

PAIRS = share([(case, scene) for case in CASES for scene in ALL_SCENES], 9)
CHOSEN = {case: [scene for one, scene in PAIRS if one == case] for case in CASES}


@pytest.mark.parametrize("case", [case for case, scenes in CHOSEN.items() if scenes], ids=str)
def test_each_scene_ends_as_under_the_assumed_readings_and_nothing_is_sent_twice(case: Case) -> None:
    ends = {scene: run(case, scene) for scene in CHOSEN[case]}
    assert {scene: differing for scene, differing in ends.items() if differing} == {}


@pytest.mark.parametrize("scene", ALL_SCENES)
def test_under_the_assumed_readings_each_order_is_booked_once(scene: str) -> None:
    end = assumed(scene)
    assert end["booked twice"] == []
    assert {one.get("booked", 1) for one in end["orders"].values()} <= {1}


def test_every_value_of_every_reading_is_a_case() -> None:
    tried = {(name, value) for case in CASES for name, value in case.readings}
    assumed_values = {(one.name, one.default) for one in READINGS} | {("duplicate", "booked")}
    wanted = {(one.name, value) for one in READINGS for value in one.values if one.name not in NOT_IN_SCENES}
    assert wanted - assumed_values <= tried
    assert ("prefix", "SA") in tried


def test_the_journeys_that_matter_are_all_played() -> None:
    played = {"order to return", "changes", "discount and cancellation", "hold", "returns", "stock", "products", "kits"}
    assert played | {"billing", "gate", "empty ledger", "lost ledger"} <= ALL_SCENES.keys()
