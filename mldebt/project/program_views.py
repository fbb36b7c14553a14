"""Views of programs: what is declared, started and reached, and what it can run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mldebt.project.view import view

if TYPE_CHECKING:
    from mldebt.project.call_graph import CallGraph
    from mldebt.project.dispatches import Dispatch
    from mldebt.project.entry_points import EntryPoint
    from mldebt.project.experiments import ExperimentSpace
    from mldebt.project.llm_calls import LlmCall
    from mldebt.project.phases import Phases
    from mldebt.project.processes import Process
    from mldebt.project.project import Project
    from mldebt.project.stages import Stages


@view
def processes(project: Project) -> tuple[Process, ...]:
    """The programs that code starts."""
    from mldebt.project.processes import find_processes

    return tuple(find_processes(project))


@view
def declarations(project: Project) -> Stages:
    """The stages and data that tools declare, and which sources stages run."""
    from mldebt.project.stages import Stages

    return Stages(project)


@view
def entry_points(project: Project) -> tuple[EntryPoint, ...]:
    """Where programs start: scripts, stages, installed commands, notebooks, DAG files, Hydra mains."""
    from mldebt.project.entry_points import find_entry_points

    return tuple(find_entry_points(project))


@view
def call_graph(project: Project) -> CallGraph:
    """Which functions run when an entry point runs."""
    from mldebt.project.call_graph import CallGraph

    return CallGraph(project)


@view
def phases(project: Project) -> Phases:
    """Where code fits, scores, tracks and saves models, and for which program."""
    from mldebt.project.phases import Phases

    return Phases(project)


@view
def experiments(project: Project) -> tuple[ExperimentSpace, ...]:
    """What the training programs can run, and how much of it is ever selected."""
    from mldebt.project.experiments import find_experiments

    return tuple(find_experiments(project))


@view
def dispatches(project: Project) -> tuple[Dispatch, ...]:
    """The places where a name selects what is done or built."""
    from mldebt.project.dispatches import find_dispatches

    return tuple(find_dispatches(project))


@view
def llm_calls(project: Project) -> tuple[LlmCall, ...]:
    """The calls of language models that a provider serves."""
    from mldebt.project.llm_calls import find_llm_calls

    return tuple(find_llm_calls(project))
