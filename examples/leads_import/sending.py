"""Creates leads by REST, tries again what may go well later, and says what came of each."""

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import tenacity

from leads_import.mapping import Body, encode

_LONGEST_WAIT_SECONDS = 60.0
_TEMPORARY = {429, 502, 503, 504}
_REFUSALS = {400, 409, 413, 422}
_NOT_ALLOWED = {401, 403}
_backoff = tenacity.wait_random_exponential(multiplier=0.2, max=20)


class NotAllowedError(Exception):
    """The token is not good for creating leads: no row will fare better than this one."""


@dataclass(frozen=True, slots=True)
class Created:
    """The lead is there."""

    lead_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The row is at fault: what the API said about it."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Something else is at fault; the row may be sent again."""

    reason: str
    message: str


Outcome = Created | Refused | Failed


class LeadsClient:
    """Creates leads through an HTTP client that knows the address and the token.

    A repeated call carries the same idempotency key, so that a lost answer makes no second lead.
    """

    def __init__(self, http: httpx.AsyncClient, *, patience: float) -> None:
        """``patience`` is how many seconds a row is tried again."""
        self._http = http
        again = tenacity.retry(
            retry=tenacity.retry_if_exception_type(httpx.TransportError) | tenacity.retry_if_result(_is_temporary),
            stop=tenacity.stop_after_delay(patience),
            wait=_wait,
            reraise=True,
        )
        self._post_until_answered = again(self._post)

    async def create(self, body: Body, key: str) -> Outcome:
        """Create one lead.

        Raises:
            NotAllowedError: the token is missing, expired or without the permission.
        """
        try:
            response = await self._post_until_answered(encode(body), key)
        except tenacity.RetryError as error:
            response = error.last_attempt.result()
        except httpx.TransportError as error:
            return Failed("no_answer", str(error) or type(error).__name__)
        return _outcome(response)

    async def _post(self, content: bytes, key: str) -> httpx.Response:
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        return await self._http.post("/leads", content=content, headers=headers)


def _outcome(response: httpx.Response) -> Outcome:
    if response.status_code == httpx.codes.CREATED:
        return Created(str(_problem(response).get("id", "")))
    problem = _problem(response)
    message = str(problem.get("detail") or problem.get("title") or response.reason_phrase)
    if response.status_code in _NOT_ALLOWED:
        raise NotAllowedError(message)
    code = str(problem.get("code") or f"http_{response.status_code}")
    if response.status_code in _REFUSALS:
        return Refused(_reason(code, problem), message)
    return Failed(code, message)


def _reason(code: str, problem: dict[str, Any]) -> str:
    """The code with the fields at fault, so that rows with the same fault stand together."""
    listed = problem.get("errors")
    errors = [error for error in listed if isinstance(error, dict)] if isinstance(listed, list) else []
    faults = sorted(f"{error.get('field')} {error.get('code')}" for error in errors)
    return f"{code}: {', '.join(faults)}" if faults else code


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        parsed = response.json()
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _is_temporary(response: httpx.Response) -> bool:
    if response.status_code in _TEMPORARY:
        return True
    # An earlier attempt, whose answer did not reach us, is still at work.
    return response.status_code == 409 and _problem(response).get("code") == "idempotency_in_progress"


def _wait(state: tenacity.RetryCallState) -> float:
    """What the server asks for, otherwise longer and longer; never more than a minute."""
    outcome = state.outcome
    asked = None if outcome is None or outcome.failed else retry_after(outcome.result().headers.get("Retry-After"))
    return _backoff(state) if asked is None else min(asked, _LONGEST_WAIT_SECONDS)


def retry_after(header: str | None) -> float | None:
    """The seconds that a `Retry-After` header asks for, as a number or as a date; None for anything else."""
    if header is None:
        return None
    if header.strip().isdigit():
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - time.time())
