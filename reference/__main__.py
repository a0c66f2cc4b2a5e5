"""`python -m reference`: writes the tables again."""

from __future__ import annotations

from reference.module import PATH, module

if __name__ == "__main__":
    PATH.write_text(module(), encoding="utf-8")
