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
ACCOUNT: Final = "123456789012"
BOARD: Final = "board.example"
"""The domain of the order board's API."""


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


def board_event(
    path: str,
    *,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    claims: Mapping[str, object] | None = None,
    principal: str = f"arn:aws:iam::{ACCOUNT}:local",
    otherwise: str = "act",
    oidc: tuple[str, str] | None = None,
    cookies: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A request of a browser to the order board; with a form it is the one that a page of the board has.

    Args:
        claims: those of a token, for a board that is opened by one; without them it is opened by IAM.
        principal: whom IAM let in.
        otherwise: what those may do whom nothing limits.
        oidc: issuer and client id, for a board that signs people in itself.
    """
    about = {"sec-fetch-site": "same-origin"}
    method, body = "GET", b""
    if form is not None:
        method, body = "POST", urlencode(form).encode()
        about |= {"content-type": "application/x-www-form-urlencoded", "origin": f"https://{BOARD}"}
    event = http_event(path, method=method, body=body, headers=about | dict(headers or {}), query=query)
    context = event["requestContext"]
    context["domainName"] = BOARD
    if claims is None:
        context["authorizer"] = {"iam": {"userArn": principal}}
    else:
        context["authorizer"] = {"jwt": {"claims": dict(claims), "scopes": None}}
    if cookies:
        event["cookies"] = [f"{name}={value}" for name, value in cookies.items()]
    variables = {"auth": "iam" if claims is None else "jwt", "otherwise": otherwise}
    if oidc is not None:
        del context["authorizer"]
        variables |= {"auth": "oidc", "issuer": oidc[0], "client": oidc[1]}
    return event | {"stageVariables": variables}


def bare_handler(name: str) -> Callable[[dict[str, Any], Context], Any]:
    """The handler without its logging and metrics, which functions that run side by side would mix up."""
    found: Callable[[dict[str, Any], Context], Any] = inspect.unwrap(function_module(name).handler)
    return found
