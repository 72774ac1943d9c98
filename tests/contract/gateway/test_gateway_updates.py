"""What each update and delete sends to the services, and how it answers what they say."""

from typing import Any, NamedTuple

import httpx
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from leadline.crm.v1 import record_service_pb2 as crm
from leadline.leads.v1 import lead_pb2, lead_service_pb2
from leadline.settings.v1 import lists_pb2, settings_service_pb2

from tests.contract.gateway import samples
from tests.contract.gateway import samples_records as records
from tests.contract.gateway.answers import assert_documented, exact
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.samples import ENTRY_ID, LEAD_ID, PIPELINE_ID, PRODUCT_ID, STAGE_ID


class Update(NamedTuple):
    """A change of what is there, for version 7."""

    verb: str
    url: str
    body: Any
    method: str
    sent: Message
    answered: Message
    expected: Any


class Delete(NamedTuple):
    """A DELETE of version 7."""

    url: str
    method: str
    sent: Message
    answered: Message


UPDATES = [
    Update(
        "PUT",
        f"/leads/{LEAD_ID}",
        {"priority": "low", "phone": None, "estimatedValue": 1, "customFields": {}},
        "UpdateLead",
        lead_service_pb2.UpdateLeadRequest(
            lead_id=LEAD_ID,
            fields=lead_pb2.LeadFields(priority="low", estimated_value="1", custom_fields="{}"),
            update_mask=FieldMask(paths=["custom_fields", "estimated_value", "phone", "priority"]),
            expected_version=7,
        ),
        lead_service_pb2.UpdateLeadResponse(lead=samples.LEAD),
        samples.LEAD_JSON,
    ),
    Update(
        "POST",
        f"/leads/{LEAD_ID}/change-stage",
        {"stageId": STAGE_ID, "stageFieldValues": {"amount": 50000, "close_date": "2025-03-01"}},
        "ChangeStage",
        lead_service_pb2.ChangeStageRequest(
            lead_id=LEAD_ID,
            stage_id=STAGE_ID,
            stage_field_values='{"amount":50000,"close_date":"2025-03-01"}',
            expected_version=7,
        ),
        lead_service_pb2.ChangeStageResponse(lead=samples.LEAD),
        samples.LEAD_JSON,
    ),
    Update(
        "PUT",
        f"/products/{PRODUCT_ID}",
        {"sku": None, "unitPrice": 10},
        "UpdateProduct",
        crm.UpdateProductRequest(
            product_id=PRODUCT_ID,
            fields=crm.ProductFields(unit_price="10"),
            update_mask=FieldMask(paths=["sku", "unit_price"]),
            expected_version=7,
        ),
        crm.UpdateProductResponse(product=records.PRODUCT),
        records.PRODUCT_JSON,
    ),
    Update(
        "PUT",
        f"/lead-settings/pipelines/{PIPELINE_ID}",
        {"name": "Inbound", "movement": "sequential", "isDefault": True},
        "UpdatePipeline",
        settings_service_pb2.UpdatePipelineRequest(
            pipeline=lists_pb2.Pipeline(
                id=PIPELINE_ID, name="Inbound", movement=lists_pb2.MOVEMENT_SEQUENTIAL, is_default=True
            ),
            update_mask=FieldMask(paths=["is_default", "movement", "name"]),
            expected_version=7,
        ),
        settings_service_pb2.UpdatePipelineResponse(pipeline=records.PIPELINE),
        records.PIPELINE_JSON,
    ),
    Update(
        "PUT",
        f"/lead-settings/stages/{STAGE_ID}",
        {"name": "New", "position": 2, "color": "#000000", "probability": 0, "isWon": False, "isLost": True},
        "UpdateStage",
        settings_service_pb2.UpdateStageRequest(
            stage=lists_pb2.Stage(id=STAGE_ID, name="New", position=2, color="#000000", is_lost=True),
            update_mask=FieldMask(paths=["color", "is_lost", "is_won", "name", "position", "probability"]),
            expected_version=7,
        ),
        settings_service_pb2.UpdateStageResponse(stage=records.STAGE),
        records.STAGE_JSON,
    ),
    Update(
        "PUT",
        f"/lead-settings/priorities/{ENTRY_ID}",
        {"label": "Urgent", "color": "#ffffff", "position": 1, "isDefault": True},
        "UpdatePriority",
        settings_service_pb2.UpdatePriorityRequest(
            priority=lists_pb2.Priority(id=ENTRY_ID, label="Urgent", color="#ffffff", position=1, is_default=True),
            update_mask=FieldMask(paths=["color", "is_default", "label", "position"]),
            expected_version=7,
        ),
        settings_service_pb2.UpdatePriorityResponse(priority=records.PRIORITY),
        records.PRIORITY_JSON,
    ),
    *(
        Update(
            "PUT",
            f"/lead-settings/{path}/{ENTRY_ID}",
            {"label": "Cold call", "isActive": False},
            "UpdateLabel",
            settings_service_pb2.UpdateLabelRequest(
                list=which,
                label=lists_pb2.Label(id=ENTRY_ID, label="Cold call"),
                update_mask=FieldMask(paths=["is_active", "label"]),
                expected_version=7,
            ),
            settings_service_pb2.UpdateLabelResponse(label=records.LABEL),
            records.LABEL_JSON,
        )
        for path, which in (
            ("sources", settings_service_pb2.LABEL_LIST_SOURCES),
            ("disqualification-reasons", settings_service_pb2.LABEL_LIST_DISQUALIFICATION_REASONS),
            ("team-roles", settings_service_pb2.LABEL_LIST_TEAM_ROLES),
        )
    ),
    Update(
        "PUT",
        "/lead-settings/qualification-threshold",
        {"threshold": 75},
        "SetThreshold",
        settings_service_pb2.SetThresholdRequest(threshold=75, expected_version=7),
        settings_service_pb2.SetThresholdResponse(
            threshold=lists_pb2.Threshold(threshold=75, version=8, updated_at=samples.CREATED_AT)
        ),
        {"threshold": 75, "version": 8, "updatedAt": samples.CREATED},
    ),
]

