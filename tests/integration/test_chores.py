"""The jobs that run seldom share a queue and a function, and delay no other job, not even each other."""

from __future__ import annotations

import pytest

from local.simulators.faults import Fault
from orderbridge.jobs.messages import CHORES, Chore
from orderbridge.merchants.health import Health
from testkit.environment import DIGESTS, JOBS, queue_of
from testkit.functions import function_module
from testkit.world import World, world


def lanes(here: World) -> list[str | None]:
    return [one.group_id for one in here.queues.messages("chores")]


def test_each_merchant_has_a_lane_for_each_chore() -> None:
    with world(billing={"enabled": True}, stock={"movements": True}) as here:
        here.open_merchant("bolt", billing={"enabled": True}, stock={"movements": True})
        chores = [job for job in JOBS if queue_of(job) == "chores"]
        for job in chores:
            here.schedule(job)
        wanted = {f"{merchant}#{JOBS[job]}" for merchant in ("acme", "bolt") for job in chores}
        assert set(lanes(here)) == wanted
        assert len(lanes(here)) == len(wanted) == 2 * len(CHORES)
        here.work("chores")
        assert not here.failures
        assert lanes(here) == []


def test_a_chore_that_waits_holds_up_no_other_chore_of_its_merchant() -> None:
    with world() as here:
        here.bibi.faults.add(Fault("status", route="POST /listReturns", times=None, status=500))
        for job in ("returns", "digest", "returns"):
            here.schedule(job)
            here.wait(seconds=1)
        while here.deliver("chores"):
            pass
        assert lanes(here) == ["acme#pull-returns"] * 2, "of one job the next run waits for the one before"
        assert len(here.sns.published[DIGESTS]) == 1
        succeeded = {job.job for job in Health(here.table, here.clock).jobs("acme") if job.succeeded_at}
        assert succeeded == {"send-digest"}
        here.bibi.faults.clear()
        here.work("chores")
        assert lanes(here) == []


@pytest.mark.parametrize("kind", CHORES)
def test_there_is_code_for_each_chore(kind: type[Chore]) -> None:
    with world() as here:
        job = kind.model_fields["job"].default
        assert callable(function_module("run_chores")._use_case(job, here.function("chores")))
