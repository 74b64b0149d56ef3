"""Finds passwords, codes and encryption keys in a folded text. Called by `privacy.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.core.folded import Span

SECRET = "secret"

_WORD = (
    r"(?<![\w-])(?:mots? de passe|mdp|passwords?|passwd|pass ?phrase|passcode|pwd|pw"
    r"|phrase secr[èe]te"
    r"|cl[ée]s? de (?:chiffrement|cryptage)(?: partag[ée]e)?|cl[ée] (?:d'encryption|partag[ée]e"
    r"|priv[ée]e|secr[èe]te|api|d'api)"
    r"|(?:shared )?(?:encryption|secret|private|api) keys?|shared key|api token|jeton d'acc[èe]s"
    r"|access token"
    r"|code d'acc[èe]s|access code|code de v[ée]rification|verification code|nip|pin)(?!\w)"
)
_OF = r"(?:\s*(?:d'ocean|ocean|actuel|current|temporaire|temporary|new|nouveau))?"
# What is said of a password more often than what it is: "le mot de passe est expiré".
_SAID_OF_IT = (
    r"(?!(?:expir\w*|incorrecte?|invalide?|invalid|oubli\w*|perdue?s?|lost|bloqu\w*|refus\w*"
    r"|chang\w*|mauvaise?|toujours|encore"
    r"|trop|wrong|forgotten|blocked|locked|rejected|reset\w*|still|broken|required|needed"
    r"|correcte?|bonne?|diff[ée]rente?"
    r"|different|obligatoire|mandatory|case|sensible|r[ée]initialis\w*|now|maintenant|the|le|la"
    r"|un|une|not|pas|too|very"
    r"|plus|demand\w*|asked|visible|hidden|masqu\w*|stored|enregistr\w*|longer|only|unknown"
    r"|inconnue?|missing|manquante?"
    r"|hard|difficile|where|where's|o[uù]|what|quoi|how|comment|when|quand|why|pourquoi|who|qui"
    r"|in|dans|on|sur|with|avec"
    r"|good|fine|ok|easy|facile|being|en|d[ée]j[àa]|already|never|jamais|always|vide|empty"
    r"|introuvable|impossible)(?![\w-])"
    r"|\u2588|https?:)"
)
_IS = r"\s*(?:\b(?:est|is|c'est|was|[ée]tait|sera)\b|'s\b)\s*:?\s*"
_OPENS = rf"[\u00ab\"'(]?\s?{_SAID_OF_IT}"
_VALUE = rf"{_OPENS}([^\s\u00bb\"]{{4,}})"
_PATTERNS = (
    re.compile(rf"{_WORD}{_OF}(?:\s*[:=]\s*|{_IS}){_VALUE}", re.IGNORECASE),
    # With other words between, only what looks like a password: something with a digit in it.
    re.compile(
        rf"{_WORD}(?: [\w'@.-]+){{1,5}}?(?:\s*[:=]\s*"
        rf"|{_IS}){_OPENS}((?=\S*\d)[^\s\u00bb\"]{{4,}})",
        re.IGNORECASE,
    ),
    # Right after the word, letters and digits: "mdp Soleil123".
    re.compile(
        rf"{_WORD}{_OF}\s+[\u00ab\"'(]?\s?((?=\S*\d)(?=\S*[A-Za-z])[^\s\u00bb\"]{{6,}})",
        re.IGNORECASE,
    ),
    # In quotation marks after the word.
    re.compile(
        rf"{_WORD}{_OF}\s+(?:[\u00ab]\s?|\")([^\u00bb\"\n]{{4,80}}?)\s?[\u00bb\"]", re.IGNORECASE
    ),
    re.compile(rf"{_WORD}{_OF}\s*[(:=]?\s*(\d{{4,8}})(?![\d.,/-]*\d)", re.IGNORECASE),
    # What is a key by its form.
    re.compile(r"(-----BEGIN [A-Z ]*(?:KEY|CERTIFICATE)-----[\s\S]*?(?:-----END [A-Z ]+-----|$))"),
    re.compile(r"(?<![\w/.=-])(eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"),
    re.compile(
        r"(?<![\w/.=&?%-])((?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])(?:[A-Fa-f0-9]{32,}"
        r"|[A-Za-z0-9+/]{40,}={0,2}))(?![\w./-])"
    ),
)


def secrets(text: str) -> Iterator[Span]:
    """Passwords, codes and keys, without the words that announce them."""
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield Span(*match.span(1), SECRET)
