"""The commands that a workflow's code can give, in order, as text that people read: its fingerprint.

`python -m tests.workflows.fingerprint`, in the project's folder, writes those of today's code. What counts is what an
open run depends on when its history is replayed: see `fingerprint_steps`.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.workflows.definitions_code import Class, Code, Def, Function, dotted, text_of
from tests.workflows.fingerprint_steps import Step, Steps, Walk, in_general
from tests.workflows.workflow_commands import WORKFLOW

FOLDER = Path(__file__).parent / "fingerprints"

_HANDLERS = ("run", "signal", "update")
# What is longer, and stands there several times, is told once.
_SHORT = 5


def workflows(code: Code) -> dict[str, Class]:
    """The workflows of definitions, by the names that they are started under."""
    found: dict[str, Class] = {}
    for each in code.classes():
        for decorator in each.node.decorator_list:
            if isinstance(decorator, ast.Call) and dotted(decorator.func, each.module) == f"{WORKFLOW}defn":
                named = next(keyword.value for keyword in decorator.keywords if keyword.arg == "name")
                found[text_of(named, each.module) or each.node.name] = each
    return found


def fingerprint(code: Code, name: str) -> str:
    """The commands of the workflow of that name."""
    blocks: dict[str, Steps] = {}
    for method in code.methods(workflows(code)[name]).values():
        if title := _title(method):
            blocks[title] = Walk(code, method, above=(method.node,)).steps()
    ordered = sorted(blocks, key=lambda title: (_HANDLERS.index(title.split()[0]), title))
    return "\n".join(_Teller(code, [Step(title, blocks[title]) for title in ordered]).lines()) + "\n"


def _title(method: Function) -> str:
    """``run``, ``signal <name>`` or ``update <name>``; nothing for what gives no commands."""
    for decorator in method.node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        kind = dotted(call.func if call else decorator, method.module).removeprefix(WORKFLOW)
        if kind in _HANDLERS:
            named = [each.value for each in call.keywords if each.arg == "name"] if call else []
            name = text_of(named[0], method.module) if named else method.node.name
            return kind if kind == "run" else f"{kind} {name}"
    return ""


class _Teller:
    """Puts steps into lines. What is long and called from several places stands at the end, once, with a number."""

    def __init__(self, code: Code, steps: Steps) -> None:
        self._steps = steps
        self._told: list[Def] = []
        calls = {
            (step.function.node, step.site): step.function for each in steps for step in each.whole() if step.function
        }
        places = Counter(node for node, _ in calls)
        functions = {function.node: function for function in calls.values() if places[function.node] > 1}
        self._parts = {node: in_general(code, function) for node, function in functions.items()}
        for node in functions:
            if len(list(self._all(self._parts[node], ""))) <= _SHORT:
                del self._parts[node]

    def lines(self) -> Iterator[str]:
        """All lines."""
        self._told.clear()
        yield from self._all(self._steps, "")
        for number, node in enumerate(self._told, 1):
            yield f"part {number}"
            yield from self._all(self._parts[node], "    ")

    def _all(self, steps: Steps, indent: str) -> Iterator[str]:
        for step in steps:
            yield from self._one(step, indent)

    def _one(self, step: Step, indent: str) -> Iterator[str]:
        if step.function is not None and step.function.node in self._parts:
            told = ", ".join(step.activities)
            yield f"{indent}part {self._number(step.function.node)}{f' with {told}' if told else ''}"
        elif step.function is not None and not step.leaves:
            # A call whose end is nobody's business is told as if it stood there.
            yield from self._all(step.within, indent)
        else:
            yield f"{indent}{step.text}"
            yield from self._all(step.within, f"{indent}    ")

    def _number(self, node: Def) -> int:
        if node not in self._told:
            # They are told of at the end, while more of them may come.
            self._told.append(node)
        return self._told.index(node) + 1


def main() -> None:
    """Write the fingerprints of today's code."""
    FOLDER.mkdir(exist_ok=True)
    code = Code()
    for name in workflows(code):
        path = FOLDER / f"{name}.txt"
        path.write_text(fingerprint(code, name))
        print(path)  # noqa: T201 - a command says what it wrote
    for path in FOLDER.glob("*.txt"):
        if path.stem not in workflows(code):
            path.unlink()


if __name__ == "__main__":
    main()
