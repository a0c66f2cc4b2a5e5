"""A merchant's settings as kept in the registry, and its secrets as kept in SSM.

An unknown key is usually a typing error, and the operator's tool rejects it. Functions may be older than the release
with that key, so they ignore and report it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from difflib import get_close_matches
from functools import cached_property
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from orderbridge.ledger.order_number import checked_prefix
from orderbridge.merchants.bibi_paths import checked_paths
from orderbridge.merchants.promise import PromiseSettings
from orderbridge.merchants.rules import Rules, tags_of
from orderbridge.merchants.setting_types import LARGEST, Country, Currency, ImportState
from orderbridge.platform.errors import SettingsError
from orderbridge.platform.patterns import ANY
from orderbridge.platform.texts import one_line

Model = TypeVar("Model", bound=BaseModel)

MERCHANT_NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _no_comma(tag: str) -> str:
    tag = tag.strip()
    if not tag or "," in tag:
        raise ValueError("a tag is a non-empty text without commas")
    return tag


def _no_blank(pattern: str) -> str:
    if not pattern.strip():
        raise ValueError("a pattern is a non-empty text")
    return pattern


def _pattern(pattern: str) -> str:
    if not pattern.replace(ANY, "").strip():
        raise ValueError("a pattern needs more than * and blanks: it would describe every product")
    return pattern


def _number_source(value: object) -> object:
    return "order_number" if value == "billbee_order_number" else value


class BillbeeSettings(_Strict):
    username: Annotated[str, Field(min_length=1)]
    order_tag: Annotated[str, AfterValidator(_no_comma)]
    order_state: ImportState = 3
    order_states: tuple[ImportState, ...] = ()
    """Several states in place of ``order_state``."""
    taken_over_state: Literal[13, 16] | None = None
    """The state of an order that the warehouse has; None leaves it as it is. Two calls an order (R9)."""
    stock_id: Annotated[int, Field(ge=0, le=LARGEST)] = 0
    requests_per_second: Annotated[float, Field(ge=0.1, le=2)] = 2
    """Per endpoint. Billbee allows 2 a second for each combination of API key and user."""
    poll_minutes_when_rung: Annotated[int, Field(ge=5, le=30)] = 30
    """Minutes between two polls of the schedule if the doorbell rang within a day; otherwise it is five."""

    @model_validator(mode="after")
    def _states_agree(self) -> Self:
        if self.order_states and "order_state" in self.model_fields_set and self.order_state not in self.order_states:
            raise ValueError("order_state is not one of order_states: leave one of the two out")
        if self.taken_over_state in self.import_states:
            raise ValueError("taken_over_state must not be a state from which orders are imported")
        return self

    @property
    def import_states(self) -> tuple[int, ...]:
        """The states in which orders are imported (R1)."""
        return self.order_states or (self.order_state,)

    @property
    def poll_every(self) -> timedelta:
        return timedelta(minutes=self.poll_minutes_when_rung)


def _no_name_twice(codes: dict[str, str]) -> dict[str, str]:
    seen: dict[str, str] = {}
    for name in codes:
        if (other := seen.setdefault(one_line(name).casefold(), name)) != name:
            raise ValueError(
                f"{other!r} and {name!r} differ only by case or blanks, which make no difference: keep one"
            )
    return codes


def _one_code_each(codes: dict[str, str]) -> dict[str, str]:
    seen: dict[str, str] = {}
    for name, code in codes.items():
        if seen.setdefault(one_line(name).casefold(), code) != code:
            raise ValueError(f"{name!r} has two codes: case and blanks make no difference")
    return codes


class BibiSettings(_Strict):
    source: str = "WEB"
    sources: Annotated[
        dict[Annotated[str, Field(min_length=1)], Annotated[str, Field(min_length=1)]], AfterValidator(_no_name_twice)
    ] = {}
    """The id, name or platform of a shop -> its offer code, in place of ``source`` (R4)."""
    default_ship_method: Annotated[str, Field(min_length=1)] = "24"
    international_ship_method: Annotated[str, Field(min_length=1)] = "81"
    ship_methods: Annotated[dict[str, str], AfterValidator(_one_code_each)] = {}
    """Billbee shipping product or profile name -> BiBi ship method code."""
    ship_methods_by_country: dict[Country, Annotated[str, Field(min_length=1)]] = {}
    """ISO 3166-1 alpha-2 code -> BiBi ship method code, before the two defaults."""
    territories: Literal["domestic", "international"] = "domestic"
    """Whether Puerto Rico, Guam and the like are addressed as states of the US, or as countries."""
    check_postcodes: bool = True
    no_postcode: Annotated[str, Field(max_length=10)] = "00000"
    """What the warehouse gets as the postcode of an address that needs none."""
    pay_method: Annotated[str, Field(min_length=1)] = "PP"
    """The warehouse's code for an order that is paid."""
    pay_methods: dict[Annotated[int, Field(ge=1, le=LARGEST)], Annotated[str, Field(min_length=1)]] = {}
    """Number in Billbee's list of payment types -> the warehouse's code, whether the order is paid or not."""
    order_number: Annotated[Literal["billbee_id", "order_number"], BeforeValidator(_number_source)] = "billbee_id"
    order_prefix: Annotated[str, AfterValidator(checked_prefix)] = ""
    """What the account writes before our numbers in its answers, e.g. ``SA`` or ``SA-``; ``merchants check`` finds
    it.
    """
    requests_per_minute: Annotated[int, Field(gt=0, le=60)] = 60
    send_buyer_message: bool = False
    longest_description: Annotated[int, Field(ge=20, le=2000)] = 80
    longest_comment: Annotated[int, Field(ge=0, le=10_000)] = 1000
    """In characters, for the whole order comment (R35). The warehouse documents no limits."""
    shipping_costs: bool = False
    """Whether zone and link of parcels are asked for: one call for every shipped order."""
    paths: Annotated[dict[str, str], AfterValidator(checked_paths)] = {}
    """Corrections of assumed paths: see ``bibi_paths.py``."""

    @property
    def number_is_billbee_id(self) -> bool:
        return self.order_number == "billbee_id"


