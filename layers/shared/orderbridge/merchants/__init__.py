"""What is kept of each merchant: settings, secrets, cursors, counts, and the state of its vendors."""
