"""Strict reading of what a client sends to Billbee: known fields, right types, documented dates."""

from collections.abc import Callable, Iterable
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from local.simulators.server import Answer, Refused

ZONES = {"utc": ZoneInfo("UTC"), "berlin": ZoneInfo("Europe/Berlin")}
INVALID_DATA = 11  # ErrorCode of the documents
ORDER_NOT_FOUND = 2

Check = Callable[[Any], bool]


def envelope(data: Any = None, code: int = 0, message: str | None = None) -> dict[str, Any]:
    return {"ErrorMessage": message, "ErrorCode": code, "ErrorDescription": code, "Data": data}


def invalid(message: str) -> Refused:
    return Refused(Answer(400, envelope(code=INVALID_DATA, message=message)))


def text(value: Any) -> bool:
    return isinstance(value, str)


def whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def flag(value: Any) -> bool:
    return isinstance(value, bool)


def texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def mapping(value: Any) -> bool:
    return isinstance(value, dict)


def read_body(body: Any, fields: dict[str, Check], required: Iterable[str] = ()) -> dict[str, Any]:
    """The JSON object `body`, if every field is known and of its type and every required one is there.

    Null counts as absent, because the optional fields of the swagger are nullable.
    """
    if not isinstance(body, dict):
        raise invalid("The request body is not a JSON object.")
    for name, value in body.items():
        if name not in fields:
            raise invalid(f"Unknown field '{name}'.")
        if value is not None and not fields[name](value):
            raise invalid(f"Field '{name}' has the wrong type.")
    present = {name: value for name, value in body.items() if value is not None}
    missing = [name for name in required if name not in present]
    if missing:
        raise invalid(f"Field '{missing[0]}' is missing.")
    return present


class Query:
    """The query of one call; anything the documents do not name is refused."""

    def __init__(self, values: dict[str, list[str]], known: Iterable[str]) -> None:
        self._values: dict[str, list[str]] = {}
        names = set(known)
        for raw, found in values.items():
            # Both ways a list is sent to Billbee: tag=a&tag=b and tag[0]=a&tag[1]=b.
            name, bracket, index = raw.partition("[")
            if bracket and not (index.endswith("]") and index[:-1].isdigit()):
                raise invalid(f"Unknown parameter '{raw}'.")
            if name not in names:
                raise invalid(f"Unknown parameter '{raw}'.")
            self._values.setdefault(name, []).extend(found)

    def many(self, name: str) -> list[str]:
        return self._values.get(name, [])

    def one(self, name: str) -> str | None:
        found = self.many(name)
        if len(found) > 1:
            raise invalid(f"Parameter '{name}' is given more than once.")
        return found[0] if found else None

    def whole(self, name: str, default: int | None = None) -> int | None:
        found = self.one(name)
        return default if found is None else _whole(name, found)

    def wholes(self, name: str) -> list[int]:
        return [_whole(name, found) for found in self.many(name)]

    def flag(self, name: str) -> bool:
        found = self.one(name)
        if found is None:
            return False
        if found.lower() not in ("true", "false"):
            raise invalid(f"Parameter '{name}' is not a boolean.")
        return found.lower() == "true"

    def moment(self, name: str, zone: tzinfo) -> datetime | None:
        found = self.one(name)
        if found is None:
            return None
        try:
            return parse_moment(found, zone)
        except ValueError:
            raise invalid(f"Parameter '{name}' is not a date.") from None

    def page(self) -> tuple[int, int]:
        """Page number and size: 50 by default, 250 at most."""
        page, size = self.whole("page", 1), self.whole("pageSize", 50)
        assert page is not None
        assert size is not None
        if page < 1:
            raise invalid("Parameter 'page' starts at 1.")
        if not 1 <= size <= 250:
            raise invalid("Parameter 'pageSize' must be between 1 and 250.")
        return page, size


def paged(rows: list[Any], page: int, size: int) -> dict[str, Any]:
    """The envelope of one page of `rows`."""
    pages = -(-len(rows) // size)
    paging = {"Page": page, "TotalPages": pages, "TotalRows": len(rows), "PageSize": size}
    return {"Paging": paging} | envelope(rows[(page - 1) * size : page * size])


def parse_moment(written: str, zone: tzinfo) -> datetime:
    """A date with or without time (to the minute or finer); without an offset it is in `zone`."""
    moment = datetime.fromisoformat(written)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def write_moment(moment: datetime, zone: tzinfo, *, offset: bool = False) -> str:
    """As Billbee writes dates: local to its zone, without an offset unless it is wanted."""
    local = moment.astimezone(zone)
    return (local if offset else local.replace(tzinfo=None)).isoformat(timespec="milliseconds")


def _whole(name: str, found: str) -> int:
    try:
        return int(found)
    except ValueError:
        raise invalid(f"Parameter '{name}' is not a whole number.") from None
