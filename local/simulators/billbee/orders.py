"""Builders of Billbee wire records, with every field of the swagger and exact money.

    account.add_order(order(items=[item("MUG-01", quantity=2, unit_price="12.50", tax_rate="19")],
                            ship_to=address(country="DE"), tags=["bibi"]))

Money is taken as text or Decimal and written as JSON numbers, as Billbee does; totals are summed in Decimal.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Money = str | int | Decimal
CENT = Decimal("0.01")


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def included_tax(gross: Decimal, rate: Decimal) -> Decimal:
    """The tax inside a gross price, rate in percent."""
    return cents(gross - gross / (1 + rate / 100))


def address(
    first_name: str = "Jane",
    last_name: str = "Doe",
    *,
    company: str = "",
    street: str = "Willis Avenue",
    house_number: str = "123",
    line2: str = "",
    zip_code: str = "91402",
    city: str = "Los Angeles",
    state: str = "CA",
    country: str = "US",
    country_name: str = "",
    email: str = "jane.doe@example.com",
    phone: str = "",
    name_addition: str = "",
) -> dict[str, Any]:
    """An OrderAddressApiModel; `country` is ISO 3166-1 alpha-2."""
    return {
        "BillbeeId": 1,
        "FirstName": first_name,
        "LastName": last_name,
        "Company": company or None,
        "NameAddition": name_addition or None,
        "Street": street,
        "HouseNumber": house_number,
        "Zip": zip_code,
        "City": city,
        "CountryISO2": country,
        "Country": country_name or country,
        "Line2": line2 or None,
        "Email": email,
        "State": state or None,
        "Phone": phone or None,
    }


def item(
    sku: str | None = "MUG-01",
    *,
    quantity: int | float = 1,
    unit_price: Money = "10.00",
    tax_rate: Money = "0",
    tax_index: int = 1,
    title: str | None = None,
    is_digital: bool = False,
    is_coupon: bool = False,
    product_type: int = 1,
    product_id: int | None = None,
    weight: int = 250,
    ean: str | None = None,
    discount: Money = "0",
    attributes: dict[str, str] | None = None,
    invoice_sku: str | None = None,
) -> dict[str, Any]:
    """An OrderItem. `unit_price` is gross: tax at `tax_rate` percent is part of it (never of a coupon).

    `discount` is in percent: TotalPrice is what is left, UnrebatedTotalPrice what it was. `attributes` are what the
    buyer chose or wrote, e.g. an engraving.
    """
    unrebated = cents(Decimal(str(unit_price)) * Decimal(str(quantity)))
    gross = cents(unrebated * (1 - Decimal(str(discount)) / 100))
    tax = Decimal(0) if is_coupon else included_tax(gross, Decimal(str(tax_rate)))
    return {
        "BillbeeId": None,
        "TransactionId": None,
        "Product": {
            "OldId": None,
            "Id": None if product_id is None else str(product_id),
            "Title": title or (sku or "Item"),
            "Weight": weight,
            "SKU": sku,
            "SkuOrId": sku,
            "IsDigital": is_digital,
            "Images": [],
            "EAN": ean,
            "PlatformData": None,
            "TARICCode": None,
            "CountryOfOrigin": None,
            "BillbeeId": product_id,
            "Type": product_type,
        },
        "Quantity": float(quantity),
        "TotalPrice": float(gross),
        "TaxAmount": float(tax),
        "TaxIndex": 0 if is_coupon else tax_index,
        "Discount": float(Decimal(str(discount))),
        "Attributes": [
            {"Id": str(place), "Name": name, "Value": value, "Price": 0.0}
            for place, (name, value) in enumerate((attributes or {}).items(), start=1)
        ],
        "GetPriceFromArticleIfAny": False,
        "IsCoupon": is_coupon,
        "ShippingProfileId": None,
        "DontAdjustStock": False,
        "UnrebatedTotalPrice": float(unrebated),
        "SerialNumber": None,
        "InvoiceSKU": sku if invoice_sku is None else invoice_sku,
    }


def of_quantity(line: dict[str, Any], quantity: float) -> dict[str, Any]:
    """The same OrderItem with another quantity at the same price: its amounts are in proportion."""
    share = Decimal(str(quantity)) / Decimal(str(line["Quantity"]))
    amounts = {
        name: float(cents(Decimal(str(line[name])) * share))
        for name in ("TotalPrice", "UnrebatedTotalPrice", "TaxAmount")
    }
    return {**line, **amounts, "Quantity": float(quantity)}


def order(
    billbee_id: int | None = None,
    *,
    items: list[dict[str, Any]] | None = None,
    tags: list[str] | None = None,
    state: int = 3,
    order_number: str | None = None,
    ship_to: dict[str, Any] | None = None,
    bill_to: dict[str, Any] | None = None,
    no_address: bool = False,
    shipping_cost: Money = "0.00",
    currency: str = "USD",
    tax_rate1: Money = "0",
    tax_rate2: Money = "0",
    message: str | None = None,
    shipping_product: str | None = None,
    shipping_profile: str | None = None,
    created_at: str | None = None,
    language: str = "en",
    seller_comment: str | None = None,
    payment_method: int = 3,
    parent: int | None = None,
    cancels: int | None = None,
    customer: dict[str, Any] | None = None,
    shop: tuple[str, str, int] = ("Billbee", "Shop", 1),
) -> dict[str, Any]:
    """An Order as `GET orders` shows it. Id and dates are filled in by `Account.add_order` where left out.

    `message` is the buyer's, `seller_comment` the shop's own; `no_address` leaves the delivery address empty.
    `shop` is the platform, name and id of the shop that sold it. `parent` is the order that this one was merged into or
    split from, `cancels` the order that it is a credit note for.
    """
    lines = [item()] if items is None else items
    total = sum((Decimal(str(line["TotalPrice"])) for line in lines), Decimal(0))
    ship = None if no_address else (ship_to or address())
    bill = bill_to or ship
    buyer = bill or address()
    comments = (
        [{"Id": 1, "FromCustomer": True, "Text": message, "Name": buyer["FirstName"], "Created": created_at}]
        if message
        else []
    )
    total += Decimal(str(shipping_cost))
    paid = total if state >= 3 else Decimal(0)
    return {
        "RebateDifference": 0.0,
        "ShippingIds": [],
        "AcceptLossOfReturnRight": False,
        "Id": order_number,
        "OrderNumber": order_number,
        "State": state,
        "VatMode": 0,
        "CreatedAt": created_at,
        "ShippedAt": None,
        "ConfirmedAt": created_at,
        "PayedAt": created_at if paid else None,
        "SellerComment": seller_comment,
        "Comments": comments,
        "InvoiceNumberPrefix": None,
        "InvoiceNumberPostfix": None,
        "InvoiceNumber": None,
        "InvoiceDate": None,
        "InvoiceAddress": bill,
        "ShippingAddress": ship,
        "PaymentMethod": payment_method,
        "ShippingCost": float(Decimal(str(shipping_cost))),
        "TotalCost": float(total),
        "AdjustmentCost": 0.0,
        "AdjustmentReason": None,
        "OrderItems": lines,
        "Currency": currency,
        "Seller": {
            "Platform": shop[0],
            "BillbeeShopName": shop[1],
            "BillbeeShopId": shop[2],
            "Id": "1",
            "Nick": None,
            "FirstName": None,
            "LastName": None,
            "FullName": "Shop",
            "Email": None,
        },
        "Buyer": {
            "Platform": "Billbee",
            "BillbeeShopName": "Shop",
            "BillbeeShopId": 1,
            "Id": "2",
            "Nick": None,
            "FirstName": buyer["FirstName"],
            "LastName": buyer["LastName"],
            "FullName": f"{buyer['FirstName']} {buyer['LastName']}",
            "Email": buyer["Email"],
        },
        "UpdatedAt": None,
        "TaxRate1": float(Decimal(str(tax_rate1))),
        "TaxRate2": float(Decimal(str(tax_rate2))),
        "BillBeeOrderId": billbee_id,
        "BillBeeParentOrderId": parent,
        "VatId": None,
        "Tags": list(tags or []),
        "ShipWeightKg": None,
        "LanguageCode": language,
        "PaidAmount": float(paid),
        "ShippingProfileId": None,
        "ShippingProviderId": None,
        "ShippingProviderProductId": None,
        "ShippingProviderName": None,
        "ShippingProviderProductName": shipping_product,
        "ShippingProfileName": shipping_profile,
        "PaymentInstruction": None,
        "IsCancelationFor": cancels,
        "PaymentTransactionId": None,
        "DistributionCenter": None,
        "DeliverySourceCountryCode": None,
        "CustomInvoiceNote": None,
        "CustomerNumber": None,
        "PaymentReference": None,
        "ShippingServices": [],
        "Customer": customer,
        "History": [],
        "Payments": [],
        "LastModifiedAt": None,
        "ArchivedAt": None,
        "RestoredAt": None,
        "ApiAccountId": shop[2],
        "ApiAccountName": shop[1],
        "MerchantVatId": None,
        "CustomerVatId": None,
        "IsFromBillbeeApi": False,
        "WebUrl": None,
    }


def product(
    sku: str,
    *,
    product_id: int | None = None,
    title: str | None = None,
    ean: str | None = None,
    price: Money = "10.00",
    stock: int | float = 100,
    weight: int = 250,
    components: list[tuple[str, int | float]] | None = None,
    is_digital: bool = False,
    size_cm: tuple[float, float, float] | None = None,
    vat_index: int = 1,
    pieces_per_sale: float | None = 1.0,
) -> dict[str, Any]:
    """An ArticleApiModel; `components` (SKU, amount) make it a bundle; `pieces_per_sale` leave the stock for each one
    sold; `size_cm`: length, width, height.
    """
    length, width, height = size_cm or (None, None, None)
    return {
        "Id": product_id,
        "SKU": sku,
        "EAN": ean,
        "Title": [{"Text": title or sku, "LanguageCode": "en"}],
        "Description": [],
        "ShortDescription": [],
        "InvoiceText": [],
        "BasicAttributes": [],
        "Materials": [],
        "Tags": [],
        "Images": [],
        "Sources": [],
        "Manufacturer": None,
        "VatIndex": vat_index,
        "Price": float(Decimal(str(price))),
        "CostPrice": None,
        "Vat1Rate": 19.0,
        "Vat2Rate": 7.0,
        "StockDesired": None,
        "StockCurrent": None if components else float(stock),
        "StockWarning": None,
        "StockCode": None,
        "StockReduceItemsPerSale": pieces_per_sale,
        "Stocks": []
        if components
        else [
            {
                "Name": "Standard",
                "StockId": 0,
                "StockCurrent": float(stock),
                "StockWarning": None,
                "StockCode": None,
                "UnfulfilledAmount": 0.0,
                "StockDesired": None,
            }
        ],
        "Weight": weight,
        "WeightNet": None,
        "LowStock": False,
        "Category1": None,
        "Category2": None,
        "Category3": None,
        "Type": 2 if components else 1,
        "Unit": None,
        "UnitsPerItem": None,
        "SoldAmount": 0.0,
        "SoldSumGross": 0.0,
        "SoldSumNet": 0.0,
        "SoldSumNetLast30Days": 0.0,
        "SoldSumGrossLast30Days": 0.0,
        "SoldAmountLast30Days": 0.0,
        "ShippingProductId": None,
        "IsDigital": is_digital,
        "IsCustomizable": False,
        "DeliveryTime": None,
        "Recipient": None,
        "Occasion": None,
        "CountryOfOrigin": None,
        "ExportDescription": None,
        "ExportDescriptionMultiLanguage": [],
        "TaricNumber": None,
        "Condition": None,
        "WidthCm": width,
        "LengthCm": length,
        "HeightCm": height,
        "BillOfMaterial": [
            {"Amount": float(amount), "ArticleId": None, "SKU": component} for component, amount in components or []
        ],
        "CustomFields": [],
        "IsDeactivated": False,
    }
