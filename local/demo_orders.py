"""The orders of the demo's two merchants: what each shows, how it should end, what the warehouse does.

`acme` sells in US dollars to the United States and beyond, `nordlicht` in euros with German VAT included.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from local.simulators.billbee.orders import address, item, order, product

ACME_TAG = "bibi"
NORDLICHT_TAG = "lager-usa"

Ending = Literal["shipped", "rejected", "cancelled", "ignored"]


@dataclass(frozen=True)
class Warehouse:
    """What the warehouse does with an order.

    `parcels` counts the parcels of each shipment; `method` is the code of the ship method, `carrier` the
    number in Billbee that it must turn into. The early ship in the first step, the others in the second. `first`
    is what happens to the others in the first step; an order that waits can still be changed and cancelled.
    """

    method: str = "53"
    carrier: int = 9
    parcels: tuple[int, ...] = (1,)
    early: bool = False
    first: Literal["print", "wait", "backorder", "cancel"] = "print"


@dataclass(frozen=True)
class Scenario:
    """One order of the demo. `books` are facts that the warehouse's books must show."""

    label: str
    wire: dict[str, Any]
    ends: Ending = "shipped"
    reason: str | None = None
    warehouse: Warehouse = field(default_factory=Warehouse)
    books: dict[str, Any] = field(default_factory=dict)
    billed: Literal["as sold", "otherwise", "not"] = "as sold"
    """In Abillify, for the merchant who bills there; of orders that are shipped."""
    late: bool = False
    """It is sold once the warehouse has begun to work."""
    sent_back: bool = False
    """Its buyer wants a return label, once it has been shipped."""
    copied: bool = False
    """It has the received tag of the order that it was copied from."""
    merged_into: int | None = None
    """Its merchant merges it into this order before the warehouse begins to work."""
    credits: int | None = None
    """It is the credit note for this order, made before the warehouse begins to work."""
    told: str | None = None
    """The code of the message about what its merchant did with it in the shop."""

    @property
    def billbee_id(self) -> int:
        return int(self.wire["BillBeeOrderId"])

    @property
    def is_there_at_first(self) -> bool:
        """Whether the shop has it from the start."""
        return not self.late and self.credits is None


UPS = Warehouse(method="02", carrier=5, early=True)
UPS_LATER = Warehouse(method="02", carrier=5, first="wait")
USPS = Warehouse(method="05", carrier=17, early=True)
ABROAD = Warehouse(method="85", carrier=9)
DHL = Warehouse(method="84", carrier=2)

# SKU, title, gross price, grams
ACME_PRODUCTS = [
    ("MUG-01", "Enamel mug", "14.50", 320),
    ("TEE-BLK-M", "T-shirt black M", "24.00", 180),
    ("TEE-BLK-L", "T-shirt black L", "24.00", 190),
    ("POSTER-A2", "Poster A2", "18.25", 150),
    ("NOTEBOOK", "Notebook, dotted", "9.95", 240),
    ("PEN-SET", "Set of three pens", "7.45", 60),
    ("MUG-BLUE", "Enamel mug, blue", "14.50", 320),
]
NORDLICHT_PRODUCTS = [
    ("KERZE-GR", "Kerze groß", "19.90", 600),
    ("KERZE-KL", "Kerze klein", "8.90", 210),
    ("TEE-EARL", "Earl Grey 100 g", "6.49", 110),
    ("BECHER", "Becher Steingut", "16.00", 380),
    ("BUCH-NORD", "Bildband Norden", "29.90", 900),
]
PLENTY = 100
ON_THE_SHELF = {"MUG-BLUE": 2, "BUCH-NORD": 7}
"""Pieces at the warehouse where they are not plenty."""
NEARLY_GONE = "MUG-BLUE"
"""Of its last two, one is sold before the shops hear of them."""
ONLY_AT_THE_WAREHOUSE = "SAMPLE-BOOK"
KIT = "SET-ABEND"
"""A bundle that the warehouse has as a kit: its merchant wants it so."""
LOST = "BECHER"
"""Two pieces of it turn out to be missing."""
TOO_LONG = "POSTER-LIMITED-EDITION-2026"
UNKNOWN = "GHOST-99"


