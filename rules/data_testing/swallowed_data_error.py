"""The rule `swallowed-data-error`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Event, Finding, Kind, Profile, Project, Role, Rule, Severity, SourceFacts, facts

_WORKING = frozenset({"fit", "predict"})
_MOVING = frozenset({"load", "save"})
_DATA = frozenset(
    "csv parquet pickle model image table excel feather hdf dataset numpy array joblib audio video onnx sql".split()
)
_ANYTHING = frozenset({"Exception", "BaseException"})
_ENDINGS = {"pass": "pass", "continue": "continue", "return": "return nothing"}


class SwallowedDataError(Rule):
    """A handler hides every failure to read, write, fit or predict.

    A file that cannot be parsed then is missing rows, a model that cannot be loaded is a missing prediction, and
    nobody learns of either: the numbers just get worse. Sculley et al. 2015, section 5, name detecting errors and
    recovering from failures among the costs of such pipelines; section 8 asks to test data as code is tested.

    ## How to repair

    Catch the error that is expected, count what fails, and raise when it is too much.

    ## Rows that vanish

    ```python title="merge.py"
    import pandas as pd

    for file in files:
        try:
            frames.append(pd.read_csv(file))
        except Exception:  # expect: swallowed-data-error
            continue
    ```

    ## A prediction that is nothing

    ```python title="score.py"
    import joblib

    def score(row):
        try:
            model = joblib.load("model.pkl")
            return model.predict(row)
        except:  # expect: swallowed-data-error
            return None
    ```

    ## Failures that are counted, logged, raised again, expected, or told to the caller

    ```python title="merge.py"
    import pandas as pd

    for file in files:
        try:
            frames.append(pd.read_csv(file))
        except Exception as error:
            failed.append((file, error))
            continue
        try:
            frames.append(pd.read_csv(file))
        except pd.errors.ParserError:
            continue
        try:
            frames.append(pd.read_csv(file))
        except Exception:
            raise SystemExit(file)
        try:
            frames.append(pd.read_csv(file))
        except Exception:
            logger.exception("not read: %s", file)

    def load(path):
        try:
            return pd.read_csv(path)
        except Exception as error:
            print("not read:", error)
            return None
    ```

    ## Other ways to get the same thing

    ```python title="load.py"
    import pandas as pd

    def load(path):
        try:
            return pd.read_csv(path)
        except Exception:
            return pd.read_csv(path, encoding="latin-1")

    def cached(path):
        try:
            return pd.read_pickle(path)
        except Exception:
            pass
        return pd.read_csv(path)
    ```

    ## Nothing of data in it

    ```python title="train.py"
    try:
        import lightgbm
    except Exception:
        pass
    ```
    """

    profile = Profile.HOOK
    minutes = 10

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each handler of everything that does nothing about a data step."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            for index, block in enumerate(source.facts.blocks):
                if block.kind == "except" and _hides_everything(source, index, block):
                    events = list(_steps(project, source, block.partner))
                    if events and not _is_tried_again(source, block, events):
                        yield self._finding(source, index, block, events)

    def _finding(self, source: SourceFacts, index: int, block: facts.Block, events: list[Event]) -> Finding:
        names = ", ".join(
            f"`{name}`" for name in dict.fromkeys(event.name.removeprefix("*.") for event in events)
        )
        informal = source.kind is Kind.NOTEBOOK or source.source.is_any(Role.TUTORIAL)
        return self.finding(
            source.location(block.span),
            f"any failure of {names} ends in `{_ENDINGS[block.shape]}`"
            f"{' after a message' if _tells(source, index) else ''}: the run goes on without what failed",
            severity=Severity.INFO if informal else None,
            scope=source.scope_name(index),
        )


def _hides_everything(source: SourceFacts, index: int, block: facts.Block) -> bool:
    caught = block.test
    if caught is not None and not (isinstance(caught, facts.Ref) and caught.name in _ANYTHING):
        return False
    if block.shape != "return":
        return block.shape in _ENDINGS
    if _tells(source, index):
        return False
    return all(_is_nothing(result.value) for result in source.facts.returns if result.block == index)


def _tells(source: SourceFacts, handler: int) -> bool:
    """Whether a handler prints or logs something."""
    return any(call.block == handler for call in source.facts.calls)


def _is_nothing(value: facts.Expr) -> bool:
    match value:
        case facts.Const(None | "") | facts.Seq(_, ()) | facts.Map((), ()):
            return True
        case facts.Seq(_, items):
            return all(map(_is_nothing, items))
    return False


def _steps(project: Project, source: SourceFacts, tried: int) -> Iterator[Event]:
    """The data and model steps whose innermost `try` is the given block."""
    tables = project.types.tables
    for event in project.phases.events(source):
        inner = next((b for b in source.ancestors(event.call.block) if source.facts.blocks[b].kind == "try"), -1)
        if inner != tried:
            continue
        api = tables.lookup(event.name)
        if event.phase in _WORKING or (event.phase in _MOVING and api is not None and api.format in _DATA):
            yield event


def _is_tried_again(source: SourceFacts, block: facts.Block, events: list[Event]) -> bool:
    """Whether later statements of the same function get the same thing in another way."""
    scope = source.scope_of(block.partner)
    if block.shape != "pass" or source.facts.blocks[scope].kind == "module":
        return False
    return any(
        result.span.line > block.span.line and source.scope_of(result.block) == scope
        for result in source.facts.returns
        if not _is_nothing(result.value)
    )