def _written_date(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)):
        return value
    raise ValueError("a date is written like 2026-11-01")


def _rate(rate: Decimal) -> Decimal:
    if not _LEAST_RATE <= rate <= _LARGEST_RATE:
        raise ValueError(
            "a rate says how much of the warehouse's currency one unit is:"
            f" {_LEAST_RATE:f} to {_LARGEST_RATE:f}, as between any two currencies"
        )
    return rate


_LEAST_RATE, _LARGEST_RATE = Decimal("0.0000001"), Decimal(10_000_000)
"""Between the currency of the least value and that of the highest lie less than seven digits."""


class ExchangeRate(_Strict):
    """One unit of a currency in the warehouse's, for orders that are sent on ``since`` or later."""

    rate: Annotated[Decimal, Field(max_digits=20, decimal_places=10, allow_inf_nan=False), AfterValidator(_rate)]
    since: Annotated[date, BeforeValidator(_written_date)]


class CurrencySettings(_Strict):
    warehouse: Currency | None = None
    """Without it, figures are sent as they are, whatever their currency."""
    rates: dict[Currency, ExchangeRate] = {}

    @model_validator(mode="after")
    def _rates_lead_to_the_warehouse(self) -> Self:
        if self.rates and self.warehouse is None:
            raise ValueError("rates need currency.warehouse, the currency that they lead to")
        if self.warehouse in self.rates:
            raise ValueError(f"{self.warehouse} is the warehouse's own currency and has no rate")
        return self


class StockSettings(_Strict):
    enabled: bool = True
    buffer: Annotated[int, Field(ge=0, le=LARGEST)] = 0
    movements: bool = False
    """Whether the warehouse's movements are read: calls every hour."""
    tell_low: bool = False
    """Whether products that run low are noted and told (R45)."""
    low_days: Annotated[int, Field(ge=0, le=365)] = 14
    """A product runs low if its free pieces last for fewer days."""


class ProductSettings(_Strict):
    enabled: bool = True
    language: Annotated[str, Field(min_length=2, max_length=5)] = "en"
    status: Annotated[str, Field(min_length=1)] = "R1"
    """The warehouse's code for the status that a product is created with; ``R1`` is in all of BiBi's samples."""


