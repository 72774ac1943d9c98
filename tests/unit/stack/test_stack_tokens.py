"""What `leadline token` understands, and what its tokens say."""

from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import SecretStr

from kit.config import TokenSettings
from kit.tokens import TokenVerifier
from leadline_stack.stack_secrets import StackSecrets
from leadline_stack.tokens import make_token, parse_duration, parse_permissions

USER = "0190c0de-0000-7000-8000-00000000000a"
SECRETS = StackSecrets("a secret of the tests, 32 bytes or more", USER, {})


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("8h", timedelta(hours=8)),
        ("90s", timedelta(seconds=90)),
        ("1d12h", timedelta(hours=36)),
        ("365d", timedelta(days=365)),
    ],
)
def test_a_time_is_a_number_with_its_unit(text: str, meant: timedelta) -> None:
    assert parse_duration(text) == meant


@pytest.mark.parametrize("text", ["", "8", "h", "-8h", "8 h", "8w", "0s", "366d", "999999d", "8h!"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        parse_duration(text)


def test_permissions_are_named_by_comma() -> None:
    assert parse_permissions("leads:view, leads:create") == ("leads:view", "leads:create")


@pytest.mark.parametrize("text", ["", "leads", "leads:view,", "leads:view;leads:create", "Leads:View"])
def test_what_is_no_permission_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no permission"):
        parse_permissions(text)


async def test_a_token_says_who_and_what_and_the_services_take_it() -> None:
    verifier = TokenVerifier(TokenSettings(token_secret=SecretStr(SECRETS.token_secret)))
    token = make_token(SECRETS, role="user", permissions=("leads:view",), subject=None, expires_in=timedelta(minutes=1))
    principal = await verifier.verify(token)
    assert (principal.user_id, principal.role) == (UUID(USER), "user")
    assert principal.permissions == {"leads:view"}
