"""Templates in specs: Jinja's expressions in a closed box. No calls, no loops, a few filters, bounded output.

What may stand in a template is an allow-list of syntax nodes, checked before anything is evaluated. Names are looked up
in mappings only, so a template reaches data and never an attribute or a method of an object.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, Undefined, UndefinedError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pochoir.domain.errors import InvalidRequest, InvalidSpec
from pochoir.domain.storable import fault
from pochoir.features.tools.filters import FILTERS, MAX_OUTPUT, TooLong, as_text

MAX_TEMPLATE = 32_000
MAX_DEPTH = 40
"""How deep expressions may be nested."""
MAX_NUMBER = 10**15
TESTS = ("defined", "none", "undefined")

_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.If,
    nodes.Name,
    nodes.Const,
    nodes.List,
    nodes.Tuple,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Slice,
    nodes.Filter,
    nodes.Test,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.CondExpr,
    nodes.Add,
    nodes.Sub,
    nodes.Mul,
    nodes.Div,
    nodes.FloorDiv,
    nodes.Mod,
    nodes.Neg,
)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and -MAX_NUMBER <= value <= MAX_NUMBER


class _Environment(ImmutableSandboxedEnvironment):
    """Looks names up in mappings and lists only, and bounds what operators can make."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Undefined):
            return obj
        if isinstance(obj, Mapping) and isinstance(argument, str) and argument in obj:
            return obj[argument]
        if isinstance(obj, list | tuple | str) and isinstance(argument, int) and -len(obj) <= argument < len(obj):
            return obj[argument]
        return self.undefined(obj=obj, name=str(argument))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            if len(left) + len(right) > MAX_OUTPUT:
                raise TooLong
            return left + right
        operands: tuple[Any, Any] = (left, right)
        for value in operands:
            if isinstance(value, Undefined):
                str(value)
            if not _is_number(value):
                raise ValueError(f"'{operator}' works with numbers up to {MAX_NUMBER:,} only")
        if isinstance(left, Decimal) or isinstance(right, Decimal):
            left, right = Decimal(str(left)), Decimal(str(right))
        return super().call_binop(context, operator, left, right)


def _environment() -> _Environment:
    environment = _Environment(undefined=StrictUndefined, finalize=as_text, autoescape=False, optimized=False)
    environment.filters = dict(FILTERS)
    environment.tests = {name: environment.tests[name] for name in TESTS}
    environment.globals = {}
    return environment


_ENVIRONMENT = _environment()


def is_template(value: object) -> bool:
    """Whether a value is a text that holds a template."""
    return isinstance(value, str) and ("{{" in value or "{%" in value or "{#" in value)


def parse(template: str) -> nodes.Template:
    """The syntax tree, checked. Raises InvalidSpec with one sentence on what is not allowed or not readable."""
    if len(template) > MAX_TEMPLATE:
        raise InvalidSpec([f"A text has {len(template):,} characters; {MAX_TEMPLATE:,} are the most. Shorten it."])
    try:
        tree = _ENVIRONMENT.parse(template)
    except (TemplateSyntaxError, ValueError) as error:
        reason = str(error.message if isinstance(error, TemplateSyntaxError) else error).rstrip(".")
        raise InvalidSpec([f"The template {_shown(template)} cannot be read: {reason}. Correct it."]) from None
    except RecursionError:
        raise InvalidSpec([f"The template {_shown(template)} is nested too deep. Simplify it."]) from None
    _check(tree, template, 0)
    return tree


def _check(node: nodes.Node, template: str, depth: int) -> None:
    fault = _fault(node) if depth <= MAX_DEPTH else "nesting as deep as this"
    if fault:
        raise InvalidSpec(
            [
                f"The template {_shown(template)} uses {fault}, which is not allowed. "
                f"Use names, comparisons, 'if' and the filters {', '.join(FILTERS)}."
            ]
        )
    for child in node.iter_child_nodes():
        _check(child, template, depth + 1)


