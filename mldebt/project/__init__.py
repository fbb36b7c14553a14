"""The facts of all sources, and what is linked from them on demand."""

from mldebt.project.calls import Site as Site
from mldebt.project.project import Project as Project
from mldebt.project.source_facts import SourceFacts as SourceFacts
