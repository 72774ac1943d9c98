"""What a StartImport call brings: first what comes, then the file in parts, and the options once among them."""

from collections.abc import AsyncIterator

from leadline.leads.v1 import import_service_pb2 as pb

from kit.errors import invalid_field
from leads_service.rpc.contents import content_part


class Upload:
    """The parts of one call, in the order in which they come."""

    def __init__(self, requests: AsyncIterator[pb.StartImportRequest]) -> None:
        self._requests = aiter(requests)
        self._options: pb.ImportOptions | None = None

    @property
    def options(self) -> pb.ImportOptions:
        """What was asked for; all as by default where nothing was."""
        return self._options or pb.ImportOptions()

    async def begin(self) -> pb.NewImport:
        """What comes.

        Raises:
            LeadlineError: VALIDATION_FAILED.
        """
        first = await anext(self._requests, pb.StartImportRequest())
        if first.WhichOneof("part") != "lead_import":
            raise invalid_field("import", "REQUIRED", "The first message says what comes.")
        return first.lead_import

    async def content(self) -> AsyncIterator[bytes]:
        """The file in parts. The options are noted on the way.

        Raises:
            LeadlineError: VALIDATION_FAILED.
        """
        async for request in self._requests:
            kind = request.WhichOneof("part")
            if kind == "content":
                yield content_part(request.content)
            elif kind == "options" and self._options is None:
                self._options = request.options
            else:
                path = "options" if kind == "options" else "import"
                raise invalid_field(path, "GIVEN_TWICE", "Comes once; the options come before or after the content.")