DELETES = [
    Delete(
        f"/leads/{LEAD_ID}",
        "DeleteLead",
        lead_service_pb2.DeleteLeadRequest(lead_id=LEAD_ID, expected_version=7),
        lead_service_pb2.DeleteLeadResponse(),
    ),
    Delete(
        f"/products/{PRODUCT_ID}",
        "DeleteProduct",
        crm.DeleteProductRequest(product_id=PRODUCT_ID, expected_version=7),
        crm.DeleteProductResponse(),
    ),
]


@pytest.mark.parametrize("update", UPDATES, ids=lambda update: f"{update.method} {update.url[:30]}")
async def test_an_update_sends_what_is_given_for_the_expected_version(
    update: Update, admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers[update.method] = update.answered
    response = await admin.request(update.verb, update.url, json=update.body, headers={"if-match": '"7"'})
    assert (response.status_code, exact(response)) == (200, update.expected)
    assert response.headers["etag"] == f'"{update.expected["version"]}"'
    assert_documented(response)
    assert (backend.call.method, backend.call.request) == (update.method, update.sent)


@pytest.mark.parametrize("delete", DELETES, ids=lambda delete: delete.method)
async def test_a_delete_answers_204(delete: Delete, admin: httpx.AsyncClient, backend: Backend) -> None:
    backend.answers[delete.method] = delete.answered
    response = await admin.delete(delete.url, headers={"if-match": '"7"'})
    assert (response.status_code, response.content) == (204, b"")
    assert (backend.call.method, backend.call.request) == (delete.method, delete.sent)


async def test_the_settings_document_is_sent_on_with_its_numbers_as_they_are(
    admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers["UpdateSettings"] = settings_service_pb2.UpdateSettingsResponse(
        settings=lists_pb2.SettingsDocument(document="{}", version=8, updated_at=samples.CREATED_AT)
    )
    body = '{"sla": {"atRiskAfterPercent": 60.50, "escalations": [{"afterMinutes": 1e1}]}, "general": null}'
    headers = {"content-type": "application/json", "if-match": '"7"'}
    response = await admin.put("/lead-settings/settings", content=body, headers=headers)
    assert (response.status_code, response.headers["etag"]) == (200, '"8"')
    changes = '{"sla":{"atRiskAfterPercent":60.50,"escalations":[{"afterMinutes":1e1}]},"general":null}'
    assert backend.call.request == settings_service_pb2.UpdateSettingsRequest(changes=changes, expected_version=7)
