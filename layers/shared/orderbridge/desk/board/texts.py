"""All texts of the board's own, in English as the pages say them, and in German. What other rooms say in both languages
is written there, as `Words` and problems. What was noted in the ledger stays in the language in which it was noted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MONTHS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "de": ("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sep.", "Okt.", "Nov.", "Dez."),
}

GERMAN: Final[Mapping[str, str]] = {
    # ---- The frame
    "Pages": "Seiten",
    "Skip to the content": "Zum Inhalt",
    "Order, tracking number or SKU": "Auftrag, Sendungsnummer oder SKU",
    "Find": "Suchen",
    "Show": "Anzeigen",
    "Use": "Übernehmen",
    "Do": "Tun",
    "Language": "Sprache",
    "Time zone": "Zeitzone",
    "As of": "Stand:",
    "All times are those of {zone}.": "Alle Zeiten gelten für {zone}.",
    "Further": "Weiter",
    "As a table": "Als Tabelle",
    "Work": "Arbeit",
    "Goods": "Ware",
    "Numbers": "Zahlen",
    "Today": "Heute",
    "Orders": "Aufträge",
    "Failed messages": "Fehlgeschlagene Nachrichten",
    "Jobs and troubles": "Jobs und Störungen",
    "Stock": "Bestand",
    "Refused products": "Abgelehnte Artikel",
    "Inbound": "Wareneingang",
    "Returns": "Retouren",
    "Figures": "Kennzahlen",
    "Billing": "Rechnungen",
    "Calls": "Aufrufe",
    # ---- Numbers and lengths of time
    "{n} minute": "{n} Minute",
    "{n} minutes": "{n} Minuten",
    "{n} hour": "{n} Stunde",
    "{n} hours": "{n} Stunden",
    "{n} day": "{n} Tag",
    "{n} days": "{n} Tagen",
    "{n} min": "{n} Min.",
    "{n} h": "{n} Std.",
    "{n} d": "{n} T.",
    "{n} piece": "{n} Stück",
    "{n} pieces": "{n} Stück",
    "for {span}": "seit {span}",
    "under {span}": "unter {span}",
    "over {span}": "über {span}",
    "ordered {span} ago": "vor {span} bestellt",
    "the oldest for {span}": "der älteste seit {span}",
    "and {n} more": "und {n} weitere",
    "{n} acknowledged": "{n} bestätigt",
    "{n} cancelled": "{n} storniert",
    "{n} disturbed": "{n} gestört",
    "{n} in time": "{n} pünktlich",
    "{n} job, in time": "{n} Job, pünktlich",
    "all {n} jobs in time": "alle {n} Jobs pünktlich",
    "There are no figures yet.": "Es gibt noch keine Zahlen.",
    "Day": "Tag",
    # ---- Statuses, and what orders wait for
    "queued": "eingereiht",
    "submitting": "wird gesendet",
    "submitted": "gesendet",
    "acknowledged": "angenommen",
    "partially shipped": "teilweise versandt",
    "shipped": "versandt",
    "rejected": "abgelehnt",
    "on hold": "angehalten",
    "being cancelled": "wird storniert",
    "cancelled": "storniert",
    "quarantined": "in Quarantäne",
    "waits for {what}": "wartet auf: {what}",
    "the warehouse to take it": "Übernahme durchs Lager",
    "its tag in Billbee": "Tag in Billbee",
    "the warehouse to pack it": "Packen im Lager",
    "goods missing at the warehouse": "Ware, die im Lager fehlt",
    "its other parcels": "weitere Pakete",
    "its release from hold": "Freigabe",
    "the answer to its cancellation": "Antwort auf die Stornierung",
    "Billbee to be told": "Meldung an Billbee",
    "Open orders": "Offene Aufträge",
    "All open orders": "Alle offenen Aufträge",
    "Open, waiting for": "Offen, warten auf",
    "Ended": "Beendet",
    "Shipped orders": "Versandte Aufträge",
    "Cancelled orders": "Stornierte Aufträge",
    "Rejected orders": "Abgelehnte Aufträge",
    "Quarantined orders": "Aufträge in Quarantäne",
    "Rehearsed orders": "Geprobte Aufträge",
    "There is no such order.": "Es gibt keinen solchen Auftrag.",
    # ---- The first screen
    "Today at {merchant}": "Heute bei {merchant}",
    "Merchant": "Händler",
    "All merchants": "Alle Händler",
    "paused": "pausiert",
    "live": "live",
    "test": "Test",
    "bad settings": "fehlerhafte Einstellungen",
    "{merchant}: nothing is done until its mode changes.": "{merchant}: Bis der Modus sich ändert, geschieht nichts.",
    "{merchant}: orders are only rehearsed, nothing is kept or written.": (
        "{merchant}: Aufträge werden nur geprobt, nichts wird behalten oder geschrieben."
    ),
    "{merchant}: the settings cannot be read, so nothing is done.": (
        "{merchant}: Die Einstellungen sind nicht lesbar, deshalb geschieht nichts."
    ),
    "All merchants: nothing is processed until an operator resumes them.": (
        "Alle Händler: Nichts wird verarbeitet, bis jemand sie fortsetzt."
    ),
    "Paused by {name}": "Pausiert von {name}",
    "There is no merchant yet.": "Es gibt noch keinen Händler.",
    "A merchant exists once it has settings:": "Einen Händler gibt es, sobald er Einstellungen hat:",
    "The work itself is disturbed": "Der Betrieb selbst ist gestört",
    "{n} job does not run as it should": "{n} Job läuft nicht, wie er soll",
    "{n} jobs do not run as they should": "{n} Jobs laufen nicht, wie sie sollen",
    "About {n} failed message": "Etwa {n} fehlgeschlagene Nachricht",
    "About {n} failed messages": "Etwa {n} fehlgeschlagene Nachrichten",
    "in the queues": "in den Warteschlangen",
    "The failed messages could not be counted.": "Die fehlgeschlagenen Nachrichten konnten nicht gezählt werden.",
    "need a person": "brauchen jemanden",
    "open orders": "offene Aufträge",
    "shipped in 24 hours": "in 24 Stunden versandt",
    "job health": "Zustand der Jobs",
    "fine": "gut",
    "none": "keiner",
    "No job has run yet.": "Noch kein Job ist gelaufen.",
    "What needs a person": "Was jemanden braucht",
    "Nothing.": "Nichts.",
    "Nothing is left to do.": "Nichts ist mehr zu tun.",
    "Of a merchant, no more than {n} orders were read.": "Je Händler wurden höchstens {n} Aufträge gelesen.",
    "acknowledged by {name}": "bestätigt von {name}",
    "Troubles": "Störungen",
    "trouble": "Störung",
    "notice": "Hinweis",
    "Quarantined": "In Quarantäne",
    "The same unexpected error on each try. Report it as a defect; once it is fixed, retry.": (
        "Bei jedem Versuch derselbe unerwartete Fehler. Als Fehler melden; nach der Behebung neu versuchen."
    ),
    "Stuck": "Steckengeblieben",
    "These should have moved on within minutes. They are taken up again every 10 minutes.": (
        "Sie hätten binnen Minuten weitergehen sollen. Alle 10 Minuten werden sie neu aufgenommen."
    ),
    "Rejected": "Abgelehnt",
    "Correct each order in Billbee, then remove its rejected tag: it is imported again.": (
        "Jeden Auftrag in Billbee korrigieren, dann das Tag „rejected“ entfernen: Er wird neu importiert."
    ),
    "Shipped all the same": "Trotzdem versandt",
    "The cancellation came too late. Tell the customer, and expect the parcel back.": (
        "Die Stornierung kam zu spät. Den Kunden informieren und mit der Rücksendung rechnen."
    ),
    "Cancelled by the warehouse": "Vom Lager storniert",
    "These are not shipped. Tell the customer, or create a new order in Billbee.": (
        "Sie werden nicht versandt. Den Kunden informieren oder in Billbee einen neuen Auftrag anlegen."
    ),
    "Pieces missing": "Fehlende Stücke",
    "All parcels have left, and not all pieces were in them.": (
        "Alle Pakete sind fort, und nicht alle Stücke waren darin."
    ),
    "Billed differently": "Anders berechnet",
    "Correct the invoice in Abillify; it is compared again within hours.": (
        "Die Rechnung in Abillify korrigieren; binnen Stunden wird neu verglichen."
    ),
    "Changed in Billbee": "In Billbee geändert",
    "The warehouse has another content. Remove the received tag to have it changed there.": (
        "Das Lager hat einen anderen Inhalt. Das Tag „received“ entfernen, damit es ihn ändert."
    ),
    "On hold for more than 2 days": "Seit mehr als 2 Tagen angehalten",
    "Remove the hold tag in Billbee to release an order.": "Das Tag „hold“ in Billbee entfernen, um freizugeben.",
    "Open for more than 2 days": "Seit mehr als 2 Tagen offen",
    "Ask the warehouse what the oldest one waits for.": "Das Lager fragen, worauf der älteste wartet.",
    "What open orders wait for": "Worauf offene Aufträge warten",
    "Waits for": "Wartet auf",
    "The oldest": "Der älteste",
    "No order is open.": "Kein Auftrag ist offen.",
    "Age of what is open": "Alter der offenen Aufträge",
    "The last weeks": "Die letzten Wochen",
    "Reload every minute": "Jede Minute neu laden",
    "Stop reloading": "Nicht mehr neu laden",
    # ---- Promises and figures
    "Promise": "Zusage",
    "on time": "pünktlich",
    "leaves today": "muss heute fort",
    "late": "verspätet",
    "by {day}": "bis {day}",
    "Late, or to leave today": "Verspätet oder heute fällig",
    "At risk today": "Heute gefährdet",
    "at risk today": "heute gefährdet",
    "All of them": "Alle davon",
    "Every promise can still be kept.": "Jede Zusage lässt sich noch halten.",
    "{n} late": "{n} verspätet",
    "{n} order promised": "{n} Auftrag zugesagt",
    "{n} orders promised": "{n} Aufträge zugesagt",
    "Figures of {merchant}": "Kennzahlen von {merchant}",
    "Days are those of UTC. The latest figures are about a minute old.": (
        "Tage sind die von UTC. Die neuesten Zahlen sind etwa eine Minute alt."
    ),
    "last {n} days": "letzte {n} Tage",
    "Days": "Tage",
    "median": "Median",
    "9 of 10": "9 von 10",
    "Orders by day": "Aufträge je Tag",
    "How orders ended, by day.": "Wie Aufträge endeten, je Tag.",
    "From paid to shipped": "Von bezahlt bis versandt",
    "from paid to shipped": "von bezahlt bis versandt",
    "Paid to shipped": "Bezahlt bis versandt",
    "Half of the orders, and nine of ten, took no longer.": (
        "Die Hälfte der Aufträge und neun von zehn dauerten nicht länger."
    ),
    "9 of 10 within {span}": "9 von 10 binnen {span}",
    "Share on time": "Anteil pünktlich",
    "On time": "Pünktlich",
    "Of the shipped orders with a promise, by day.": "Von den versandten Aufträgen mit Zusage, je Tag.",
    "nothing is promised": "nichts ist zugesagt",
    "Cost by ship method": "Kosten je Versandart",
    "USD a parcel": "USD je Paket",
    "USD an order": "USD je Auftrag",
    "{n} order with costs": "{n} Auftrag mit Kosten",
    "{n} orders with costs": "{n} Aufträge mit Kosten",
    "{n} parcel": "{n} Paket",
    "{n} parcels": "{n} Pakete",
    "{n} rejected": "{n} abgelehnt",
    "shipped orders": "versandte Aufträge",
    "returns": "Retouren",
    "Why orders were rejected": "Warum Aufträge abgelehnt wurden",
    "Code": "Code",
    "By merchant": "Je Händler",
    "Shipped": "Versandt",
    "Cancelled": "Storniert",
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
    # ---- Jobs
    "Jobs": "Jobs",
    "Job": "Job",
    "How it went": "Wie es lief",
    "Last success": "Letzter Erfolg",
    "Last failure": "Letzter Fehler",
    "Disturbed": "Gestört",
    "In time": "Pünktlich",
    "None.": "Keine.",
    "failed": "fehlgeschlagen",
    "overdue": "überfällig",
    "never": "nie",
    # ---- An order
    "Order": "Auftrag",
    "Order {number}": "Auftrag {number}",
    "Status": "Status",
    "Country": "Land",
    "Ship method": "Versandart",
    "Ordered": "Bestellt",
    "What": "Was",
    "Why": "Warum",
    "Pieces": "Stück",
    "What happens next": "Was als Nächstes geschieht",
    "Open in Billbee": "In Billbee öffnen",
    "Facts": "Angaben",
    "Billbee id": "Billbee-ID",
    "Shop's number": "Nummer des Shops",
    "Number at the warehouse": "Nummer im Lager",
    "Warehouse says": "Das Lager sagt",
    "Imported": "Importiert",
    "Sent to the warehouse": "Ans Lager gesendet",
    "Last seen there": "Dort zuletzt gesehen",
    "Taken over": "Übernommen",
    "found at the warehouse without a record of ours": "im Lager gefunden, ohne eigenen Eintrag",
    "Mode": "Modus",
    "test: this was a rehearsal": "Test: Dies war eine Probe",
    "Rule of the settings": "Regel der Einstellungen",
    "Return label kept until": "Rücksendeetikett aufbewahrt bis",
    "Parcels": "Pakete",
    "None yet.": "Noch keine.",
    "Tracking number": "Sendungsnummer",
    "follow": "verfolgen",
    "Told to the shop": "Dem Shop gemeldet",
    "Zone": "Zone",
    "Pounds": "Pfund",
    "Cost": "Kosten",
    "Pieces, bundles resolved": "Stücke, Sets aufgelöst",
    "Still to be said": "Noch zu melden",
    "Kind": "Art",
    "Next try": "Nächster Versuch",
    "Why it failed": "Warum es scheiterte",
    "Failed attempts": "Fehlversuche",
    "soon": "bald",
    "Timeline": "Verlauf",
    # ---- Search
    "Find an order": "Einen Auftrag suchen",
    "Type the number of an order or of a parcel, or a SKU. The beginning is enough.": (
        "Die Nummer eines Auftrags oder Pakets eingeben, oder eine SKU. Der Anfang genügt."
    ),
    "Found for {asked}": "Gefunden zu {asked}",
    "Nothing found": "Nichts gefunden",
    "Nothing has the number {asked}.": "Nichts hat die Nummer {asked}.",
    "An order is known once it was imported: it has to be paid and to carry the order tag.": (
        "Ein Auftrag ist bekannt, sobald er importiert ist: Er muss bezahlt sein und das Auftrags-Tag tragen."
    ),
    "Looked for were: Billbee's id, the shop's number or its beginning, tracking numbers, and SKUs.": (
        "Gesucht wurde nach: Billbee-ID, Nummer des Shops oder ihrem Anfang, Sendungsnummern und SKUs."
    ),
    "Why an order is not imported says:": "Warum ein Auftrag nicht importiert wird, sagt:",
    "There are more: type more of the number.": "Es gibt mehr: mehr von der Nummer eingeben.",
    "SKUs": "SKUs",
    # ---- Stock
    "Of which merchant?": "Von welchem Händler?",
    "Stock of {merchant}": "Bestand von {merchant}",
    "SKU": "SKU",
    "SKU, or its beginning": "SKU oder ihr Anfang",
    "Remark": "Bemerkung",
    "unknown in Billbee": "in Billbee unbekannt",
    "sold out": "ausverkauft",
    "runs low": "wird knapp",
    "lasts {n} day": "reicht {n} Tag",
    "lasts {n} days": "reicht {n} Tage",
    "{n} piece short": "{n} Stück fehlt",
    "{n} pieces short": "{n} Stück fehlen",
    "Days of cover": "Reichweite in Tagen",
    "Sold in 30 days": "In 30 Tagen verkauft",
    "to be told": "zu melden",
    "Last told": "Zuletzt gemeldet",
    "On the shelf": "Im Regal",
    "on the shelf": "im Regal",
    "For open orders": "Für offene Aufträge",
    "Told to Billbee": "An Billbee gemeldet",
    "Promised elsewhere": "Anderswo zugesagt",
    "Kept back": "Zurückgehalten",
    "What Billbee was told last": "Was Billbee zuletzt gemeldet wurde",
    "… and {n} more: type a SKU above.": "… und {n} weitere: oben eine SKU eingeben.",
    "No stock was read from the warehouse yet.": "Noch kein Bestand wurde vom Lager gelesen.",
    "The SKU {sku} has no stock record: the warehouse has not reported it.": (
        "Die SKU {sku} hat keinen Bestand: Das Lager hat sie nicht gemeldet."
    ),
    "Did you mean:": "Meinten Sie:",
    "Where the pieces are": "Wo die Stücke sind",
    "For what": "Wofür",
    "Pieces in the warehouse after each of the last movements.": "Stück im Lager nach jeder der letzten Bewegungen.",
    "How the figure came about": "Wie die Zahl zustande kam",
    "Last told to Billbee": "Zuletzt an Billbee gemeldet",
    "Last order of it that left": "Letzter Auftrag damit, der das Lager verließ",
    "Open orders with it, the oldest first": "Offene Aufträge damit, der älteste zuerst",
    "Last movements in the warehouse": "Letzte Bewegungen im Lager",
    "When": "Wann",
    # ---- Lists
    "Everything that was shipped and compared is billed as it was sold.": (
        "Alles, was versandt und verglichen wurde, ist berechnet, wie es verkauft wurde."
    ),
    "In Abillify": "In Abillify",
    "Since": "Seit",
    "differs": "weicht ab",
    "missing": "fehlt",
    "waits": "wartet",
    "An order that is corrected in Abillify leaves this list once it is compared again.": (
        "Ein Auftrag, der in Abillify korrigiert wird, verlässt die Liste nach dem nächsten Vergleich."
    ),
    "Not billed as sold, or not yet": "Nicht oder noch nicht wie verkauft berechnet",
    "There are none.": "Es gibt keine.",
    "A message comes here when it was tried too often, or when orderbridge did not write it. No order is lost: the "
    "ledger has it. Of each merchant and job the first ten are shown.": (
        "Eine Nachricht kommt hierher, wenn sie zu oft versucht wurde oder nicht von orderbridge ist. Kein Auftrag ist "
        "verloren: Er steht im Ledger. Je Händler und Job werden die ersten zehn gezeigt."
    ),
    "Once the cause is fixed, this sends them again:": "Wenn die Ursache behoben ist, sendet dies sie erneut:",
    "Failed messages, the oldest first": "Fehlgeschlagene Nachrichten, die älteste zuerst",
    "scope {scope}": "Umfang {scope}",
    "unreadable": "unlesbar",
    "What came back": "Was zurückkam",
    "Came back": "Zurückgekommen",
    "Announced goods": "Angekündigte Ware",
    "Warehouse": "Lager",
    "Expected": "Erwartet",
    "Received at": "Eingegangen am",
    "Announced": "Angekündigt",
    "Received": "Eingegangen",
    "being announced": "wird angekündigt",
    "on its way": "unterwegs",
    "received": "eingegangen",
    "deleted": "gelöscht",
    "refused": "abgelehnt",
    "Product in Billbee": "Artikel in Billbee",
    "Correct them in Billbee; they are looked at again by themselves": (
        "In Billbee korrigieren; sie werden von selbst neu geprüft"
    ),
    "Calls to vendors": "Aufrufe der Anbieter",
    "Vendor": "Anbieter",
    "Billbee": "Billbee",
    "BiBi": "BiBi",
    "Abillify": "Abillify",
    "throttled": "gedrosselt",
    "Limit": "Grenze",
    "Of it on average": "Davon im Mittel",
    "A minute on average": "Je Minute im Mittel",
    "In 7 days": "In 7 Tagen",
    "{n} a minute": "{n} je Minute",
    "{n} a minute and endpoint": "{n} je Minute und Endpunkt",
    "Days are those of UTC. Throttled calls came too soon for a vendor, and were made again.": (
        "Tage sind die von UTC. Gedrosselte Aufrufe kamen einem Anbieter zu früh und wurden wiederholt."
    ),
    # ---- Digests
    "Digests": "Tagesberichte",
    "All digests": "Alle Tagesberichte",
    "No such digest": "Kein solcher Tagesbericht",
    "{merchant} has no digest of that day, or it is not kept any more.": (
        "{merchant} hat keinen Tagesbericht dieses Tages, oder er wird nicht mehr aufbewahrt."
    ),
    # ---- What cannot be shown
    "To all orders": "Zu allen Aufträgen",
    "There is no such page": "Diese Seite gibt es nicht",
    "The address leads nowhere.": "Die Adresse führt nirgendwohin.",
    "No such merchant": "Kein solcher Händler",
    "There is no merchant {name}. One that was added shows within five minutes.": (
        "Es gibt keinen Händler {name}. Ein neuer erscheint binnen fünf Minuten."
    ),
    "No such order": "Kein solcher Auftrag",
    "The ledger has no order {number} of {merchant}.": "Das Ledger hat keinen Auftrag {number} von {merchant}.",
    "This page cannot be shown": "Diese Seite lässt sich nicht zeigen",
    "Something could not be read just now. Try again in a moment; if that does not help, the function's log has the "
    "error under the request {request}.": (
        "Etwas konnte gerade nicht gelesen werden. In einem Moment neu versuchen; hilft das nicht, steht der Fehler "
        "im Log der Funktion unter der Anfrage {request}."
    ),
}
"""The German text for each English one."""
