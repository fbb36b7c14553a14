"""Which function of a declared pipeline produces what another one gets: the wiring of Kedro nodes."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mldebt.facts import Function
from mldebt.project.source_facts import SourceFacts

if TYPE_CHECKING:
    from mldebt.declarations.kedro_pipelines import Node
    from mldebt.project.project import Project

Producer = tuple[SourceFacts, Function, tuple[int | str, ...]]
_MOST_PRODUCERS = 4


class NodeWiring:
    """Answers from the nodes of all pipelines; datasets are matched by their names."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def producers(self, source: SourceFacts, function: Function, binding: int) -> tuple[Producer, ...]:
        """The functions whose result a parameter gets, each with the part of the result."""
        if not self._nodes:
            return ()
        found: list[Producer] = []
        position = next((i for i, p in enumerate(function.params) if p.binding == binding), -1)
        for node in self._nodes.get(f"{source.path}:{function.qualname}", ()):
            for place, (argument, dataset) in enumerate(node.inputs):
                wanted = argument == function.params[position].name if argument else place == position
                if wanted:
                    found += self._made_by(dataset)
        return tuple(found[:_MOST_PRODUCERS])

    def _made_by(self, dataset: str) -> list[Producer]:
        found: list[Producer] = []
        for node, place in self._outputs.get(dataset, ()):
            path, _, qualname = node.function.partition(":")
            home = self._project.source(path)
            function = home and next((f for f in home.facts.functions if f.qualname == qualname), None)
            if home is not None and function:
                key = node.outputs[place][0]
                part: tuple[int | str, ...] = (key,) if key else (place,) if len(node.outputs) > 1 else ()
                found.append((home, function, part))
        return found

    @cached_property
    def _nodes(self) -> dict[str, list[Node]]:
        from mldebt.declarations.kedro_pipelines import Pipelines

        found: dict[str, list[Node]] = {}
        if any("kedro" in module for source in self._project.code for module in source.facts.header.modules):
            for node in Pipelines(self._project).nodes():
                found.setdefault(node.function, []).append(node)
        return found

    @cached_property
    def _outputs(self) -> dict[str, list[tuple[Node, int]]]:
        found: dict[str, list[tuple[Node, int]]] = {}
        for nodes in self._nodes.values():
            for node in nodes:
                for place, (_, dataset) in enumerate(node.outputs):
                    found.setdefault(dataset, []).append((node, place))
        return found
