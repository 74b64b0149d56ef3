"""Finds what tells who a patient is: birth dates, names, and extracts of charts, in a folded text.

Called by `privacy.py`. A name counts as a patient's beside a card number or a birth date, and
beside the word "patient". Staff's own names stay: a doctor's, and whoever says "je suis …".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.core.folded import Span
from bot.core.given_names import GIVEN_NAMES

BIRTH_DATE = "birth_date"
NAME = "patient_name"
CHART = "chart"
# Stands in the text for what has been found already.
HIDDEN = "\u2588"

_MONTH = (
    r"(?:janv(?:ier)?|f[ée]vr?(?:ier)?|mars|avr(?:il)?|mai|juin|juil(?:let)?|ao[uû]t"
    r"|sept(?:embre)?"
    r"|oct(?:obre)?|nov(?:embre)?|d[ée]c(?:embre)?|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?"
    r"|apr(?:il)?"
    r"|may|june?|july?|aug(?:ust)?|sep(?:tember)?|october|november|december)\.?"
)
_DATE = (
    r"(?:\d{4} ?[-/. ] ?\d{1,2} ?[-/. ] ?\d{1,2}|\d{1,2} ?[-/. ] ?\d{1,2} ?[-/. ] ?\d{2,4}(?!\d)"
    rf"|\d{{1,2}}(?:er|st|nd|rd|th)?[-/ ,.]{{0,2}}(?:of )?{_MONTH}(?:[-/ ,.]{{1,2}}(?:\d{{4}}"
    rf"|\d\d)(?!\d))?"
    rf"|{_MONTH}[-/ ]\d{{1,2}}(?:st|nd|rd|th)?(?:,? ?\d{{4}}|-\d\d)?(?!\d)"
    rf"|\d{{4}}[-/ ]{_MONTH}[-/ ]\d{{1,2}}(?!\d)"
    r"|(?:19|20)\d{6}(?!\d))"
)
_BIRTH_WORD = (
    r"(?:\bn[ée](?:e|\(e\)|\.e)? (?:le|un|en date du|(?=\d{4}[-/]))|\b(?:date de )?naissances?"
    r"|\bd\.?d\.?n\b\.?|\bd\.?o\.?b\b\.?"
    r"|\b(?:birth|born) ?-?dat[ea]?s?|\bdate of birth|\bbirthdays?|\bborn(?: on)?|\bb-?day"
    r"|\banniversaire)"
)
_BIRTH_LINK = (
    r"[\s:=,(\-]*(?:(?:est|is|was|c'est|le|la|the|on|du|de|des|of|for|d'|patiente?|pt|his|her|son"
    r"|sa|and|et"
    r"|as|comme|in the file|au dossier|\(?[aA]{4}[-/ ][mM]{2}[-/ ][jJ]{2}\)?"
    r"|\(?y{4}-m{2}-d{2}\)?)\b[\s:=,(\-]*){0,6}"
)
_BIRTH_AFTER_WORD = re.compile(rf"{_BIRTH_WORD}{_BIRTH_LINK}({_DATE})", re.IGNORECASE)
_BIRTH_BEFORE_WORD = re.compile(
    rf"(?<![\d.,/-])({_DATE})[\s,:(\-]{{0,4}}(?:is |est |as |= ?)?(?:(?:his|her|the|sa|la|son|my"
    rf"|ma|patient'?s) )?"
    r"(?:ddn|dob|date de naissance|date of birth|naissance|birth ?date|birthday)\b",
    re.IGNORECASE,
)
# A date that touches a number or name found already: the header of a chart.
_DATE_BESIDE = re.compile(
    rf"{HIDDEN}[\s,;|:/()\-]{{1,4}}(?:[MFHX]\b[\s,;|/()\-]{{0,4}})?({_DATE})"
    rf"|(?<![\d.,/-])({_DATE})[\s,;|:/()\-]{{1,4}}{HIDDEN}",
    re.IGNORECASE,
)

_UPPER = "A-ZÀ-ÖØ-Þ"
_LOWER = "a-zà-öø-ÿ"
_NOT_A_NAME = (
    r"(?!(?:Dre?|Drs|Docteure?|Doctor|BC|CB|Nova|British|Services?|Care|Health|Card|Carte|RAMQ"
    r"|NAM|OHIP|PHN|PHIN|MCP|HCN"
    r"|DDN|DOB|NAS|SIN|DM[EÉ]|EMR|CSV|PDF|SMS|FAQ|TELUS|Telus|Ocean|OCEAN|Accuro|OSCAR|Oscar"
    r"|Cliniques?|Clinic|Centre|Center"
    r"|GMF|CLSC|H[oô]pital|Hospital|Messages?|Messaging|Reminders?|Rappels?|Portals?|Portail"
    r"|Forms?|Formulaires?|Check"
    r"|Kiosks?|Tablets?|Tablettes?|Intake|Charts?|Records?|Names?|Numbers?|Support|Engagement"
    r"|Experience|Lists?"
    r"|Consent|Emails?|Courriels?|Files?|Data|Demographics|Summary|Education|Questionnaires?"
    r"|Studies|Site|Facture|Invoice"
    r"|Bonjour|Hello|Hi|Merci|Thanks?|Please|Voici|Here|Mon|My|Ma|Le|La|Les|The|Il|Elle|He|She|Je"
    r"|Nous|We|You|Vous|They|On"
    r"|En|Est|Is|Was|Has|Had|Qui|Who|Et|And|Pour|For|But|Mais|If|Si|When|Quand|No|Non|Oui|Yes|Not"
    r"|This|That|These|Ce|Cette"
    r"|How|Comment|Why|Pourquoi|What|Quoi|Where|O[uù]|Can|Could|Should|Will|Do|Does|Did|Are|In|At"
    r"|To|From|With|Avec|Sans"
    r"|Born|N[ée]e?|Date|Naissance|Birth|Sexe|Sex|Male|Female|Homme|Femme|Assurance|Maladie"
    r"|Soleil|Type|Status|Statut"
    r"|Satisfaction|Surveys?|Sondages?|Blood|Safety|Feedback|Access|Acc[èe]s|Registration|Inscription"
    r"|Appointments?|Information|Info|Profiles?|Profil|Screening|Assessments?|Flow|App|Notes?"
    r"|History|Outreach|Self|Contacts?|Details|Search|Recherche|Management|Gestion|Systems?"
    r"|Accounts?|Comptes?|Dashboard|Panels?|Groups?|Groupes?|Centred|First|Mobile|Text|Letters?"
    r"|Lettres?|Labels?|Communications?|Notifications?|Campaigns?|Links?|Liens?|Pages?|Views?"
    r"|Imports?|Exports?|Merge|Tests?|Demo|Medical|M[ée]dical|Family|Famille|Monday|Lundi"
    r"|Conseils?|Online|Booking|Cloud|Connect|Website|Provider|Wait|Room|Home|ID|Id"
    r"|Alberta|Ontario|Qu[ée]bec"
    r"|Manitoba|Saskatchewan|Yukon|Nunavut|Canada|QC|ON|AB|SK|MB|NS|NB|PE|NL|NT|NU|YT|SCOTIA"
    r"|HEALTH|CARD|PATIENTE?|Patiente?s?)\b)"
)
_NAME_WORD = (
    rf"{_NOT_A_NAME}(?:[{_UPPER}][{_LOWER}]+(?:['-]?[{_UPPER}][{_LOWER}]+){{0,3}}"
    rf"|[{_UPPER}]'[{_UPPER}][{_LOWER}]+"
    rf"|[{_UPPER}]{{2,}}(?:['-][{_UPPER}]{{2,}}){{0,2}})"
)
_PARTICLE = (
    r"(?:(?:de|du|des|la|le|van|von|der|den|di|da|el|al|bin|ben) |St[e.]?[ -]|d'|D'|O'|Mc|Mac)"
)
_MORE_WORDS = rf"(?: (?:{_PARTICLE}{{0,2}}{_NAME_WORD}|[{_UPPER}]\.?(?![\w'])))"
_TITLE = (
    r"(?:Mme|Mlle|M\.|Mr\.?|Mrs\.?|Ms\.?|Miss|Madame|Monsieur"
    r"|madame|monsieur|mme|mr\.?|mrs\.?|ms\.?)"
)
_TITLED = rf"{_TITLE} {_PARTICLE}{{0,2}}{_NAME_WORD}{_MORE_WORDS}{{0,2}}"
_FULL = rf"(?<![\w'-])(?:[{_UPPER}]\. ?)?{_NAME_WORD}(?:,? {_NAME_WORD}(?!\w))?{_MORE_WORDS}{{0,3}}"
_GIVEN = r"(?:" + "|".join(sorted(GIVEN_NAMES, key=len, reverse=True)) + r")"
_SMALL_WORDS = (
    r"(?!(?:a|n'a|ne|n'est|est|is|was|has|had|did|didn't|does|doesn't|can|can't|could|will|would"
    r"|wants?|veut|peut|va|qui|que"
    r"|who|that|and|et|or|ou|in|on|at|to|for|from|with|pour|avec|dans|chez|le|la|les|the|de|du"
    r"|des|d'|sur|s'|se|son|sa|his|her"
    r"|pas|no|not|never|jamais|got|gets|received|re[çc]oit|n'arrive|says|said|dit|called|appelle"
    r"|as|y|il|elle|he|she|born|n[ée]e?"
    r"|dob|ddn|date|ramq|ohip|nam|phn|veut|doit|should|today|hier|demain|depuis|since|site)\b)"
)
_LOWER_NAME = (
    rf"(?i:{_GIVEN})(?:-(?i:{_GIVEN}))?(?: {_SMALL_WORDS}[{_LOWER}][{_LOWER}'-]+)?(?![\w])"
)
_PATIENT_WORD = (
    r"(?<![\w-])(?:[Pp]atient(?:es|e|s)?|PATIENTE?S?|[Pp]tes?|[Pp]ts?|PT|b[ée]n[ée]ficiaire"
    r"|usag(?:er|[èe]re))(?:\(e\))?(?![\w'])"
)
_NAMED_LINK = (
    r"(?:[ :=#(\-\u00ab\"]|\n(?=[A-ZÀ-Ý]))*"
    r"(?:(?:est|is|was|nomm[ée]e?|appel[ée]e?|named|called|suivante?|name|nom|qui s'appelle"
    r"|s'appelle|c'est|full|complet"
    r"|in question|en question|concern[ée]e?|du nom de|by the name of|by name|names|noms|vers"
    r"|avec|cible)[ :=\-\n]{1,3}){0,4}"
)
_AFTER_PATIENT = re.compile(
    rf"{_PATIENT_WORD}{_NAMED_LINK}(({_TITLED}|{_FULL}|{_LOWER_NAME})(?:(?:,? (?:et|and|ou|or|&)"
    rf"|,) ({_TITLED}|{_FULL}|{_LOWER_NAME})){{0,4}})"
)
_AFTER_PATIENT_COMMA = re.compile(rf"{_PATIENT_WORD}, ({_TITLED}|{_FULL})(?=[,.]|$)")
_BEFORE_PATIENT = re.compile(
    rf"((?<![\w'-])(?:{_TITLED}|{_NAME_WORD}{_MORE_WORDS}{{1,3}}))(?:,? \(|, | - | est | is "
    rf"|, qui est |, who is )"
    r"(?:(?:une?|an?|notre|our|mon|ma|my|la|le|the|cette|ce|this|nouveau|nouvelle|new|another"
    r"|autre) ){0,2}"
    r"[Pp]atiente?\b(?! (?:[Mm]essag|[Rr]emind|[Pp]ortal|[Rr]appel|[Ss]afety|[Ss]upport))"
)
_CHART_OF = re.compile(
    rf"\b(?:dossier|dossier m[ée]dical|chart|rendez-vous|rdv|appointment|consent form"
    rf"|r[ée]sultats?|lab results?|results|prescription|ordonnance)"
    rf" (?:de|d'|of|for|pour|du patient|de la patiente) ?({_TITLED}|(?=(?i:{_GIVEN})\b){_FULL}"
    rf"|{_LOWER_NAME})"
)
_LINK_WORD = (
    r"(?:RAMQ|NAM|OHIP|PHN|PHIN|MCP|HCN|HC#?|DDN|DOB|n[ée]e?(?:\(e\))?|born|date|health|carte"
    r"|card|birth|D\.O\.B\.?"
    r"|with|avec|whose|dont|a|has|num[ée]ro|n[o°]|number|assurance)"
)
_BESIDE_AFTER = re.compile(
    rf"({_TITLED}"
    rf"|{_FULL})[ ,;:(|/-]{{1,3}}(?:{_LINK_WORD}(?![\w])[^\n{HIDDEN}.!?;]{{0,35}}?)?{HIDDEN}"
)
_BESIDE_LINE = re.compile(
    rf"({_FULL})[ \t,]*\n[ \t]*(?:{_LINK_WORD}\b[^\n{HIDDEN}]{{0,25}})?{HIDDEN}"
)
_BESIDE_BEFORE = re.compile(
    rf"{HIDDEN}[ ,;:(|/-]{{1,3}}(?:[MFH]\b[ ,;|/]{{1,3}}|(?:for|pour|of|belongs to"
    rf"|appartient [àa]|is for) )?({_TITLED}|{_FULL})"
)
# Whoever introduces herself, or is of the staff, is not the patient.
_STAFF_BEFORE = re.compile(
    r"(?:je suis|je m'appelle|mon nom est|moi c'est|ici|my name is|my name's|i am|i'm|this is"
    r"|it's|c'est|dre?\.?|docteure?|doctor|from"
    r"|infirmi[èe]re|nurse|r[ée]ceptionniste|receptionist|adjointe?|secr[ée]taire|coll[èe]gue"
    r"|colleague|admin\w*|gestionnaire|manager"
    r"|merci|thanks|thank you|regards|cordialement|sincerely|bonjour|hello|hi|by|par)[ ,:]*$",
    re.IGNORECASE,
)

# What stands in a chart and hardly anywhere else.
_CLINICAL = re.compile(
    r"\b(?:TA|BP|PA)\s?:?\s?\d{2,3}\s?/\s?\d{2,3}\b|\b\d+(?:[.,]\d+)?\s?(?:mg|mcg|µg|ml|mmol/l|ui"
    r"|units?)\b(?:\s?(?:po|bid|tid|qid|die|id|hs|prn|qd|od|daily|par jour))?"
    r"|\b(?:bid|tid|qid|prn|po die|q\d+h)\b|\b(?:HbA1c|TSH|INR|eGFR|DFG|LDL|PSA|WBC"
    r"|Hb)\b\s?:?\s?\d|\b(?:Dx|Rx|Hx|Sx|Tx|PMHx?|HPI|ROS|ATCD|HMA|E/P|O/E|SOAP|CC)\s?:"
    r"|\b(?:diagnosti(?:c|cs|que)|diagnos(?:is|es)|ant[ée]c[ée]dents?|m[ée]dicaments?"
    r"|m[ée]dication|medications?|meds|allerg(?:ies?|y)|motif de consultation"
    r"|chief complaint|impression|assessment|plan|subjectif|objectif|subjective|objective"
    r"|examen physique|physical exam|history|labos?|labs|vitals|signes vitaux)\s?:"
    r"|\b\d{1,3}\s?(?:ans|yo|y/o|y\.o\.|year[- ]old)\b|\b\d{2}\s?[MFH]\b(?=[ ,:])"
    r"|\b(?:HTA|MPOC|COPD|HTN|T2DM|DB2|IRC|CKD|MCAS|CAD|FA|AVC|TIA|GERD|RGO|TDAH|ADHD)\b"
    r"|\b(?:metformine?|ramipril|perindopril|atorvastatine?|rosuvastatine?|levothyroxine?"
    r"|l[ée]vothyroxine|amlodipine|synthroid|ventolin|lipitor|pantoloc"
    r"|sertraline|escitalopram|citalopram|apixaban|warfarine?|coumadin|insuline?|insulin"
    r"|amoxicill(?:ine?)|prednisone|hydromorphone|lorazepam|ativan)\b"
    r"|\b(?:se pr[ée]sente (?:pour|avec)|presents? with|c/o|complains of|s/p|suivi de grossesse"
    r"|g\d ?p\d|afebrile|afébrile)\b",
    re.IGNORECASE,
)
_MARKS_OF_CHART = 2


def birth_dates(text: str) -> Iterator[Span]:
    """Dates that a word beside them calls a birth date."""
    for pattern in (_BIRTH_AFTER_WORD, _BIRTH_BEFORE_WORD):
        for match in pattern.finditer(text):
            yield Span(*match.span(1), BIRTH_DATE)


def dates_beside(text: str) -> Iterator[Span]:
    """Dates that touch what has been hidden already."""
    for match in _DATE_BESIDE.finditer(text):
        yield Span(*match.span(1 if match[1] else 2), BIRTH_DATE)


def names(text: str) -> Iterator[Span]:
    """Names of patients; what has been hidden already is HIDDEN in the text."""
    for match in _AFTER_PATIENT.finditer(text):
        if _is_certain(match[2]):
            yield Span(*match.span(1), NAME)
    for match in _BEFORE_PATIENT.finditer(text):
        if not _is_staff(text, match.start(1)):
            yield Span(*match.span(1), NAME)
    for match in _AFTER_PATIENT_COMMA.finditer(text):
        if " " in match[1]:
            yield Span(*match.span(1), NAME)
    for match in _CHART_OF.finditer(text):
        yield Span(*match.span(1), NAME)
    if HIDDEN in text:
        for pattern in (_BESIDE_AFTER, _BESIDE_LINE, _BESIDE_BEFORE):
            for match in pattern.finditer(text):
                if _is_certain(match[1]) and not _is_staff(text, match.start(1)):
                    yield Span(*match.span(1), NAME)


def charts(text: str) -> Iterator[Span]:
    """Extracts of a chart: from the sentence of the first clinical mark to that of the last."""
    marks = list(_CLINICAL.finditer(text))
    if len({mark[0].lower() for mark in marks}) < _MARKS_OF_CHART:
        return
    start, end = marks[0].start(), marks[-1].end()
    begins = max((m.end() for m in re.finditer(r"\n|(?<=[.!?]) ", text[:start])), default=0)
    ends = re.search(r"\n|[.!?](?= |$)", text[end:])
    yield Span(begins, end + ends.start() if ends else len(text), CHART)


def _is_certain(name: str) -> bool:
    """Two words, a courtesy, or a given name: one capital alone may be any word."""
    words = re.findall(r"[\w'-]+", name)
    return len(words) > 1 or any(part in GIVEN_NAMES for part in re.split("-", words[0].lower()))


def _is_staff(text: str, start: int) -> bool:
    return _STAFF_BEFORE.search(text, max(0, start - 40), start) is not None
