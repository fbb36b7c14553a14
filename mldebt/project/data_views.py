"""Views of data: who reads and writes it, how it flows into models, and what comes out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mldebt.project.view import view

if TYPE_CHECKING:
    from mldebt.project.accesses import DataAccess
    from mldebt.project.artifacts import Artifact
    from mldebt.project.chains import Chain
    from mldebt.project.data_checks import DataChecks
    from mldebt.project.early_stops import EarlyStop
    from mldebt.project.flow import Flow
    from mldebt.project.handoffs import Handoff
    from mldebt.project.model_outputs import ModelOutputs
    from mldebt.project.model_saves import ModelSave
    from mldebt.project.phantoms import Phantom
    from mldebt.project.project import Project
    from mldebt.project.splits import Split
    from mldebt.project.training_inputs import TrainingInputs


@view
def accesses(project: Project) -> tuple[DataAccess, ...]:
    """Every place where code reads or writes data."""
    from mldebt.project.accesses import find_accesses

    return tuple(find_accesses(project))


@view
def artifacts(project: Project) -> tuple[Artifact, ...]:
    """The data that code reads and writes."""
    from mldebt.project.artifacts import find_artifacts

    return tuple(find_artifacts(project))


@view
def handoffs(project: Project) -> tuple[Handoff, ...]:
    """The data that one component writes and another reads."""
    from mldebt.project.handoffs import find_handoffs

    return tuple(find_handoffs(project))


@view
def chains(project: Project) -> tuple[Chain, ...]:
    """The undeclared hand-offs in their connected groups."""
    from mldebt.project.chains import find_chains

    return tuple(find_chains(project))


@view
def untracked_inputs(project: Project) -> tuple[Phantom, ...]:
    """The data that nothing here produces, tracks, downloads or declares."""
    from mldebt.project.phantoms import find_untracked_inputs

    return tuple(find_untracked_inputs(project))


@view
def flow(project: Project) -> Flow:
    """What rows of data passed through."""
    from mldebt.project.flow import Flow

    return Flow(project)


@view
def splits(project: Project) -> tuple[Split, ...]:
    """The places where rows are held out."""
    from mldebt.project.splits import find_splits

    return tuple(find_splits(project))


@view
def training_inputs(project: Project) -> TrainingInputs:
    """Which data models are fitted on."""
    from mldebt.project.training_inputs import TrainingInputs

    return TrainingInputs(project)


@view
def early_stops(project: Project) -> tuple[EarlyStop, ...]:
    """The fits that select on a test part which is scored afterwards."""
    from mldebt.project.early_stops import find_early_stops

    return tuple(find_early_stops(project))


@view
def model_outputs(project: Project) -> ModelOutputs:
    """Which values are predictions of a model."""
    from mldebt.project.model_outputs import ModelOutputs

    return ModelOutputs(project)


@view
def model_saves(project: Project) -> tuple[ModelSave, ...]:
    """Where programs that train save their models."""
    from mldebt.project.model_saves import find_model_saves

    return tuple(find_model_saves(project))


@view
def data_checks(project: Project) -> DataChecks:
    """Which parts of the project check data."""
    from mldebt.project.data_checks import DataChecks

    return DataChecks(project)
