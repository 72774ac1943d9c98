"""Product lines of leads, with a real catalogue behind them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask
from leadline.crm.v1 import records_pb2
from leadline.leads.v1 import product_line_service_pb2 as pb
from leadline.leads.v1 import product_line_service_pb2_grpc as pb_grpc

from crm_service.main import MIGRATIONS, crm_server
from crm_service.settings import CrmSettings
from kit.db.migrations import migrate
from tests.integration.crm.crm_door import CrmDoor
from tests.integration.leads.door import Door
from tests.support import tokens


@dataclass
class Shop:
    """A door to a leads service that has a CRM, and one to that CRM."""

    door: Door
    crm: CrmDoor

    async def product(self, name: str = "Enterprise Plan", price: str = "5000", **fields: Any) -> records_pb2.Product:
        """A new product of the catalogue."""
        return await self.crm.add_product(name=name, unit_price=price, **fields)


@asynccontextmanager
async def open_crm(url: str) -> AsyncIterator[CrmDoor]:
    """A CRM on an empty database."""
    migrate(MIGRATIONS, url)
    settings = CrmSettings(database_url=url, token_secret=tokens.settings().token_secret, listen="127.0.0.1:0")
    async with crm_server(settings) as server:
        door = CrmDoor(await server.start())
        yield door
        await door.channel.close()
        await server.stop()


def stub(door: Door) -> Any:
    return pb_grpc.ProductLineServiceStub(door.channel)


async def lines_of(door: Door, lead_id: str, *, sent: str | None = None) -> list[pb.ProductLine]:
    request = pb.ListProductLinesRequest(lead_id=lead_id)
    return list((await door.ask(stub(door).ListProductLines, request, sent=sent)).lines)


async def add(
    door: Door, lead_id: str, product_id: str, *, key: str | None = None, sent: str | None = None, **fields: str
) -> pb.ProductLine:
    request = pb.AddProductLineRequest(
        lead_id=lead_id, product_id=product_id, fields=pb.ProductLineFields(**fields) if fields else None
    )
    answer = await door.ask(stub(door).AddProductLine, request, key=key, sent=sent)
    return answer.line  # type: ignore[no-any-return]


async def change(
    door: Door, lead_id: str, ident: str, *, version: int | None = None, sent: str | None = None, **fields: str | None
) -> pb.ProductLine:
    request = pb.UpdateProductLineRequest(
        lead_id=lead_id,
        product_id=ident,
        fields=pb.ProductLineFields(**{name: value for name, value in fields.items() if value is not None}),
        update_mask=FieldMask(paths=list(fields)),
        expected_version=version,
    )
    return (await door.ask(stub(door).UpdateProductLine, request, sent=sent)).line  # type: ignore[no-any-return]


async def remove(door: Door, lead_id: str, ident: str, *, version: int | None = None, sent: str | None = None) -> None:
    request = pb.RemoveProductLineRequest(lead_id=lead_id, product_id=ident, expected_version=version)
    await door.ask(stub(door).RemoveProductLine, request, sent=sent)