class WeightSettings(_Strict):
    """How far the parcels' weight may be from that of the goods (R46)."""

    enabled: bool = False
    tolerance_percent: Annotated[int, Field(ge=0, le=1000)] = 20
    """Of the goods' weight, in both directions."""
    tolerance_grams: Annotated[int, Field(ge=0, le=LARGEST)] = 100
    """At least so much in both directions, because light goods are weighed and entered in whole units."""
    packaging_grams: Annotated[int, Field(ge=0, le=LARGEST)] = 500
    """What packaging, and a scale that rounds up, may add to each parcel."""


class ReturnSettings(_Strict):
    label_days: Literal[7, 14, 30, 60, 90] = 30
    """How many days a return label can be opened; then it is removed."""


class BillingSettings(_Strict):
    enabled: bool = False
    reference: Literal["billbee_id", "order_number", "shop_number"] = "billbee_id"
    """By which number Abillify knows an order: Billbee's id, the warehouse's number, or the shop's."""
    grace_hours: Annotated[int, Field(ge=0, le=24 * 30)] = 48
    """How long after it was shipped an order may be missing in Abillify."""
    hold_until_billed: bool = False
    cancel: bool = False

    @model_validator(mode="after")
    def _enabled_if_used(self) -> Self:
        if not self.enabled and (self.hold_until_billed or self.cancel):
            raise ValueError("hold_until_billed and cancel need enabled: true")
        return self

    @property
    def grace(self) -> timedelta:
        return timedelta(hours=self.grace_hours)

    @property
    def holds(self) -> bool:
        """Whether orders wait at the warehouse until they are billed (R20)."""
        return self.enabled and self.hold_until_billed


class MerchantSettings(_Strict):
    """Everything a merchant may set. Only ``billbee.username`` and ``billbee.order_tag`` have no default."""

    mode: Literal["live", "test", "paused"] = "live"
    language: Literal["en", "de"] = "en"
    """The language of the messages on Billbee orders."""
    billbee: BillbeeSettings
    bibi: BibiSettings = BibiSettings()
    currency: CurrencySettings = CurrencySettings()
    stock: StockSettings = StockSettings()
    products: ProductSettings = ProductSettings()
    weights: WeightSettings = WeightSettings()
    returns: ReturnSettings = ReturnSettings()
    billing: BillingSettings = BillingSettings()
    promise: PromiseSettings = PromiseSettings()
    carriers: dict[str, Annotated[int, Field(ge=0, le=LARGEST)]] = {}
    """BiBi ship method name -> number in Billbee's list of carriers."""
    attributes_not_sent: tuple[Annotated[str, Field(max_length=200), AfterValidator(_no_blank)], ...] = ()
    """Patterns of names of attributes that the warehouse is not told; ``*`` means any text (R35)."""
    money_only: tuple[Annotated[str, Field(max_length=200), AfterValidator(_pattern)], ...] = ()
    """Patterns of SKUs and titles of positions that are charged and not shipped; ``*`` means any text (R34)."""
    changes: Literal["ask", "tell", "automatic"] = "ask"
    """What is done if an order that has its received tag differs from what the warehouse has (R37)."""
    bundles: Literal["components", "kits"] = "components"
    """Whether the warehouse is sent a bundle's components, or has the bundle as a product with a bill of materials."""
    rules: Rules = ()
    """Only the first that an order meets applies (R40)."""

    @cached_property
    def rule_tags(self) -> frozenset[str]:
        return tags_of(self.rules)

    @property
    def bundles_are_kits(self) -> bool:
        return self.bundles == "kits"

    def wants(self, job: str) -> bool:
        """Whether a job has anything to do for the merchant, according to the settings."""
        switches = {
            "sync-stock": self.stock.enabled,
            "sync-products": self.products.enabled,
            "pull-movements": self.stock.movements,
            "check-billing": self.billing.enabled,
        }
        return switches.get(job, True)

    @field_validator("rules")
    @classmethod
    def _comments_fit(cls, rules: Rules, info: ValidationInfo) -> Rules:
        bibi = info.data.get("bibi", BibiSettings())
        for place, rule in enumerate(rules, 1):
            if len(rule.then.comment or "") > bibi.longest_comment:
                raise ValueError(f"the comment of rule {place} {rule.name!r} is longer than bibi.longest_comment")
        return rules

    @field_validator("rules")
    @classmethod
    def _ask_for_no_own_tags(cls, rules: Rules, info: ValidationInfo) -> Rules:
        if not tags_of(rules) or "billbee" not in info.data:
            return rules
        from orderbridge.ledger.tags import Tags  # noqa: PLC0415  few merchants need it

        own = Tags(info.data["billbee"].order_tag).own
        for place, rule in enumerate(rules, 1):
            if taken := sorted(own & tags_of([rule])):
                # It comes with the sending or later, and would count as a change of the order.
                raise ValueError(f"rule {place} {rule.name!r} asks for {taken[0]}, which orderbridge sets itself")
        return rules

    @field_validator("bundles")
    @classmethod
    def _kits_come_with_products(cls, bundles: str, info: ValidationInfo) -> str:
        products = info.data.get("products")
        if bundles == "kits" and products is not None and not products.enabled:
            raise ValueError("kits are brought to the warehouse with the products: set products.enabled to true")
        return bundles


