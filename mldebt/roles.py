"""The part a file plays, by its path and by what it says about itself."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mldebt.facts import Facts
from mldebt.source import Kind, Role, Source

_ROLE_BY_DIRECTORY = {
    Role.TEST: "test tests testing unittests unit_tests integration_tests e2e __tests__ test_utils testing_utils",
    Role.VENDORED: (
        "third_party thirdparty third-party 3rdparty vendor vendors vendored _vendor externals "
        "site-packages dist-packages node_modules .ipynb_checkpoints .history venv .venv virtualenv"
    ),
    Role.DOCS: "docs doc documentation",
    Role.TUTORIAL: (
        "tutorial tutorials course courses courseware lesson lessons lecture lectures exercise exercises "
        "homework homeworks workshop workshops examples example demo demos benchmarks"
    ),
    Role.MIGRATION: "migrations alembic",
    Role.CONFIG: "config configs conf settings",
    Role.TEMPLATE: "cookiecutter cookiecutters",
}
_ROLE_OF_DIRECTORY = {name: role for role, names in _ROLE_BY_DIRECTORY.items() for name in names.split()}
_NUMBERED_LESSON = re.compile(r"(week|module|chapter|lesson|lecture|homework|hw|ch)[-_ ]?\d+([-_ ].*)?$")
_HOMEWORK = re.compile(r"(homework|hw)[-_ ]?\d+([-_ ].*)?$")
_PRODUCT_FILES = frozenset(
    "setup.py pyproject.toml dvc.yaml MLproject Dockerfile docker-compose.yml docker-compose.yaml".split()
)
"""What a directory holds whose code is installed, built or run as a whole."""
_CODE_AS_DATA = re.compile(r"(^|/)datasets?/(train(ing)?|test(ing)?|val(id|idation)?)/", re.IGNORECASE)
"""Where a data set keeps its examples: code there is what a model learns from."""
_KEPT_BY_RUNS = re.compile(r"(^|/)(mlruns|mlartifacts|wandb/(offline-)?run-[^/]*)/")
"""Where trackers of experiments keep what runs leave behind: code there is a copy of what was run."""
_TEST_FILE = re.compile(r"(test_.*|.*_tests?|conftest|tests?)\.py$|.*[._-]test\.ipynb$")
_GENERATED_FILE = re.compile(
    r".*_pb2(_grpc)?\.py$|_version\.py$|versioneer\.py$|(.*[-_.])?lock\.(json|ya?ml)$|.*\.lock$"
    r"|package-lock\.json$|dvc\.lock$|_autosummary"
)
_CONFIG_FILE = re.compile(r"(.*_)?(settings|config|configs|configuration|cfg|params|constants|hparams)\.py$")


def path_roles(path: str, kind: Kind) -> frozenset[Role]:
    """The roles that a path relative to the root gives away."""
    *directories, name = path.split("/")
    roles: set[Role] = {Role.NOTEBOOK} if kind is Kind.NOTEBOOK else set()
    for directory in directories:
        lowered = directory.lower()
        role = _ROLE_OF_DIRECTORY.get(lowered)
        if role is not None and (role is not Role.CONFIG or kind is Kind.PYTHON):
            roles.add(role)
        elif _NUMBERED_LESSON.match(lowered):
            roles.add(Role.TUTORIAL)
        elif lowered.startswith("downloaded"):
            roles.add(Role.VENDORED)
    if _CODE_AS_DATA.search(path):
        roles.add(Role.VENDORED)
    if "{{" in path or "{%" in path or name.endswith((".j2", ".jinja", ".tmpl")):
        roles.add(Role.TEMPLATE)
    if _TEST_FILE.match(name):
        roles.add(Role.TEST)
    if _GENERATED_FILE.match(name) or _KEPT_BY_RUNS.search(path):
        roles.add(Role.GENERATED)
    if kind is Kind.PYTHON and _CONFIG_FILE.match(name):
        roles.add(Role.CONFIG)
    return frozenset(roles)


def homework_products(files: Iterable[str]) -> frozenset[str]:
    """The directories of homework (`hw1`) that hold a product: code to build and run, none to read and forget.

    Other lessons (`week_2`) often hold one, too, but it is the teacher's, once for each lesson.
    """
    found: set[str] = set()
    for file in files:
        *directories, name = file.split("/")
        if name in _PRODUCT_FILES:
            done = (n for n, part in enumerate(directories, start=1) if _HOMEWORK.match(part.lower()))
            found.update("/".join(directories[:number]) for number in done)
    return frozenset(found)


def roles_with(source: Source, facts: Facts, products: frozenset[str] = frozenset()) -> frozenset[Role]:
    """The roles of a source once its facts are known: those of its path, and what the content adds.

    Looks at the header, and at further sections only where the header makes a role likely. `products` are
    homework that is more (`homework_products`).
    """
    roles = set(source.roles)
    if Role.TUTORIAL in roles and _is_product(source.path, products):
        roles.discard(Role.TUTORIAL)
    header = facts.header
    if header.generated:
        roles.add(Role.GENERATED)
    if any(problem.kind == "template" for problem in header.problems):
        roles.add(Role.TEMPLATE)
    if source.kind is Kind.PYTHON:
        name = source.path.rpartition("/")[2]
        if not {"pytest", "unittest"}.isdisjoint(header.modules) and _has_tests(facts):
            roles.add(Role.TEST)
        if name == "conf.py" and _is_sphinx(facts):
            roles.add(Role.DOCS)
        if any(module == "alembic" or module.endswith("db.migrations") for module in header.modules):
            roles.add(Role.MIGRATION)
    return frozenset(roles)


def _is_product(path: str, products: frozenset[str]) -> bool:
    """Whether nothing but homework with a product makes a path a tutorial's."""
    directories = path.split("/")[:-1]
    for number, part in enumerate(directories, start=1):
        if _ROLE_OF_DIRECTORY.get(part.lower()) is Role.TUTORIAL:
            return False
        if _NUMBERED_LESSON.match(part.lower()) and "/".join(directories[:number]) not in products:
            return False
    return True


def _has_tests(facts: Facts) -> bool:
    return any(function.name.startswith("test_") for function in facts.functions)


def _is_sphinx(facts: Facts) -> bool:
    names = {binding.name for binding in facts.bindings if binding.block == 0}
    return "extensions" in names and not names.isdisjoint({"project", "html_theme", "master_doc", "copyright"})
