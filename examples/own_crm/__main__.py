"""Serves a tiny CRM that Leadline can convert leads into, with a SQLite file as its store.

    LEADLINE_TOKEN_SECRET=… LEADLINE_LISTEN=127.0.0.1:9203 LEADLINE_OWN_CRM_FILE=crm.sqlite python -m examples.own_crm

It keeps the promises of ConversionRecordService and reads back what conversions made. What else Leadline can ask of a
CRM, and how one is plugged in, is in docs/own-crm.md.
"""

import asyncio
from pathlib import Path

from leadline.crm.v1 import (
    conversion_record_service_pb2,
    conversion_record_service_pb2_grpc,
    record_service_pb2,
    record_service_pb2_grpc,
)
from pydantic import Field

from examples.own_crm.service import ConversionRecords, RecordReader
from examples.own_crm.store import Store
from kit import process
from kit.config import GrpcSettings, TokenSettings, read_settings
from kit.logs import configure_logs
from kit.rpc.server import RpcServer, Served, serve_until
from kit.tokens import TokenVerifier


class OwnCrmSettings(GrpcSettings, TokenSettings):
    """Where it listens, how tokens are checked, and where its records are."""

    own_crm_file: Path = Field(Path("own-crm.sqlite"), description="the SQLite file, made where it is missing")


async def serve(settings: OwnCrmSettings, stop: asyncio.Event) -> None:
    """Serve until asked to end."""
    store = Store(settings.own_crm_file)
    served = [
        Served(
            ConversionRecords(store),
            conversion_record_service_pb2_grpc.add_ConversionRecordServiceServicer_to_server,
            conversion_record_service_pb2.DESCRIPTOR.services_by_name["ConversionRecordService"],
        ),
        Served(
            RecordReader(store),
            record_service_pb2_grpc.add_RecordServiceServicer_to_server,
            record_service_pb2.DESCRIPTOR.services_by_name["RecordService"],
        ),
    ]
    server = RpcServer(settings.listen, served=served, verifier=TokenVerifier(settings), ready=store.is_ready)
    try:
        await serve_until(server, stop)
    finally:
        store.close()


if __name__ == "__main__":
    given = read_settings(OwnCrmSettings)
    configure_logs("own-crm", given.log_level)
    process.run(lambda stop: serve(given, stop))