def acme_products() -> list[dict[str, Any]]:
    """What is sold; of the last three, one is new to the warehouse, and two it cannot be told."""
    return [
        *sample_products(),
        product("EBOOK", title="E-book", price="12.00", is_digital=True),
        # Four pieces, whose price no split in cents divides evenly, and a download.
        product("GIFT-BOX", title="Gift box", price="29.99", components=[("MUG-01", 1), ("PEN-SET", 3), ("EBOOK", 1)]),
        product("CAP", title="Cap", price="19.00", ean="4260000000994", weight=90, size_cm=(28, 18, 12), stock=0),
        product("STICKER", title="Sticker", price="2.00", stock=0),
        product("MUG-2ND", title="Enamel mug, second choice", price="9.00", ean="4260000000000", stock=0),
    ]


def sample_products() -> list[dict[str, Any]]:
    """What any shop may sell, for merchants of one's own; the warehouse has it too."""
    return _known(ACME_PRODUCTS, 4_260_000_000_000)


def _known(products: list[tuple[str, str, str, int]], first_ean: int) -> list[dict[str, Any]]:
    """Products that the warehouse has too."""
    return [
        product(sku, title=title, price=price, weight=grams, ean=str(first_ean + place), stock=0)
        for place, (sku, title, price, grams) in enumerate(products)
    ]


def nordlicht_products() -> list[dict[str, Any]]:
    return [
        *_known(NORDLICHT_PRODUCTS, 4_070_000_000_000),
        product("GUTSCHEIN", title="Gutschein", price="25.00", is_digital=True),
        product(KIT, title="Abend-Set", price="34.99", components=[("KERZE-KL", 2), ("TEE-EARL", 1)]),
    ]


