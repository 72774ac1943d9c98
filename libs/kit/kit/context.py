"""What belongs to the call that is being served: its request id, the workflow that makes it, and in whose name."""

from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from kit.errors import forbidden, unauthenticated

request_id: ContextVar[str] = ContextVar("request_id", default="")
# The workflow on whose behalf it is, if it is one's.
workflow_id: ContextVar[str] = ContextVar("workflow_id", default="")


@dataclass(frozen=True, slots=True)
class Principal:
    """Whom a token speaks for. Role ``admin`` holds every permission."""

    user_id: UUID
    role: str
    permissions: frozenset[str]
    token: str

    @property
    def is_admin(self) -> bool:
        """Whether this is an administrator."""
        return self.role == "admin"

    def require(self, permission: str) -> None:
        """Let the holder of the permission pass.

        Raises:
            LeadlineError: PERMISSION_MISSING.
        """
        if self.is_admin or permission in self.permissions:
            return
        raise forbidden(
            "PERMISSION_MISSING",
            f"This needs the permission {permission}.",
            metadata={"permission": permission},
        )

    def require_admin(self) -> None:
        """Let administrators pass.

        Raises:
            LeadlineError: PERMISSION_MISSING.
        """
        if not self.is_admin:
            raise forbidden("PERMISSION_MISSING", "This needs the role admin.", metadata={"permission": "admin"})


_principal: ContextVar[Principal | None] = ContextVar("principal", default=None)


def set_principal(principal: Principal) -> None:
    """Say who makes the call that is being served."""
    _principal.set(principal)


def current_principal() -> Principal:
    """Who makes the call that is being served.

    Raises:
        LeadlineError: TOKEN_MISSING, outside of a call that has been authenticated.
    """
    principal = _principal.get()
    if principal is None:
        raise unauthenticated("TOKEN_MISSING", "This needs a bearer token.")
    return principal
