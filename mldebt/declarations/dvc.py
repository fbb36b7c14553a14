"""DVC: the stages of `dvc.yaml`, what `dvc.lock` remembers of them, and the data that `.dvc` files track."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from posixpath import basename, dirname
from typing import TYPE_CHECKING, Any

from mldebt.declarations.commands import commands_of
from mldebt.declarations.dvc_expansion import Context, Instance, default_context, instances, with_variables
from mldebt.declarations.model import Declared, DeclaredKind, Stage, place, subdirectory
from mldebt.declarations.templating import fill
from mldebt.declarations.tree import Node, document
from mldebt.source import Kind

if TYPE_CHECKING:
    from mldebt.project import Project, SourceFacts

DEFAULT_PARAMS = "params.yaml"
_STAGE_OPTIONS = ("frozen", "always_changed", "desc")
_LISTED: tuple[tuple[str, DeclaredKind], ...] = (("metrics", "metric"), ("plots", "plot"), ("params", "param"))


def declared(project: Project) -> Iterator[Stage | Declared]:
    """The stages of all `dvc.yaml`, those that `dvc.lock` remembers (tool `dvc-lock`), and tracked data."""
    for source in project.sources(Kind.YAML):
        name = basename(source.path)
        if name == "dvc.yaml":
            yield from _pipeline(project, source)
        elif name == "dvc.lock":
            yield from _lock(source)
        elif name.endswith(".dvc"):
            yield from _tracked(source)


# --- dvc.yaml --------------------------------------------------------------------------------------


def _pipeline(project: Project, source: SourceFacts) -> Iterator[Stage | Declared]:
    root = document(source)
    if root is None:
        return
    home = dirname(source.path)
    context = with_variables(project, root.get("vars"), default_context(project, home), home)
    stages = root.get("stages")
    for node in stages.children() if stages else ():
        for instance in instances(node, context):
            yield _stage(project, source, home, instance)
    for key, kind in _LISTED:
        listed = root.get(key)
        if listed is not None:
            yield from _top_level(listed, kind, home, context)
    for key in ("artifacts", "datasets"):
        yield from _named(root.get(key), key, home, context)


def _stage(project: Project, source: SourceFacts, home: str, instance: Instance) -> Stage:
    body, context = instance.body, instance.context
    wdir = body.get("wdir")
    directory = subdirectory(home, fill(wdir.text, context)) if wdir else home
    context = with_variables(project, body.get("vars"), context, directory)
    maker = _Maker(directory, context, instance.name)
    cmd = body.get("cmd")
    commands = tuple(
        command
        for line in (cmd.texts() if cmd else ())
        for command in commands_of(fill(line.text, context, command=True), line.location, directory)
    )
    return Stage(
        id=f"{source.path}:{instance.name}",
        name=instance.name,
        tool="dvc",
        location=instance.node.key_location,
        directory=directory,
        commands=commands,
        inputs=tuple(maker.paths(body.get("deps"), "input")),
        outputs=tuple(maker.paths(body.get("outs"), "output")),
        params=tuple(maker.params(body.get("params"))),
        metrics=tuple(maker.paths(body.get("metrics"), "metric")),
        plots=tuple(maker.paths(body.get("plots"), "plot")),
        options=_options(body, _STAGE_OPTIONS),
    )


class _Maker:
    """Turns the lists of one stage into declared things."""

    def __init__(self, directory: str, context: Context, stage: str) -> None:
        self.directory, self.context, self.stage = directory, context, stage

    def paths(self, listed: Node | None, kind: DeclaredKind) -> Iterator[Declared]:
        """The paths of a list whose items are `path` or `path: {options}`; also of one single path."""
        for node, written, options in _items(listed):
            path = place(self.directory, fill(written, self.context))
            yield self.make(kind, path, node, options=options)

    def params(self, listed: Node | None) -> Iterator[Declared]:
        """`key`, `file: [keys]` and `file:` (the whole file)."""
        for item in _list(listed):
            if item.is_map:
                for file in item.children():
                    yield from self.params_of(file)
            elif item.text:
                yield self.param(fill(item.text, self.context), DEFAULT_PARAMS, item)

    def params_of(self, file: Node) -> Iterator[Declared]:
        """The keys that are listed under a parameter file."""
        name = fill(file.key, self.context)
        keys = list(file.texts())
        if not keys:
            yield self.param("", name, file, at_key=True)
        for key in keys:
            yield self.param(fill(key.text, self.context), name, key)

    def param(self, key: str, file: str, node: Node, *, at_key: bool = False) -> Declared:
        """One parameter."""
        return self.make("param", key, node, file=place(self.directory, file), at_key=at_key)

    def make(
        self,
        kind: DeclaredKind,
        path: str,
        node: Node,
        *,
        file: str = "",
        options: tuple[tuple[str, str], ...] = (),
        at_key: bool = False,
    ) -> Declared:
        """One declared thing of this stage."""
        at_key = at_key or not isinstance(node.entry.path[-1], int)
        location = node.key_location if at_key else node.location
        return Declared(
            kind=kind, path=path, location=location, tool="dvc", file=file, stage=self.stage, options=options
        )


def _items(listed: Node | None) -> Iterator[tuple[Node, str, tuple[tuple[str, str], ...]]]:
    """The items of a list of paths: (place, path as written, options)."""
    if listed is None:
        return
    if listed.entry.kind == "scalar":
        yield listed, listed.text, ()
        return
    for item in listed.children():
        if listed.is_map:
            yield item, item.key, _options(item)
        elif item.is_map:
            for inner in item.children():
                yield inner, inner.key, _options(inner)
        elif item.text:
            yield item, item.text, ()


def _list(node: Node | None) -> Iterator[Node]:
    if node is not None:
        yield from [node] if node.entry.kind == "scalar" else node.children()


def _options(node: Node, names: tuple[str, ...] = ()) -> tuple[tuple[str, str], ...]:
    """The scalars below a node (all, or those of the given names) as pairs."""
    return tuple(
        (child.key, child.text)
        for child in node.children()
        if child.entry.kind == "scalar" and (not names or child.key in names)
    )


# --- what stands beside the stages ------------------------------------------------------------------


def _top_level(listed: Node, kind: DeclaredKind, home: str, context: Context) -> Iterator[Declared]:
    """Metrics, plots and parameter files of the whole file. A plot names its data in `x` and `y`."""
    for node, written, options in _items(listed):
        sources = {} if kind != "plot" else dict(_plot_files(node))
        files = sources or {fill(written, context): node}
        for file, where in files.items():
            at_key = not isinstance(where.entry.path[-1], int)
            location = where.key_location if at_key else where.location
            path = place(home, fill(file, context))
            if kind == "param":
                yield Declared(kind=kind, path="", file=path, location=location, tool="dvc")
            else:
                yield Declared(kind=kind, path=path, location=location, tool="dvc", options=options)


def _plot_files(plot: Node) -> Iterator[tuple[str, Node]]:
    for axis in ("x", "y"):
        named = plot.get(axis)
        if named is not None and named.is_map:
            for file in named.children():
                yield file.key, file


def _named(listed: Node | None, key: str, home: str, context: Context) -> Iterator[Declared]:
    """`artifacts:` (name: {path, type}) and `datasets:` (a list of {name, url, type})."""
    for node in listed.children() if listed else ():
        address = node.get("path") or node.get("url")
        name = node.get("name")
        kind = node.get("type")
        if address is None:
            continue
        is_model = key == "artifacts" and kind is not None and kind.text == "model"
        yield Declared(
            kind="model" if is_model else "dataset",
            path=place(home, fill(address.text, context)),
            location=address.location,
            tool="dvc",
            name=name.text if name else node.key,
            type=kind.text if kind else "",
            options=_options(node),
        )


# --- dvc.lock and .dvc files --------------------------------------------------------------------------


def _lock(source: SourceFacts) -> Iterator[Stage]:
    root = document(source)
    stages = None if root is None else root.get("stages") or root
    home = dirname(source.path)
    for node in stages.children() if stages else ():
        if node.is_map:
            yield Stage(
                id=f"{source.path}:{node.key}",
                name=node.key,
                tool="dvc-lock",
                location=node.key_location,
                directory=home,
                inputs=tuple(_locked(node.get("deps"), "input", home, node.key)),
                outputs=tuple(_locked(node.get("outs"), "output", home, node.key)),
                params=tuple(_locked_params(node.get("params"), home, node.key)),
            )


def _locked(listed: Node | None, kind: DeclaredKind, home: str, stage: str) -> Iterator[Declared]:
    for item in listed.children() if listed else ():
        path = item.get("path")
        if path is not None:
            yield Declared(
                kind=kind,
                path=place(home, path.text),
                location=path.location,
                tool="dvc-lock",
                stage=stage,
                options=_options(item),
            )


def _locked_params(files: Node | None, home: str, stage: str) -> Iterator[Declared]:
    for file in files.children() if files else ():
        for key in file.children():
            yield Declared(
                kind="param",
                path=key.key,
                file=place(home, file.key),
                location=key.key_location,
                tool="dvc-lock",
                stage=stage,
            )


def _tracked(source: SourceFacts) -> Iterator[Stage | Declared]:
    """The outputs of a `.dvc` file; an import keeps its address and revision as options."""
    root = document(source)
    if root is None or not root.is_map:
        return
    wdir = root.get("wdir")
    directory = subdirectory(dirname(source.path), wdir.text) if wdir else dirname(source.path)
    origin = dict(_origin(root.get("deps")))
    cmd = root.get("cmd")
    if cmd is not None:
        maker = _Maker(directory, {}, basename(source.path))
        yield Stage(
            id=source.path,
            name=basename(source.path),
            tool="dvc",
            location=cmd.location,
            directory=directory,
            commands=commands_of(cmd.text, cmd.location, directory),
            inputs=tuple(_locked(root.get("deps"), "input", directory, maker.stage)),
            outputs=tuple(_locked(root.get("outs"), "output", directory, maker.stage)),
            options=_options(root, _STAGE_OPTIONS),
        )
    outs = root.get("outs")
    for out in outs.children() if outs else ():
        path = out.get("path")
        if path is not None:
            yield Declared(
                kind="dataset",
                path=place(directory, path.text),
                location=path.location,
                tool="dvc",
                options=(*_options(out), *origin.items(), *_options(root, ("frozen", "desc"))),
            )


def _origin(deps: Node | None) -> Iterator[tuple[str, str]]:
    """Where an imported file comes from: `url`, `rev`, `rev_lock` and the path there."""
    first = next(iter(deps.children()), None) if deps else None
    plain: Any = first.plain() if first else {}
    if not isinstance(plain, Mapping):
        return
    repo = plain.get("repo")
    if isinstance(repo, Mapping):
        yield from ((f"{key}", str(repo[key])) for key in ("url", "rev", "rev_lock") if repo.get(key))
        yield "origin", str(plain.get("path", ""))
    elif "path" in plain:
        yield "origin", str(plain["path"])
