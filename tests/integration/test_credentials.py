"""Secrets cost a request to KMS each: they are kept for an hour, and read again at once where they are of no use."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from orderbridge.merchants.secrets import Secrets, merchant_parameter
from orderbridge.platform.errors import SettingsError
from testkit.aws import MemorySSM
from testkit.clock import ManualClock
from testkit.world import World, world

ACME = merchant_parameter("test", "acme")
VALUES = {name: f"the {name}" for name in ("billbee_password", "bibi_public_key", "bibi_secret_key", "webhook_secret")}


class CountedSSM(MemorySSM):
    """Counts what is decrypted, by parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.decrypted: Counter[str] = Counter()

    def get_parameter(self, **request: Any) -> dict[str, Any]:
        self.decrypted[request["Name"]] += 1
        return super().get_parameter(**request)

    def hold(self, values: Any) -> None:
        """What stands in acme's parameter from now on."""
        text = values if isinstance(values, str) else json.dumps(values)
        self.put_parameter(Name=ACME, Value=text, Type="SecureString", Overwrite=True)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def ssm() -> CountedSSM:
    made = CountedSSM()
    made.hold(VALUES)
    return made


@pytest.fixture
def secrets(ssm: CountedSSM, clock: ManualClock) -> Secrets:
    return Secrets(ssm, "test", clock)  # type: ignore[arg-type]


def test_all_secrets_of_a_merchant_are_one_parameter_that_is_decrypted_once_an_hour(
    ssm: CountedSSM, secrets: Secrets, clock: ManualClock
) -> None:
    for _ in range(11):
        assert secrets.of("acme").billbee_password.get_secret_value() == "the billbee_password"
        clock.sleep(300)
    assert ssm.decrypted == {ACME: 1}
    clock.sleep(301)
    secrets.of("acme")
    assert ssm.decrypted == {ACME: 2}


def test_a_webhooks_secret_is_of_the_same_parameter_and_kept_for_five_minutes(
    ssm: CountedSSM, secrets: Secrets, clock: ManualClock
) -> None:
    for _ in range(3):
        found = secrets.of_webhook("acme")
        assert found is not None
        assert found.get_secret_value() == "the webhook_secret"
        assert secrets.of_webhook("nobody") is None
        clock.sleep(120)
    assert ssm.decrypted == {ACME: 1, merchant_parameter("test", "nobody"): 1}
    ssm.hold({"webhook_secret": "another"})
    clock.sleep(61)
    found = secrets.of_webhook("acme")
    assert found is not None
    assert found.get_secret_value() == "another"


def test_a_secret_that_is_missing_is_named_and_looked_for_each_time(ssm: CountedSSM, secrets: Secrets) -> None:
    ssm.hold({name: value for name, value in VALUES.items() if name != "bibi_secret_key"})
    with pytest.raises(SettingsError, match=r"secrets\.bibi_secret_key: is missing"):
        secrets.of("acme")
    ssm.hold(VALUES | {"bibi_secret_key": "late\n"})
    assert secrets.of("acme").bibi_secret_key.get_secret_value() == "late"


def test_without_a_parameter_the_first_secret_is_missing(secrets: Secrets) -> None:
    with pytest.raises(SettingsError, match=r"'nobody': secrets\.billbee_password: is missing"):
        secrets.of("nobody")
    with pytest.raises(SettingsError, match=r"application\.billbee_api_key: is missing"):
        secrets.billbee_api_key()


@pytest.mark.parametrize(
    "broken",
    [
        '{"billbee_password": "never-to-be-told"',
        '["never-to-be-told"]',
        '{"billbee_password": {"never-to-be-told": 1}}',
    ],
)
def test_a_parameter_that_is_no_object_of_texts_is_named_and_nothing_of_it_is_told(
    ssm: CountedSSM, secrets: Secrets, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    ssm.hold(broken)
    with pytest.raises(SettingsError, match=rf"secrets: the parameter {ACME} is not a JSON object") as caught:
        secrets.of("acme")
    assert secrets.of_webhook("acme") is None, "the door stays shut"
    assert [vars(one)["merchant"] for one in caplog.records] == ["acme"]
    told = f"{caught.value!r} {caught.value.__cause__} {[vars(one) for one in caplog.records]}"
    assert "never-to-be-told" not in told
    ssm.hold(VALUES)
    assert secrets.of("acme").bibi_public_key.get_secret_value() == "the bibi_public_key"


def _change(here: World, secret: str, patch: pytest.MonkeyPatch) -> None:
    if secret == "billbee_api_key":
        patch.setattr(here.billbee, "api_key", "another-key")
        here.secret(secret, "another-key", merchant=None)
        return
    if secret == "billbee_password":
        here.shop.password = "another-password"
    else:
        here.warehouse.secret_key = "another-password"
        here.warehouse.tokens.clear()
    here.secret(secret, "another-password")


@pytest.mark.parametrize("secret", ["billbee_api_key", "billbee_password", "bibi_secret_key"])
def test_a_credential_that_is_refused_is_read_again_without_a_new_environment(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(empty=True) as here:
        here.pull("all")
        here.poll()
        _change(here, secret, monkeypatch)
        refused = here.function("poll"), here.function("pull")
        name = "pull-tracking" if secret == "bibi_secret_key" else "poll-orders"
        seen = []
        for _ in range(2):
            here.wait(minutes=5)
            here.poll()
            here.pull("all")
            health = here.function("poll").deliveries._health
            assert health is not None
            seen += [job.kind for job in health.jobs("acme") if job.job == name]
        assert (here.function("poll"), here.function("pull")) == refused
        assert seen == ["AuthenticationError", None]


def test_a_job_that_calls_no_vendor_reads_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(empty=True) as here:
        read = Counter[str]()
        get_parameter = here.ssm.get_parameter

        def counted(**request: Any) -> Any:
            read[request["Name"]] += 1
            return get_parameter(**request)

        monkeypatch.setattr(here.ssm, "get_parameter", counted)
        here.poll("stuck")
        here.run("inbound")
        assert not read
        here.poll()
        assert read[ACME] == 1


def test_a_missing_secret_is_reported_for_its_merchant_before_any_call() -> None:
    with world() as here:
        here.sell(1)
        here.secret("bibi_public_key", None)
        here.cold_start()
        calls = len(here.billbee.calls)
        here.poll("stuck")
        here.poll()
        health = here.function("poll").deliveries._health
        assert health is not None
        assert {job.job: job.kind for job in health.jobs("acme")} == {
            "poll-orders": "SettingsError",
            "sweep-orders": None,
        }
        assert len(here.billbee.calls) == calls
        here.secret("bibi_public_key", "public-acme")
        here.cycle()
        assert here.status(1) == "acknowledged"
