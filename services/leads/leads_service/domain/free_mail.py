"""Domains of free-mail providers: a shared one says nothing about the company."""

_PROVIDERS = """
    aol.com fastmail.com free.fr gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com hey.com hotmail.co.uk
    hotmail.com hotmail.de hotmail.fr hushmail.com icloud.com inbox.com laposte.net libero.it live.co.uk live.com
    live.de mac.com mail.com mail.ru me.com msn.com naver.com orange.fr outlook.com outlook.de pm.me posteo.de
    proton.me protonmail.com qq.com rediffmail.com rocketmail.com sina.com t-online.de tutanota.com uol.com.br
    wanadoo.fr web.de yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.de yahoo.fr yandex.com yandex.ru ymail.com
    zoho.com 126.com 163.com
"""
FREE_MAIL_DOMAINS = frozenset(_PROVIDERS.split())


def company_domain(email_domain: str | None) -> str | None:
    """The domain if it can stand for a company; None for a free-mail provider's."""
    return None if email_domain in FREE_MAIL_DOMAINS else email_domain
