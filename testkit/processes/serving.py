"""`python -m local serve` as a process of its own, before simulators that the caller keeps in hand.

with served({"acme": merchant(…)}, billbee, bibi) as serve:
    requests.post(f"{serve.url}/webhooks/billbee/acme", …)
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import requests

from local.aws import CREDENTIALS, REGION
from local.clock import WALL_CLOCK
from local.simulators import Bibi, Billbee
from local.stack import PROJECT
from testkit.processes.waiting import PATIENCE, wait_until

API_KEY = "key-of-the-application"


class Followed:
    """The clock of vendors that are there before the system: real time, and the system's as soon as it runs."""

    def __init__(self) -> None:
        self.leader: Callable[[], float] = WALL_CLOCK

    def __call__(self) -> float:
        return self.leader()


@dataclass
class Served:
    """A running `serve`: where it listens, and every line that it and its functions wrote."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return next(found[1] for line in self.lines if (found := re.search(r"listening on (\S+)", line)))

    @property
    def aws(self) -> str:
        return next(found[1] for line in self.lines if (found := re.search(r"AWS is (http\S+)", line)))

    def wait_until_idle(self) -> None:
        """Until no queue has a message left, and two looks at all of them have seen no log line in between."""
        sqs = boto3.client(
            "sqs",
            endpoint_url=self.aws,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )
        urls = [url for url in sqs.list_queues()["QueueUrls"] if "dead" not in url]
        seen = -1

        def idle() -> bool:
            nonlocal seen
            before, seen = seen, len(self.lines)
            return not any(_depth(sqs, url) for url in urls) and before == len(self.lines)

        wait_until(idle)

    def said(self, text: str) -> bool:
        return any(text in line for line in list(self.lines))

    def wait_for(self, text: str) -> None:
        wait_until(lambda: self.said(text) or self.process.poll() is not None)
        assert self.said(text), f"serve never said {text!r}: {self.lines[-5:]}"


@contextmanager
def serve(*arguments: str) -> Iterator[Served]:
    """Start `serve` on a free port, and end it as Ctrl-C does."""
    command = [sys.executable, "-m", "local", "serve", "--port", "0", "--json", *arguments]
    with subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        started = Served(process)
        reader = threading.Thread(target=_copy, args=(process, started.lines), daemon=True)
        reader.start()
        try:
            started.wait_for("listening on ")
            yield started
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
            reader.join()


@contextmanager
def served(merchants: Mapping[str, Any], billbee: Billbee, bibi: Bibi) -> Iterator[Served]:
    """`serve` before these simulators. It is handed over when the schedules' first round is through."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "merchants.json"
        path.write_text(json.dumps({"billbee_api_key": API_KEY, "merchants": merchants}), encoding="utf-8")
        with serve("--merchants", str(path), "--billbee-url", billbee.url, "--bibi-url", bibi.url) as started:
            wait_until(lambda: billbee.count("GET /orders") > 0)
            started.wait_until_idle()
            yield started


def merchant(name: str, **secrets: str) -> dict[str, Any]:
    """An entry of the merchants file, with credentials that follow from the name."""
    return {
        "settings": {"billbee": {"username": f"shop@{name}.example", "order_tag": "bibi"}},
        "secrets": {
            "billbee_password": f"password-of-{name}",
            "bibi_public_key": f"public-{name}",
            "bibi_secret_key": f"secret-{name}",
            **secrets,
        },
    }


def register(billbee: Billbee, name: str, url: str, secret: str) -> None:
    """The merchant registers the webhook; Billbee has `serve` answer the echo."""
    answer = requests.post(
        f"{billbee.url}/webhooks",
        json={"WebHookUri": f"{url}/webhooks/billbee/{name}", "Secret": secret, "Filters": ["*"]},
        auth=(f"shop@{name}.example", f"password-of-{name}"),
        headers={"X-Billbee-Api-Key": API_KEY},
        timeout=PATIENCE,
    )
    assert answer.status_code == 200, answer.text


def _depth(sqs: Any, url: str) -> int:
    """Messages that a queue has, in flight and delayed ones too."""
    names = [f"ApproximateNumberOfMessages{which}" for which in ("Delayed", "NotVisible", "")]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def _copy(process: subprocess.Popen[str], lines: list[str]) -> None:
    assert process.stderr is not None
    lines.extend(process.stderr)
