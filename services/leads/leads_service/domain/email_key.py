"""By what e-mail addresses are compared: without case, and with one spelling of an international domain."""

import unicodedata

import idna


def email_key(email: str) -> str:
    """The address in lower case, its domain as the name servers know it: münchen.de is xn--mnchen-3ya.de.

    Of an address in ASCII it is just its lower case.
    """
    if email.isascii():
        return email.lower()
    local, _, domain = email.rpartition("@")
    return f"{unicodedata.normalize('NFC', local.lower())}@{_ascii_domain(domain)}"


def _ascii_domain(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        # Mail may still be sent there; such a domain has one spelling only.
        return domain.lower()
