"""What Billbee documents of the answers that are read here (its OpenAPI description, 2025)."""

from __future__ import annotations

from typing import Final

from orderbridge.vendors.drift import Shape, shape

_ADDRESS: Final = shape(
    "address",
    "BillbeeId FirstName LastName Company NameAddition Street HouseNumber Line2 Zip City State Country CountryISO2 "
    "Email Phone",
)
_PRODUCT: Final = shape(
    "order item product",
    "BillbeeId CountryOfOrigin EAN Id Images IsDigital OldId PlatformData SKU SkuOrId TARICCode Title Type Weight",
)
_ITEM: Final = shape(
    "order item",
    "Attributes BillbeeId Discount DontAdjustStock GetPriceFromArticleIfAny InvoiceSKU IsCoupon Quantity SerialNumber "
    "SerialNumbers ShippingProfileId TaxAmount TaxIndex TotalPrice TransactionId UnrebatedTotalPrice",
    Product=_PRODUCT,
)
_SHIPMENT: Final = shape(
    "shipment",
    "BillbeeId Created ShipmentType Shipper ShippingCarrier ShippingId ShippingProviderId ShippingProviderProductId "
    "TrackingUrl",
    values={"ShipmentType": "0, 1"},
)
_ORDER: Final = shape(
    "order",
    "AcceptLossOfReturnRight AdjustmentCost AdjustmentReason ApiAccountId ApiAccountName ArchivedAt BillBeeOrderId "
    "BillBeeParentOrderId Buyer Comments ConfirmedAt CreatedAt Currency CustomInvoiceNote Customer CustomerNumber "
    "CustomerVatId DeliverySourceCountryCode DistributionCenter History Id InvoiceDate InvoiceNumber "
    "InvoiceNumberPostfix InvoiceNumberPrefix IsCancelationFor IsFromBillbeeApi LanguageCode LastModifiedAt "
    "MerchantVatId OrderNumber PaidAmount PayedAt PaymentInstruction PaymentMethod PaymentReference "
    "PaymentTransactionId Payments RebateDifference RestoredAt Seller SellerComment ShipWeightKg ShippedAt "
    "ShippingCost ShippingProfileId ShippingProfileName ShippingProviderId ShippingProviderName "
    "ShippingProviderProductId ShippingProviderProductName ShippingServices State Tags TaxRate1 TaxRate2 TotalCost "
    "UpdatedAt VatId VatMode WebUrl",
    values={"State": ", ".join(str(state) for state in range(1, 17))},
    OrderItems=_ITEM,
    ShippingIds=_SHIPMENT,
    InvoiceAddress=_ADDRESS,
    ShippingAddress=_ADDRESS,
)
_ERROR_CODES: Final = ", ".join(str(code) for code in range(30))


def _envelope(data: Shape) -> Shape:
    fields = "ErrorCode ErrorDescription ErrorMessage Paging"
    return shape("answer", fields, values={"ErrorCode": _ERROR_CODES}, Data=data)


BY_OPERATION: Final = {f"billbee {what} order": _envelope(_ORDER) for what in ("get", "find")} | {
    "billbee list orders": _envelope(_ORDER)
}
