"""What AWS and Billbee charge: list prices without free tiers, unless a name says otherwise.

Region eu-central-1 (Frankfurt), US dollars, as the pages named below had them in 2025. Compare them with the pages
before a decision: prices change, counts do not.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

REGION: Final = "eu-central-1"
AS_OF: Final = "2025"
MILLION: Final = Decimal(1_000_000)

AWS: Final[dict[str, Decimal]] = {
    # https://aws.amazon.com/lambda/pricing/ – arm64, the template's default
    "Lambda GB-second": Decimal("0.0000133334"),
    "Lambda request": Decimal("0.20") / MILLION,
    # https://aws.amazon.com/dynamodb/pricing/on-demand/ – standard table class
    "DynamoDB write unit": Decimal("0.7625") / MILLION,
    "DynamoDB read unit": Decimal("0.1525") / MILLION,
    "DynamoDB GB stored and month": Decimal("0.306"),
    "DynamoDB GB backed up and month": Decimal("0.2448"),
    # https://aws.amazon.com/sqs/pricing/ – FIFO, as all queues are but that of files
    "SQS request": Decimal("0.50") / MILLION,
    "SQS request, standard queue": Decimal("0.40") / MILLION,
    # https://aws.amazon.com/systems-manager/pricing/ – standard parameters, standard throughput
    "SSM request": Decimal(0),
    # https://aws.amazon.com/kms/pricing/
    "KMS request": Decimal("0.03") / 10_000,
    "KMS key and month": Decimal(1),
    # https://aws.amazon.com/eventbridge/pricing/ – Scheduler
    "Scheduler invocation": Decimal("1.15") / MILLION,
    # https://aws.amazon.com/cloudwatch/pricing/
    "Log GB": Decimal("0.63"),
    "Metric and month": Decimal("0.30"),
    "Metric of an alarm and month": Decimal("0.10"),
    "Dashboard and month": Decimal(3),
    # https://aws.amazon.com/xray/pricing/
    "X-Ray trace": Decimal(5) / MILLION,
    # https://aws.amazon.com/sns/pricing/
    "SNS message": Decimal("0.50") / MILLION,
    "S3 write or list": Decimal("0.0054") / 1000,
    "S3 read": Decimal("0.00043") / 1000,
    # https://aws.amazon.com/api-gateway/pricing/ – HTTP APIs
    "HTTP API request": Decimal("1.20") / MILLION,
}

BILLBEE_CALLS_FREE: Final = 100_000
"""A month, for each integration; https://hilfe.billbee.io, since 2025-11-01."""
BILLBEE_CALL_EUR: Final = Decimal("0.0005")


def billbee_month(calls: int | Decimal) -> Decimal:
    """What so many calls in a month cost, in euros."""
    return max(Decimal(0), Decimal(calls) - BILLBEE_CALLS_FREE) * BILLBEE_CALL_EUR