def _fault(node: nodes.Node) -> str:
    """What is wrong with one node, in a few words; empty when nothing is."""
    if not isinstance(node, _ALLOWED):
        return f"'{type(node).__name__.lower()}'"
    if isinstance(node, nodes.Filter):
        if node.name not in FILTERS:
            return f"the filter '{node.name}'"
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            return "unpacked arguments"
    if isinstance(node, nodes.Test) and (node.name not in TESTS or node.args or node.kwargs):
        return f"the test '{node.name}'"
    name = node.name if isinstance(node, nodes.Name) else node.attr if isinstance(node, nodes.Getattr) else ""
    if name.startswith("_"):
        return f"the name '{name}'"
    if isinstance(node, nodes.Const) and isinstance(node.value, int | float) and abs(node.value) > MAX_NUMBER:
        return "a number this large"
    return ""


@lru_cache(maxsize=512)
def _compiled(template: str) -> tuple[Template, bool]:
    tree = parse(template)
    only = _only_expression(tree)
    if only is None:
        return _ENVIRONMENT.from_string(tree), False
    assign = nodes.Assign(nodes.Name("result", "store", lineno=1), only, lineno=1)
    body = nodes.Template([assign], lineno=1)
    body.set_environment(_ENVIRONMENT)
    return _ENVIRONMENT.from_string(body), True


def _only_expression(tree: nodes.Template) -> nodes.Expr | None:
    """The expression, when the template is one expression and nothing else but spaces around it."""
    if len(tree.body) != 1 or not isinstance(tree.body[0], nodes.Output):
        return None
    parts = [
        part for part in tree.body[0].nodes if not (isinstance(part, nodes.TemplateData) and not part.data.strip())
    ]
    return parts[0] if len(parts) == 1 and not isinstance(parts[0], nodes.TemplateData) else None


def render(template: str, scope: Mapping[str, Any]) -> Any:
    """The template's text, or the value itself when the template is one expression (`{{ steps.shots.images }}`).

    Raises InvalidSpec when the template is not allowed, InvalidRequest when it fails with these values.
    """
    if not is_template(template):
        return template
    compiled, native = _compiled(template)
    try:
        if native:
            return _bounded(_value(compiled, scope))
        return _collected(compiled, scope)
    except UndefinedError:
        raise InvalidRequest(
            f"The template {_shown(template)} uses a name that has no value here. Check the names in it."
        ) from None
    except TooLong:
        raise InvalidRequest(
            f"The template {_shown(template)} gives more than {MAX_OUTPUT:,} characters. Shorten what goes in."
        ) from None
    except (TemplateError, TypeError, ValueError, ArithmeticError, KeyError, AttributeError, RecursionError) as error:
        raise InvalidRequest(
            f"The template {_shown(template)} cannot be worked out: {str(error).rstrip('.')}. Correct it."
        ) from None


def _value(compiled: Template, scope: Mapping[str, Any]) -> Any:
    context = compiled.new_context(dict(scope))
    for _part in compiled.root_render_func(context):
        continue
    value = context.vars["result"]
    if isinstance(value, Undefined):
        str(value)
    return value


def _collected(compiled: Template, scope: Mapping[str, Any]) -> str:
    parts, length = [], 0
    for part in compiled.root_render_func(compiled.new_context(dict(scope))):
        length += len(part)
        if length > MAX_OUTPUT:
            raise TooLong
        parts.append(part)
    return "".join(parts)


def _bounded(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MAX_OUTPUT:
        raise TooLong
    if words := fault(value):
        raise ValueError(f"it gives {words}, which cannot be stored")
    return value


def references(template: str) -> list[tuple[str, ...]]:
    """The names that a template uses, as paths: `("inputs", "product")`, `("steps", "shots", "images")`.

    Raises InvalidSpec when the template is not allowed.
    """
    return list(_paths(parse(template))) if is_template(template) else []


def _paths(node: nodes.Node) -> Iterator[tuple[str, ...]]:
    if (path := _path(node)) is not None:
        yield path
        return
    for child in node.iter_child_nodes():
        yield from _paths(child)


def _path(node: nodes.Node) -> tuple[str, ...] | None:
    if isinstance(node, nodes.Name):
        return (node.name,)
    if isinstance(node, nodes.Getattr):
        inner = _path(node.node)
        return (*inner, node.attr) if inner is not None else None
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        inner = _path(node.node)
        return (*inner, str(node.arg.value)) if inner is not None else None
    return None


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a parameter, however deep in lists and objects."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        for item in value:
            yield from texts_in(item)


def _shown(template: str) -> str:
    text = " ".join(template.split())
    return f"'{text if len(text) <= 80 else text[:79] + '…'}'"
