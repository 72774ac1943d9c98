"""Which bearer tokens are accepted, and for whom they speak."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from pydantic import SecretStr, ValidationError

from kit.config import ServiceTokenSettings, TokenSettings
from kit.context import Principal
from kit.errors import LeadlineError
from kit.tokens import ServiceToken, TokenVerifier
from tests.support.tokens import ADMIN_ID, SECRET, USER_ID, admin_token, settings, token

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


async def verify(sent: str, accepted: TokenSettings | None = None) -> Principal:
    return await TokenVerifier(accepted or settings()).verify(sent)


async def refusal(sent: str, accepted: TokenSettings | None = None) -> str:
    with pytest.raises(LeadlineError) as refused:
        await verify(sent, accepted)
    return refused.value.reason


def public_key_settings(key: PrivateKey, folder: Path) -> TokenSettings:
    file = folder / "key.pem"
    pem = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    file.write_bytes(key.public_key().public_bytes(*pem))
    return TokenSettings(token_public_key_file=file)


def claims(**changed: object) -> dict[str, Any]:
    return {"sub": str(USER_ID), "role": "user", "permissions": ["leads:view"], "exp": 4_000_000_000, **changed}


async def test_a_token_speaks_for_its_subject_with_its_permissions() -> None:
    principal = await verify(token("leads:view"))
    assert principal.user_id == USER_ID
    principal.require("leads:view")
    with pytest.raises(LeadlineError) as refused:
        principal.require("leads:edit")
    assert refused.value.reason == "PERMISSION_MISSING"
    with pytest.raises(LeadlineError):
        principal.require_admin()


async def test_an_administrator_holds_every_permission() -> None:
    principal = await verify(admin_token())
    assert principal.user_id == ADMIN_ID
    principal.require("anything:at-all")
    principal.require_admin()


async def test_an_expired_token_is_refused_also_when_it_was_good_before() -> None:
    assert await refusal(token(expires_in=timedelta(minutes=-1))) == "TOKEN_EXPIRED"


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "not a token",
        "a.b.c",
        token(secret="another secret, also of 32 bytes or more"),
        jwt.encode(claims(), "", algorithm="none"),
        jwt.encode(claims(sub="nobody"), SECRET, algorithm="HS256"),
        jwt.encode(claims(role=7), SECRET, algorithm="HS256"),
        jwt.encode(claims(permissions="leads:view"), SECRET, algorithm="HS256"),
        jwt.encode({"sub": str(USER_ID)}, SECRET, algorithm="HS256"),
        jwt.encode({"exp": 4_000_000_000}, SECRET, algorithm="HS256"),
        jwt.encode(claims(), SECRET + SECRET, algorithm="HS512"),
    ],
)
async def test_anything_else_is_refused(sent: str) -> None:
    assert await refusal(sent) == "TOKEN_INVALID"


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (rsa.generate_private_key(65537, 2048), "RS256"),
        (ec.generate_private_key(ec.SECP256R1()), "ES256"),
        (ed25519.Ed25519PrivateKey.generate(), "EdDSA"),
    ],
)
async def test_a_public_key_takes_tokens_of_its_private_key_only(
    key: PrivateKey, algorithm: str, tmp_path: Path
) -> None:
    accepted = public_key_settings(key, tmp_path)
    assert (await verify(jwt.encode(claims(), key, algorithm=algorithm), accepted)).user_id == USER_ID
    other = ec.generate_private_key(ec.SECP256R1())
    assert await refusal(jwt.encode(claims(), other, algorithm="ES256"), accepted) == "TOKEN_INVALID"
    assert await refusal(token(), accepted) == "TOKEN_INVALID"


async def test_keys_that_cannot_be_read_are_no_fault_of_the_token() -> None:
    accepted = TokenSettings(token_jwks_url="http://127.0.0.1:1/keys")
    key = ec.generate_private_key(ec.SECP256R1())
    signed = jwt.encode(claims(), key, algorithm="ES256", headers={"kid": "one"})
    assert await refusal(signed, accepted) == "PART_UNAVAILABLE"


async def test_issuer_and_audience_are_checked_where_they_are_configured() -> None:
    accepted = TokenSettings(token_secret=SecretStr(SECRET), token_issuer="us", token_audience="leadline")
    good = jwt.encode(claims(iss="us", aud="leadline"), SECRET, algorithm="HS256")
    assert (await verify(good, accepted)).user_id == USER_ID
    for wrong in (claims(), claims(iss="us"), claims(iss="us", aud="them"), claims(iss="them", aud="leadline")):
        assert await refusal(jwt.encode(wrong, SECRET, algorithm="HS256"), accepted) == "TOKEN_INVALID"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"token_secret": "short"},
        {"token_secret": SECRET, "token_jwks_url": "http://127.0.0.1/keys"},
    ],
)
def test_a_service_does_not_start_without_exactly_one_good_source_of_keys(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TokenSettings(**wrong)


async def test_a_service_token_has_just_the_permissions_it_was_made_for() -> None:
    configured = ServiceTokenSettings(token_secret=SecretStr(SECRET))
    own = ServiceToken(configured, subject=USER_ID, permissions=["sla:record"])
    principal = await verify(await own.get())
    assert principal.permissions == {"sla:record"}
    assert not principal.is_admin


async def test_a_service_token_comes_from_its_file_where_one_is_configured(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from the issuer\n")
    configured = ServiceTokenSettings(token_secret=SecretStr(SECRET), service_token_file=file)
    assert await ServiceToken(configured, subject=USER_ID, permissions=[]).get() == "from the issuer"
