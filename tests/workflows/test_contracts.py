"""Names that stand in histories must never change, and contracts and workflow code stay light."""

import subprocess
import sys

from leadline_workflows.contracts import names
from tests.workflows.scripted_services import Services


def test_the_names_of_workflows_and_messages_stay_what_they_are() -> None:
    assert (names.LEAD_SLA, names.LEAD_CONVERSION) == ("lead-sla", "lead-conversion")
    assert (names.SLA_QUEUE, names.CONVERSION_QUEUE) == ("lead-sla", "lead-conversion")
    assert (names.CLOCK_CHANGED, names.CLOCK, names.REFRESH) == ("clock-changed", "clock", "refresh")
    assert (names.RESCORE_LEADS, names.DAILY_RESCORE, names.RETIREMENT) == (
        "rescore-leads",
        "daily-rescore",
        "retirement",
    )
    assert (names.LEAD_IMPORT, names.IMPORT_QUEUE) == ("lead-import", "lead-import")
    assert (names.SETTINGS_QUEUE, names.DAILY_RESCORE_SCHEDULE) == ("lead-settings", "rescore-leads-daily")
    assert (names.RESCORE_REQUESTED, names.PROGRESS) == ("rescore-requested", "progress")
    assert names.lead_sla_id("1") == "lead-sla/1"
    assert names.lead_conversion_id("1") == "lead-conversion/1"
    assert names.lead_import_id("1") == "lead-import/1"
    assert names.retirement_id("disqualification_reason", "1") == "retire-disqualification-reason/1"


async def test_the_worker_has_exactly_the_activities_that_workflows_call(services: Services) -> None:
    assert sorted(services.activities) == [
        "complete-conversion",
        "complete-retirement",
        "copy-notes",
        "count-retiring",
        "end-import",
        "end-retirement",
        "ensure-account",
        "ensure-contact",
        "ensure-opportunity",
        "fail-conversion",
        "fail-retirement",
        "import-batch",
        "move-retiring",
        "read-plan",
        "record-milestone",
        "release-account",
        "release-contact",
        "release-opportunity",
        "remove-notes",
        "request-daily-rescore",
        "rescore-batch",
        "restore-retiring",
    ]


def test_contracts_load_nothing_but_the_standard_library() -> None:
    code = (
        "import sys; before = set(sys.modules);"
        "from leadline_workflows.contracts import conversion, lead_import, names, outbox, rescore;"
        "from leadline_workflows.contracts import retirement, search_attributes, sla;"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert set(loaded) <= {"leadline_workflows", *sys.stdlib_module_names}


def test_workflow_code_loads_neither_services_nor_databases() -> None:
    code = (
        "import sys; from leadline_workflows.definitions import daily_rescore, lead_conversion, lead_import, lead_sla;"
        "from leadline_workflows.definitions import rescore_leads, retirement;"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not {"sqlalchemy", "leadline", "kit"} & set(loaded)
