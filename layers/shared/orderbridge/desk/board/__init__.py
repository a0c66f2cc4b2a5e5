"""The order board: what it shows, and its pages."""
