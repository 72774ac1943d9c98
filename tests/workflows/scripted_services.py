"""The worker's activities, put together as in the worker, against scripted services."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from google.protobuf.descriptor import ServiceDescriptor
from leadline.crm.v1 import conversion_record_service_pb2 as records_pb2
from leadline.crm.v1 import conversion_record_service_pb2_grpc as records_grpc
from leadline.crm.v1 import placement_service_pb2, placement_service_pb2_grpc
from leadline.leads.v1 import (
    conversion_service_pb2,
    conversion_service_pb2_grpc,
    document_service_pb2,
    document_service_pb2_grpc,
    import_service_pb2,
    import_service_pb2_grpc,
    retirement_service_pb2,
    retirement_service_pb2_grpc,
    scoring_service_pb2,
    scoring_service_pb2_grpc,
    sla_service_pb2,
    sla_service_pb2_grpc,
    team_service_pb2,
    team_service_pb2_grpc,
    timeline_service_pb2,
    timeline_service_pb2_grpc,
)
from leadline.settings.v1 import retirement_service_pb2 as settings_pb2
from leadline.settings.v1 import retirement_service_pb2_grpc as settings_grpc
from pydantic import SecretStr
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from leadline_workflows.runtime.settings import WorkerSettings
from leadline_workflows.runtime.wiring import open_activities
from tests.support import tokens
from tests.workflows.scripted_service import Add, Script, serving

LEADS: list[tuple[Add, ServiceDescriptor]] = [
    (sla_service_pb2_grpc.add_SlaServiceServicer_to_server, sla_service_pb2.DESCRIPTOR.services_by_name["SlaService"]),
    (
        conversion_service_pb2_grpc.add_ConversionServiceServicer_to_server,
        conversion_service_pb2.DESCRIPTOR.services_by_name["ConversionService"],
    ),
    (
        timeline_service_pb2_grpc.add_TimelineServiceServicer_to_server,
        timeline_service_pb2.DESCRIPTOR.services_by_name["TimelineService"],
    ),
    (
        document_service_pb2_grpc.add_DocumentServiceServicer_to_server,
        document_service_pb2.DESCRIPTOR.services_by_name["DocumentService"],
    ),
    (
        team_service_pb2_grpc.add_TeamServiceServicer_to_server,
        team_service_pb2.DESCRIPTOR.services_by_name["TeamService"],
    ),
    (
        scoring_service_pb2_grpc.add_ScoringServiceServicer_to_server,
        scoring_service_pb2.DESCRIPTOR.services_by_name["ScoringService"],
    ),
    (
        retirement_service_pb2_grpc.add_RetirementServiceServicer_to_server,
        retirement_service_pb2.DESCRIPTOR.services_by_name["RetirementService"],
    ),
    (
        import_service_pb2_grpc.add_ImportServiceServicer_to_server,
        import_service_pb2.DESCRIPTOR.services_by_name["ImportService"],
    ),
]
CRM: list[tuple[Add, ServiceDescriptor]] = [
    (
        records_grpc.add_ConversionRecordServiceServicer_to_server,
        records_pb2.DESCRIPTOR.services_by_name["ConversionRecordService"],
    ),
    (
        placement_service_pb2_grpc.add_PlacementServiceServicer_to_server,
        placement_service_pb2.DESCRIPTOR.services_by_name["PlacementService"],
    ),
]
SETTINGS: list[tuple[Add, ServiceDescriptor]] = [
    (
        settings_grpc.add_RetirementServiceServicer_to_server,
        settings_pb2.DESCRIPTOR.services_by_name["RetirementService"],
    )
]
PLAN = conversion_service_pb2.ConversionPlan(
    conversion_id="conversion-1",
    lead_id="lead-1",
    owner_id="owner-1",
    state=conversion_service_pb2.CONVERSION_STATE_RUNNING,
    account=conversion_service_pb2.AccountPlan(new_id="a-1", name="StartupIO", email_domain="startup.io"),
    contact=conversion_service_pb2.ContactPlan(
        link_id="c-0", new_id="c-1", last_name="Johnson", email="alice@startup.io"
    ),
    opportunity=conversion_service_pb2.OpportunityPlan(
        new_id="o-1",
        name="Deal",
        pipeline_id="p-1",
        stage_id="s-1",
        value="50000.00",
        currency="USD",
        custom_fields='{"utm":1}',
        lines=[
            conversion_service_pb2.LinePlan(
                id="line-1", product_id="p-1", product_name="Plan", quantity="2", unit_price="5000", discount="10"
            )
        ],
    ),
)


@dataclass
class Services:
    """The activities as the worker puts them together, and what they call."""

    leads: Script
    crm: Script
    settings: Script
    activities: dict[str, Callable[..., Any]]

    async def run(self, name: str, *order: object, client: Client | None = None, **info: Any) -> Any:
        """Run an activity once; ``info`` is what is different about this attempt."""
        environment = ActivityEnvironment(client)
        environment.info = replace(environment.info, **info)
        return await environment.run(self.activities[name], *order)

    async def failure(self, name: str, *order: object, **info: Any) -> ApplicationError:
        """The failure of an activity's one attempt."""
        with pytest.raises(ApplicationError) as raised:
            await self.run(name, *order, **info)
        return raised.value


def settings_for(leads: str, crm: str, settings: str, *, secret: str = tokens.SECRET) -> WorkerSettings:
    """The worker's settings for services at these addresses."""
    return WorkerSettings(
        leads_address=leads, crm_address=crm, settings_address=settings, token_secret=SecretStr(secret)
    )


@asynccontextmanager
async def scripted_services() -> AsyncIterator[Services]:
    """Services that know one plan, take every report, and otherwise answer what the test says."""
    leads, crm, settings = Script(), Script(), Script()
    leads.answers["GetConversionPlan"] = conversion_service_pb2.GetConversionPlanResponse(plan=PLAN)
    leads.answers["ReportConversion"] = conversion_service_pb2.ReportConversionResponse()
    settings.answers["ReportRetirement"] = settings_pb2.ReportRetirementResponse()
    async with AsyncExitStack() as opened:
        leads_address = await opened.enter_async_context(serving(leads, LEADS))
        crm_address = await opened.enter_async_context(serving(crm, CRM))
        settings_address = await opened.enter_async_context(serving(settings, SETTINGS))
        addresses = settings_for(leads_address, crm_address, settings_address)
        activities = await opened.enter_async_context(open_activities(addresses))
        every = [
            *activities.sla,
            *activities.conversion,
            *activities.settings,
            *activities.imports,
            *activities.checks,
        ]
        yield Services(leads, crm, settings, {_name(each): each for each in every})


def _name(implementation: Callable[..., Any]) -> str:
    return str(activity._Definition.must_from_callable(implementation).name)
