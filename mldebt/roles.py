"""The part a file plays, by its path and by what it says about itself."""

from __future__ import annotations

import re

from mldebt.facts import Facts
from mldebt.source import Kind, Role, Source

_ROLE_BY_DIRECTORY = {
    Role.TEST: "test tests testing unittests unit_tests integration_tests e2e __tests__ test_utils testing_utils",
    Role.VENDORED: (
        "third_party thirdparty third-party 3rdparty vendor vendors vendored _vendor externals "
        "site-packages dist-packages node_modules .ipynb_checkpoints venv .venv virtualenv"
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
_CODE_AS_DATA = re.compile(r"(^|/)datasets?/(train(ing)?|test(ing)?|val(id|idation)?)/", re.IGNORECASE)
"""Where a data set keeps its examples: code there is what a model learns from."""
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
    if _GENERATED_FILE.match(name):
        roles.add(Role.GENERATED)
    if kind is Kind.PYTHON and _CONFIG_FILE.match(name):
        roles.add(Role.CONFIG)
    return frozenset(roles)


def roles_with(source: Source, facts: Facts) -> frozenset[Role]:
    """The roles of a source once its facts are known: those of its path, and what the content adds.

    Looks at the header, and at further sections only where the header makes a role likely.
    """
    roles = set(source.roles)
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


def _has_tests(facts: Facts) -> bool:
    return any(function.name.startswith("test_") for function in facts.functions)


def _is_sphinx(facts: Facts) -> bool:
    names = {binding.name for binding in facts.bindings if binding.block == 0}
    return "extensions" in names and not names.isdisjoint({"project", "html_theme", "master_doc", "copyright"})
