"""What is billed differently from how it was sold (R20)."""

from __future__ import annotations

from orderbridge.ledger.problem import Problem


def billing_differs(differences: str, german: str) -> Problem:
    """``differences`` and ``german``: the differences in words, as `orderbridge.billing.invoice.in_words` gives
    them.
    """
    return Problem(
        "OB-501",
        f"Abillify bills this order differently from how it was sold: {differences}. Correct it there; it is then "
        "compared again.",
        f"Abillify rechnet diese Bestellung anders ab, als sie verkauft wurde: {german}. Bitte dort berichtigen: sie "
        "wird von selbst noch einmal verglichen.",
    )


def not_billed(reference: str, hours: int) -> Problem:
    """``hours``: the grace; 0 is not named."""
    english, german = (f" after {hours} hours", f" nach {hours} Stunden") if hours else ("", "")
    return Problem(
        "OB-502",
        f"Abillify does not have this order, or does not show it, as {reference[:60]!r}{english}: bill it there. It is "
        "looked for again by itself.",
        f"Abillify hat diese Bestellung{german} nicht unter {reference[:60]!r}, oder zeigt sie nicht: bitte dort "
        "abrechnen. Sie wird von selbst noch einmal gesucht.",
    )


def bill_unreadable(why: str) -> Problem:
    """``why``: what cannot be read, in our words."""
    return Problem(
        "OB-505",
        f"Abillify's invoice of this order cannot be read, so it is not compared: {why}. Look at it there. It is "
        "compared again by itself.",
        f"Was Abillify zu dieser Bestellung zeigt, ist nicht lesbar, sie wird also nicht verglichen: {why}. Bitte dort "
        "ansehen. Sie wird von selbst noch einmal verglichen.",
    )


def billing_settled(tag: str) -> Problem:
    return Problem(
        "OB-503",
        f"Abillify now bills this order as it was sold. The tag {tag} is settled and may be removed.",
        f"Abillify rechnet diese Bestellung jetzt ab, wie sie verkauft wurde. Der Tag {tag} ist erledigt und darf weg.",
    )


def not_held_until_billed(status: str) -> Problem:
    return Problem(
        "OB-504",
        f"The order could not be held until it is billed: at the warehouse it is {status!r}.",
        f"Die Bestellung konnte nicht bis zur Abrechnung angehalten werden: im Lager steht sie auf {status!r}.",
    )
