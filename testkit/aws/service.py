"""What all services in memory share: requests are checked as botocore checks them, and errors are the client's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache, wraps
from typing import Any, TypeVar

import botocore.session
from botocore.exceptions import ClientError, ParamValidationError


class NotTaught(BaseException):
    """A service in memory was asked for something it cannot do.

    No ``Exception``, so that no error handling of the layer takes it for a failure of AWS.
    """


@cache
def error_class(code: str) -> type[ClientError]:
    """The class of an error code, as ``client.exceptions`` has it."""
    return type(code.rpartition(".")[2], (ClientError,), {})


def aws_error(code: str, operation: str, message: str = "as the test has it") -> ClientError:
    """What a client raises for an answer with this error code."""
    return error_class(code)({"Error": {"Code": code, "Message": message}}, operation)  # type: ignore[arg-type,unused-ignore]


class Exceptions:
    """``client.exceptions``: any error code by its name, and what all of them are."""

    def __getattr__(self, code: str) -> type[ClientError]:
        return ClientError if code == "ClientError" else error_class(code)


@lru_cache(maxsize=8)
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


@lru_cache(maxsize=4096)
def _check_names(service: str, operation: str, names: frozenset[str]) -> None:
    """Raises what botocore does for a parameter that is missing or that the operation does not have."""
    shape = _model(service).operation_model(operation).input_shape
    problems = [f'Missing required parameter in input: "{name}"' for name in sorted({*shape.required_members} - names)]
    problems += [f'Unknown parameter in input: "{name}"' for name in sorted(names - shape.members.keys())]
    if problems:
        raise ParamValidationError(report="\n".join(problems))


Operation = TypeVar("Operation", bound=Callable[..., Any])


def operation(call: Operation) -> Operation:
    """A call of a client: its parameters have the names that the service knows."""
    name = "".join(part.title() for part in call.__name__.split("_"))

    @wraps(call)
    def checked(self: Service, **request: Any) -> Any:
        _check_names(self.service, name, frozenset(request))
        return call(self, **request)

    return checked  # type: ignore[return-value]


class Service:
    """A client of one service."""

    service = ""
    exceptions = Exceptions()
    tokens: tuple[str, str] = ("", "")
    """What a page calls the place of the next one, and what the request for that one calls it."""

    def get_paginator(self, operation: str) -> Paginator:
        return Paginator(getattr(self, operation), *self.tokens)


class Paginator:
    """All pages of an operation."""

    def __init__(self, operation: Callable[..., dict[str, Any]], told: str, asked: str) -> None:
        self._operation = operation
        self._told = told
        self._asked = asked

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        while True:
            page = self._operation(**request)
            yield page
            if not page.get(self._told):
                return
            request[self._asked] = page[self._told]
