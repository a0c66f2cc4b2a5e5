"""The vendors' APIs: one package each, over one HTTP client that tells their errors apart."""
