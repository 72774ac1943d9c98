"""Names that stand in histories must never change, and contracts and workflow code stay light."""

import subprocess
import sys

from leadline_workflows.contracts import names
from tests.workflows.scripted_services import Services


def test_the_names_of_workflows_and_messages_stay_what_they_are() -> None:
    assert (names.LEAD_SLA, names.LEAD_CONVERSION) == ("lead-sla", "lead-conversion")
    assert (names.CONVERT_LEAD, names.UNCONVERT_LEAD) == ("convert-lead", "unconvert-lead")
    assert (names.RETRY_NOW, names.GIVE_UP) == ("retry-now", "give-up")
    assert (names.CHECK_CONVERSIONS, names.CONVERSION_CHECK_SCHEDULE) == ("check-conversions", "check-conversions")
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
    assert (names.CHECK_SLA_CLOCKS, names.CHECK_QUEUE, names.CLOCK_CHECK_SCHEDULE) == (
        "check-sla-clocks",
        "checks",
        "check-sla-clocks",
    )
    assert (names.EXTEND_DEADLINE, names.PAUSE, names.RESUME) == ("extend-deadline", "pause", "resume")
    assert names.lead_sla_id("1") == "lead-sla/1"
    assert names.lead_of("lead-sla/1") == "1"
    assert names.clock_check_id("1") == "check-sla-clocks/1"
    assert names.lead_conversion_id("1") == "lead-conversion/1"
    assert names.lead_unconversion_id("1") == "lead-unconversion/1"
    assert names.lead_import_id("1") == "lead-import/1"
    assert names.retirement_id("disqualification_reason", "1") == "retire-disqualification-reason/1"


async def test_the_worker_has_exactly_the_activities_that_workflows_call(services: Services) -> None:
    assert sorted(services.activities) == [
        "compare-leads",
        "compare-runs",
        "complete-conversion",
        "complete-retirement",
        "complete-unconversion",
        "copy-documents",
        "copy-notes",
        "copy-team",
        "count-retiring",
        "end-clock-check",
        "end-import",
        "end-retirement",
        "ensure-account",
        "ensure-contact",
        "ensure-opportunity",
        "fail-conversion",
        "fail-retirement",
        "fail-unconversion",
        "import-batch",
        "move-retiring",
        "operate-clock",
        "order-lost-conversions",
        "read-plan",
        "record-milestone",
        "record-missed",
        "release-account",
        "release-contact",
        "release-opportunity",
        "remove-documents",
        "remove-notes",
        "remove-team",
        "request-daily-rescore",
        "rescore-batch",
        "restore-retiring",
        "start-undoing",
        "undo-records",
    ]


def test_contracts_load_nothing_but_the_standard_library() -> None:
    code = (
        "import sys; before = set(sys.modules);"
        "from leadline_workflows.contracts import clock_check, conversion, lead_import, names, outbox, rescore;"
        "from leadline_workflows.contracts import operators, retirement, search_attributes, sla;"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert set(loaded) <= {"leadline_workflows", *sys.stdlib_module_names}


def test_workflow_code_loads_neither_services_nor_databases() -> None:
    code = (
        "import sys; from leadline_workflows.definitions import check_sla_clocks, daily_rescore, lead_conversion;"
        "from leadline_workflows.definitions import check_conversions, convert_lead, unconvert_lead;"
        "from leadline_workflows.definitions import lead_import, lead_sla;"
        "from leadline_workflows.definitions import rescore_leads, retirement;"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not {"sqlalchemy", "leadline", "kit"} & set(loaded)