def acme_orders(today: date) -> list[Scenario]:
    """The US shop: prices without tax but for the one order to New York."""
    ship_on = (today + timedelta(days=7)).isoformat()

    def sold(billbee_id: int, *lines: dict[str, Any], tags: list[str] | None = None, **rest: Any) -> dict[str, Any]:
        return order(
            billbee_id,
            items=list(lines),
            tags=[ACME_TAG] if tags is None else tags,
            order_number=f"ACME-{billbee_id}",
            **({"shipping_cost": "4.95"} | rest),
        )

    mug, tee, poster = _lines(ACME_PRODUCTS, "MUG-01", "TEE-BLK-M", "POSTER-A2")
    notebook, pens, blue = _lines(ACME_PRODUCTS, "NOTEBOOK", "PEN-SET", NEARLY_GONE)
    ebook = item("EBOOK", unit_price="12.00", is_digital=True, title="E-book")
    box = item("GIFT-BOX", unit_price="29.99", product_type=2, title="Gift box")
    return [
        Scenario(
            "domestic, ship method by name",
            sold(5001, mug(), shipping_product="UPS Ground"),
            warehouse=UPS,
            sent_back=True,
        ),
        Scenario(
            "several lines, one engraved, and a tip",
            sold(
                5002,
                mug(2) | {"Attributes": [{"Id": "1", "Name": "Engraving", "Value": "Für Mia", "Price": 0.0}]},
                tee(),
                notebook(3),
                item("TIP", unit_price="3.00", title="Tip for the team"),
            ),
            warehouse=USPS,
            books={
                "goods": {"MUG-01": 2, "TEE-BLK-M": 1, "NOTEBOOK": 3},
                "descriptions": ["Enamel mug (Engraving: Für Mia)", "T-shirt black M", "Notebook, dotted"],
            },
        ),
        Scenario(
            "Puerto Rico as a country, without the zeros of its ZIP",
            sold(5003, tee(), ship_to=_SAN_JUAN),
            books={"Address1": "9 Calle Luna", "State": "PR", "ZipCode": "00901", "CountryCd": "US"},
        ),
        Scenario(
            "coupon line",
            sold(5004, mug(2), item(None, unit_price="-5.00", is_coupon=True, title="WELCOME5")),
        ),
        Scenario(
            "discount line, offer code of the shop",
            sold(
                5005,
                poster(2),
                item(None, unit_price="-3.65", title="10 % off posters"),
                shop=("Etsy", "Acme on Etsy", 2),
            ),
            warehouse=UPS,
            books={"source": "ETSY"},
        ),
        Scenario("digital line among goods", sold(5006, notebook(), ebook)),
        Scenario("bundle with a download, price not evenly divisible", sold(5007, box, pens()), warehouse=USPS),
        Scenario(
            "two parcels, by a rule of the settings",
            sold(5008, poster(4), mug(6)),
            warehouse=Warehouse(parcels=(2,)),
            books={"rush": True, "comment": "Do not bend."},
        ),
        Scenario(
            "partial shipment, then the rest",
            sold(5009, mug(), poster()),
            warehouse=Warehouse("59", 9, (1, 1)),
        ),
        Scenario("Japan, unicode", sold(5010, mug(), ship_to=_TOKYO, language="ja"), warehouse=ABROAD),
        Scenario(
            "Great Britain, in pounds",
            sold(5011, tee(), ship_to=_LEEDS, currency="GBP"),
            warehouse=ABROAD,
            books={"total": Decimal("36.77")},
        ),
        Scenario("France, company", sold(5012, notebook(2), ship_to=_LYON, language="fr"), warehouse=ABROAD),
        Scenario(
            "rush tag",
            sold(5013, mug(), tags=[ACME_TAG, f"rush_{ACME_TAG}"]),
            warehouse=UPS,
            books={"rush": True},
        ),
        Scenario(
            "ship-on tag",
            sold(5014, mug(), tags=[ACME_TAG, f"ship_on_{ship_on}"]),
            books={"future_date": ship_on},
        ),
        Scenario("upper-case tag", sold(5015, pens(2), tags=[ACME_TAG.upper()]), warehouse=USPS),
        Scenario(
            "buyer's message with emoji",
            sold(5016, mug(), message="It's a present 🎁 – no invoice, please!"),
            warehouse=UPS,
            books={"comment": "It's a present 🎁 – no invoice, please!"},
        ),
        Scenario("backorder, shipped later", sold(5017, tee(3)), warehouse=Warehouse(first="backorder")),
        Scenario(
            "cancelled by the warehouse",
            sold(5018, poster()),
            "cancelled",
            warehouse=Warehouse(first="cancel"),
        ),
        Scenario(
            "sales tax in the price",
            sold(
                5019,
                item("MUG-01", quantity=3, unit_price="15.79", tax_rate="8.875"),
                tax_rate1="8.875",
                ship_to=address("Bo", "Ek", street="Broadway", house_number="1", city="New York", state="NY"),
            ),
            warehouse=UPS,
        ),
        Scenario("no address", sold(5020, mug(), no_address=True), "rejected", "address"),
        Scenario(f"SKU of {len(TOO_LONG)} characters", sold(5021, item(TOO_LONG)), "rejected", TOO_LONG),
        Scenario("quantity 0", sold(5022, mug(0)), "rejected", "quantity"),
        Scenario("unmappable currency", sold(5023, mug(), currency="ZZZ"), "rejected", "ZZZ"),
        Scenario("no order tag", sold(5024, mug(), tags=["wholesale"]), "ignored"),
        Scenario("not paid", sold(5025, mug(), state=1), "ignored"),
        Scenario("the last but one", sold(5027, blue()), warehouse=UPS),
        Scenario(
            "a copy with the received tag of another order",
            sold(5026, mug(), tags=[ACME_TAG, f"order_received_by_{ACME_TAG}"]),
            "rejected",
            "order_received_by",
            copied=True,
        ),
        Scenario(
            "merged into the next one",
            sold(5028, pens(2)),
            "cancelled",
            warehouse=UPS_LATER,
            merged_into=5029,
            told="OB-411",
        ),
        Scenario(
            "takes over what the one before had",
            sold(5029, mug()),
            warehouse=UPS_LATER,
            books={"goods": {"MUG-01": 1, "PEN-SET": 2}},
            told="OB-409",
        ),
        Scenario("credited whole", sold(5030, tee()), "cancelled", warehouse=UPS_LATER, told="OB-414"),
        Scenario("the credit note for it", sold(5031, tee()), "rejected", "credit note", credits=5030),
    ]


