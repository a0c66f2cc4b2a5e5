"""US states, territories and military addresses, by the names people type (USPS Publication 28, appendix B)."""

from __future__ import annotations

from orderbridge.domain.tables import US_STATES

_CODES = US_STATES.keys() | {"UM"}
# Names that people type and the table does not list.
_ALSO = {
    "armed forces americas": "AA", "armed forces europe": "AE", "armed forces pacific": "AP",
    "federated states of micronesia": "FM", "us minor outlying islands": "UM",
    "washington dc": "DC", "washington d c": "DC", "d c": "DC", "us virgin islands": "VI", "u s virgin islands": "VI",
    "california state": "CA", "new york state": "NY", "washington state": "WA",
}  # fmt: skip
_BY_NAME = {name.casefold(): code for code, name in US_STATES.items()} | _ALSO


def state_code(state: str) -> str | None:
    """The two-letter code of a US state given by code or name, or None.

    >>> state_code("California"), state_code(" ca "), state_code("US-CA"), state_code("Bavaria")
    ('CA', 'CA', 'CA', None)
    """
    text = " ".join(state.replace(".", " ").split())
    code = text.upper().removeprefix("US-")
    return code if code in _CODES else _BY_NAME.get(text.casefold())
