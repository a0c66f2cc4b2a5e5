"""What a cold start costs: import and first invocation of every function in a fresh process, and the floor of both.

    python -m benchmarks.cold_start [--repetitions 9] [--imports]

The floor is the same interpreter importing boto3, pydantic and Powertools' logger; making the AWS clients that the
function's first invocation calls, and having each answer once; and, where it imports requests, importing that and
having a vendor answer once. Processor time is measured, because it does not depend on other work of the machine; floor
and function take turns. AWS and the vendors are servers in another process. Built functions are used if `make built`
has made them, otherwise the sources. A job is asked for now, so that its first invocation has work to do. `--imports`
lists which imports cost what.
"""

from __future__ import annotations

import argparse
import hmac
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import boto3

from benchmarks.results import rows, save, say
from local.aws import REGION
from local.stack import PROJECT
from testkit.blueprint import LambdaFunction, blueprint
from testkit.processes.account import BUILD, LAYER, MERCHANT, Account, account, is_batch
from testkit.processes.runtime_api import link_runtime_packages

GOAL: Final = 1.15
SAMPLES: Final = {"board": "orders", "start_jobs": "poll_changes", "webhook": "ring"}
"""The usual event of a function with several samples; otherwise the first."""
WEBHOOK_SECRET: Final = "a secret as long as Billbee wants one"  # noqa: S105  of this run only
_CHILD: Final = Path(__file__).with_name("fresh_process.py")


@dataclass(frozen=True)
class ColdStart:
    """One function's. Times are seconds of processor time: least and median."""

    function: str
    services: tuple[str, ...]
    calls_vendors: bool
    floor: tuple[float, float]
    imports: tuple[float, float]
    whole: tuple[float, float]
    modules: int
    floor_modules: int
    peak_mb: float
    floor_peak_mb: float

    @property
    def ratio(self) -> float:
        return self.whole[1] / self.floor[1]

    @property
    def least_ratio(self) -> float:
        return self.whole[0] / self.floor[0]


