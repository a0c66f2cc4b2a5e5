"""How the simulators' tests call them: plain HTTP, nothing of the project's own clients."""

from dataclasses import dataclass
from typing import Any

import requests

from local.simulators import Bibi, Billbee

TIMEOUT = 60.0


class FakeClock:
    """A clock that stands still until it is moved. Starts at noon UTC, 1 July 2026."""

    def __init__(self, now: float = 1_782_907_200.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


@dataclass(frozen=True)
class BillbeeCaller:
    """Calls Billbee as one user with one application key."""

    billbee: Billbee
    username: str
    password: str
    api_key: str

    def __call__(self, method: str, path: str, json: Any = None, params: Any = None) -> requests.Response:
        return requests.request(
            method,
            self.billbee.url + path,
            json=json,
            params=params,
            headers={"X-Billbee-Api-Key": self.api_key},
            auth=(self.username, self.password),
            timeout=TIMEOUT,
        )


@dataclass
class BibiCaller:
    """Calls BiBi with a token, fetched at the first call."""

    bibi: Bibi
    public_key: str
    secret_key: str
    token: str = ""

    def log_in(self) -> requests.Response:
        answer = requests.get(self.bibi.url + "/", auth=(self.public_key, self.secret_key), timeout=TIMEOUT)
        self.token = answer.json().get("token", "")
        return answer

    def __call__(self, path: str, data: dict[str, str] | None = None, method: str = "POST") -> requests.Response:
        if not self.token:
            self.log_in()
        return requests.request(
            method, self.bibi.url + path, data=data, auth=(self.public_key, self.token), timeout=TIMEOUT
        )
