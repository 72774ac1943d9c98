"""The id of the request that ordered a workflow goes along with its activities, as far as the services' logs."""

from typing import Any

from temporalio import activity, workflow
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    StartActivityInput,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from kit.context import request_id
from leadline_workflows.contracts.outbox import REQUEST_ID


class RequestIds(Interceptor):
    """Hands the memo's request id to each activity. Histories do not depend on it."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """The activity with the request id as its own."""
        return _Activity(next)

    def workflow_interceptor_class(self, _input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        """What sends it along."""
        return _Workflow


class _Activity(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        if sent := input.headers.get(REQUEST_ID):
            request_id.set(activity.payload_converter().from_payload(sent, str))
        return await super().execute_activity(input)


class _Workflow(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Outbound(outbound))


class _Outbound(WorkflowOutboundInterceptor):
    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:  # noqa: A002
        _send_along(input)
        return super().start_activity(input)

    def start_local_activity(self, input: StartLocalActivityInput) -> workflow.ActivityHandle[Any]:  # noqa: A002
        _send_along(input)
        return super().start_local_activity(input)


def _send_along(activity_input: StartActivityInput | StartLocalActivityInput) -> None:
    if known := workflow.info().raw_memo.get(REQUEST_ID):
        activity_input.headers = {**activity_input.headers, REQUEST_ID: known}
