"""`mldebt graph`: show who writes, reads and declares which data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mldebt.cli.run import reading_options


@click.command("graph", short_help="Show who writes, reads and declares which data.")
@click.argument("paths", nargs=-1, type=click.Path(exists=True))
@click.option("--output-format", type=click.Choice(["text", "json", "dot", "mermaid", "html"]), default="text")
@click.option("--output-file", "-o", type=click.Path(dir_okay=False), help="Write the graph here.")
@click.option("--focus", metavar="NAME", help="Only what is around data or files whose name contains this.")
@click.option("--upstream", is_flag=True, help="With --focus: everything that leads to it.")
@click.option("--downstream", is_flag=True, help="With --focus: everything that follows from it.")
@click.option("--metrics", is_flag=True, help="Figures about the structure instead (text or json).")
@reading_options
def command(
    paths: tuple[str, ...],
    output_format: str,
    output_file: str | None,
    focus: str | None,
    upstream: bool,
    downstream: bool,
    metrics: bool,
    **options: Any,
) -> None:
    """Show the data dependency graph of the project around PATHS.

    Undeclared edges are marked (`!` in text, red in pictures); accesses whose path nobody knows are listed with
    the cause. With --focus and neither --upstream nor --downstream, both directions are shown.

    With --metrics: the share of glue and of hand-offs that nothing declares, the spread of packages, what each model
    depends on, the paths that experiment switches make and how many are selected, and the share of dead code.
    """
    from mldebt.cli.failures import Failure, reported
    from mldebt.cli.outputs import write_text
    from mldebt.cli.run import prepare
    from mldebt.load import load_project
    from mldebt.project.graph import data_graph

    if (upstream or downstream) and focus is None:
        raise click.UsageError("--upstream and --downstream need --focus.")
    if metrics and (output_format not in ("text", "json") or focus is not None):
        raise click.UsageError("--metrics is shown as text or json, for the whole project.")
    with reported():
        run = prepare(paths, {**options, "output_file": output_file})
        project = load_project(run.settings, run.scope, cache=run.cache)
        graph = data_graph(project)
    if focus is not None:
        both = not upstream and not downstream
        graph = graph.around(focus, upstream=upstream or both, downstream=downstream or both)
        if not graph.nodes:
            raise Failure(f"Nothing in the graph is called `{focus}`.")
    if metrics:
        from mldebt.project.metrics import measure
        from mldebt.report.metrics import render_metrics

        text = render_metrics(measure(project, graph), output_format)
    elif output_format == "html":
        from mldebt.report.graph_html import render_html

        text = render_html(graph, run.scope.root.name)
    else:
        from mldebt.report.graph import RENDERERS

        text = RENDERERS[output_format](graph)
    write_text(text, Path(output_file) if output_file else None)
