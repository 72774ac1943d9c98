"""The commands of each workflow are those that were looked at: who changes them hears what open runs need."""

from pathlib import Path

import pytest

from leadline_workflows import definitions
from tests.workflows.definitions_code import Code
from tests.workflows.fingerprint import FOLDER, fingerprint, workflows
from tests.workflows.test_replay import WORKFLOWS

_SOURCES = Path(definitions.__file__).parent
_WHAT_TO_DO = """
The commands that {name} can give are no longer those of tests/workflows/fingerprints/{name}.txt. A run that is open
while this is deployed replays its history on the new code, and is stuck where that gives other commands than it gave.
1. Nothing that ran before may meet the change: let it hang on a new field of the workflow's input whose default is the
   old way, or on workflow.patched. Activities, timers and the rest may only then be added, taken away or moved.
2. Record what is new: add cases to tests/workflows/capture.py, then `make capture-histories`. Histories that are there
   stay and must replay as they are: tests/workflows/test_replay.py.
3. `make fingerprints`, look at the difference, and commit it with the change.
Only a name or a text has changed, or nothing of this workflow has ever run anywhere: 3 alone will do."""

_START = '''"""A workflow to be changed."""

import asyncio
from datetime import timedelta

from temporalio import workflow

from leadline_workflows.contracts import names
from leadline_workflows.definitions.saga import uninterrupted

_LONGEST = timedelta(minutes=5)


@workflow.defn(name="probe")
class Probe:
    """It asks, waits and tells."""

    @workflow.run
    async def run(self, count: int) -> None:
        """Do it."""
'''
_RUN = """        workflow.upsert_search_attributes([])
        asked = await self._ask("ask the leads service")
        if asked > count:
            await workflow.sleep(timedelta(seconds=1), summary="a while")
        await uninterrupted(self._tell(names.END_IMPORT))
"""
_HELPERS = '''
    async def _ask(self, summary: str) -> int:
        # Asks.
        bound = _LONGEST
        return await workflow.execute_activity(names.IMPORT_BATCH, schedule_to_close_timeout=bound, summary=summary)

    async def _tell(self, activity: str) -> None:
        await workflow.execute_activity(activity, start_to_close_timeout=_LONGEST)

    @workflow.signal(name="hear")
    def hear(self) -> None:
        """Hear."""

    @workflow.query(name="look")
    def look(self) -> int:
        """Look."""
        return 1
'''
_PROBE = _START + _RUN + _HELPERS
_ITS_FINGERPRINT = """\
run
    search attributes
    activity import-batch
    if v1 > v2
        timer
    activity end-import
signal hear
"""


def of_probe(source: str) -> str:
    return fingerprint(Code({"probe": source}), "probe")


def changed(*replacements: tuple[str, str]) -> str:
    """The fingerprint of the workflow with some of its text replaced."""
    source = _PROBE
    for old, new in replacements:
        assert source.count(old) >= 1, old
        source = source.replace(old, new)
    return of_probe(source)


@pytest.mark.parametrize("name", sorted(workflows(Code())))
def test_the_commands_of_a_workflow_are_those_that_were_looked_at(name: str) -> None:
    path = FOLDER / f"{name}.txt"
    known = path.read_text() if path.exists() else ""
    assert fingerprint(Code(), name).splitlines() == known.splitlines(), _WHAT_TO_DO.format(name=name)


def test_every_workflow_that_replays_has_a_fingerprint_and_no_other_is_kept() -> None:
    replayed = {str(workflow.__temporal_workflow_definition.name) for workflow in WORKFLOWS}  # type: ignore[attr-defined]
    assert replayed == set(workflows(Code())) == {path.stem for path in FOLDER.glob("*.txt")}


def test_the_fingerprint_is_what_people_would_write() -> None:
    assert of_probe(_PROBE) == _ITS_FINGERPRINT


