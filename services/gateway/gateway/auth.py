"""Who may pass: the same token check and the same access rules as the services behind the gateway."""

from kit.context import set_principal
from kit.errors import unauthenticated
from kit.rpc.access import AccessRule
from kit.tokens import TokenVerifier


async def admit(verifier: TokenVerifier, authorization: str | None, rule: AccessRule) -> None:
    """Let the bearer of a good token with the permission pass; the call that follows is made in their name.

    Raises:
        LeadlineError: TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED or PERMISSION_MISSING.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthenticated("TOKEN_MISSING", "This needs a bearer token.")
    principal = await verifier.verify(token.strip())
    rule.check(principal)
    set_principal(principal)
