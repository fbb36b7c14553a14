"""Views of values and settings: what expressions can be, what configures them, what switches what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mldebt.project.documents import Documents
from mldebt.project.view import view
from mldebt.values import Value

if TYPE_CHECKING:
    from mldebt.project.allowed_versions import AllowedVersions
    from mldebt.project.config_reads import ConfigReads
    from mldebt.project.config_tree import ConfigTree
    from mldebt.project.evaluate import Evaluator
    from mldebt.project.flags import WantedFlag
    from mldebt.project.idle_switches import IdleSwitch
    from mldebt.project.inputs import Inputs
    from mldebt.project.options import Options
    from mldebt.project.project import Project
    from mldebt.project.single_values import SingleValues
    from mldebt.project.switches import Switches
    from mldebt.project.unused_settings import UnusedSettings


@view
def evaluator(project: Project) -> Evaluator:
    """What works out values.

    Commands that code runs are worked out first, without knowing what other commands pass; then what they
    pass is known to everything else.
    """
    from mldebt.project.evaluate import Evaluator

    evaluator = project.__dict__["evaluator"] = Evaluator(project)
    project.inputs.learn(project.processes)
    evaluator.forget()
    return evaluator


@view
def environment(project: Project) -> Mapping[str, Value]:
    """The variables that `.env` files and stages declare, with the values they give; a template's example is none."""
    from mldebt.project.environment import declared_environment

    return declared_environment(project)


@view
def inputs(project: Project) -> Inputs:
    """What programs are given: options, arguments, and what frameworks pass to functions."""
    from mldebt.project.inputs import Inputs

    return Inputs(project)


@view
def options(project: Project) -> Options:
    """The command-line options that code declares."""
    from mldebt.project.options import Options

    return Options(project)


@view
def documents(project: Project) -> Documents:
    """The configuration files as trees."""
    return Documents(project)


@view
def config_tree(project: Project) -> ConfigTree:
    """How configuration files are put together."""
    from mldebt.project.config_tree import ConfigTree

    return ConfigTree(project)


@view
def config_reads(project: Project) -> ConfigReads:
    """Which keys of which configuration files code reads."""
    from mldebt.project.config_reads import ConfigReads

    return ConfigReads(project)


@view
def unused_settings(project: Project) -> UnusedSettings:
    """Settings that nothing reads."""
    from mldebt.project.unused_settings import UnusedSettings

    return UnusedSettings(project)


@view
def switches(project: Project) -> Switches:
    """Constants that nothing in the project sets to another value."""
    from mldebt.project.switches import Switches

    return Switches(project)


@view
def single_values(project: Project) -> SingleValues:
    """Switches that have one value everywhere."""
    from mldebt.project.single_values import SingleValues

    return SingleValues(project)


@view
def idle_switches(project: Project) -> tuple[IdleSwitch, ...]:
    """Switches that have one value everywhere and keep an experiment's code."""
    from mldebt.project.idle_switches import find_idle_switches

    return tuple(find_idle_switches(project))


@view
def wanted_flags(project: Project) -> Mapping[str, WantedFlag]:
    """The switches that contracts want, by name."""
    from mldebt.project.flags import contracts_of

    return contracts_of(project)


@view
def allowed_versions(project: Project) -> AllowedVersions:
    """Which versions of libraries the manifests ask for."""
    from mldebt.project.allowed_versions import AllowedVersions

    return AllowedVersions(project)
