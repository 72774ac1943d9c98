"""JSON bodies that are refused, with the field at fault and what is wrong with it."""

from typing import Any

from tests.contract.gateway.samples import LEAD_ID, PRODUCT_ID, STAGE_ID, USER_ID

LEAD = f"/leads/{LEAD_ID}"

BODIES: list[tuple[str, str, Any, str, str]] = [
    ("POST", "/leads", {"company": "x", "shoeSize": 42}, "shoeSize", "unknown_field"),
    ("POST", "/leads", {"first_name": "Alice"}, "first_name", "unknown_field"),
    ("POST", "/leads", {"score": 100}, "score", "unknown_field"),
    ("POST", "/leads", {"company": 7}, "company", "wrong_type"),
    ("POST", "/leads", {"company": 7.5}, "company", "wrong_type"),
    ("POST", "/leads", {"company": True}, "company", "wrong_type"),
    ("POST", "/leads", {"company": ["x"]}, "company", "wrong_type"),
    ("POST", "/leads", {"estimatedValue": "50000"}, "estimatedValue", "wrong_type"),
    ("POST", "/leads", {"estimatedValue": True}, "estimatedValue", "wrong_type"),
    ("POST", "/leads", {"customFields": []}, "customFields", "wrong_type"),
    ("POST", "/leads", {"customFields": "{}"}, "customFields", "wrong_type"),
    ("POST", "/leads", {"stageId": "pipeline-uuid"}, "stageId", "not_a_uuid"),
    ("POST", "/leads", {"stageId": 7}, "stageId", "wrong_type"),
    ("POST", "/leads", {"assignedTo": "me"}, "assignedTo", "not_a_uuid"),
    ("POST", "/leads", {"company": "a\0b"}, "company", "wrong_character"),
    ("POST", "/leads", {"customFields": {"a": [{"b": "\ud800"}]}}, "customFields.a[0].b", "wrong_character"),
    ("POST", "/leads", {"customFields": {"a\udfff": 1}}, "customFields", "wrong_character"),
    ("POST", "/leads", [], "body", "wrong_type"),
    ("POST", "/leads", None, "body", "wrong_type"),
    ("POST", "/leads", "Alice", "body", "wrong_type"),
    ("PUT", LEAD, {"version": 7}, "version", "unknown_field"),
    ("PUT", LEAD, {"status": "converted"}, "status", "unknown_field"),
    ("POST", f"{LEAD}/change-stage", {}, "stageId", "required"),
    ("POST", f"{LEAD}/change-stage", {"stageId": None}, "stageId", "wrong_type"),
    ("POST", f"{LEAD}/change-stage", {"stageId": STAGE_ID, "stageFieldValues": 1}, "stageFieldValues", "wrong_type"),
    ("POST", f"{LEAD}/notes", {}, "content", "required"),
    ("POST", f"{LEAD}/notes", {"content": {"a": 1}}, "content", "wrong_type"),
    ("POST", f"{LEAD}/activities", {"direction": "outbound"}, "type", "required"),
    *(
        (
            "POST",
            f"{LEAD}/activities",
            {"type": "call", "direction": "inbound", "occurredAt": given},
            "occurredAt",
            code,
        )
        for given, code in (
            ("2025-01-20", "not_a_timestamp"),
            ("2025-01-20T10:00:00", "not_a_timestamp"),
            ("2025-02-30T10:00:00Z", "not_a_timestamp"),
            ("0001-01-01T00:00:00+14:00", "not_a_timestamp"),
            (1737367200, "wrong_type"),
        )
    ),
    ("POST", f"{LEAD}/disqualify", {}, "reason", "required"),
    ("POST", f"{LEAD}/disqualify", {"reason": None}, "reason", "wrong_type"),
    ("POST", f"{LEAD}/disqualify", {"reason": "no_budget", "notes": 7}, "notes", "wrong_type"),
    ("POST", f"{LEAD}/disqualify", {"reason": "no_budget", "stageFieldValues": []}, "stageFieldValues", "wrong_type"),
    ("POST", f"{LEAD}/disqualify", {"reason": "no_budget", "note": "x"}, "note", "unknown_field"),
    ("POST", f"{LEAD}/team", {"role": "sales_rep"}, "userId", "required"),
    ("POST", f"{LEAD}/team", {"userId": USER_ID}, "role", "required"),
    ("POST", f"{LEAD}/team", {"userId": "me", "role": "sales_rep"}, "userId", "not_a_uuid"),
    ("POST", f"{LEAD}/team", {"userId": USER_ID, "role": ["sales_rep"]}, "role", "wrong_type"),
    ("POST", f"{LEAD}/team", {"userId": USER_ID, "role": "sales_rep", "addedBy": USER_ID}, "addedBy", "unknown_field"),
    ("POST", "/leads/check-duplicates", {"email": 7}, "email", "wrong_type"),
    ("POST", "/leads/check-duplicates", {"phone": {"number": "+1"}}, "phone", "wrong_type"),
    ("POST", "/leads/check-duplicates", {"company": "StartupIO"}, "company", "unknown_field"),
    ("POST", "/leads/check-duplicates", [], "body", "wrong_type"),
    ("POST", f"{LEAD}/convert", {"stageFieldValues": "{}"}, "stageFieldValues", "wrong_type"),
    ("POST", f"{LEAD}/convert", {"createContact": "true"}, "createContact", "wrong_type"),
    ("POST", f"{LEAD}/convert", {"createContact": 1}, "createContact", "wrong_type"),
    ("POST", f"{LEAD}/convert", {"accountId": "existing-account-uuid"}, "accountId", "not_a_uuid"),
    ("POST", "/products", {"unitPrice": "5"}, "unitPrice", "wrong_type"),
    ("PUT", f"/products/{PRODUCT_ID}", {"price": 5}, "price", "unknown_field"),
]
