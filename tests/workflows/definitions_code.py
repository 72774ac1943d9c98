"""The source of workflow definitions as syntax trees: which function, class or constant a name in it means."""

import ast
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from leadline_workflows import definitions

PACKAGE = definitions.__name__
_CONTRACTS = "leadline_workflows.contracts."
_FOLDER = Path(definitions.__file__).parent

Def = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(eq=False)
class Module:
    """One module of definitions."""

    name: str
    tree: ast.Module

    @cached_property
    def imports(self) -> dict[str, str]:
        """What is imported, by the name that it has here."""
        found: dict[str, str] = {}
        for node in self.tree.body:
            if isinstance(node, ast.Import):
                found |= {alias.asname or alias.name: alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        return found

    @cached_property
    def constants(self) -> dict[str, ast.expr]:
        """What is assigned to names of the module itself."""
        return {
            target.id: node.value
            for node in self.tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }


@dataclass(eq=False)
class Class:
    """A class of definitions."""

    module: Module
    node: ast.ClassDef


@dataclass(eq=False)
class Function:
    """A function of definitions, or a method of a class: the one that is asked, though a base may have it."""

    module: Module
    node: Def
    owner: Class | None = None

    @property
    def parameters(self) -> list[str]:
        """The names of its parameters; ``self`` is none."""
        arguments = self.node.args
        named = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
        is_method = self.owner is not None and not any("static" in ast.unparse(each) for each in self.decorators)
        return named[1:] if is_method else named

    @property
    def defaults(self) -> dict[str, ast.expr]:
        """What parameters are where nothing is passed."""
        arguments = self.node.args
        named = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
        placed = dict(zip(reversed(named), reversed(arguments.defaults), strict=False))
        keyed = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        return placed | {each.arg: default for each, default in keyed if default is not None}

    @property
    def decorators(self) -> list[ast.expr]:
        """What it is decorated with."""
        return self.node.decorator_list


Meaning = Module | Class | Function


@dataclass
class Code:
    """All modules of definitions. ``replaced`` has other texts for some of them, by their last names."""

    replaced: Mapping[str, str] = field(default_factory=dict)
    # What functions are known to do.
    gone_through: dict[tuple[ast.AST, ast.AST | None], Any] = field(default_factory=dict)

    @cached_property
    def modules(self) -> dict[str, Module]:
        """The modules by their whole names."""
        texts = {path.stem: path.read_text() for path in sorted(_FOLDER.glob("*.py"))} | dict(self.replaced)
        return {
            f"{PACKAGE}.{stem}": Module(f"{PACKAGE}.{stem}", ast.parse(text))
            for stem, text in texts.items()
            if stem != "__init__"
        }

    def classes(self) -> Iterator[Class]:
        """All classes at the top of modules."""
        for module in self.modules.values():
            yield from (Class(module, node) for node in module.tree.body if isinstance(node, ast.ClassDef))

    def meaning(self, dotted: str) -> Meaning | None:
        """The module, class or function of that whole name, where it is one of definitions."""
        if dotted in self.modules:
            return self.modules[dotted]
        module, _, name = dotted.rpartition(".")
        return self.named(self.modules[module], name) if module in self.modules else None

    def named(self, module: Module, name: str) -> Meaning | None:
        """What a name means in a module, where it is something of definitions."""
        for node in module.tree.body:
            if isinstance(node, Def) and node.name == name:
                return Function(module, node)
            if isinstance(node, ast.ClassDef) and node.name == name:
                return Class(module, node)
        return self.meaning(module.imports[name]) if name in module.imports else None

    def bases(self, owner: Class) -> Iterator[Class]:
        """The classes that it inherits from, where they are of definitions."""
        meanings = (self.named(owner.module, base.id) for base in owner.node.bases if isinstance(base, ast.Name))
        return (each for each in meanings if isinstance(each, Class))

    def method(self, owner: Class, name: str) -> Function | None:
        """The method of a class, its own or that of a base in definitions."""
        for node in owner.node.body:
            if isinstance(node, Def) and node.name == name:
                return Function(owner.module, node, owner)
        found = (self.method(base, name) for base in self.bases(owner))
        return next((replace(each, owner=owner) for each in found if each is not None), None)

    def methods(self, owner: Class) -> dict[str, Function]:
        """All methods of a class, those of its bases in definitions included."""
        found: dict[str, Function] = {}
        for base in self.bases(owner):
            found |= {name: replace(each, owner=owner) for name, each in self.methods(base).items()}
        own = {node.name: Function(owner.module, node, owner) for node in owner.node.body if isinstance(node, Def)}
        return found | own

    def class_of(self, owner: Class, attribute: str) -> Class | None:
        """The class of an attribute, where it is one of definitions: what ``__init__`` makes, or what is annotated."""
        init = self.method(owner, "__init__")
        nodes = [*owner.node.body, *(ast.walk(init.node) if init else ())]
        for node in nodes:
            made = _made(node, attribute)
            meaning = self.named(owner.module, made.id) if isinstance(made, ast.Name) else None
            if isinstance(meaning, Class):
                return meaning
        found = (self.class_of(base, attribute) for base in self.bases(owner))
        return next((each for each in found if each is not None), None)


def _made(node: ast.AST, attribute: str) -> ast.expr | None:
    """The class that an attribute is made of, or annotated with, by a statement."""
    if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) in {attribute, f"self.{attribute}"}:
        return node.annotation
    if isinstance(node, ast.Assign) and any(ast.unparse(each) == f"self.{attribute}" for each in node.targets):
        return node.value.func if isinstance(node.value, ast.Call) else None
    return None


def dotted(node: ast.expr, module: Module) -> str:
    """The whole name that an expression amounts to, such as ``temporalio.workflow.sleep``; empty if it is no name."""
    if isinstance(node, ast.Name):
        return module.imports.get(node.id, f"{module.name}.{node.id}")
    if isinstance(node, ast.Attribute) and (before := dotted(node.value, module)):
        return f"{before}.{node.attr}"
    return ""


def text_of(node: ast.expr, module: Module) -> str | None:
    """The text that an expression is: written there, or a name such as ``names.RECORD_MILESTONE`` has it."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name) and node.id in module.constants:
        return text_of(module.constants[node.id], module)
    name = dotted(node, module)
    value = pkgutil.resolve_name(name) if name.startswith(_CONTRACTS) else None
    return value if isinstance(value, str) else None
