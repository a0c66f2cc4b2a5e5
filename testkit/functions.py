"""The real handlers of `functions/`, each in an environment of its own, invoked as Lambda does."""

from __future__ import annotations

import base64
import importlib.util
import inspect
import io
import os
import sys
import uuid
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import urlencode

from local.stack import PROJECT
from orderbridge import bootstrap
from orderbridge.bootstrap import Deployment

FOLDER: Final = PROJECT / "functions"


@dataclass
class Context:
    """What Lambda tells a handler."""

    function_name: str
    seconds_left: Callable[[], float]
    memory_limit_in_mb: int = 512
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_version: str = "$LATEST"

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:eu-central-1:123456789012:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds_left() * 1000)


@cache
def function_module(name: str, folder: Path = FOLDER) -> ModuleType:
    """`functions/<name>/app.py`, imported once."""
    known_as = f"function_{name}"
    spec = importlib.util.spec_from_file_location(known_as, folder / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[known_as] = module
    with patch.dict(os.environ, {"POWERTOOLS_TRACE_DISABLED": "true"}):
        spec.loader.exec_module(module)
    return module


def invoke(name: str, parts: Deployment, event: Mapping[str, Any], context: Context) -> Any:
    """What the handler answers. Its metrics go nowhere."""
    handler = function_module(name).handler
    token = bootstrap.install(parts)
    try:
        with redirect_stdout(io.StringIO()):
            return handler(dict(event), context)
    finally:
        bootstrap.uninstall(token)


def http_event(
    path: str,
    *,
    method: str = "POST",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A request as the HTTP API hands it over: the body in base64 where it is no text."""
    try:
        text, coded = body.decode(), False
    except UnicodeDecodeError:
        text, coded = base64.b64encode(body).decode(), True
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "queryStringParameters": dict(query or {}),
        "headers": {"content-type": "application/json"} | dict(headers or {}),
        "requestContext": {
            "http": {"method": method, "path": path},
            "requestId": str(uuid.uuid4()),
            "stage": "$default",
        },
        "body": text,
        "isBase64Encoded": coded,
    }


def bare_handler(name: str) -> Callable[[dict[str, Any], Context], Any]:
    """The handler without its logging and metrics, which functions that run side by side would mix up."""
    found: Callable[[dict[str, Any], Context], Any] = inspect.unwrap(function_module(name).handler)
    return found
