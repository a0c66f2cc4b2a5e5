"""Messages about returns and return labels (R17, R24)."""

from __future__ import annotations

from orderbridge.ledger.problem import Problem


def came_back(pieces: str, sku: str, reason: str, disposition: str) -> Problem:
    return Problem(
        "OB-206",
        f"Returned to the warehouse: {pieces} x {sku[:60]}. Reason: {reason or 'none given'}."
        f" Kept as: {disposition or 'not said'}.",
        f"Retoure im Lager: {pieces} x {sku[:60]}. Grund: {reason or 'nicht angegeben'}."
        f" Eingelagert als: {disposition or 'nicht angegeben'}.",
    )


def label_ready(link: str, until: str) -> Problem:
    """The text holds the link that opens the label. It is posted and not kept.

    Args:
        until: a date, ``2026-01-31``.
    """
    return Problem(
        "OB-701",
        f"The return label is ready: {link} (until {until}; everybody with the link can open it).",
        f"Das Retourenetikett ist fertig: {link} (bis {until}; wer den Link hat, kann es öffnen).",
    )


def label_refused(why: str, german: str, tag: str) -> Problem:
    return Problem(
        "OB-702",
        f"There is no return label: {why}. To ask again, remove the tag {tag}, wait five minutes, and set it again.",
        f"Es gibt kein Retourenetikett: {german}. Für einen neuen Versuch den Tag {tag} entfernen, fünf Minuten"
        " warten und wieder setzen.",
    )


def label_unknown(billbee_id: int) -> Problem:
    return Problem(
        "OB-703",
        "The warehouse was asked for a return label and gave no answer; it may have made one. It is not asked again by"
        " itself, because each label may cost money: ask the warehouse. If it made none, the operator can have one"
        f" created: orderbridge order return-label {billbee_id} --again",
        "Das Lager wurde um ein Retourenetikett gebeten und hat nicht geantwortet; vielleicht gibt es eines. Es wird"
        " nicht von selbst noch einmal gebeten, denn jedes kann Geld kosten: bitte beim Lager nachfragen. Gibt es"
        " keines, lässt es der Betreiber von orderbridge neu erstellen: orderbridge order return-label"
        f" {billbee_id} --again",
    )
