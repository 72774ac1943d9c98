"""When two names are one company's: without case, punctuation and the commonest legal forms."""

import re
import unicodedata

_FORMS = {"ag", "bv", "co", "company", "corp", "corporation", "gmbh", "inc", "limited", "llc", "ltd", "oy", "sa", "sas"}
_JOINING = re.compile(r"[.'’]")
_OTHER = re.compile(r"[\W_]+")


def company_key(name: str) -> str:
    """The form under which the names of one company are equal; never empty for a name that is not."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    words = _OTHER.sub(" ", _JOINING.sub("", folded)).split()
    while len(words) > 1 and words[-1] in _FORMS:
        words.pop()
    return " ".join(words) or folded


def person_key(email: str) -> str:
    """What the account of a person without a company is known by: namesakes are other people."""
    return f"@ {email.lower()}"
