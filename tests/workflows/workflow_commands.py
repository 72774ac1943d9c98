"""How workflow code says what becomes a command in its history, by the names of the libraries."""

WORKFLOW = "temporalio.workflow."
# Commands that name what they are for in their first argument.
NAMED = {
    "execute_activity": "activity",
    "start_activity": "activity",
    "execute_activity_method": "activity",
    "start_activity_method": "activity",
    "execute_local_activity": "local activity",
    "start_local_activity": "local activity",
    "execute_local_activity_method": "local activity",
    "start_local_activity_method": "local activity",
    "execute_child_workflow": "child",
    "start_child_workflow": "child",
    "patched": "patch",
    "deprecate_patch": "patch",
    "new_random": "chance",
}
PLAIN = {
    f"{WORKFLOW}sleep": "timer",
    f"{WORKFLOW}upsert_search_attributes": "search attributes",
    f"{WORKFLOW}upsert_memo": "memo",
    f"{WORKFLOW}continue_as_new": "go on as a new run",
    f"{WORKFLOW}get_external_workflow_handle": "another run",
    f"{WORKFLOW}get_external_workflow_handle_for": "another run",
    f"{WORKFLOW}uuid4": "an id by chance",
    f"{WORKFLOW}random": "chance",
    "asyncio.sleep": "timer",
    "asyncio.wait_for": "timer",
    "asyncio.timeout": "timer",
    "asyncio.timeout_at": "timer",
}
# Asked of what definitions have not made themselves: of activities, of other runs.
ASKED = {"cancel", "signal"}
OPTIONS = ("cancellation_type", "parent_close_policy")
