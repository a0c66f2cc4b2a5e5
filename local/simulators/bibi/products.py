"""BiBi's product routes: create, change and list products, with stock fields that only the warehouse sets."""

from typing import Any

from local.simulators.bibi.lists import words
from local.simulators.bibi.service import Service
from local.simulators.server import Answer, Refused

TEXTS = words(
    """
    product_number short_description long_description product_alias sub_with_product category1 category2
    category3 category4 not_available_date product_status marketplace primary_loc
    """
)
NUMBERS = words(
    """
    price postage_handling extra_ph list_price product_cost low_stock_limit reorder_amount
    min_order_amount max_order_amount weight height width length upc_code harmonization_code
    """
)
FLAGS = ["available", "tax_exempt", "ship_separate"]
READ_ONLY = ["quantity_in_stock", "allocated_quantity", "backorder_quantity"]
REQUIRED = ["product_number", "short_description", "product_status"]
LISTED = words(
    """
    product_number short_description price postage_handling extra_ph list_price product_cost
    quantity_in_stock allocated_quantity backorder_quantity product_status upc_code
    """
)


class ProductRoutes:
    """The routes, on a service."""

    def __init__(self, bibi: Service) -> None:
        self._bibi = bibi
        bibi.route("POST /upsertProduct", self._upsert_one)
        bibi.route("POST /upsertProducts", self._upsert_many)
        bibi.route("POST /listProducts", self._list_products)
        for method in ("GET", "POST"):
            bibi.route(f"{method} /listProduct/{{number}}", self._list_product)

    def _upsert_one(self) -> Answer:
        product = self._bibi.json_field(self._bibi.form("product"), "product")
        self._check(product)
        result, message = self._upsert(product)
        return self._bibi.success(result, message)

    def _upsert_many(self) -> Answer:
        products = self._bibi.json_field(self._bibi.form("products"), "products")
        if not isinstance(products, list) or not products:
            raise self._bibi.refuse("products must be a list of at least one product.")
        if self._bibi.readings["upsert-messages"] == "whole":
            for product in products:
                self._check(product)
        outcomes = [self._taken(product) for product in products]
        return self._bibi.success([result for result, _ in outcomes], [message for _, message in outcomes])

    def _taken(self, product: Any) -> tuple[str | None, str]:
        """The result for one of several products: its id if it is new, and its message."""
        try:
            self._check(product)
        except Refused as refusal:
            return None, refusal.answer.body["message"]
        return self._upsert(product)

    def _upsert(self, product: dict[str, Any]) -> tuple[str | None, str]:
        number = product["product_number"]
        known = self._bibi.account().products.get(number)
        if known is not None:
            known |= product
            return None, "Product updated."
        fields = {name: value for name, value in product.items() if name != "product_number"}
        record = self._bibi.account().add_product(number, stock=0, **fields)
        return str(record["third_party_id_no"]), "Product inserted."

    def _check(self, product: Any) -> None:
        if not isinstance(product, dict):
            raise self._bibi.refuse("The product is not an object.")
        for name, value in product.items():
            if name in READ_ONLY:
                raise self._bibi.refuse(f"{name} is determined by the system and cannot be set.")
            if name not in (*TEXTS, *NUMBERS, *FLAGS):
                raise self._bibi.refuse(f"The product has the unknown field {name}.")
            if name in TEXTS and not isinstance(value, str):
                raise self._bibi.refuse(f"{name} must be text.")
            if name in NUMBERS and not _is_number(value):
                raise self._bibi.refuse(f"{name} must be a number.")
            if name in FLAGS and str(value) not in ("", "0", "1"):
                raise self._bibi.refuse(f"{name} must be 1 or 0.")
        missing = [name for name in REQUIRED if not product.get(name)]
        if missing:
            raise self._bibi.refuse(f"{missing[0]} is missing.")
        number = product["product_number"]
        if len(number) > 20:
            raise self._bibi.refuse(f"product_number {number} is longer than 20 characters.")
        if product["product_status"] not in self._bibi.account().product_statuses:
            raise self._bibi.refuse(f"product_status {product['product_status']} is not known.")
        products = self._bibi.account().products
        if alias := product.get("product_alias"):
            others = [one for one in products.values() if one["product_number"] != number]
            if alias in products or alias in {one.get("product_alias") for one in others}:
                raise self._bibi.refuse(f"product_alias {alias} is already in use.")
        substitute = product.get("sub_with_product")
        if substitute and substitute not in products:
            raise self._bibi.refuse(f"sub_with_product {substitute} does not exist.")

    def _list_product(self, number: str) -> Answer:
        """The bare product, without the envelope, as the documents show it."""
        products = self._bibi.account().products
        by_id = {str(one["third_party_id_no"]): one for one in products.values()}
        product = (products if self._bibi.readings["list-product"] == "number" else by_id).get(number)
        if product is None:
            return self._bibi.none_found(f"Product {number}")
        blank = dict.fromkeys(TEXTS, "") | dict.fromkeys(NUMBERS, 0) | dict.fromkeys(FLAGS, 0)
        return Answer(200, blank | product | self._stock(product))

    def _list_products(self) -> Answer:
        fields = self._bibi.form("json", "offset")
        query: Any = self._bibi.json_field(fields, "json") if "json" in fields else {}
        if not isinstance(query, dict) or query.keys() - {"offset", "perPage", "min_qty", "max_qty"}:
            raise self._bibi.refuse("json takes offset, perPage, min_qty and max_qty.")
        if not all(isinstance(value, int) and not isinstance(value, bool) for value in query.values()):
            raise self._bibi.refuse("offset, perPage, min_qty and max_qty must be whole numbers.")
        size = query.get("perPage", 100)
        if size < 1:
            raise self._bibi.refuse("perPage starts at 1.")
        rows = [
            one
            for one in self._bibi.account().products.values()
            if query.get("min_qty", one["quantity_in_stock"]) <= one["quantity_in_stock"]
            and one["quantity_in_stock"] <= query.get("max_qty", one["quantity_in_stock"])
        ]
        offset = str(query["offset"]) if "offset" in query else fields.get("offset")
        shown, more = self._bibi.page(rows, offset, size)
        return self._bibi.success([_listed(one) | self._stock(one) for one in shown], more=more)

    def _stock(self, product: dict[str, Any]) -> dict[str, Any]:
        """The stock figures, where all of them have one type."""
        figures = {name: product[name] for name in READ_ONLY}
        match self._bibi.readings["stock-numbers"]:
            case "text":
                return {name: str(figure) for name, figure in figures.items()}
            case "numbers":
                return figures
        return {}


def _listed(product: dict[str, Any]) -> dict[str, Any]:
    """A product in the list: price and physical stock come as text, the others as numbers."""
    row: dict[str, Any] = {name: product.get(name, 0) for name in LISTED}
    return row | {
        "price": str(product.get("price", "0.00")),
        "quantity_in_stock": str(product["quantity_in_stock"]),
        "upc_code": str(product.get("upc_code", "")),
    }


def _is_number(value: Any) -> bool:
    """A number, or a number as text; empty text means none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        return value == "" or float(value) >= 0
    except ValueError:
        return False