@pytest.mark.parametrize(
    "replacements",
    {
        "an activity is added": [
            ("        if asked", "        await self._tell(names.RESCORE_BATCH)\n        if asked")
        ],
        "an activity is taken away": [("        await uninterrupted(self._tell(names.END_IMPORT))\n", "")],
        "an activity is another one": [("names.END_IMPORT", "names.RESCORE_BATCH")],
        "an activity is local": [("execute_activity(names", "execute_local_activity(names")],
        "activities change places": [
            ('await self._ask("ask the leads service")', "await self._tell(names.END_IMPORT)"),
            ("await uninterrupted(self._tell(names.END_IMPORT))", 'await self._ask("ask")'),
        ],
        "a cancel is waited for": [
            ("(activity, ", "(activity, cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED, ")
        ],
        "a timer is added": [("        # Asks.", "        await workflow.sleep(1)")],
        "a timer is added by asyncio": [("        # Asks.", "        await asyncio.sleep(1)")],
        "a timer is taken away": [("await workflow.sleep(timedelta(seconds=1), summary=", "dict(a=")],
        "a timer is waited for before": [
            ("        asked =", "        await workflow.sleep(1)\n        asked ="),
            ("            await workflow.sleep(timedelta(seconds=1)", "            dict(b=timedelta(seconds=1)"),
        ],
        "a wait is added": [("        # Asks.", "        await workflow.wait_condition(lambda: self.is_over)")],
        "a wait with a timer is added": [
            ("        # Asks.", "        await workflow.wait_condition(self.over, timeout=1)")
        ],
        "a branch is taken otherwise": [("asked > count", "asked >= count")],
        "a branch is left early": [("        # Asks.", "        if self.over:\n            return 0")],
        "a command is in a loop": [("        if asked", "        while asked")],
        "search attributes are not told": [("        workflow.upsert_search_attributes([])\n", "")],
        "it goes on as a new run": [("        # Asks.", "        workflow.continue_as_new(1)")],
        "a child is started": [("        # Asks.", '        await workflow.execute_child_workflow("other")')],
        "another run is signalled": [
            ("        # Asks.", '        await workflow.get_external_workflow_handle("a").signal("b")')
        ],
        "chance is asked": [("        # Asks.", "        workflow.uuid4()")],
        "a patch is made": [("        # Asks.", '        workflow.patched("asks twice")')],
        "it may fail": [("        # Asks.", '        if self.over:\n            raise ValueError("over")')],
        "a signal gives a command": [('"""Hear."""', "workflow.upsert_search_attributes([])")],
        "a signal is heard no more": [('    @workflow.signal(name="hear")\n', "")],
        "an update is taken": [('@workflow.signal(name="hear")', '@workflow.update(name="hear")')],
    }.items(),
    ids=lambda change: change[0],
)
def test_an_edit_that_changes_the_commands_changes_the_fingerprint(
    replacements: tuple[str, list[tuple[str, str]]],
) -> None:
    assert changed(*replacements[1]) != _ITS_FINGERPRINT


@pytest.mark.parametrize(
    "replacements",
    {
        "a comment": [("# Asks.", "# Asks, and hears.")],
        "a docstring": [('"""Do it."""', '"""Do all of it."""')],
        "what operators read": [('"ask the leads service"', '"ask"'), ("a while", "a moment")],
        "the name of a local": [("asked", "answered"), ("count", "most")],
        "the name of a function": [("_ask", "_hear"), ("_tell", "_say")],
        "the name of a constant": [("_LONGEST", "_MOST")],
        "a timeout": [("minutes=5", "hours=5"), ("seconds=1", "seconds=2")],
        "a local that is added": [
            ("        # Asks.", "        known = count_of(1) if summary else 2\n        del known")
        ],
        "current details": [("        # Asks.", '        workflow.set_current_details("asks")')],
        "what a query answers": [("return 1", "return workflow.now().second")],
        "a helper that is taken in": [
            ('await self._ask("ask the leads service")', "await workflow.execute_activity(names.IMPORT_BATCH)")
        ],
    }.items(),
    ids=lambda change: change[0],
)
def test_an_edit_that_changes_no_command_leaves_the_fingerprint_as_it_is(
    replacements: tuple[str, list[tuple[str, str]]],
) -> None:
    assert changed(*replacements[1]) == _ITS_FINGERPRINT


def test_what_a_helper_of_another_module_does_counts() -> None:
    saga = (_SOURCES / "saga.py").read_text()
    loop = "    while not task.done():\n"
    assert loop in saga
    other = saga.replace(loop, f"    await workflow.sleep(1)\n{loop}")
    added = (
        "    timer",
        "    while not v1.done()",
        "        try",
        "        except asyncio.CancelledError",
        "            continue",
    )
    known = _ITS_FINGERPRINT.replace("signal hear", "\n".join((*added, "signal hear")))
    assert fingerprint(Code({"probe": _PROBE, "saga": other}), "probe") == known


def test_what_an_inherited_handler_has_the_workflow_do_counts() -> None:
    base = """
class Base:
    @workflow.update(name="do")
    async def do(self) -> None:
        await self._tell(names.RESCORE_BATCH)


@workflow.defn(name="probe")
"""
    source = _PROBE.replace('@workflow.defn(name="probe")\n', base).replace("class Probe:", "class Probe(Base):")
    assert of_probe(source) == f"{_ITS_FINGERPRINT}update do\n    activity rescore-batch\n"


def test_an_edit_of_a_real_workflow_is_noticed() -> None:
    source = (_SOURCES / "daily_rescore.py").read_text()
    line = '        asked = "Asked for'
    assert line in source
    other = source.replace(line, f"        await workflow.sleep(1)\n{line}")
    known = fingerprint(Code(), "daily-rescore")
    assert fingerprint(Code({"daily_rescore": other}), "daily-rescore") == f"{known}    timer\n"
