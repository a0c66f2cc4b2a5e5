"""The AWS services that the layer calls, in memory and as strict as AWS documents them.

Each class has the calls of its boto3 client, raises the client's errors with the real codes, and shows the tests what
it holds. `tests/contract/test_memory_*.py` compare them with moto.
"""

from testkit.aws.dynamodb import MemoryDynamoDB
from testkit.aws.events import MemoryEvents
from testkit.aws.s3 import MemoryS3
from testkit.aws.service import NotTaught, aws_error
from testkit.aws.sns import MemorySNS
from testkit.aws.sqs import MemorySQS
from testkit.aws.ssm import MemorySSM

__all__ = [
    "MemoryDynamoDB",
    "MemoryEvents",
    "MemoryS3",
    "MemorySNS",
    "MemorySQS",
    "MemorySSM",
    "NotTaught",
    "aws_error",
]
