"""`/lead-settings/qualification-threshold` and `/lead-settings/settings`."""

from leadline.settings.v1 import settings_service_pb2 as pb
from starlette.responses import Response

from gateway.answers import settings as answers
from gateway.answers.json import ok
from gateway.body import json_text
from gateway.clients import Services
from gateway.headers import IfMatch
from gateway.operations import Operations
from gateway.schemas.settings import SettingsChanges, SettingsDocument, Threshold, ThresholdChange

operations = Operations("Settings", pb.DESCRIPTOR.services_by_name["SettingsService"])


@operations.add("GET", "/lead-settings/qualification-threshold", "GetThreshold", answer=Threshold)
async def get_threshold(services: Services) -> Response:
    """Read the score from which a lead is qualified."""
    found = (await services.call(services.settings.GetThreshold, pb.GetThresholdRequest())).threshold
    return ok(answers.threshold(found), version=found.version)


@operations.add("PUT", "/lead-settings/qualification-threshold", "SetThreshold", answer=Threshold)
async def set_threshold(services: Services, body: ThresholdChange, if_match: IfMatch = None) -> Response:
    """Set the score from which a lead is qualified."""
    request = pb.SetThresholdRequest(threshold=body.threshold, expected_version=if_match)
    changed = (await services.call(services.settings.SetThreshold, request)).threshold
    return ok(answers.threshold(changed), version=changed.version)


@operations.add("GET", "/lead-settings/settings", "GetSettings", answer=SettingsDocument)
async def get_settings(services: Services) -> Response:
    """Read all lead settings."""
    found = (await services.call(services.settings.GetSettings, pb.GetSettingsRequest())).settings
    return ok(answers.document(found), version=found.version)


@operations.add("PUT", "/lead-settings/settings", "UpdateSettings", answer=SettingsDocument)
async def update_settings(services: Services, body: SettingsChanges, if_match: IfMatch = None) -> Response:
    """Change lead settings.

    Sections are merged key by key; a list in a section is replaced as a whole.
    """
    request = pb.UpdateSettingsRequest(changes=json_text(body), expected_version=if_match)
    changed = (await services.call(services.settings.UpdateSettings, request)).settings
    return ok(answers.document(changed), version=changed.version)
