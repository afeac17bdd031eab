import inspect
import re

from densecell import errors
from densecell.errors import DensecellError


def tree_of(text):
    """Read a drawn tree: parent of each class, and the builtin in brackets."""
    parents, builtins, path = {}, {}, []
    for line in text.splitlines():
        found = re.match(r"(\W*)(\w+Error)\b(?: \((\w+)\))?", line)
        if not found:
            continue
        depth = (len(found[1]) - 4) // 4
        path[depth:] = [found[2]]
        parents[found[2]] = path[depth - 1] if depth else None
        builtins[found[2]] = found[3]
    return parents, builtins


def real_errors():
    return {
        name: kind
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, Exception)
    }


def test_the_drawn_tree_is_the_real_tree():
    parents, builtins = tree_of(errors.__doc__)

    real = real_errors()
    assert {n: k.__bases__[0].__name__ for n, k in real.items()} == {
        **parents,
        "DensecellError": "Exception",
    }
    assert builtins == {
        name: kind.__bases__[1].__name__ if len(kind.__bases__) > 1 else None
        for name, kind in real.items()
    }


def test_every_error_is_ours_and_documented():
    for kind in real_errors().values():
        assert issubclass(kind, DensecellError)
        assert kind.__doc__


def test_a_message_survives_the_builtin_base():
    for kind in real_errors().values():
        assert str(kind("a.tif: is damaged")) == "a.tif: is damaged"
