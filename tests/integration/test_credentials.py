"""Secrets cost a request to KMS each: they are kept for an hour, and read again at once where they are of no use."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from orderbridge.errors import SettingsError
from orderbridge.stores.parameters import Parameters
from testkit.aws import MemorySSM
from testkit.clock import ManualClock
from testkit.world import World, world

ACME = "/orderbridge/test/merchants/acme"


class CountedSSM(MemorySSM):
    """Counts what is decrypted, by parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.decrypted: Counter[str] = Counter()

    def get_parameters_by_path(self, **request: Any) -> dict[str, Any]:
        answer = super().get_parameters_by_path(**request)
        assert request["WithDecryption"] or all(self.types[one["Name"]] == "String" for one in answer["Parameters"])
        self.decrypted.update(one["Name"] for one in answer["Parameters"] if self.types[one["Name"]] == "SecureString")
        return answer


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def filled() -> CountedSSM:
    ssm = CountedSSM()
    for name in ("billbee_password", "bibi_public_key", "bibi_secret_key"):
        ssm.put_parameter(Name=f"{ACME}/secrets/{name}", Value=name, Type="SecureString")
    ssm.put_parameter(Name=f"{ACME}/cache/bibi_token", Value="{}", Type="SecureString")
    ssm.put_parameter(
        Name=f"{ACME}/settings", Value='{"billbee": {"username": "u", "order_tag": "bibi"}}', Type="String"
    )
    return ssm


def test_secrets_are_decrypted_once_an_hour_and_the_token_not_at_all(clock: ManualClock) -> None:
    ssm = filled()
    found = Parameters(ssm, "test", clock)  # type: ignore[arg-type]
    for _ in range(11):
        assert found.settings("acme").mode == "live"
        assert found.secrets("acme").billbee_password.get_secret_value() == "billbee_password"
        clock.sleep(300)
    assert set(ssm.decrypted.values()) == {1}
    assert not any("cache" in name for name in ssm.decrypted)
    clock.sleep(301)
    found.secrets("acme")
    assert set(ssm.decrypted.values()) == {2}


def test_a_secret_that_is_missing_is_looked_for_each_time(clock: ManualClock) -> None:
    ssm = filled()
    del ssm.values[f"{ACME}/secrets/bibi_secret_key"]
    found = Parameters(ssm, "test", clock)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="bibi_secret_key"):
        found.secrets("acme")
    ssm.put_parameter(Name=f"{ACME}/secrets/bibi_secret_key", Value="late", Type="SecureString")
    assert found.secrets("acme").bibi_secret_key.get_secret_value() == "late"


def _change(here: World, secret: str, patch: pytest.MonkeyPatch) -> None:
    if secret == "api_key":
        patch.setattr(here.billbee, "api_key", "another-key")
        here.parameter("billbee/api_key", "another-key", "SecureString")
        return
    if secret == "billbee_password":
        here.shop.password = "another-password"
    else:
        here.warehouse.secret_key = "another-password"
        here.warehouse.tokens.clear()
    here.parameter(f"merchants/acme/secrets/{secret}", "another-password", "SecureString")


@pytest.mark.parametrize("secret", ["api_key", "billbee_password", "bibi_secret_key"])
def test_a_credential_that_is_refused_is_read_again_without_a_new_environment(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(empty=True) as here:
        here.pull("all")
        here.poll()
        _change(here, secret, monkeypatch)
        refused = here.function("poll"), here.function("pull")
        for _ in range(2):
            here.wait(minutes=5)
            here.poll()
            here.pull("all")
        jobs = {job.job: job for job in here.function("poll").deliveries._health.jobs("acme")}  # type: ignore[union-attr]
        assert (here.function("poll"), here.function("pull")) == refused
        job = jobs["pull-tracking" if secret == "bibi_secret_key" else "poll-orders"]
        assert job.failed_at is not None
        assert job.succeeded_at is not None
        assert job.succeeded_at > job.failed_at
