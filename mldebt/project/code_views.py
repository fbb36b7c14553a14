"""Views of code: what names stand for, who calls and imports what, what is a copy of what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mldebt.project.callers import Callers
from mldebt.project.calls import Calls
from mldebt.project.names import Names, is_code
from mldebt.project.source_facts import SourceFacts
from mldebt.project.subprojects import Subprojects
from mldebt.project.view import view

if TYPE_CHECKING:
    from mldebt.project.ages import Ages
    from mldebt.project.clones import CloneClass
    from mldebt.project.imports import Imports
    from mldebt.project.notebook_copies import NotebookCopy
    from mldebt.project.project import Project
    from mldebt.project.randomness import Randomness
    from mldebt.project.types import Types
    from mldebt.project.unreferenced import Unreferenced
    from mldebt.project.versions import Versions


@view
def code(project: Project) -> tuple[SourceFacts, ...]:
    """The Python files and notebooks, by path."""
    return tuple(source for source in project.by_path.values() if is_code(source))


@view
def names(project: Project) -> Names:
    """What module names and qualified names stand for."""
    return Names(project.by_path)


@view
def types(project: Project) -> Types:
    """The types of expressions, where a constructor or a library call tells them."""
    from mldebt.project.types import Types

    return Types(project.names)


@view
def call_index(project: Project) -> Calls:
    """The calls, by what they call."""
    return Calls(project.code, project.type_of)


@view
def callers(project: Project) -> Callers:
    """Who calls which function of the project."""
    return Callers(project.code, project.names, project.type_of)


@view
def imports(project: Project) -> Imports:
    """Which files import which."""
    from mldebt.project.imports import Imports

    return Imports(project.code, project.names)


@view
def randomness(project: Project) -> Randomness:
    """Whether the randomness of calls is fixed by a seed."""
    from mldebt.project.randomness import Randomness

    return Randomness(project.by_path, project.types.tables, project.imports)


@view
def subprojects(project: Project) -> Subprojects:
    """The parts of the repository that stand for themselves."""
    from mldebt.declarations.contracts import stated

    return Subprojects(project.files, (path for path, _ in stated(project, "roots")))


@view
def libraries(project: Project) -> frozenset[str]:
    """The roots of the parts of the repository that are packages for others."""
    from mldebt.project.manifests import find_libraries

    return frozenset(find_libraries(project))


@view
def unreferenced(project: Project) -> Unreferenced:
    """Functions and classes that nothing mentions."""
    from mldebt.project.unreferenced import Unreferenced

    return Unreferenced(project)


@view
def ages(project: Project) -> Ages:
    """When files and lines were last changed."""
    from mldebt.project.ages import Ages

    return Ages(project)


@view
def clones(project: Project) -> tuple[CloneClass, ...]:
    """The functions that are copies of each other, class by class."""
    from mldebt.project.clones import find_clones

    return tuple(find_clones(project.code))


@view
def versions(project: Project) -> Versions:
    """The files that are versions of each other."""
    from mldebt.project.versions import Versions

    return Versions(project.code)


@view
def notebook_copies(project: Project) -> tuple[NotebookCopy, ...]:
    """The notebooks that are mostly the same as another one."""
    from mldebt.project.notebook_copies import find_notebook_copies

    return tuple(find_notebook_copies(project))
