"""What the leads service asks of the CRM: what is already there for a lead, and products of the catalogue."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import grpc
from leadline.crm.v1 import conversion_record_service_pb2 as pb
from leadline.crm.v1 import conversion_record_service_pb2_grpc as pb_grpc
from leadline.crm.v1 import record_service_pb2 as records_pb
from leadline.crm.v1 import record_service_pb2_grpc as records_grpc

from kit.errors import LeadlineError
from kit.rpc.calls import call
from kit.tokens import ServiceToken
from leads_service.domain.conversion import ConversionRequest
from leads_service.domain.free_mail import company_domain
from leads_service.domain.lead import Lead
from leads_service.domain.links import LinkedRecords, resolve_links
from leads_service.domain.product_lines import Product

_TIMEOUT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class CrmClient:
    """Calls the CRM on the leads service's own behalf."""

    stub: "pb_grpc.ConversionRecordServiceAsyncStub"
    records: "records_grpc.RecordServiceAsyncStub"
    token: ServiceToken

    @classmethod
    def on(cls, channel: grpc.aio.Channel, token: ServiceToken) -> "CrmClient":
        """A client on a channel."""
        return cls(pb_grpc.ConversionRecordServiceStub(channel), records_grpc.RecordServiceStub(channel), token)

    async def match(self, lead: Lead) -> pb.MatchRecordsResponse:
        """The records that match a lead."""
        request = pb.MatchRecordsRequest(
            email=lead.email,
            phone_e164=lead.phone_e164,
            company=lead.company,
            email_domain=company_domain(lead.email_domain),
        )
        return await self._match(request)

    async def resolve_links(self, request: ConversionRequest) -> ConversionRequest:
        """The request with the account that its records belong to.

        Raises:
            LeadlineError: VALIDATION_FAILED for ids that are not there, CONTACT_OF_ANOTHER_ACCOUNT.
        """
        wanted = (request.account_id, request.contact_id, request.opportunity_id)
        if not any(wanted):
            return request
        account, contact, opportunity = (_text(each) for each in wanted)
        found = await self._match(
            pb.MatchRecordsRequest(account_id=account, contact_id=contact, opportunity_id=opportunity)
        )
        linked = LinkedRecords(
            account_exists=found.HasField("account"),
            contact_exists=found.HasField("contact"),
            contact_account_id=_id(found.contact.account_id),
            opportunity_exists=found.HasField("opportunity"),
            opportunity_account_id=_id(found.opportunity.account_id),
        )
        return resolve_links(request, linked)

    async def product(self, product_id: UUID) -> Product | None:
        """The product of the catalogue, or nothing where it has none of this id.

        Raises:
            LeadlineError: PART_UNAVAILABLE.
        """
        request = records_pb.GetProductRequest(product_id=str(product_id))
        token = await self.token.get()
        try:
            answer = await call(self.records.GetProduct, request, token=token, timeout=_TIMEOUT_SECONDS)
        except LeadlineError as error:
            if error.reason != "PRODUCT_NOT_FOUND":
                raise
            return None
        found = answer.product
        return Product(product_id, found.name, Decimal(found.unit_price), found.is_active)

    async def _match(self, request: pb.MatchRecordsRequest) -> pb.MatchRecordsResponse:
        return await call(self.stub.MatchRecords, request, token=await self.token.get(), timeout=_TIMEOUT_SECONDS)


def _text(ident: UUID | None) -> str | None:
    return str(ident) if ident else None


def _id(text: str) -> UUID | None:
    return UUID(text) if text else None
