"""ProductLineService: what a lead may buy."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import TypeVar

from google.protobuf.field_mask_pb2 import FieldMask
from leadline.leads.v1 import product_line_service_pb2 as pb
from leadline.leads.v1 import product_line_service_pb2_grpc as pb_grpc

from kit.db.database import Writing
from kit.db.idempotency import key_of_call
from kit.errors import LeadlineError
from kit.ids import parse_id
from kit.rpc.guard import Context
from kit.rpc.times import to_timestamp
from leads_service.domain.product_lines import Product, ProductLine, Wanted
from leads_service.rpc.crm_client import CrmClient
from leads_service.rpc.masks import require_known
from leads_service.rpc.situation import Parts, caller_id, expected_version
from leads_service.usecases import product_lines

Value = TypeVar("Value")

_FIELD_NAMES = frozenset(pb.ProductLineFields.DESCRIPTOR.fields_by_name)


class ProductLineServicer(pb_grpc.ProductLineServiceServicer):
    """Each method is one transaction; the CRM is asked before it, and by an addition alone."""

    def __init__(self, parts: Parts, crm: CrmClient) -> None:
        self._parts = parts
        self._crm = crm

    async def ListProductLines(
        self, request: pb.ListProductLinesRequest, _context: Context
    ) -> pb.ListProductLinesResponse:
        """All lines."""
        lead_id = parse_id(request.lead_id, "id")
        async with self._parts.database.reading() as connection:
            lines = await product_lines.list_lines(connection, lead_id)
        return pb.ListProductLinesResponse(lines=[_line(each) for each in lines])

    async def AddProductLine(self, request: pb.AddProductLineRequest, context: Context) -> pb.AddProductLineResponse:
        """Adds a product; repeated under the same idempotency key, the first answer."""
        key = key_of_call("AddProductLine", request, context.invocation_metadata())
        offered = await _held(self._crm.product(parse_id(request.product_id, "productId")))
        return await self._parts.idempotency.once(
            key, pb.AddProductLineResponse, lambda tx: self._add(tx, request, offered)
        )

    async def _add(
        self, tx: Writing, request: pb.AddProductLineRequest, offered: Callable[[], Product | None]
    ) -> pb.AddProductLineResponse:
        wanted = Wanted(
            product_id=parse_id(request.product_id, "productId"),
            given=_given(request.fields),
            added_by=caller_id(),
            offered=offered,
        )
        lead_id = parse_id(request.lead_id, "id")
        line = await product_lines.add_line(tx, lead_id, wanted, self._parts.by_caller())
        return pb.AddProductLineResponse(line=_line(line))

    async def UpdateProductLine(
        self, request: pb.UpdateProductLineRequest, _context: Context
    ) -> pb.UpdateProductLineResponse:
        """Changes what the mask names."""
        lead_id, ident = parse_id(request.lead_id, "id"), parse_id(request.product_id, "productId")
        given, expected = _masked(request.fields, request.update_mask), expected_version(request)
        situation = self._parts.by_caller()
        async with self._parts.database.transaction() as tx:
            line = await product_lines.change_line(
                tx, lead_id, ident, given, expected_version=expected, situation=situation
            )
        return pb.UpdateProductLineResponse(line=_line(line))

    async def RemoveProductLine(
        self, request: pb.RemoveProductLineRequest, _context: Context
    ) -> pb.RemoveProductLineResponse:
        """Takes a line out."""
        lead_id, ident = parse_id(request.lead_id, "id"), parse_id(request.product_id, "productId")
        expected, situation = expected_version(request), self._parts.by_caller()
        async with self._parts.database.transaction() as tx:
            await product_lines.remove_line(tx, lead_id, ident, expected_version=expected, situation=situation)
        return pb.RemoveProductLineResponse()


async def _held(asked: Awaitable[Value]) -> Callable[[], Value]:
    """The answer, or the refusal, for whoever still wants it: the first answer under a key needs neither."""
    try:
        answer = await asked
    except LeadlineError as error:
        refusal = error
    else:
        return lambda: answer

    def refuse() -> Value:
        raise refusal

    return refuse


def _given(fields: pb.ProductLineFields) -> dict[str, str]:
    return {descriptor.name: value for descriptor, value in fields.ListFields()}


def _masked(fields: pb.ProductLineFields, mask: FieldMask) -> dict[str, str | None]:
    require_known(mask, _FIELD_NAMES)
    given = _given(fields)
    return {name: given.get(name) for name in mask.paths}


def _line(line: ProductLine) -> pb.ProductLine:
    return pb.ProductLine(
        id=str(line.id),
        lead_id=str(line.lead_id),
        product_id=str(line.product_id),
        product_name=line.product_name,
        quantity=_shortest(line.quantity),
        unit_price=str(line.unit_price),
        discount=_shortest(line.discount),
        total=str(line.total),
        version=line.version,
        created_by=str(line.created_by),
        created_at=to_timestamp(line.created_at),
        updated_at=to_timestamp(line.updated_at),
    )


def _shortest(number: Decimal) -> str:
    """The number without zeros at the end of its decimals."""
    return format(number.normalize(), "f")
