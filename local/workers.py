"""Runs the functions' real handlers, each in processes of its own, as Lambda's execution environments do.

A process serves one invocation at a time and is used again. It starts when it is first needed, gets the
environment that the template gives the function and little else, and is ended when it times out or crashes.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.clock import WALL_CLOCK, ScaledClock
from local.stack import Function

#: Takes a line of a function's log: the function's folder name, and the line. Called from many threads.
LogSink = Callable[[str, str], None]

#: Real time. Lambda gives the import of the handler ten seconds; a laptop that compiles everything first gets more.
INIT_SECONDS = 60.0

_RUNTIME = Path(__file__).with_name("runtime.py")
#: How this machine reaches the internet, for those who point a URL at the real services.
_NETWORK = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


class WorkersClosed(Exception):
    """The workers are shutting down; the invocation did not happen or was cut off."""


@dataclass(frozen=True)
class Invocation:
    """What came of an invocation: `payload`, or `error` and a `message` when it failed."""

    request_id: str
    payload: Any = None
    error: str | None = None
    message: str = ""

    @property
    def failed(self) -> bool:
        return self.error is not None


class _Worker:
    """One process with the handler loaded. Not safe for two invocations at once."""

    def __init__(self, function: Function, environment: Mapping[str, str], log: LogSink, clock: ScaledClock) -> None:
        self._function = function
        self._clock = clock
        self._buffer = b""
        requests_read, requests_write = os.pipe()
        results_read, results_write = os.pipe()
        # -P keeps this package's folder off the path of the function; its own session keeps Ctrl-C from it.
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [
                *(sys.executable, "-P", str(_RUNTIME), function.handler, str(requests_read), str(results_write)),
                *(repr(clock.speed), repr(clock.origin)),
            ],
            cwd=function.folder,
            env=dict(environment),
            pass_fds=(requests_read, results_write),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        os.close(requests_read)
        os.close(results_write)
        self._requests = requests_write
        self._results = results_read
        self._log_thread = threading.Thread(target=self._copy_log, args=(log,), daemon=True)
        self._log_thread.start()

    def _copy_log(self, log: LogSink) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            log(self._function.label, line.decode("utf-8", "replace").rstrip("\r\n"))

    def load(self) -> Invocation | None:
        """Wait for the handler's import. None when it went well, else the failure."""
        answer = self._read(WALL_CLOCK.monotonic() + INIT_SECONDS)
        if answer and answer.get("ready"):
            return None
        reason = answer or self._end("Runtime.InitTimeout", f"not loaded within {INIT_SECONDS:.0f} seconds")
        return Invocation("", error=reason["error"], message=f"cannot load the function: {reason['message']}")

    def invoke(self, event: Any, request_id: str) -> Invocation:
        timeout = self._function.timeout
        line = {
            "event": event,
            "request_id": request_id,
            "deadline": self._clock() + timeout,
            "arn": self._function.arn,
        }
        # Real seconds, also on a fast clock: a busy machine must not kill healthy work.
        deadline = WALL_CLOCK.monotonic() + timeout
        with suppress(BrokenPipeError):
            self._write(json.dumps(line).encode() + b"\n")
        answer = self._read(deadline)
        if answer is None:
            answer = self._end("Sandbox.Timedout", f"Task timed out after {timeout:.2f} seconds")
        if "error" in answer:
            return Invocation(request_id, error=answer["error"], message=answer["message"])
        return Invocation(request_id, payload=answer["payload"])

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._requests, data) :]

    def _read(self, deadline: float) -> dict[str, Any] | None:
        """The next answer; None when it did not come in time."""
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([self._results], [], [], max(0.0, deadline - WALL_CLOCK.monotonic()))
            if not ready:
                return None
            chunk = os.read(self._results, 1 << 16)
            if not chunk:
                return self._end("Runtime.ExitError", "the function's process ended by itself")
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _end(self, error: str, message: str) -> dict[str, Any]:
        self.kill()
        self._process.wait()
        return {"error": error, "message": message}

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()

    def close(self) -> None:
        self.kill()
        self._process.wait()
        self._log_thread.join(timeout=5)
        if self._process.stdout is not None:
            self._process.stdout.close()
        os.close(self._requests)
        os.close(self._results)


class _Pool:
    """The processes of one function: at most `size`, made when they are needed."""

    def __init__(self, size: int) -> None:
        self.free = threading.BoundedSemaphore(size)
        self.idle: list[_Worker] = []


