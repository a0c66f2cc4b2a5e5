"""What every room uses: time, errors, logs, texts, reference tables, and the one DynamoDB table."""
