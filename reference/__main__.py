"""`python -m reference`: writes the tables again."""

from __future__ import annotations

from reference.module import modules

if __name__ == "__main__":
    for path, text in modules().items():
        path.write_text(text, encoding="utf-8")
