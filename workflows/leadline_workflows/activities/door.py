"""Calls from activities to the services, and what their refusals mean for the retries of an activity."""

from typing import TypeVar

import grpc
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from kit.context import request_id, workflow_id
from kit.errors import ErrorKind, LeadlineError
from kit.rpc.calls import call
from kit.tokens import ServiceToken

Request = TypeVar("Request")
Response = TypeVar("Response")

_CALL_SECONDS = 10.0
# What repeating does not change. A missing permission or a refused token is for an operator to heal, so it is retried.
_FINAL = {ErrorKind.INVALID, ErrorKind.NOT_FOUND, ErrorKind.REFUSED, ErrorKind.STALE}


class Door:
    """Makes an activity's calls, each with the service token, a deadline, and the ids that its logs are found by.

    These are the id of the request that ordered the workflow, and the workflow's own, which stands for both where no
    request did.
    """

    def __init__(self, token: ServiceToken) -> None:
        self._token = token

    async def ask(
        self,
        method: grpc.aio.UnaryUnaryMultiCallable[Request, Response],
        request: Request,
        *,
        seconds: float = _CALL_SECONDS,
        idempotency_key: str | None = None,
    ) -> Response:
        """Make a call that must end within ``seconds``; with a key, it is carried out once however often it is made.

        Raises:
            LeadlineError: what the service answered, or that it does not answer.
            ApplicationError: type INTERNAL, to be retried: anything that no service of ours should answer.
        """
        info = activity.info()
        workflow_id.set(info.workflow_id or info.activity_id)
        request_id.set(request_id.get() or workflow_id.get())
        try:
            token = await self._token.get()
            return await call(method, request, token=token, timeout=seconds, idempotency_key=idempotency_key)
        except grpc.aio.AioRpcError as error:
            message = f"The service answered {error.code().name}."
            raise ApplicationError(message, type="INTERNAL") from None

    async def ask_or_fail(
        self, method: grpc.aio.UnaryUnaryMultiCallable[Request, Response], request: Request
    ) -> Response:
        """Make a call whose refusal is final; the activity is retried only while the answer may still change.

        Raises:
            ApplicationError: the type is the service's reason.
        """
        try:
            return await self.ask(method, request)
        except LeadlineError as error:
            raise as_failure(error) from None

    async def ask_until_done(
        self,
        method: grpc.aio.UnaryUnaryMultiCallable[Request, Response],
        request: Request,
        *,
        seconds: float = _CALL_SECONDS,
    ) -> Response:
        """Make a call that must happen in the end: every refusal is retried, and seen by operators meanwhile.

        Raises:
            ApplicationError: the type is the service's reason; always to be retried.
        """
        try:
            return await self.ask(method, request, seconds=seconds)
        except LeadlineError as error:
            raise as_obstacle(error) from None

    async def ask_unless_over(
        self, method: grpc.aio.UnaryUnaryMultiCallable[Request, Response], request: Request
    ) -> None:
        """Make a call that must happen in the end, unless what it would end is over already or unknown.

        Raises:
            ApplicationError: the type is the service's reason; always to be retried.
        """
        try:
            await self.ask(method, request)
        except LeadlineError as error:
            if error.kind not in {ErrorKind.NOT_FOUND, ErrorKind.REFUSED}:
                raise as_obstacle(error) from None
            activity.logger.warning("there was nothing to end: %s", error.reason)


def as_failure(error: LeadlineError) -> ApplicationError:
    """A service's answer as an activity's failure: final, and business as usual, where repeating changes nothing."""
    if error.kind not in _FINAL:
        return as_obstacle(error)
    return ApplicationError(
        error.message, type=error.reason, non_retryable=True, category=ApplicationErrorCategory.BENIGN
    )


def as_obstacle(error: LeadlineError) -> ApplicationError:
    """A service's answer as the failure of an activity that is to be retried until it succeeds."""
    return ApplicationError(error.message, type=error.reason)
