"""Lambda's Runtime API, as far as `awslambdaric` uses it, and the process of one built function behind it.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distribution
from pathlib import Path
from typing import IO, Any, ClassVar

#: What Lambda's Python runtime brings: its own interface client, and the AWS SDK.
RUNTIME_BRINGS = (
    "awslambdaric", "simplejson", "snapshot-restore-py",
    "boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3",
)  # fmt: skip
_ROOT = "/2018-06-01/runtime/"


class FunctionFailed(AssertionError):
    """The function did not start, raised, or was late. The message ends with what it printed."""


class _RuntimeApi(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    invocations: ClassVar[queue.Queue[bytes]]
    answers: ClassVar[queue.Queue[tuple[str, Any]]]
    deadline: ClassVar[float]

    def do_GET(self) -> None:
        event = self.invocations.get()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", str(uuid.uuid4()))
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + self.deadline) * 1000)))
        self.send_header(
            "Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:123456789012:function:built"
        )
        trace = f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Parent={uuid.uuid4().hex[:16]};Sampled=1"
        self.send_header("Lambda-Runtime-Trace-Id", trace)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(event)))
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        # .../invocation/<id>/response, .../invocation/<id>/error or .../init/error
        place = self.path.removeprefix(_ROOT)
        kind = "init error" if place == "init/error" else place.rsplit("/", 1)[-1]
        self.answers.put((kind, json.loads(body or b"null")))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """The test reports what matters."""


class BuiltFunction:
    """A built function in a process that sees its code, the layer, the runtime's packages, and no more.

    A context manager. `timeout` is the function's time for one invocation, in seconds.
    """

    def __init__(self, code: Path, layer: Path, environment: Mapping[str, str], timeout: float = 60) -> None:
        self._code = code
        self._layer = layer
        self._environment = environment
        self._timeout = timeout

    def __enter__(self) -> BuiltFunction:
        self._answers: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._invocations: queue.Queue[bytes] = queue.Queue()
        api = type(
            "Api",
            (_RuntimeApi,),
            {"invocations": self._invocations, "answers": self._answers, "deadline": self._timeout},
        )
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), api)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._scratch = tempfile.TemporaryDirectory(prefix="runtime-")
        runtime = Path(self._scratch.name)
        link_runtime_packages(runtime)
        self._output: IO[bytes] = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            # -S: the tests' own packages must not stand in for one that the layer lacks.
            [sys.executable, "-S", "-m", "awslambdaric", "app.handler"],
            cwd=self._code,
            env=dict(self._environment)
            | {
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.pathsep.join(map(str, (self._code, self._layer / "python", runtime))),
                "PYTHONDONTWRITEBYTECODE": "1",
                "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
                "AWS_LAMBDA_FUNCTION_NAME": self._code.name,
                "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
                "AWS_LAMBDA_LOG_GROUP_NAME": "built",
                "AWS_LAMBDA_LOG_STREAM_NAME": "built",
                "LAMBDA_TASK_ROOT": str(self._code),
                "_HANDLER": "app.handler",
            },
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._server.shutdown()
        self._server.server_close()
        self._output.close()
        self._scratch.cleanup()

    def invoke(self, event: Any) -> Any:
        """The function's answer to `event`. Raises FunctionFailed."""
        self._invocations.put(json.dumps(event).encode())
        ends = time.monotonic() + self._timeout
        while time.monotonic() < ends:
            try:
                kind, answer = self._answers.get(timeout=0.2)
            except queue.Empty:
                if self._process.poll() is not None:
                    raise self._failed(f"ended with {self._process.returncode}") from None
                continue
            if kind == "response":
                return answer
            raise self._failed(f"{kind}: {answer}")
        raise self._failed(f"no answer within {self._timeout} s")

    def output(self) -> str:
        """What the function has printed so far."""
        return os.pread(self._output.fileno(), 1_000_000, 0).decode(errors="replace")

    def _failed(self, what: str) -> FunctionFailed:
        return FunctionFailed(f"{self._code.name}: {what}\n{self.output()}")


def link_runtime_packages(into: Path) -> None:
    for name in RUNTIME_BRINGS:
        installed = distribution(name)
        tops = {file.parts[0] for file in installed.files or ()} - {"..", "__pycache__"}
        for top in tops:
            (into / top).symlink_to(Path(str(installed.locate_file(top))))
