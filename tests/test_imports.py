"""How the package hangs together: what imports what, and how large its parts are."""

import ast
import re
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import course_lib

ROOT = Path(course_lib.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
# Who may import whom: a module imports from its own level or below. DESIGN: chapters, then exercises,
# widgets and plotting, then experiments and inspection, then training, models and data, then geometry.
LEVELS = (
    ("checks",),
    ("per_axis", "geometry", "reproducibility", "metrics", "scaling", "processes"),
    ("evaluation", "model_digest", "claims"),
    ("training", "models", "numpy_cnn", "data", "gradient_paths", "keras_twin"),
    ("experiments", "inspection", "hand_made", "model_cache", "architectures", "segmentation"),
    ("ladder", "capstone", "ddp_group", "ddp_checkpoint", "ddp_example", "ddp_checks"),
    ("exercises", "widgets", "plotting"),
)

parsed = cache(ast.parse)  # several tests ask about the same files


def name_of(path):
    """course_lib/numpy_cnn/layers.py is part of "numpy_cnn"."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(tree):
    """Return the full names of everything that a syntax tree imports, at any depth."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports in course_lib are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return names


@cache
def own_imports(source):
    """Return the parts of course_lib that a module's source imports."""
    matches = (re.fullmatch(r"course_lib\.(\w+)(\..*)?", name) for name in imported(parsed(source)))
    return {match[1] for match in matches if match and match[1] != "__version__"}


def upward_imports(name, source):
    """Return the imports that go from a lower level to a higher one."""
    level = {part: number for number, parts in enumerate(LEVELS) for part in parts}
    assert name in level, f"course_lib.{name} has no level: put it into LEVELS"
    return sorted(part for part in own_imports(source) if level.get(part, 99) > level[name])


def test_imports_point_one_way():
    for path in FILES:
        if path != ROOT / "__init__.py":
            assert upward_imports(name_of(path), path.read_text(encoding="utf-8")) == [], path


@pytest.mark.parametrize(
    "source",
    [
        "from course_lib.training import train",
        "from course_lib import training",
        "import course_lib.training as t",
        "def f():\n    from course_lib.training import train",
        "import course_lib.a_module_that_nobody_placed",
    ],
)
def test_an_import_that_points_upwards_would_be_found(source):
    assert len(upward_imports("geometry", source)) == 1
    assert upward_imports("plotting", source.replace("a_module_that_nobody_placed", "data")) == []


def test_no_two_modules_import_each_other():
    graph = {}
    for path in FILES:
        name = name_of(path)
        graph.setdefault(name, set()).update(own_imports(path.read_text(encoding="utf-8")) - {name})
    assert tuple(TopologicalSorter(graph).static_order())  # raises CycleError, which names the cycle


def test_the_package_itself_imports_nothing():
    assert imported(parsed((ROOT / "__init__.py").read_text(encoding="utf-8"))) == set()


def test_modules_and_functions_stay_small():
    faults = []
    for path in FILES:
        source = path.read_text(encoding="utf-8")
        # a module of exercises is half text: messages, hints and wrong answers
        if source.count("\n") > (300 if "exercises" in path.parts else 250):
            faults.append(f"{path}: {source.count(chr(10))} lines")
        faults += [f"{path}: {fault}" for fault in long_functions(source)]
    assert faults == []


def long_functions(source):
    """Yield what to say about functions of more than 40 lines, docstrings not counted."""
    for node in ast.walk(parsed(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = node.end_lineno - node.lineno + 1
            docstring = ast.get_docstring(node, clean=False)
            lines -= docstring.count("\n") + 1 if docstring else 0
            if lines > 40:
                yield f"{node.name} has {lines} lines without its docstring"


def test_a_long_function_would_be_found():
    lines = "    x = 1\n"
    assert list(long_functions("def f():\n" + 40 * lines)) == ["f has 41 lines without its docstring"]
    assert list(long_functions('def f():\n    """One.\n\n    Two.\n    """\n' + 39 * lines)) == []


def loaded(module):
    """Return the packages that a fresh interpreter holds after importing a module."""
    code = f"import {module}, sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return set(output.split())


def loads_torch(module):
    """Whether importing a module in a fresh interpreter imports torch."""
    return "torch" in loaded(module)


WITHOUT_TORCH = [
    name
    for name in ("geometry", "numpy_cnn", "data", "metrics", "exercises.framework")
    if (ROOT / f"{name.replace('.', '/')}.py").exists() or (ROOT / name / "__init__.py").exists()
]


def test_geometry_is_among_the_modules_without_torch():
    assert "geometry" in WITHOUT_TORCH


@pytest.mark.parametrize("name", WITHOUT_TORCH)
def test_arithmetic_needs_no_torch(name):
    assert not loads_torch(f"course_lib.{name}")


@pytest.mark.parametrize(
    ("name", "dependencies"), [("geometry", {"course_lib"}), ("numpy_cnn", {"course_lib", "numpy"})]
)
def test_the_smallest_modules_load_nothing_that_takes_long(name, dependencies):
    slow = {"IPython", "course_lib", "matplotlib", "numpy", "scipy", "sklearn", "torch", "tqdm"}
    assert loaded(f"course_lib.{name}") & slow == dependencies


@pytest.mark.pipeline
def test_a_module_that_needs_torch_would_be_found():
    assert loads_torch("course_lib.reproducibility")