def nordlicht_orders() -> list[Scenario]:
    """The German shop: gross prices with 19 or 7 percent VAT, numbers of its own on the warehouse's books."""

    def sold(billbee_id: int, *lines: dict[str, Any], tags: list[str] | None = None, **rest: Any) -> dict[str, Any]:
        defaults = {
            "ship_to": _BERLIN,
            "shipping_cost": "5.90",
            "shipping_product": "DHL Paket",
            "language": "de",
        }
        return order(
            billbee_id,
            items=list(lines),
            tags=[NORDLICHT_TAG] if tags is None else tags,
            order_number=f"NL-{billbee_id}",
            currency="EUR",
            tax_rate1="19",
            tax_rate2="7",
            **(defaults | rest),
        )

    candle, small, cup = _lines(NORDLICHT_PRODUCTS, "KERZE-GR", "KERZE-KL", "BECHER", tax_rate="19")
    tea, book = _lines(NORDLICHT_PRODUCTS, "TEE-EARL", "BUCH-NORD", tax_rate="7", tax_index=2)
    bundle = item(KIT, quantity=2, unit_price="34.99", tax_rate="19", product_type=2, title="Abend-Set")
    voucher = item("GUTSCHEIN", unit_price="25.00", is_digital=True, title="Gutschein")
    early = Warehouse("84", 2, early=True)
    return [
        Scenario("Germany, 19 % VAT", sold(7001, candle()), warehouse=early),
        Scenario("two VAT rates", sold(7002, candle(), tea(3), book()), warehouse=early),
        Scenario("Austria, one cup billed", sold(7003, cup(2), ship_to=_WIEN), warehouse=DHL, billed="otherwise"),
        Scenario("Poland, unicode", sold(7004, small(4), ship_to=_LODZ, language="pl"), warehouse=DHL),
        Scenario(
            "to the United States, state spelled out",
            sold(7005, book(), ship_to=_TEXAS, shipping_product=None),
            warehouse=Warehouse("61", 2, early=True),
            books={"State": "TX"},
            billed="not",
        ),
        Scenario("two kits", sold(7006, bundle), warehouse=DHL, books={"lines": {KIT: 2}}, late=True),
        Scenario(
            "coupon and VAT",
            sold(7007, candle(2), item(None, unit_price="-10.00", is_coupon=True, title="DANKE10")),
            warehouse=early,
        ),
        Scenario(
            "Switzerland, two parcels",
            sold(7008, book(3), ship_to=_BASEL),
            warehouse=Warehouse("84", 2, (2,)),
        ),
        Scenario("company, second address line", sold(7009, tea(10), ship_to=_MUENCHEN), warehouse=early),
        Scenario("upper-case tag", sold(7010, cup(), tags=[NORDLICHT_TAG.upper()]), warehouse=DHL),
        Scenario("fractional quantity", sold(7011, tea(1.5)), "rejected", "quantity"),
        Scenario("unknown country", sold(7012, cup(), ship_to=_ATLANTIS), "rejected", "countr"),
        Scenario("only digital lines", sold(7013, voucher), "rejected", "goods"),
        Scenario("SKU unknown to the warehouse", sold(7014, item(UNKNOWN, tax_rate="19")), "rejected", UNKNOWN),
        Scenario("another warehouse's tag", sold(7015, candle(), tags=["lager-eu"]), "ignored"),
        Scenario("not paid", sold(7016, candle(), state=1), "ignored"),
    ]


