"""The rule of each method, read from its proto option: who may call it."""

from dataclasses import dataclass

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import ServiceDescriptor
from leadline.common.v1 import access_pb2

from kit.context import Principal


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Who may call a method: the holders of a permission, or only administrators."""

    permission: str
    admin_only: bool

    def check(self, principal: Principal) -> None:
        """Let a caller pass or not.

        Raises:
            LeadlineError: PERMISSION_MISSING.
        """
        if self.admin_only:
            principal.require_admin()
        else:
            principal.require(self.permission)


def rules_of(service: ServiceDescriptor) -> dict[str, AccessRule]:
    """The rules of a service's methods by full method name, `/package.Service/Method`.

    Raises:
        ValueError: a method has no rule, so that nobody could say who may call it.
    """
    rules: dict[str, AccessRule] = {}
    for method in service.methods:
        access = method.GetOptions().Extensions[access_pb2.access]
        if not access.permission and not access.admin_only:
            message = f"{method.full_name} has no access rule"
            raise ValueError(message)
        rules[f"/{service.full_name}/{method.name}"] = AccessRule(access.permission, access.admin_only)
    return rules


def rule_of(service_full_name: str, method: str) -> AccessRule:
    """The rule of one method, for instance to document it."""
    service = descriptor_pool.Default().FindServiceByName(service_full_name)
    return rules_of(service)[f"/{service_full_name}/{method}"]
