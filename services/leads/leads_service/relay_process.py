"""Puts the relay together: the leads outbox on one side, Temporal on the other."""

import asyncio

from temporalio.client import Client

from kit.db.database import Database
from kit.db.relay import Relay
from kit.rpc.server import RpcServer
from leads_service.relay import WorkflowStarter
from leads_service.settings import RelaySettings
from leads_service.store.leads import outbox


async def run_relay(settings: RelaySettings, stop: asyncio.Event) -> None:
    """Deliver until asked to end; its health says whether database and Temporal answer."""
    # Lazy: a relay that starts before Temporal does waits for it.
    client = await Client.connect(settings.temporal_address, namespace=settings.temporal_namespace, lazy=True)
    url = settings.database_url.get_secret_value()
    database = Database(url, pool_size=settings.database_pool_size, application="leadline relay")
    starter = WorkflowStarter(client)

    async def is_ready() -> bool:
        return await database.is_reachable() and await starter.is_reachable()

    server = RpcServer(settings.listen, ready=is_ready)
    await server.start()
    await Relay(database, outbox, starter.deliver).run(stop)
    await server.stop()
    await database.close()
