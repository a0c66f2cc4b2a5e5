"""The vendors' calls that tests count, strike and wait for, as the simulators name them."""

from __future__ import annotations

# Billbee
ORDERS, ORDER = "GET /orders", "GET /orders/{id}"
TAGS, MESSAGE = "POST /orders/{id}/tags", "POST /orders/{id}/message"
SHIPMENT, STATE = "POST /orders/{id}/shipment", "PUT /orders/{id}/orderstate"
CARRIERS, PROVIDERS = "GET /enums/shippingcarriers", "GET /shipment/shippingproviders"
PRODUCTS, STOCKS, FIGURES = "GET /products", "GET /products/stocks", "POST /products/updatestockmultiple"

# BiBi
SUBMIT, STATUS = "POST /submitOrder", "POST /orderStatus"
CANCEL, HOLD, CHANGE = "POST /cancelOrder/{number}", "POST /holdOrder/{number}", "POST /updateOrder/{number}"
SHELVES, SHELF, UPSERT = "POST /listProducts", "GET /listProduct/{number}", "POST /upsertProducts"
SHIPMENTS, RETURNS, LABEL = "GET /listShipments/{number}", "POST /listReturns", "POST /returnLabel/{number}"
METHODS, PAYMENTS, STATUSES = "GET /listShipMethods", "GET /listPayMethods", "GET /listProductStatusCodes"