class Runner:
    """Starts fresh processes with a function's code, layer and environment."""

    def __init__(self, account: Account, scratch: Path) -> None:
        self.built = (BUILD / "StartJobs" / "app.py").is_file() and sys.platform == "linux"
        self._account = account
        self._told = scratch / "told.json"
        self._runtime = scratch / "runtime"
        self._runtime.mkdir()
        link_runtime_packages(self._runtime)

    def run(self, function: LambdaFunction, asked: Mapping[str, Any], *options: str) -> tuple[dict[str, Any], str]:
        """The report of the process, and what it printed."""
        code = BUILD / function.name if self.built else function.folder
        layer = LAYER / "python" if self.built else PROJECT / "layers" / "shared"
        path = [code, layer, self._runtime] if self.built else [code, layer]
        command = [sys.executable, *(["-S"] if self.built else []), "-P", *options, str(_CHILD)]
        done = subprocess.run(  # noqa: S603  our own program
            [*command, json.dumps({**asked, "name": function.label, "told_to": str(self._told)})],
            cwd=code,
            env=self._account.environment(function.name)
            | {
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.pathsep.join(map(str, path)),
                # Lambda cannot write to the layer: code built without bytecode is compiled at each start.
                "PYTHONDONTWRITEBYTECODE": "1" if self.built else "",
                "AWS_LAMBDA_FUNCTION_NAME": function.label,
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
                "AWS_LAMBDA_LOG_GROUP_NAME": "benchmark",
                "LAMBDA_TASK_ROOT": str(code),
                "_X_AMZN_TRACE_ID": "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=0",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, f"{function.label}: {done.stderr[-2000:]}"
        told: dict[str, Any] = json.loads(self._told.read_text(encoding="utf-8"))
        return told, done.stdout + done.stderr


def measure(function: LambdaFunction, account: Account, runner: Runner, repetitions: int) -> ColdStart:
    for _ in range(2):  # the first one of a merchant reads more than all others
        watched, _ = invoke(function, account, runner, watched=True)
    vendor = account.environment(function.name)["BILLBEE_BASE_URL"] if watched["requests"] else ""
    floor = {"services": watched["services"], "vendor": vendor}
    floors, wholes = [], []
    for _ in range(repetitions):
        floors.append(runner.run(function, floor)[0])
        wholes.append(invoke(function, account, runner)[0])

    def times(of: list[dict[str, Any]], name: str) -> tuple[float, float]:
        found = [one[name] for one in of]
        return min(found), statistics.median(found)

    return ColdStart(
        function=function.label,
        services=tuple(watched["services"]),
        calls_vendors=watched["requests"],
        floor=times(floors, "all"),
        imports=times(wholes, "import"),
        whole=times(wholes, "all"),
        modules=wholes[0]["modules"],
        floor_modules=floors[0]["modules"],
        peak_mb=max(one["peak_kb"] for one in wholes) / 1024,
        floor_peak_mb=max(one["peak_kb"] for one in floors) / 1024,
    )


def invoke(
    function: LambdaFunction, account: Account, runner: Runner, *options: str, watched: bool = False
) -> tuple[dict[str, Any], str]:
    """A first invocation with the function's sample: what the process told, and what it printed."""
    forget_calls(account.environment(function.name))
    event = account.deliver(function.name, sample(function))
    told, output = runner.run(function, {"event": event, "watched": watched}, *options)
    account.settle(function.name, event)
    if is_batch(event):
        assert told["answer"] == {"batchItemFailures": []}, output
    return told, output


def sample(function: LambdaFunction) -> dict[str, Any]:
    """The usual event of the function, asked for now, and signed."""
    folder = PROJECT / "events" / function.label
    path = folder / f"{SAMPLES[function.label]}.json" if function.label in SAMPLES else min(folder.glob("*.json"))
    event: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for record in event.get("Records", ()):
        body = json.loads(record["body"])
        if "asked_at" in body:
            record["body"] = json.dumps(body | {"asked_at": datetime.now(UTC).isoformat()})
    if "ms-signature" in event.get("headers", {}):
        digest = hmac.new(WEBHOOK_SECRET.encode(), event["body"].encode(), "sha256").hexdigest()
        event["headers"]["ms-signature"] = f"sha256={digest}"
    return event


def forget_calls(environment: Mapping[str, str]) -> None:
    """The warehouse takes 60 calls a minute, and a minute here has many first invocations."""
    client = boto3.client("dynamodb", region_name=REGION, endpoint_url=environment["AWS_ENDPOINT_URL"])
    client.delete_item(
        TableName=environment["TABLE_NAME"], Key={"pk": {"S": f"MERCHANT#{MERCHANT}"}, "sk": {"S": "BUDGET#bibi"}}
    )


@contextmanager
def ringing_account() -> Iterator[Account]:
    """An account in which Billbee may ring."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    with account() as made:
        made.add_secret(MERCHANT, "webhook_secret", WEBHOOK_SECRET)
        yield made


def costly_imports(
    function: LambdaFunction, account: Account, runner: Runner, least_ms: float = 2.0
) -> list[tuple[float, str]]:
    """Milliseconds that each package's own modules take to import until the first answer, without what they import
    in turn.
    """
    _, output = invoke(function, account, runner, "-X", "importtime")
    found: dict[str, float] = {}
    for line in output.splitlines():
        if match := re.fullmatch(r"import time:\s+(\d+) \|\s+\d+ \| +(\S+)", line):
            package = ".".join(match[2].split(".")[:3])
            found[package] = found.get(package, 0.0) + int(match[1]) / 1000
    return sorted(((ms, name) for name, ms in found.items() if ms >= least_ms), reverse=True)


def table(found: list[ColdStart]) -> str:
    lines = [
        (
            one.function,
            f"{one.floor[0] * 1000:.0f} / {one.floor[1] * 1000:.0f}",
            f"{one.imports[0] * 1000:.0f} / {one.imports[1] * 1000:.0f}",
            f"{one.whole[0] * 1000:.0f} / {one.whole[1] * 1000:.0f}",
            f"{one.least_ratio:.2f} / {one.ratio:.2f}",
            f"{one.modules} ({one.floor_modules})",
            f"{one.peak_mb:.0f} ({one.floor_peak_mb:.0f})",
        )
        for one in found
    ]
    return rows(("function", "floor, ms", "import, ms", "all, ms", "ratio", "modules", "peak MB"), lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--imports", action="store_true")
    parser.add_argument("--only", help="one function's folder")
    options = parser.parse_args()
    functions = [one for one in blueprint().functions.values() if options.only in (None, one.label)]
    with ringing_account() as here, tempfile.TemporaryDirectory() as scratch:
        runner = Runner(here, Path(scratch))
        if options.imports:
            for function in functions:
                say(f"\n{function.label}")
                for ms, name in costly_imports(function, here, runner):
                    say(f"{ms:8.1f} ms  {name}")
            return 0
        found = [measure(function, here, runner, options.repetitions) for function in functions]
    kept = [vars(one) | {"ratio": one.ratio, "least_ratio": one.least_ratio} for one in found]
    if not options.only:
        save("cold_start", {"built": runner.built, "functions": kept})
    say(table(found))
    return 0 if all(one.least_ratio <= GOAL for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
