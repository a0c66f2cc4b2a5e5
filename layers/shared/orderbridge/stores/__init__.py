"""What orderbridge remembers: the ledger, cursors, call budgets and usage in DynamoDB, settings and secrets in SSM."""
