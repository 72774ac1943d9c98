"""What a function of a workflow does that its history shows: commands, within the branches and loops they stand in.

Activities count by their names, timers, search attributes, runs that go on as new ones, children, signals, chance, and
patches. Texts, timeouts, inputs and current details do not: a run does not notice when they change. Names of locals,
of constants and of functions that give commands do not show.
"""

import ast
import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.workflows.definitions_code import Class, Code, Function, Module, dotted, text_of
from tests.workflows.workflow_commands import ASKED, NAMED, OPTIONS, PLAIN, WORKFLOW

Steps = list["Step"]
# What is passed from call to call: a text, or what has texts by the names of its fields.
Known = str | dict[str, str]


@dataclass
class Step:
    """A line of a fingerprint with what stands within it. ``counts``: it is a command, or may end the run.

    The call of a function has that function, and where it is called.
    """

    text: str
    within: Steps = field(default_factory=list)
    counts: bool = False
    function: Function | None = None
    site: ast.Call | None = None

    @property
    def has_effect(self) -> bool:
        """Whether anything in it counts."""
        return self.counts or any(step.has_effect for step in self.within)

    @property
    def leaves(self) -> bool:
        """Whether anything in it leaves the function that it stands in before its end."""
        return self.text.startswith("return") or any(step.leaves for step in self.within if step.function is None)

    def whole(self) -> "Iterator[Step]":
        """Itself and everything within it."""
        yield self
        for step in self.within:
            yield from step.whole()

    @property
    def activities(self) -> list[str]:
        """The names of the activities in it, each once."""
        told = (step.text.partition("activity ")[2].partition(",")[0] for step in self.whole())
        return list(dict.fromkeys(filter(None, told)))


