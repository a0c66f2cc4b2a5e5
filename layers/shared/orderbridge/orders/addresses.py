"""Names, streets, states, postcodes and countries as a shipping label needs them (R5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderbridge.orders import problems as order_problems
from orderbridge.orders.streets import street_line
from orderbridge.platform.countries import country_code, state_code
from orderbridge.platform.postcodes import only_postcode, postcode_rule, tidy_postcode
from orderbridge.platform.tables import US_ASSOCIATED, US_TERRITORIES, US_ZIPS, WITHOUT_CITY

if TYPE_CHECKING:
    from orderbridge.ledger.order import Address
    from orderbridge.ledger.problem import Problem


_NO_POSTCODE: Final = re.compile(r"[\W_0]*|n\W?a\W?|none|null|x+", re.IGNORECASE)
"""What people type where a form insists on a postcode and they have none."""

_MILITARY_CITY: Final = re.compile(r"([AFD]PO)(?:[\s,]+(AA|AE|AP))?(?:[\s,]+(\d{5}(?:-\d{4})?))?", re.IGNORECASE)
_MILITARY_STATES: Final = ("AA", "AE", "AP")
_MOST_WORDS: Final = 2
"""Of how many words postcodes are."""


@dataclass(frozen=True)
class AddressRules:
    """The merchant's settings that shape addresses.

    Attributes:
        domestic_territories: whether Puerto Rico and the like are addressed as parts of the United States.
        check_postcodes: whether a postcode that is not one of its country is a problem.
        no_postcode: what stands for the postcode of an address that needs none.
    """

    domestic_territories: bool = True
    check_postcodes: bool = True
    no_postcode: str = "00000"


DEFAULT_RULES = AddressRules()


@dataclass(frozen=True, repr=False)
class PostalAddress:
    """An address ready for print: ``country`` is ISO 3166-1 alpha-2, ``state`` two letters in the US."""

    first_name: str
    last_name: str
    company: str
    lines: tuple[str, str, str]
    city: str
    state: str
    postcode: str
    country: str
    phone: str
    email: str

    @property
    def destination(self) -> str:
        """The country, or the territory of the United States."""
        return _destination(self.country, self.state)


def check_address(address: Address | None, rules: AddressRules = DEFAULT_RULES) -> list[Problem]:
    """Every problem of this address (R2), in the order of the label."""
    if address is None or not any(address.model_dump(exclude={"email", "phone"}).values()):
        return [order_problems.NO_ADDRESS]
    address = _in_their_fields(address, rules)
    country, state = _place(address, rules)
    found = []
    if not (address.first_name or address.last_name or address.company):
        found.append(order_problems.NO_RECIPIENT)
    if not address.street:
        found.append(order_problems.NO_STREET)
    if not _city(address, country):
        found.append(order_problems.NO_CITY)
    found += _postcode_problems(address, country, state, rules)
    if not (address.country_code or address.country):
        found.append(order_problems.NO_COUNTRY)
    elif not country:
        found.append(order_problems.unknown_country())
    elif country == "US" and not state_code(state):
        found.append(order_problems.unknown_state())
    return found


def postal_address(
    address: Address, rules: AddressRules = DEFAULT_RULES, contacts: Sequence[tuple[str, str]] = ()
) -> PostalAddress:
    """An address as it is printed, made of one without problems (``check_address``).

    Args:
        contacts: phone and e-mail of the buyer elsewhere in the order, used where the address has none.
    """
    address = _in_their_fields(address, rules)
    country, state = _place(address, rules)
    phones, emails = zip((address.phone, address.email), *contacts, strict=True)
    return PostalAddress(
        # The warehouse requires a last name; a person with one name may have it in either field.
        first_name=address.first_name if address.last_name else "",
        last_name=address.last_name or address.first_name,
        company=address.company,
        lines=(
            street_line(address.street, address.house_number, _destination(country, state)),
            address.line2,
            address.name_addition,
        ),
        city=_city(address, country),
        state=state,
        postcode=_postcode(address, country, state) or rules.no_postcode,
        country=country,
        phone=next(filter(None, phones), ""),
        email=next(filter(None, emails), ""),
    )


def country_of(address: Address) -> str:
    """The ISO code of the country that the shop names, by code or by name; empty if it is unknown."""
    return country_code(address.country_code) or country_code(address.country) or ""


def _place(address: Address, rules: AddressRules) -> tuple[str, str]:
    """ISO code of the country, empty if unknown, and the state: in the US its code, if it is known."""
    country = country_of(address)
    if country in US_TERRITORIES and rules.domestic_territories:
        return "US", country
    state = state_code(address.state, country)
    if country == "US" and state in US_TERRITORIES | US_ASSOCIATED and not rules.domestic_territories:
        return str(state), ""
    return country, state or address.state


def _destination(country: str, state: str) -> str:
    return state if country == "US" and state in US_TERRITORIES | US_ASSOCIATED else country


def _in_their_fields(address: Address, rules: AddressRules) -> Address:
    """The address with what shops have in the wrong field moved to the right one, or left out if it is there as well:
    the state of a military post office and the postcode in the city, country and city in the postcode.
    """
    address = _with_military_state(address)
    country, state = _place(address, rules)
    destination = _destination(country, state)
    rule = postcode_rule(destination)
    if rule is None or not rule.required:
        return address
    postcode = address.postcode
    if tidy_postcode(postcode, destination, state) is None:
        postcode = _without_names(postcode, country, address.city)
    given = None if _NO_POSTCODE.fullmatch(postcode) else tidy_postcode(postcode, destination, state)
    is_missing = given is None and _NO_POSTCODE.fullmatch(postcode) is not None
    for found, rest in _ends(address.city):
        written = tidy_postcode(found, destination, state)
        if written is None or _signs(written) != _signs(found) or not (is_missing or written == given):
            continue
        if rest or country in WITHOUT_CITY:
            return address.model_copy(update={"postcode": written, "city": rest})
    return address.model_copy(update={"postcode": postcode}) if postcode != address.postcode else address


def _with_military_state(address: Address) -> Address:
    """``APO AE 09123`` in the city is a city, a state and a ZIP code."""
    office = _MILITARY_CITY.fullmatch(address.city.strip())
    if office is None or country_of(address) != "US":
        return address
    city, named, zip_code = (part.upper() if part else "" for part in office.groups())
    missing = _NO_POSTCODE.fullmatch(address.postcode) is not None
    postcode = zip_code if missing else address.postcode
    by_zip = next((one for one in _MILITARY_STATES if re.match(US_ZIPS[one], postcode)), "")
    given = state_code(address.state) or ("" if not address.state else None)
    state = named or by_zip
    if not state or given not in ("", state) or (zip_code and zip_code != postcode):
        return address
    return address.model_copy(update={"city": city, "state": state, "postcode": postcode})


def _without_names(postcode: str, country: str, city: str) -> str:
    """A postcode without the country or the city before or behind it: ``Singapore 238801``."""
    words = postcode.split()
    for cut in range(1, len(words)):
        for name, rest in ((words[:cut], words[cut:]), (words[cut:], words[:cut])):
            named = " ".join(name).strip(",;")
            if named.casefold() == city.casefold() or country_code(named) == country:
                return " ".join(rest).strip(",;")
    return postcode


def _ends(city: str) -> Iterator[tuple[str, str]]:
    """What may be a postcode behind or before a city, and the rest."""
    words = city.split()
    for count in range(1, min(_MOST_WORDS, len(words)) + 1):
        for found, rest in ((words[-count:], words[:-count]), (words[:count], words[count:])):
            yield " ".join(found).strip(",;()"), " ".join(rest).strip(",; ")


def _signs(postcode: str) -> str:
    """Its letters and digits, to compare."""
    return "".join(one for one in postcode.upper() if one.isalnum())


def _city(address: Address, country: str) -> str:
    """The city, or what stands for it where addresses may have none: Singapore, an emirate."""
    return address.city or (WITHOUT_CITY[country] or address.state if country in WITHOUT_CITY else "")


def _postcode(address: Address, country: str, state: str) -> str:
    """The postcode as its country writes it, or as it is if it is not one of that country."""
    destination = _destination(country, state)
    if _NO_POSTCODE.fullmatch(address.postcode):
        return only_postcode(destination) or ""
    return tidy_postcode(address.postcode, destination, state) or address.postcode


def _postcode_problems(address: Address, country: str, state: str, rules: AddressRules) -> list[Problem]:
    """Only where each address must have a postcode: elsewhere they change more often than the data that we know, and a
    parcel arrives without.
    """
    postcode, destination = _postcode(address, country, state), _destination(country, state)
    rule = postcode_rule(destination)
    if country and not (rule and rule.required):
        return []
    if not postcode:
        return [order_problems.NO_POSTCODE]
    if rule and rules.check_postcodes and tidy_postcode(postcode, destination, state) is None:
        return [order_problems.wrong_postcode(destination, rule.example)]
    return []