class MerchantSecrets(BaseModel):
    """A merchant's credentials. Their text never appears in a repr, a log or an error."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    billbee_password: SecretStr
    bibi_public_key: SecretStr
    bibi_secret_key: SecretStr
    webhook_secret: SecretStr | None = None
    abillify_username: SecretStr | None = None
    abillify_password: SecretStr | None = None


@dataclass(frozen=True)
class FoundSettings:
    """The settings in a merchant's JSON, without the keys that this release does not know."""

    settings: MerchantSettings
    unknown: tuple[str, ...]


def parse_settings(merchant: str, text: str) -> MerchantSettings:
    """Read the settings JSON of one merchant.

    Raises:
        SettingsError: naming the merchant, the first key that is wrong or unknown, and why. Values are not repeated.
    """
    return _validated(merchant, MerchantSettings, _object(merchant, text), "")


def find_settings(merchant: str, text: str) -> FoundSettings:
    """Read the settings JSON of one merchant in a function.

    Raises:
        SettingsError: as `parse_settings`, but not for an unknown key, unless it is nearly ``mode`` or in a rule: a
            typing error must not turn a pause or a rehearsal into live mode, and a rule without one of its conditions
            would be for more orders.
    """
    raw = _object(merchant, text)
    try:
        return FoundSettings(MerchantSettings.model_validate(raw), ())
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
    unknown = [one["loc"] for one in details if one["type"] == "extra_forbidden"]
    for *path, key in unknown:
        if not path and get_close_matches(str(key).casefold(), ["mode"], cutoff=0.7):
            raise SettingsError(merchant, str(key), "unknown key; is mode meant?")
        if path and path[0] == "rules":
            raise SettingsError(merchant, _dotted((*path, key)), "unknown key")
        section: Any = raw
        for part in path:
            section = section[part]
        del section[key]
    settings = _validated(merchant, MerchantSettings, raw, "")
    return FoundSettings(settings, tuple(sorted(".".join(map(str, path)) for path in unknown)))


def _object(merchant: str, text: str) -> dict[str, Any]:
    if not text:
        raise SettingsError(merchant, "settings", "are empty, or have the form of a newer release")
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        raise SettingsError(merchant, "settings", f"is not valid JSON: {error.msg} at line {error.lineno}") from None
    except (ValueError, RecursionError):
        raise SettingsError(merchant, "settings", "is not valid JSON: nested too deep, or a number too long") from None
    if not isinstance(raw, dict):
        raise SettingsError(merchant, "settings", "must be a JSON object")
    return raw


def parse_secrets(merchant: str, values: dict[str, str]) -> MerchantSecrets:
    """Build the secrets of one merchant from their names and texts. Raises SettingsError for a missing one."""
    return _validated(merchant, MerchantSecrets, dict(values), "secrets.")


def _validated(merchant: str, model: type[Model], raw: dict[str, Any], prefix: str) -> Model:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        key = prefix + (_dotted(first["loc"]) or "settings")
        reason = {"extra_forbidden": "unknown key", "missing": "is missing"}.get(first["type"], first["msg"])
        raise SettingsError(merchant, key, reason.removeprefix("Value error, ")) from None


def _dotted(place: Iterable[str | int]) -> str:
    """The path of a key. The entries of a list are counted from 1."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in place)
