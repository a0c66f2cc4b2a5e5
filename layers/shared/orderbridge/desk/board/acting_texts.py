"""What the board says about actions, and why it refuses what a request asks for: in English, and in German."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ACTING: Final[Mapping[str, str]] = {
    # ---- Actions
    "Acknowledge": "Bestätigen",
    "Release from quarantine": "Aus der Quarantäne entlassen",
    "Process again": "Neu verarbeiten",
    "Give up {what}": "{what} aufgeben",
    "Send again": "Erneut senden",
    "Delete": "Löschen",
    "Pause all merchants": "Alle Händler pausieren",
    "Resume all merchants": "Alle Händler fortsetzen",
    "Pause {name}": "{name} pausieren",
    "Resume {name}": "{name} fortsetzen",
    "Start {name}": "{name} starten",
    "Leave it as it is": "Alles lassen, wie es ist",
    "Done": "Erledigt",
    "Back": "Zurück",
    "Look at it again": "Noch einmal ansehen",
    "Nothing was done": "Nichts wurde getan",
    "Nothing to act on": "Nichts zu tun",
    "It cannot be done now": "Das geht jetzt nicht",
    "This form cannot be used": "Dieses Formular gilt nicht",
    "This is not allowed": "Das ist nicht erlaubt",
    "Sign out": "Abmelden",
    "Signed in as {name}.": "Angemeldet als {name}.",
    "Note (optional)": "Notiz (freiwillig)",
    "Sign out?": "Abmelden?",
    "You are signed in as {name}.": "Angemeldet als {name}.",
    "Signed out": "Abgemeldet",
    "You are signed out here. Your identity provider may still know you, and then sign you in again unasked.": (
        "Sie sind hier abgemeldet. Ihr Identitätsanbieter kennt Sie vielleicht noch und meldet Sie dann ungefragt "
        "wieder an."
    ),
    "Sign in again": "Wieder anmelden",
    "Nothing was done: {why}.": "Nichts wurde getan: {why}.",
    "Nothing was done. {why}": "Nichts wurde getan. {why}",
    # ---- What actions ask and say
    "Order {name}": "Auftrag {name}",
    "{number} of {name}": "{number} von {name}",
    "no merchant": "kein Händler",
    "A trouble of {name}": "Eine Störung bei {name}",
    "{what}: acknowledge?": "{what}: bestätigen?",
    "{what}: acknowledged.": "{what}: bestätigt.",
    "It was acknowledged by {name} already.": "{name} hat es schon bestätigt.",
    "It is folded away, with your name and note, until something new happens to it. Nothing else changes. "
    "Write no customer's name, address or e-mail address into the note.": (
        "Der Eintrag wird mit Ihrem Namen und Ihrer Notiz eingeklappt, bis etwas Neues geschieht. Sonst ändert sich "
        "nichts. Bitte keine Namen, Anschriften oder E-Mail-Adressen von Kunden in die Notiz schreiben."
    ),
    "It is {status} now.": "Der Status ist jetzt: {status}.",
    "It has changed since the page was made. {now}": "Es hat sich geändert, seit die Seite geöffnet wurde. {now}",
    "Release order {name} from quarantine?": "Auftrag {name} aus der Quarantäne entlassen?",
    "Process order {name} again?": "Auftrag {name} neu verarbeiten?",
    "It was set apart after an unexpected error: {why}.": (
        "Er wurde nach einem unerwarteten Fehler beiseitegelegt: {why}."
    ),
    "Nothing is sent twice: the warehouse is asked before anything is sent again.": (
        "Nichts wird doppelt gesendet: Vorher wird das Lager gefragt."
    ),
    "Release": "Entlassen",
    "Order {name}: {said}.": "Auftrag {name}: {said}.",
    "Order {name} has no {key} to say any more.": "Für Auftrag {name} ist {key} nicht mehr offen.",
    "Order {name}: {key} is dropped.": "Auftrag {name}: {key} wurde aufgegeben.",
    "It has failed {n} times: {why}.": "Es ist {n}-mal gescheitert: {why}.",
    "Give up {key} of order {name}?": "{key} bei Auftrag {name} aufgeben?",
    "Give up": "Aufgeben",
    "Do so if it fails for good, or was done by hand. A message, a parcel and the shipped state then count "
    "as said. Anything else comes back when it is wanted again.": (
        "Nur wenn es endgültig scheitert oder von Hand erledigt wurde. Eine Nachricht, ein Paket und der Status "
        "„versendet“ gelten dann als gesagt. Alles andere kommt wieder, sobald es wieder gewünscht wird."
    ),
    "Send the failed message of {name} again?": "Die gescheiterte Nachricht von {name} erneut senden?",
    "Once the reason is fixed, it is processed as any other. Every job may be run twice.": (
        "Ist der Grund behoben, wird sie wie jede andere verarbeitet. Jeder Job darf zweimal laufen."
    ),
    "The message was sent to {name} again.": "Die Nachricht wurde erneut an {name} gesendet.",
    "Delete the failed message of {name} for good?": "Die gescheiterte Nachricht von {name} endgültig löschen?",
    "The schedules find most of what a message asked for again within a day: orders are in the ledger, and "
    "a dropped file stays in the bucket. A discarded digest is not sent.": (
        "Die Zeitpläne finden das meiste, worum eine Nachricht bat, binnen eines Tages wieder: Aufträge stehen im "
        "Ledger, eine abgelegte Datei bleibt liegen. Ein gelöschter Tagesbericht wird nicht gesendet."
    ),
    "The message of {name} was deleted.": "Die Nachricht von {name} wurde gelöscht.",
    "It is about: {what}. Why it failed: {why}.": "Es geht um: {what}. Warum sie scheiterte: {why}.",
    "The message is not there any more, or somebody else is just processing it.": (
        "Die Nachricht ist nicht mehr da, oder jemand anderes bearbeitet sie gerade."
    ),
    "{job} cannot be started for {name}: {why}.": "{job} kann für {name} nicht gestartet werden: {why}.",
    "settings that cannot be used": "unbrauchbare Einstellungen",
    "the settings have it switched off": "in den Einstellungen abgeschaltet",
    "{job} is started for {name}.": "{job} ist für {name} gestartet.",
    "It runs as soon as the merchant's earlier messages are processed. The schedule goes on as before.": (
        "Der Job läuft, sobald frühere Nachrichten des Händlers verarbeitet sind. Der Zeitplan gilt weiter."
    ),
    "Start {job} for {name} now?": "{job} jetzt für {name} starten?",
    "Start": "Starten",
    "Pause {name}?": "{name} pausieren?",
    "Pause": "Pausieren",
    "Nothing is done for {name} until it is resumed. The warehouse still ships the orders that it has.": (
        "Für {name} geschieht nichts mehr, bis es fortgesetzt wird. Was das Lager schon hat, versendet es weiter."
    ),
    "Resume {name}?": "{name} fortsetzen?",
    "Resume": "Fortsetzen",
    "The history does not say which mode it had before. Say it: {hint}": (
        "Der Verlauf nennt den früheren Modus nicht. Bitte angeben: {hint}"
    ),
    "It gets its mode from before the pause again: {mode}.": "Es gilt wieder der Modus von vor der Pause: {mode}.",
    "{name} is {mode} already.": "{name} ist schon: {mode}.",
    "{name} is {mode}; it was {before}.": "{name} ist jetzt: {mode} (vorher {before}).",
    "Its settings have version {n}, written by {who}.": "Die Einstellungen haben die Version {n}, von {who}.",
    "It takes effect within five minutes.": "Es gilt binnen fünf Minuten.",
    "Pause all merchants?": "Alle Händler pausieren?",
    "Pause all": "Alle pausieren",
    "Nothing is done for any merchant until all are resumed. The warehouse still ships what it has.": (
        "Für keinen Händler geschieht etwas, bis alle fortgesetzt werden. Was das Lager hat, versendet es weiter."
    ),
    "Resume all merchants?": "Alle Händler fortsetzen?",
    "Resume all": "Alle fortsetzen",
    "Those that were paused individually stay paused.": "Wer einzeln pausiert wurde, bleibt pausiert.",
    "All merchants are paused.": "Alle Händler sind pausiert.",
    "Work resumes for all merchants.": "Für alle Händler geht es weiter.",
    "All merchants are paused already.": "Alle Händler sind schon pausiert.",
    "All merchants were not paused.": "Die Händler waren nicht gemeinsam pausiert.",
    "All merchants have been paused by {who}.": "Alle Händler wurden von {who} pausiert.",
    "The merchants are not paused together.": "Die Händler sind nicht gemeinsam pausiert.",
    "Nothing would be done for {name}: {why}.": "Für {name} würde nichts geschehen: {why}.",
    "The form was sent before. What came of it is not known yet.": (
        "Das Formular wurde schon gesendet. Was daraus wurde, ist noch nicht bekannt."
    ),
    "Order {name} has just been changed. Look at it again.": (
        "Auftrag {name} wurde gerade geändert. Bitte neu ansehen."
    ),
    "The settings of {name} have just been changed by somebody else.": (
        "Die Einstellungen von {name} hat gerade jemand anderes geändert."
    ),
    "The settings of {name} cannot be read.": "Die Einstellungen von {name} sind nicht lesbar.",
    "The note has an e-mail address or a sign that cannot be shown. Write it without.": (
        "Die Notiz hat eine E-Mail-Adresse oder ein Zeichen, das sich nicht zeigen lässt. Bitte ohne schreiben."
    ),
    # ---- Refusals
    "Nothing was done: {why}. Open the page again and confirm there.": (
        "Nichts wurde getan: {why}. Die Seite neu öffnen und dort bestätigen."
    ),
    "there is no such action": "diese Aktion gibt es nicht",
    "there is nothing of that name": "nichts hat diesen Namen",
    "there is no such entry any more": "diesen Eintrag gibt es nicht mehr",
    "there is no such order": "diesen Auftrag gibt es nicht",
    "there is no such message any more": "diese Nachricht gibt es nicht mehr",
    "there is no such job": "diesen Job gibt es nicht",
    "there is no such page": "diese Seite gibt es nicht",
    "there is no merchant {name} any more": "den Händler {name} gibt es nicht mehr",
    "{name} may look, and not act": "{name} darf ansehen, aber nichts tun",
    "{name} has no access to the board": "{name} hat keinen Zugang zum Board",
    "the board's API does not say who may see it": "die API des Boards sagt nicht, wer es sehen darf",
    "the board's API does not say where people sign in": "die API des Boards sagt nicht, wo man sich anmeldet",
    "the request does not say who sent it": "die Anfrage sagt nicht, wer sie gesendet hat",
    "the form was not sent by a page of this board, or the browser does not say so": (
        "das Formular kam nicht von einer Seite dieses Boards, oder der Browser sagt es nicht"
    ),
    "the form was sent by a page of another address than the board's": (
        "das Formular kam von einer Seite mit anderer Adresse als der des Boards"
    ),
    "the page was asked for by a page of another address, or the browser does not say by which": (
        "eine Seite mit anderer Adresse hat die Seite verlangt, oder der Browser sagt nicht, welche"
    ),
    "the form cannot be read": "das Formular ist nicht lesbar",
    "the form has a field that it should not have": "das Formular hat ein Feld zu viel",
    "the form has a note where none belongs": "das Formular hat eine Notiz, wo keine hingehört",
    "the form is too old, or was not made for you": "das Formular ist zu alt oder nicht für Sie gemacht",
    "nobody is signed in": "niemand ist angemeldet",
    "nobody is signed in, or the session is over": "niemand ist angemeldet, oder die Sitzung ist beendet",
    "this browser did not begin to sign in here, or it took too long": (
        "dieser Browser hat die Anmeldung nicht hier begonnen, oder sie dauerte zu lange"
    ),
    "the answer is of another identity provider": "die Antwort ist von einem anderen Identitätsanbieter",
    "the identity provider says {code}": "der Identitätsanbieter sagt {code}",
    "the identity provider did not confirm it ({error})": "der Identitätsanbieter hat es nicht bestätigt ({error})",
    "the identity provider does not name the person": "der Identitätsanbieter nennt die Person nicht",
    "the claim of merchants is too long for a cookie; leave it out for all merchants": (
        "der Claim der Händler ist zu lang für ein Cookie; für alle Händler bitte weglassen"
    ),
    "the {part} of the identity provider's token is not the right one": (
        "im Token des Identitätsanbieters ist {part} nicht richtig"
    ),
    "the identity provider's token cannot be read": "das Token des Identitätsanbieters ist nicht lesbar",
    "Not signed in": "Nicht angemeldet",
    "Sign in": "Anmelden",
}
