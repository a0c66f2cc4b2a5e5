"""Names that people type and that no standard has, or has no longer."""

from __future__ import annotations

from typing import Final

COUNTRIES: Final = {
    "AE": "UAE; Emirates; Emirate",
    "BA": "Bosnia; Bosnien",
    "BN": "Brunei Darussalam",
    "BY": "Weißrussland; Weissrussland; White Russia; Byelorussia; Biélorussie; Belorussia; Wit-Rusland",
    "CD": "DR Congo; DRC; Democratic Republic of Congo; Zaire; Demokratische Republik Kongo; Congo (DRC)",
    "CI": "Ivory Coast; Elfenbeinküste",
    "CN": "PR China; P.R. China; PRC; VR China; Mainland China",
    "CV": "Cape Verde; Kapverden; Kapverdische Inseln",
    "CZ": "Czech Republic; Tschechische Republik; Tschechei; Czech Rep",
    "DE": "BRD; Bundesrepublik Deutschland; Federal Republic of Germany; FRG; Allemagne; Alemania",
    "DO": "Dominican Rep; Dom. Rep.",
    "FK": "Falkland Islands; Falkland",
    "GB": "UK; United Kingdom of Great Britain; Great Britain; Großbritannien; Grossbritannien; Britain; England;"
    " Scotland; Wales; Northern Ireland; Schottland; Nordirland; Grande-Bretagne; Gran Bretaña; Angleterre; Inglaterra;"
    " GBR; XI",
    "GR": "EL; Hellas",
    "HK": "Hongkong; Hong Kong SAR; Hong Kong S.A.R.",
    "HM": "Heard & McDonald Islands",
    "IE": "Republic of Ireland; Eire",
    "IM": "Man",
    "KR": "Korea; South Korea; Republic of Korea; Südkorea; Corée; Corea",
    "LA": "Laos",
    "MK": "Macedonia; Mazedonien; FYROM; Macédoine; The Former Yugoslav Republic of Macedonia",
    "MM": "Burma; Birma; Birmanie",
    "MO": "Macau; Macao",
    "NL": "Holland; Netherland; Nederland; Hollande; Holanda",
    "PS": "Palestine; Palästina",
    "RU": "Russia; Russland; USSR",
    "SZ": "Swaziland; Swasiland",
    "TL": "East Timor; Osttimor",
    "TR": "Turkey; Türkei; Turquie",
    "TW": "Taiwan; Taiwan R.O.C.; Republic of China",
    "TZ": "Tanzania; Tansania",
    "US": "USA; U.S.; U.S.A.; America; Amerika; United States; Vereinigte Staaten von Amerika; EEUU; EE. UU.; EUA;"
    " États-Unis d'Amérique; Estados Unidos de América; Stati Uniti d'America; Verenigde Staten van Amerika; VS",
    "VA": "Vatican; Vatikan; Holy See",
    "VG": "British Virgin Islands; BVI",
    "VI": "US Virgin Islands; U.S. Virgin Islands; USVI; Virgin Islands of the United States; Îles Vierges"
    " américaines; Islas Vírgenes Americanas",
    "VN": "Vietnam; Viet Nam",
}
"""By ISO 3166-1 alpha-2 code; several are separated by semicolons."""

PARTS: Final = {"AC": "SH", "CP": "FR", "DG": "IO", "EA": "ES", "IC": "ES", "TA": "SH"}
"""Codes that ISO 3166-1 keeps for parts of countries (CLDR has their names): the Canary Islands belong to Spain."""

_US: Final = {
    "AA": "Armed Forces Americas; Armed Forces of the Americas; Military Americas",
    "AE": "Armed Forces Europe; Armed Forces Middle East; Armed Forces Africa; Armed Forces Canada; Armed Forces"
    " Europe, the Middle East, and Canada; Armed Forces Europe, Middle East, Africa and Canada; Armed Forces Europe"
    " Middle East Africa",
    "AL": "Ala", "AP": "Armed Forces Pacific; Military Pacific", "AR": "Ark", "AZ": "Ariz",
    "CA": "Calif; Cal; California State", "CO": "Colo", "CT": "Conn",
    "DC": "D.C.; Washington DC; Washington D.C.; Wash. D.C.; District Columbia", "DE": "Del", "FL": "Fla",
    "FM": "Federated States of Micronesia", "HI": "Hawai'i", "IL": "Ill", "IN": "Ind", "KS": "Kan; Kans",
    "MA": "Mass; Commonwealth of Massachusetts", "MI": "Mich", "MN": "Minn", "MP": "CNMI; Northern Marianas; Saipan",
    "MS": "Miss", "MT": "Mont", "NC": "N. Carolina; No. Carolina", "ND": "N. Dakota; No. Dakota", "NE": "Neb; Nebr",
    "NM": "N. Mexico; New Mex", "NV": "Nev", "NY": "New York State; State of New York", "OK": "Okla", "OR": "Ore; Oreg",
    "PA": "Penn; Penna", "SC": "S. Carolina; So. Carolina", "SD": "S. Dakota; So. Dakota", "TN": "Tenn", "TX": "Tex",
    "UM": "US Minor Outlying Islands; U.S. Minor Outlying Islands",
    "VI": "US Virgin Islands; U.S. Virgin Islands; USVI", "WA": "Wash; Washington State; State of Washington",
    "WI": "Wis; Wisc", "WV": "W. Virginia; W. Va; West Va", "WY": "Wyo",
}  # fmt: skip
STATES: Final = {
    "US": _US,
    "CA": {
        "BC": "Brit. Columbia", "MB": "Man", "NB": "N. Brunswick", "NL": "Newfoundland; Labrador; NF; Nfld",
        "NS": "N. Scotia", "NT": "Northwest Terr; N.W.T.; NWT", "ON": "Ont",
        "PE": "PEI; P.E.I.; Prince Edward Is", "QC": "Que; PQ",
        "SK": "Sask", "YT": "Yukon Territory; YK", "AB": "Alta",
    },
    "AU": {"QLD": "Qld", "NT": "N. Territory", "WA": "W. Australia", "SA": "S. Australia", "TAS": "Tas", "VIC": "Vic"},
}  # fmt: skip
"""By country and code: names, and abbreviations from the time before the codes."""
