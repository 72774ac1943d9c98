"""What each update and delete sends to the services, and how it answers what they say."""

import httpx
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from leadline.crm.v1 import record_service_pb2 as crm
from leadline.leads.v1 import lead_pb2, lead_service_pb2, team_service_pb2
from leadline.settings.v1 import lists_pb2, settings_service_pb2

from tests.contract.gateway import cases_life_cycle as life_cycle
from tests.contract.gateway import cases_product_lines as product_lines
from tests.contract.gateway import cases_settings_changes as changes
from tests.contract.gateway import samples
from tests.contract.gateway import samples_records as records
from tests.contract.gateway.answers import assert_documented, exact
from tests.contract.gateway.backend import Backend
from tests.contract.gateway.cases import Delete, Update
from tests.contract.gateway.samples import LEAD_ID, PRODUCT_ID, STAGE_ID, USER_ID

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
        "POST",
        f"/leads/{LEAD_ID}/disqualify",
        {
            "reason": "no_budget",
            "notes": "None until next year.",
            "stageFieldValues": {"lost_to": "nobody", "share": 0.10},
        },
        "DisqualifyLead",
        lead_service_pb2.DisqualifyLeadRequest(
            lead_id=LEAD_ID,
            reason="no_budget",
            notes="None until next year.",
            stage_field_values='{"lost_to":"nobody","share":0.1}',
            expected_version=7,
        ),
        lead_service_pb2.DisqualifyLeadResponse(lead=samples.LEAD),
        samples.LEAD_JSON,
    ),
    Update(
        "POST",
        f"/leads/{LEAD_ID}/disqualify",
        {"reason": "no_budget", "notes": None},
        "DisqualifyLead",
        lead_service_pb2.DisqualifyLeadRequest(lead_id=LEAD_ID, reason="no_budget", expected_version=7),
        lead_service_pb2.DisqualifyLeadResponse(lead=samples.LEAD),
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
]

DELETES = [
    Delete(
        f"/leads/{LEAD_ID}",
        "DeleteLead",
        lead_service_pb2.DeleteLeadRequest(lead_id=LEAD_ID, expected_version=7),
        lead_service_pb2.DeleteLeadResponse(),
    ),
    Delete(
        f"/leads/{LEAD_ID}/team/{USER_ID.upper()}",
        "RemoveTeamMember",
        team_service_pb2.RemoveTeamMemberRequest(lead_id=LEAD_ID, user_id=USER_ID),
        team_service_pb2.RemoveTeamMemberResponse(),
    ),
    Delete(
        f"/products/{PRODUCT_ID}",
        "DeleteProduct",
        crm.DeleteProductRequest(product_id=PRODUCT_ID, expected_version=7),
        crm.DeleteProductResponse(),
    ),
]


@pytest.mark.parametrize(
    "update",
    [*UPDATES, *product_lines.UPDATES, *changes.UPDATES, *life_cycle.UPDATES],
    ids=lambda update: f"{update.method} {update.url[:30]}",
)
async def test_an_update_sends_what_is_given_for_the_expected_version(
    update: Update, admin: httpx.AsyncClient, backend: Backend
) -> None:
    backend.answers[update.method] = update.answered
    # Only a POST takes a key; elsewhere it goes nowhere.
    headers = {"if-match": '"7"', "idempotency-key": "a-key"}
    response = await admin.request(update.verb, update.url, json=update.body, headers=headers)
    assert (response.status_code, exact(response)) == (200, update.expected)
    assert response.headers["etag"] == f'"{update.expected["version"]}"'
    assert_documented(response)
    assert (backend.call.method, backend.call.request) == (update.method, update.sent)
    assert backend.call.metadata.get("idempotency-key") == ("a-key" if update.verb == "POST" else None)


@pytest.mark.parametrize(
    "delete", [*DELETES, *product_lines.DELETES, *changes.DELETES], ids=lambda delete: delete.method
)
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
