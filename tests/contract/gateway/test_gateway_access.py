"""Who is let in: bad tokens and missing permissions are refused before anything else is looked at."""

import base64
import re
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.contract.gateway.answers import OPERATIONS, assert_one_line, assert_problem
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.samples import ENTRY_ID
from tests.support.tokens import SECRET, USER_ID, token

Lines = list[dict[str, Any]]

CLAIMS = {"sub": str(USER_ID), "role": "admin", "permissions": [], "exp": 4_000_000_000}
GOOD = token("leads:create")
BAD_TOKENS: list[tuple[str | None, str]] = [
    (None, "token_missing"),
    ("", "token_missing"),
    ("Bearer", "token_missing"),
    (f"Basic {GOOD}", "token_missing"),
    (GOOD, "token_missing"),
    ("Bearer not-a-token", "token_invalid"),
    (f"Bearer {GOOD}x", "token_invalid"),
    (f"Bearer {token('leads:create', expires_in=timedelta(minutes=-1))}", "token_expired"),
    (f"Bearer {token('leads:create', secret='another secret, also of 32 bytes or more')}", "token_invalid"),
    (f"Bearer {jwt.encode(CLAIMS, '', algorithm='none')}", "token_invalid"),
    (f"Bearer {jwt.encode(CLAIMS, SECRET * 2, algorithm='HS512')}", "token_invalid"),
    (f"Bearer {jwt.encode(CLAIMS, rsa.generate_private_key(65537, 2048), algorithm='RS256')}", "token_invalid"),
    (f"Bearer {base64.urlsafe_b64encode(b'[' * 20_000).decode()}.e30.e30", "token_invalid"),
    ("Bearer \xff", "token_invalid"),
]


@pytest.mark.parametrize(("sent", "code"), BAD_TOKENS)
async def test_a_bad_token_is_401_before_the_body_is_looked_at(
    sent: str | None, code: str, anonymous: httpx.AsyncClient, backend: Backend, logged: Lines
) -> None:
    headers = {b"authorization": sent.encode("latin-1")} if sent is not None else {}
    response = await anonymous.post("/leads?what=ever", content=b"{", headers=headers)
    assert_problem(response, 401, code)
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert_one_line(logged, 401, code)
    assert backend.calls == []


@pytest.mark.parametrize(
    "operation",
    [
        each
        for each in OPERATIONS
        if each.path.startswith("/lead-settings/") and each.methods != {"GET"} and not each.path.endswith("/preview")
    ],
    ids=lambda each: each.operation_id,
)
async def test_every_write_of_settings_is_closed_to_who_is_no_admin_whatever_the_permissions(
    operation: Any, anonymous: httpx.AsyncClient, backend: Backend
) -> None:
    (verb,) = operation.methods
    path = re.sub(r"{\w+}", ENTRY_ID, operation.path_format)
    everything = token(*(f"leads:{what}" for what in ("view", "create", "edit", "delete")), "admin", role="manager")
    headers = {"authorization": f"Bearer {everything}"}
    said = assert_problem(await anonymous.request(verb, path, headers=headers), 403, "permission_missing")
    assert said["permission"] == "admin"
    assert backend.calls == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.operation_id)
async def test_every_operation_is_closed_to_who_lacks_the_permission(
    operation: Any, anonymous: httpx.AsyncClient, backend: Backend, logged: Lines
) -> None:
    (verb,) = operation.methods
    path = re.sub(r"{\w+}", "not-a-uuid", operation.path_format)
    assert_problem(await anonymous.request(verb, path), 401, "token_missing")
    lacking = token("leads:nothing", "admin", role="user")
    headers = {"authorization": f"Bearer {lacking}"}
    said = assert_problem(await anonymous.request(verb, path, headers=headers), 403, "permission_missing")
    assert said["permission"] == (operation.rule.permission or "admin")
    assert [line["status"] for line in logged] == [401, 403]
    assert backend.calls == []
