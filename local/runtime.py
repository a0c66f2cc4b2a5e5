"""The program inside a worker process, in the place of Lambda's runtime. Never imported.

`workers.py` starts it with the handler (`app.handler`), two file descriptors, and the speed and origin of the clock.
Over the first descriptor come invocations, one JSON line each; over the second go one line when the handler is loaded
and one for each result. Standard output and error stay the function's own. When the first one closes, the parent is
gone, and this process ends.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import logging
import os
import queue
import sys
import threading
import traceback
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.clock import ScaledClock


class Context:
    """The handler's context, as Lambda passes it."""

    client_context = None
    identity = None

    def __init__(self, invocation: dict[str, Any], clock: ScaledClock) -> None:
        self._clock = clock
        self._deadline = invocation["deadline"]
        self.aws_request_id: str = invocation["request_id"]
        self.invoked_function_arn: str = invocation["arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - self._clock()) * 1000))


def _clock(speed: float, origin: float) -> ScaledClock:
    """The local system's clock. Its module is loaded by its path: this package is not on the function's."""
    spec = importlib.util.spec_from_file_location("clock_of_the_local_system", Path(__file__).with_name("clock.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    clock: ScaledClock = module.ScaledClock(speed, origin)
    return clock


def _install(clock: ScaledClock) -> None:
    """Have the function's deployment follow the clock, if the function has one: code without the layer has none."""
    if bootstrap := sys.modules.get("orderbridge.bootstrap"):
        bootstrap.install(bootstrap.Deployment(clock=clock))


def _error(error: BaseException) -> dict[str, Any]:
    traceback.print_exception(error, file=sys.stderr)
    return {"error": type(error).__name__, "message": str(error)}


def _read_into(invocations: queue.SimpleQueue[dict[str, Any]], requests: IO[str]) -> None:
    with contextlib.suppress(ValueError, OSError):
        for line in requests:
            invocations.put(json.loads(line))
    os._exit(0)


def main() -> None:
    handler_name, requests_fd, results_fd = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    clock = _clock(float(sys.argv[4]), float(sys.argv[5]))
    with (
        open(requests_fd, encoding="utf-8") as requests,
        open(results_fd, "w", encoding="utf-8", buffering=1) as results,
    ):
        _serve(handler_name, requests, results, clock)


def _serve(handler_name: str, requests: IO[str], results: IO[str], clock: ScaledClock) -> None:

    def answer(result: dict[str, Any]) -> None:
        sys.stdout.flush()
        results.write(json.dumps(result) + "\n")

    invocations: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_read_into, args=(invocations, requests), daemon=True).start()
    logging.basicConfig(format="[%(levelname)s] %(name)s: %(message)s")
    sys.path.insert(0, str(Path.cwd()))
    module, _, attribute = handler_name.rpartition(".")
    try:
        handler = getattr(importlib.import_module(module.replace("/", ".")), attribute)
    except BaseException as error:  # noqa: BLE001 - a handler's module may fail in any way
        answer(_error(error))
        os._exit(1)
    _install(clock)
    answer({"ready": True})
    while True:
        invocation = invocations.get()
        try:
            payload = handler(invocation["event"], Context(invocation, clock))
            json.dumps(payload)
        except Exception as error:  # noqa: BLE001 - whatever the handler raises is its answer
            answer(_error(error))
        else:
            answer({"payload": payload})


if __name__ == "__main__":
    main()