def _lines(
    products: list[tuple[str, str, str, int]], *skus: str, tax_rate: str = "0", tax_index: int = 1
) -> list[Callable[..., dict[str, Any]]]:
    """One maker of order lines per SKU: `mug(2)` is two of them at their price."""
    known = {sku: (title, price, grams) for sku, title, price, grams in products}

    def maker(sku: str) -> Callable[..., dict[str, Any]]:
        title, price, grams = known[sku]

        def line(quantity: float = 1) -> dict[str, Any]:
            return item(
                sku,
                quantity=quantity,
                unit_price=Decimal(price),
                tax_rate=tax_rate,
                tax_index=tax_index,
                title=title,
                weight=grams,
            )

        return line

    return [maker(sku) for sku in skus]


_TOKYO = address(
    "太郎",
    "山田",
    street="千代田1-1",
    house_number="",
    zip_code="100-0001",
    city="東京",
    state="東京都",
    country="JP",
    country_name="Japan",
    email="taro@example.jp",
)
_SAN_JUAN = address(
    "Ana",
    "Reyes",
    street="Calle Luna",
    house_number="9",
    zip_code="901",
    city="San Juan",
    state="",
    country="PR",
    country_name="Puerto Rico",
)
_LEEDS = address(
    "Zoë",
    "O'Neill",
    street="Kirkgate",
    house_number="12a",
    zip_code="LS1 6BY",
    city="Leeds",
    state="",
    country="GB",
)
_LYON = address(
    "Éloïse",
    "Lefèvre",
    company="Papeterie du Rhône",
    street="Rue de la République",
    house_number="7 bis",
    zip_code="69002",
    city="Lyon",
    state="",
    country="FR",
)
_BERLIN = address(
    "Jürgen",
    "Groß",
    street="Straße des 17. Juni",
    house_number="135",
    zip_code="10623",
    city="Berlin",
    state="",
    country="DE",
    country_name="Deutschland",
    email="juergen@example.de",
)
_WIEN = _BERLIN | {
    "City": "Wien",
    "Zip": "1010",
    "CountryISO2": "AT",
    "Country": "Österreich",
    "Street": "Graben",
}
_LODZ = address(
    "Łukasz",
    "Żółciński",
    street="ulica Świętego Jana",
    house_number="5/12",
    zip_code="90-001",
    city="Łódź",
    state="",
    country="PL",
    email="lukasz@example.pl",
)
_TEXAS = address(
    "Mary", "Sue", street="Main Street", house_number="500", zip_code="73301", city="Austin", state="Texas"
)
_BASEL = _BERLIN | {
    "City": "Basel",
    "Zip": "4051",
    "CountryISO2": "CH",
    "Country": "Schweiz",
    "Street": "Freie Straße",
}
_MUENCHEN = address(
    "Inge",
    "Ümit-Weiß",
    company="Büro für Öffentliches GmbH",
    street="Äußere Prinzregentenstraße",
    house_number="1",
    line2="Rückgebäude, 3. Stock",
    zip_code="81675",
    city="München",
    state="",
    country="DE",
)
_ATLANTIS = _BERLIN | {"City": "Poseidonis", "CountryISO2": "XQ", "Country": "Atlantis"}

ADDRESSES = {
    "US": address(),
    "PR": _SAN_JUAN,
    "JP": _TOKYO,
    "GB": _LEEDS,
    "FR": _LYON,
    "DE": _BERLIN,
    "AT": _WIEN,
    "PL": _LODZ,
    "CH": _BASEL,
}
"""A buyer's address by country."""
