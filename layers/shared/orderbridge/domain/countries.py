"""ISO 3166-1 countries by code or by name, English and German (names from the Unicode CLDR)."""

from __future__ import annotations

# One country a line: alpha-2, alpha-3, names.
_COUNTRIES = """
AD AND Andorra
AE ARE United Arab Emirates|Vereinigte Arabische Emirate
AF AFG Afghanistan
AG ATG Antigua & Barbuda|Antigua und Barbuda
AI AIA Anguilla
AL ALB Albania|Albanien
AM ARM Armenia|Armenien
AO AGO Angola
AQ ATA Antarctica|Antarktis
AR ARG Argentina|Argentinien
AS ASM American Samoa|Amerikanisch-Samoa
AT AUT Austria|Österreich
AU AUS Australia|Australien
AW ABW Aruba
AX ALA Åland Islands|Ålandinseln
AZ AZE Azerbaijan|Aserbaidschan
BA BIH Bosnia & Herzegovina|Bosnien und Herzegowina
BB BRB Barbados
BD BGD Bangladesh|Bangladesch
BE BEL Belgium|Belgien
BF BFA Burkina Faso
BG BGR Bulgaria|Bulgarien
BH BHR Bahrain
BI BDI Burundi
BJ BEN Benin
BL BLM St. Barthélemy
BM BMU Bermuda
BN BRN Brunei|Brunei Darussalam
BO BOL Bolivia|Bolivien
BQ BES Caribbean Netherlands|Karibische Niederlande
BR BRA Brazil|Brasilien
BS BHS Bahamas
BT BTN Bhutan
BV BVT Bouvet Island|Bouvetinsel
BW BWA Botswana|Botsuana
BY BLR Belarus
BZ BLZ Belize
CA CAN Canada|Kanada
CC CCK Cocos (Keeling) Islands|Kokosinseln
CD COD Congo - Kinshasa|Kongo-Kinshasa
CF CAF Central African Republic|Zentralafrikanische Republik
CG COG Congo - Brazzaville|Kongo-Brazzaville
CH CHE Switzerland|Schweiz
CI CIV Côte d’Ivoire
CK COK Cook Islands|Cookinseln
CL CHL Chile
CM CMR Cameroon|Kamerun
CN CHN China
CO COL Colombia|Kolumbien
CR CRI Costa Rica
CU CUB Cuba|Kuba
CV CPV Cape Verde|Cabo Verde
CW CUW Curaçao
CX CXR Christmas Island|Weihnachtsinsel
CY CYP Cyprus|Zypern
CZ CZE Czechia|Tschechien
DE DEU Germany|Deutschland
DJ DJI Djibouti|Dschibuti
DK DNK Denmark|Dänemark
DM DMA Dominica
DO DOM Dominican Republic|Dominikanische Republik
DZ DZA Algeria|Algerien
EC ECU Ecuador
EE EST Estonia|Estland
EG EGY Egypt|Ägypten
EH ESH Western Sahara|Westsahara
ER ERI Eritrea
ES ESP Spain|Spanien
ET ETH Ethiopia|Äthiopien
FI FIN Finland|Finnland
FJ FJI Fiji|Fidschi
FK FLK Falkland Islands|Falklandinseln
FM FSM Micronesia|Mikronesien
FO FRO Faroe Islands|Färöer
FR FRA France|Frankreich
GA GAB Gabon|Gabun
GB GBR United Kingdom|Vereinigtes Königreich
GD GRD Grenada
GE GEO Georgia|Georgien
GF GUF French Guiana|Französisch-Guayana
GG GGY Guernsey
GH GHA Ghana
GI GIB Gibraltar
GL GRL Greenland|Grönland
GM GMB Gambia
GN GIN Guinea
GP GLP Guadeloupe
GQ GNQ Equatorial Guinea|Äquatorialguinea
GR GRC Greece|Griechenland
GS SGS South Georgia & South Sandwich Islands|Südgeorgien und die Südlichen Sandwichinseln
GT GTM Guatemala
GU GUM Guam
GW GNB Guinea-Bissau
GY GUY Guyana
HK HKG Hong Kong SAR China|Sonderverwaltungsregion Hongkong
HM HMD Heard & McDonald Islands|Heard und McDonaldinseln
HN HND Honduras
HR HRV Croatia|Kroatien
HT HTI Haiti
HU HUN Hungary|Ungarn
ID IDN Indonesia|Indonesien
IE IRL Ireland|Irland
IL ISR Israel
IM IMN Isle of Man
IN IND India|Indien
IO IOT British Indian Ocean Territory|Britisches Territorium im Indischen Ozean
IQ IRQ Iraq|Irak
IR IRN Iran
IS ISL Iceland|Island
IT ITA Italy|Italien
JE JEY Jersey
JM JAM Jamaica|Jamaika
JO JOR Jordan|Jordanien
JP JPN Japan
KE KEN Kenya|Kenia
KG KGZ Kyrgyzstan|Kirgisistan
KH KHM Cambodia|Kambodscha
KI KIR Kiribati
KM COM Comoros|Komoren
KN KNA St. Kitts & Nevis|St. Kitts und Nevis
KP PRK North Korea|Nordkorea
KR KOR South Korea|Südkorea
KW KWT Kuwait
KY CYM Cayman Islands|Kaimaninseln
KZ KAZ Kazakhstan|Kasachstan
LA LAO Laos
LB LBN Lebanon|Libanon
LC LCA St. Lucia
LI LIE Liechtenstein
LK LKA Sri Lanka
LR LBR Liberia
LS LSO Lesotho
LT LTU Lithuania|Litauen
LU LUX Luxembourg|Luxemburg
LV LVA Latvia|Lettland
LY LBY Libya|Libyen
MA MAR Morocco|Marokko
MC MCO Monaco
MD MDA Moldova|Republik Moldau
ME MNE Montenegro
MF MAF St. Martin
MG MDG Madagascar|Madagaskar
MH MHL Marshall Islands|Marshallinseln
MK MKD North Macedonia|Nordmazedonien
ML MLI Mali
MM MMR Myanmar (Burma)|Myanmar
MN MNG Mongolia|Mongolei
MO MAC Macao SAR China|Sonderverwaltungsregion Macau
MP MNP Northern Mariana Islands|Nördliche Marianen
MQ MTQ Martinique
MR MRT Mauritania|Mauretanien
MS MSR Montserrat
MT MLT Malta
MU MUS Mauritius
MV MDV Maldives|Malediven
MW MWI Malawi
MX MEX Mexico|Mexiko
MY MYS Malaysia
MZ MOZ Mozambique|Mosambik
NA NAM Namibia
NC NCL New Caledonia|Neukaledonien
NE NER Niger
NF NFK Norfolk Island|Norfolkinsel
NG NGA Nigeria
NI NIC Nicaragua
NL NLD Netherlands|Niederlande
NO NOR Norway|Norwegen
NP NPL Nepal
NR NRU Nauru
NU NIU Niue
NZ NZL New Zealand|Neuseeland
OM OMN Oman
PA PAN Panama
PE PER Peru
PF PYF French Polynesia|Französisch-Polynesien
PG PNG Papua New Guinea|Papua-Neuguinea
PH PHL Philippines|Philippinen
PK PAK Pakistan
PL POL Poland|Polen
PM SPM St. Pierre & Miquelon|St. Pierre und Miquelon
PN PCN Pitcairn Islands|Pitcairninseln
PR PRI Puerto Rico
PS PSE Palestinian Territories|Palästinensische Autonomiegebiete
PT PRT Portugal
PW PLW Palau
PY PRY Paraguay
QA QAT Qatar|Katar
RE REU Réunion
RO ROU Romania|Rumänien
RS SRB Serbia|Serbien
RU RUS Russia|Russland
RW RWA Rwanda|Ruanda
SA SAU Saudi Arabia|Saudi-Arabien
SB SLB Solomon Islands|Salomonen
SC SYC Seychelles|Seychellen
SD SDN Sudan
SE SWE Sweden|Schweden
SG SGP Singapore|Singapur
SH SHN St. Helena
SI SVN Slovenia|Slowenien
SJ SJM Svalbard & Jan Mayen|Spitzbergen und Jan Mayen
SK SVK Slovakia|Slowakei
SL SLE Sierra Leone
SM SMR San Marino
SN SEN Senegal
SO SOM Somalia
SR SUR Suriname
SS SSD South Sudan|Südsudan
ST STP São Tomé & Príncipe|São Tomé und Príncipe
SV SLV El Salvador
SX SXM Sint Maarten
SY SYR Syria|Syrien
SZ SWZ Eswatini
TC TCA Turks & Caicos Islands|Turks- und Caicosinseln
TD TCD Chad|Tschad
TF ATF French Southern Territories|Französische Süd- und Antarktisgebiete
TG TGO Togo
TH THA Thailand
TJ TJK Tajikistan|Tadschikistan
TK TKL Tokelau
TL TLS Timor-Leste
TM TKM Turkmenistan
TN TUN Tunisia|Tunesien
TO TON Tonga
TR TUR Türkiye|Türkei
TT TTO Trinidad & Tobago|Trinidad und Tobago
TV TUV Tuvalu
TW TWN Taiwan
TZ TZA Tanzania|Tansania
UA UKR Ukraine
UG UGA Uganda
UM UMI U.S. Outlying Islands|Amerikanische Überseeinseln
US USA United States|Vereinigte Staaten
UY URY Uruguay
UZ UZB Uzbekistan|Usbekistan
VA VAT Vatican City|Vatikanstadt
VC VCT St. Vincent & Grenadines|St. Vincent und die Grenadinen
VE VEN Venezuela
VG VGB British Virgin Islands|Britische Jungferninseln
VI VIR U.S. Virgin Islands|Amerikanische Jungferninseln
VN VNM Vietnam
VU VUT Vanuatu
WF WLF Wallis & Futuna|Wallis und Futuna
WS WSM Samoa
YE YEM Yemen|Jemen
YT MYT Mayotte
ZA ZAF South Africa|Südafrika
ZM ZMB Zambia|Sambia
ZW ZWE Zimbabwe|Simbabwe
XK XKX Kosovo
"""
_ALSO = {
    "usa": "US", "united states of america": "US", "u s a": "US", "vereinigte staaten von amerika": "US",
    "america": "US", "amerika": "US", "great britain": "GB", "england": "GB", "scotland": "GB",
    "wales": "GB", "northern ireland": "GB", "uk": "GB", "u k": "GB", "großbritannien": "GB", "brd": "DE",
    "bundesrepublik deutschland": "DE", "federal republic of germany": "DE", "holland": "NL",
    "the netherlands": "NL", "czech republic": "CZ", "tschechische republik": "CZ", "turkey": "TR",
    "türkei": "TR", "south korea": "KR", "republic of korea": "KR", "korea": "KR",
    "russian federation": "RU", "viet nam": "VN", "macedonia": "MK", "mazedonien": "MK", "swaziland": "SZ",
    "republic of ireland": "IE", "españa": "ES", "italia": "IT", "polska": "PL", "sverige": "SE",
    "danmark": "DK", "norge": "NO", "suomi": "FI", "suisse": "CH", "belgique": "BE", "belgië": "BE",
    "nederland": "NL", "日本": "JP", "hong kong": "HK", "hongkong": "HK", "macau": "MO", "taiwan": "TW",
    "vatican": "VA", "burma": "MM", "cape verde": "CV", "ivory coast": "CI", "moldova": "MD",
    "bolivia": "BO", "iran": "IR", "syria": "SY", "tanzania": "TZ", "venezuela": "VE", "laos": "LA",
    "brunei": "BN", "el": "GR", "uae": "AE",
}  # fmt: skip


def _fold(name: str) -> str:
    return " ".join(name.casefold().replace(".", " ").replace("-", " ").replace("&", "and").split())


def _index() -> tuple[frozenset[str], dict[str, str]]:
    codes, names = [], {_fold(name): code for name, code in _ALSO.items()}
    for row in _COUNTRIES.strip().splitlines():
        alpha2, alpha3, texts = row.split(" ", 2)
        codes.append(alpha2)
        names[alpha3.casefold()] = alpha2
        for name in texts.split("|"):
            names[_fold(name)] = alpha2
    return frozenset(codes), names


_CODES, _BY_NAME = _index()


def country_code(text: str) -> str | None:
    """The ISO 3166-1 alpha-2 code of a country given by code or name, or None.

    >>> country_code("de"), country_code("Deutschland"), country_code("USA"), country_code("Atlantis")
    ('DE', 'DE', 'US', None)
    """
    code = text.strip().upper()
    return code if code in _CODES else _BY_NAME.get(_fold(text))
