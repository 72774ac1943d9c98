"""ConfigurationService: the whole configuration for services that work from a local copy of it."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
from leadline.settings.v1 import configuration_service_pb2 as pb
from leadline.settings.v1 import configuration_service_pb2_grpc

from settings_service.rpc.feed import ConfigurationFeed

Context = grpc.aio.ServicerContext[Any, Any]


class ConfigurationServicer(configuration_service_pb2_grpc.ConfigurationServiceServicer):
    """Hands out what the feed has."""

    def __init__(self, feed: ConfigurationFeed) -> None:
        self._feed = feed

    async def GetConfiguration(
        self, _request: pb.GetConfigurationRequest, _context: Context
    ) -> pb.GetConfigurationResponse:
        """The snapshot as it is now."""
        return pb.GetConfigurationResponse(configuration=await self._feed.newest())

    async def WatchConfiguration(
        self, _request: pb.WatchConfigurationRequest, _context: Context
    ) -> AsyncIterator[pb.WatchConfigurationResponse]:
        """The snapshot as it is now, and again after each change, until this replica ends."""
        async for configuration in self._feed.watch():
            yield pb.WatchConfigurationResponse(configuration=configuration)
