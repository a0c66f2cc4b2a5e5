"""US states, territories and military addresses, by the names people type (USPS Publication 28, appendix B)."""

from __future__ import annotations

_STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas",
    "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan",
    "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada",
    "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York", "NC": "North Carolina",
    "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania",
    "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas",
    "UT": "Utah", "VT": "Vermont", "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin",
    "WY": "Wyoming", "AS": "American Samoa", "GU": "Guam", "MP": "Northern Mariana Islands", "PR": "Puerto Rico",
    "VI": "Virgin Islands", "UM": "US Minor Outlying Islands", "FM": "Federated States of Micronesia",
    "MH": "Marshall Islands", "PW": "Palau", "AA": "Armed Forces Americas", "AE": "Armed Forces Europe",
    "AP": "Armed Forces Pacific",
}  # fmt: skip
_ALSO = {
    "washington dc": "DC", "washington d c": "DC", "d c": "DC", "us virgin islands": "VI", "u s virgin islands": "VI",
    "california state": "CA", "new york state": "NY", "washington state": "WA",
}  # fmt: skip
_BY_NAME = {name.casefold(): code for code, name in _STATES.items()} | _ALSO


def state_code(state: str) -> str | None:
    """The two-letter code of a US state given by code or name, or None.

    >>> state_code("California"), state_code(" ca "), state_code("US-CA"), state_code("Bavaria")
    ('CA', 'CA', 'CA', None)
    """
    text = " ".join(state.replace(".", " ").split())
    code = text.upper().removeprefix("US-")
    if code in _STATES:
        return code
    return _BY_NAME.get(text.casefold())
