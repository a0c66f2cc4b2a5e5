"""What people look at and act with: board, digest, troubles, doctor, reconciliation."""
