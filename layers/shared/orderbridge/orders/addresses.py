"""Names, streets, states and countries as a shipping label needs them (R5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderbridge.orders import problems as order_problems
from orderbridge.platform.countries import country_code, state_code

if TYPE_CHECKING:
    from orderbridge.ledger.order import Address
    from orderbridge.ledger.problem import Problem

_NUMBER_FIRST = frozenset({"US", "CA", "GB", "IE", "AU", "NZ", "FR", "LU", "ZA", "IN", "SG", "HK", "MY", "PH", "TH"})


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


def check_address(address: Address | None) -> list[Problem]:
    """Every problem of this address (R2), in the order of the label."""
    if address is None or not any(address.model_dump(exclude={"email", "phone"}).values()):
        return [order_problems.NO_ADDRESS]
    found = []
    if not (address.first_name or address.last_name or address.company):
        found.append(order_problems.NO_RECIPIENT)
    if not address.street:
        found.append(order_problems.NO_STREET)
    if not address.city:
        found.append(order_problems.NO_CITY)
    if not address.postcode:
        found.append(order_problems.NO_POSTCODE)
    if not (address.country_code or address.country):
        found.append(order_problems.NO_COUNTRY)
    else:
        country = _country(address)
        if country is None:
            found.append(order_problems.unknown_country())
        elif country == "US" and state_code(address.state) is None:
            found.append(order_problems.unknown_state())
    return found


def postal_address(address: Address) -> PostalAddress:
    """An address as it is printed, made of one without problems (``check_address``)."""
    country = _country(address) or ""
    state = (state_code(address.state) if country == "US" else None) or address.state
    return PostalAddress(
        # The warehouse requires a last name; a person with one name may have it in either field.
        first_name=address.first_name if address.last_name else "",
        last_name=address.last_name or address.first_name,
        company=address.company,
        lines=(
            street_line(address.street, address.house_number, country),
            address.line2,
            address.name_addition,
        ),
        city=address.city,
        state=state,
        postcode=address.postcode,
        country=country,
        phone=address.phone,
        email=address.email,
    )


def street_line(street: str, house_number: str, country: str) -> str:
    """Street and house number in the country's own order, without writing a number twice.

    >>> street_line("Main Street", "12", "US")
    '12 Main Street'
    >>> street_line("Hauptstraße", "5a", "DE")
    'Hauptstraße 5a'
    """
    padded, number = f" {street} ".casefold(), f" {house_number} ".casefold()
    if not house_number or padded.startswith(number) or padded.endswith(number):
        return street
    return f"{house_number} {street}" if country in _NUMBER_FIRST else f"{street} {house_number}"


def _country(address: Address) -> str | None:
    """The ISO code, or the code of the country with this name."""
    return country_code(address.country_code) or country_code(address.country)