@dataclass
class Walk:
    """Goes through one function as it is called in one place, with what is known of what is passed to it."""

    code: Code
    function: Function
    known: dict[str, Known] = field(default_factory=dict)
    above: tuple[ast.AST, ...] = ()
    names: dict[str, str] = field(default_factory=dict)

    def steps(self) -> Steps:
        """What it does, where any of it counts."""
        found = self._of_all(self.function.node.body)
        if found and found[-1].text.startswith("return"):
            found.pop()
        return found if any(step.has_effect for step in found) else []

    @property
    def _module(self) -> Module:
        return self.function.module

    def _of_all(self, nodes: Iterable[ast.AST | None]) -> Steps:
        return [step for node in nodes if node is not None for step in self._of(node)]

    def _of(self, node: ast.AST) -> Steps:
        special = {
            ast.If: self._of_if,
            ast.While: self._of_while,
            ast.For: self._of_for,
            ast.AsyncFor: self._of_for,
            ast.Try: self._of_try,
            ast.Match: self._of_match,
            ast.Return: self._of_return,
            ast.Raise: self._of_raise,
            ast.Break: lambda _: [Step("break")],
            ast.Continue: lambda _: [Step("continue")],
            ast.FunctionDef: self._of_later,
            ast.AsyncFunctionDef: self._of_later,
            ast.Lambda: self._of_later,
            ast.BoolOp: self._of_either,
            ast.IfExp: self._of_choice,
            ast.Assign: self._of_assignment,
            ast.Call: self._of_call,
        }.get(type(node))
        found: Steps = special(node) if special else self._of_all(ast.iter_child_nodes(node))  # type: ignore[operator]
        return found

    def _of_if(self, node: ast.If) -> Steps:
        test, shown = self._of(node.test), self._shown(node.test)
        then, other = self._of_all(node.body), _block("else", self._of_all(node.orelse))
        return [*test, Step(f"if {shown}", then), *other] if then or other else test

    def _of_while(self, node: ast.While) -> Steps:
        return _block(f"while {self._shown(node.test)}", self._of(node.test) + self._of_all(node.body))

    def _of_for(self, node: ast.For | ast.AsyncFor) -> Steps:
        return self._of(node.iter) + _block("for each", self._of_all(node.body))

    def _of_try(self, node: ast.Try) -> Steps:
        after: Steps = []
        for handler in node.handlers:
            caught = f" {ast.unparse(handler.type)}" if handler.type else ""
            after += _block(f"except{caught}", self._of_all(handler.body))
        after += _block("else", self._of_all(node.orelse)) + _block("finally", self._of_all(node.finalbody))
        tried = self._of_all(node.body)
        return [Step("try", tried), *after] if tried or after else []

    def _of_match(self, node: ast.Match) -> Steps:
        cases = [
            step for each in node.cases for step in _block(f"case {ast.unparse(each.pattern)}", self._of_all(each.body))
        ]
        return self._of(node.subject) + _block("match", cases)

    def _of_return(self, node: ast.Return) -> Steps:
        shown = f" {node.value.value!r}" if isinstance(node.value, ast.Constant) else ""
        return [*self._of_all([node.value]), Step(f"return{shown}")]

    def _of_raise(self, node: ast.Raise) -> Steps:
        return [*self._of_all([node.exc]), Step("raise", counts=True)]

    def _of_later(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Steps:
        steps = self._of_all([node.body] if isinstance(node, ast.Lambda) else node.body)
        return _block("when called", steps) if any(step.has_effect for step in steps) else []

    def _of_either(self, node: ast.BoolOp) -> Steps:
        first, *others = node.values
        return self._of(first) + _block("perhaps", self._of_all(others))

    def _of_choice(self, node: ast.IfExp) -> Steps:
        return self._of(node.test) + [
            step for each in (node.body, node.orelse) for step in _block("perhaps", self._of(each))
        ]

    def _of_assignment(self, node: ast.Assign) -> Steps:
        value = self._known(node.value)
        for target in node.targets:
            if isinstance(target, ast.Name) and value is not None:
                self.known[target.id] = value
        return self._of(node.value)

    def _of_call(self, call: ast.Call) -> Steps:
        before = self._of_all([call.func, *call.args, *(each.value for each in call.keywords)])
        name = dotted(call.func, self._module)
        if name == f"{WORKFLOW}wait_condition":
            timed = any(each.arg == "timeout" for each in call.keywords)
            return [*before, Step("wait, with a timer" if timed else "wait", counts=True)]
        if name in PLAIN:
            return [*before, Step(PLAIN[name], counts=True)]
        command = name.removeprefix(WORKFLOW)
        if name.startswith(WORKFLOW) and command in NAMED:
            return [*before, Step(f"{NAMED[command]} {self._named(call)}{self._options(call)}", counts=True)]
        called = self._called(call.func)
        if called is None and isinstance(call.func, ast.Attribute) and call.func.attr in ASKED:
            return [*before, Step(call.func.attr, counts=True)]
        return before + (self._of_function(called, call) if called else [])

    def _of_function(self, called: Function, call: ast.Call) -> Steps:
        if called.node in self.above:
            return [Step("the same again")]
        above = (*self.above, called.node)
        steps = Walk(self.code, called, self._passed(called, call), above).steps()
        return [Step("call", steps, function=called, site=call)] if steps else []

    def _passed(self, called: Function, call: ast.Call) -> dict[str, Known]:
        """What is known of what is passed, by parameter."""
        given = dict(zip(called.parameters, call.args, strict=False))
        given |= {each.arg: each.value for each in call.keywords if each.arg}
        passed = {name: self._known(each) for name, each in given.items()}
        return {name: value for name, value in passed.items() if value is not None}

    def _known(self, node: ast.expr) -> Known | None:
        if isinstance(node, ast.Name) and node.id in self.known:
            return self.known[node.id]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            fields = {each.arg: self._text(each.value) for each in node.keywords if each.arg}
            return {name: text for name, text in fields.items() if text is not None}
        return self._text(node)

    def _called(self, func: ast.expr) -> Function | None:
        """The function of definitions that is called; of a class, how it is made."""
        owner = self.function.owner
        if isinstance(func, ast.Attribute) and owner is not None:
            held = func.value
            if ast.unparse(held) == "self":
                return self.code.method(owner, func.attr)
            if isinstance(held, ast.Attribute) and ast.unparse(held.value) == "self":
                found = self.code.class_of(owner, held.attr)
                return self.code.method(found, func.attr) if found else None
        meaning = self.code.meaning(dotted(func, self._module))
        if isinstance(meaning, Class):
            return self.code.method(meaning, "__init__")
        return meaning if isinstance(meaning, Function) else None

    def _named(self, call: ast.Call) -> str:
        first = call.args[0] if call.args else call.keywords[0].value
        return self._text(first) or "given"

    def _options(self, call: ast.Call) -> str:
        found = {each.arg: each.value for each in call.keywords if each.arg in OPTIONS}
        return "".join(f", {ast.unparse(found[name]).rpartition('.')[2].lower()}" for name in OPTIONS if name in found)

    def _text(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            holder = self.known.get(node.value.id)
            if isinstance(holder, dict):
                return holder.get(node.attr)
        value = self.known.get(node.id) if isinstance(node, ast.Name) else None
        return value if isinstance(value, str) else text_of(node, self._module)

    def _shown(self, node: ast.expr) -> str:
        return ast.unparse(_Renamed(self).visit(copy.deepcopy(node)))

    def does_something(self, call: ast.Call) -> bool:
        """Whether a call gives commands itself, which stand there on their own."""
        called = self._called(call.func)
        return bool(called and called.node not in self.above and in_general(self.code, called))


def in_general(code: Code, function: Function) -> Steps:
    """What a function does whatever is passed to it."""
    key = (function.node, function.owner.node if function.owner else None)
    known: Steps | None = code.gone_through.get(key)
    if known is None:
        known = code.gone_through[key] = Walk(code, function, above=(function.node,)).steps()
    return known


class _Renamed(ast.NodeTransformer):
    """A condition as it is written, but for what may be called otherwise, and for calls that give commands."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        nodes = list(ast.walk(walk.function.node))
        self._locals = {each.id for each in nodes if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
        self._locals |= {each.arg for each in nodes if isinstance(each, ast.arg)} - {"self"}
        self._locals |= {each.name for each in nodes if isinstance(each, ast.ExceptHandler) and each.name}

    def visit_Name(self, node: ast.Name) -> ast.expr:
        names = self._walk.names
        if node.id in self._locals:
            return ast.Name(names.setdefault(node.id, f"v{len(names) + 1}"))
        return self._walk.function.module.constants.get(node.id, node)

    def visit_Await(self, node: ast.Await) -> ast.AST:
        found: ast.AST = self.visit(node.value)
        return found

    def visit_Call(self, node: ast.Call) -> ast.AST:
        return ast.Constant(...) if self._walk.does_something(node) else self.generic_visit(node)


def _block(text: str, within: Steps) -> Steps:
    return [Step(text, within)] if within else []
