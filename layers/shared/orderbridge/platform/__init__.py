"""What every room stands on: time, errors, logs, texts, reference tables, and the one DynamoDB table."""