@dataclass(frozen=True)
class Activity:
    """How many invocations have begun so far, and how many of them are under way."""

    started: int
    running: int


class Workers:
    """Invokes functions. A context manager; leaving it ends every process.

    `concurrency` is how many invocations of one function may run at once; more wait for their turn. The functions live
    by `clock`, and see the end of their time on it. They are killed after as many real seconds as the template gives.
    """

    def __init__(
        self,
        functions: Iterable[Function],
        layers: Iterable[Path],
        aws_environment: Mapping[str, str],
        log: LogSink,
        concurrency: int = 2,
        clock: ScaledClock = WALL_CLOCK,
    ) -> None:
        self.concurrency = concurrency
        self._layers = os.pathsep.join(str(layer) for layer in layers)
        self._aws_environment = aws_environment
        #: Variables of the template that only this machine knows, such as an address with a port that was free.
        self.of_this_machine: dict[str, str] = {}
        self._log = log
        self._clock = clock
        self._pools = {function.logical_id: _Pool(concurrency) for function in functions}
        self._lock = threading.Lock()
        self._nobody_runs = threading.Condition(self._lock)
        self._all: set[_Worker] = set()
        self._closed = False
        self._started = 0
        self._running = 0

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every process. Invocations under way are cut off, and their callers get WorkersClosed."""
        with self._lock:
            self._closed = True
            idle = [worker for pool in self._pools.values() for worker in pool.idle]
            for pool in self._pools.values():
                pool.idle.clear()
            for worker in self._all:
                worker.kill()
        for worker in idle:
            self._discard(worker)
        with self._nobody_runs:
            self._nobody_runs.wait_for(lambda: self._running == 0, timeout=10)

    def activity(self) -> Activity:
        with self._lock:
            return Activity(self._started, self._running)

    def invoke(self, function: Function, event: Any) -> Invocation:
        """Invoke `function` and wait for its result. Raises WorkersClosed while shutting down."""
        pool = self._pools[function.logical_id]
        with pool.free:
            with self._lock:
                if self._closed:
                    raise WorkersClosed
                worker = pool.idle.pop() if pool.idle else None
                self._started += 1
                self._running += 1
            try:
                return self._invoke(function, pool, worker, event)
            finally:
                with self._nobody_runs:
                    self._running -= 1
                    self._nobody_runs.notify_all()

    def _invoke(self, function: Function, pool: _Pool, worker: _Worker | None, event: Any) -> Invocation:
        request_id = str(uuid.uuid4())
        if worker is not None and not worker.alive:
            self._discard(worker)
            worker = None
        if worker is None:
            worker = self._start(function)
            if failure := worker.load():
                self._discard(worker)
                result = Invocation(request_id, error=failure.error, message=failure.message)
                return self._reported(function, result)
        result = worker.invoke(event, request_id)
        with self._lock:
            keep = worker.alive and not self._closed
            if keep:
                pool.idle.append(worker)
        if not keep:
            self._discard(worker)
        if self._closed and result.failed:
            raise WorkersClosed
        return self._reported(function, result)

    def _reported(self, function: Function, result: Invocation) -> Invocation:
        if result.failed:
            self._log(function.label, f"{result.request_id} failed: {result.error}: {result.message}")
        return result

    def _start(self, function: Function) -> _Worker:
        with self._lock:
            if self._closed:
                raise WorkersClosed
            worker = _Worker(function, self._environment(function), self._log, self._clock)
            self._all.add(worker)
            return worker

    def _discard(self, worker: _Worker) -> None:
        with self._lock:
            self._all.discard(worker)
        worker.close()

    def _environment(self, function: Function) -> dict[str, str]:
        given = {
            **os.environ,
            **{name.upper(): value for name, value in os.environ.items() if name.islower()},
        }
        network = {name: given[name] for name in _NETWORK if name in given}
        no_proxy = ",".join(filter(None, [network.get("NO_PROXY"), "127.0.0.1,localhost"]))
        return {
            **network,
            "NO_PROXY": no_proxy,
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": self._layers,
            **function.environment,
            **{name: value for name, value in self.of_this_machine.items() if name in function.environment},
            **self._aws_environment,
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": f"local/[$LATEST]{uuid.uuid4().hex}",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "LAMBDA_TASK_ROOT": str(function.folder),
            "POWERTOOLS_TRACE_DISABLED": "true",
        }
