"""What people look at and act with: board, digest, troubles, `merchants check`, reconciliation."""
