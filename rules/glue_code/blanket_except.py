"""The rule `blanket-except`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Severity, SourceFacts, facts

_WORK = frozenset(
    "fit fit_transform partial_fit fit_generator train train_model train_on_batch predict predict_proba transform"
    " evaluate backward step forward next read_csv read_parquet read_pickle load_model load_state_dict".split()
)


class BlanketExcept(Rule):
    """An `except` without a type goes another way whatever goes wrong in training, prediction or loading.

    It was written for one case: the iterator is at its end, the option is not there. It also catches the misspelt
    column, the full memory and Ctrl-C, and then trains or reads in the other way without a word. Sculley et al. 2015,
    section 5 (Glue Code): code around the model that nobody can test.

    ## How to repair

    Name the exception that is meant (`except StopIteration:`, `except KeyError:`), and keep the `try` to the one call
    that raises it. Ask for the option instead of trying it.

    ## Fitted in one way or the other

    ```python title="nodes.py"
    def train_model(rows, labels, model, options):
        try:
            model.set_params(**options["fit"]).fit(rows, labels)
        except:  # expect: blanket-except
            model.fit(rows, labels)
        return model
    ```

    ## The end of a loader

    ```python title="train.py"
    def epoch(loader, steps):
        iterator = iter(loader)
        for _ in range(steps):
            try:
                batch = next(iterator)
            except:  # expect: blanket-except
                iterator = iter(loader)
                batch = next(iterator)
            yield batch
    ```

    ## Named, raised again, told

    ```python title="train.py"
    def epoch(loader, model):
        iterator = iter(loader)
        try:
            batch = next(iterator)
        except StopIteration:
            batch = None
        try:
            model.fit(batch)
        except:
            save(model)
            raise
        try:
            model.predict(batch)
        except:
            logger.exception("no prediction")
    ```

    ## No work of the model

    ```python title="setup.py"
    try:
        version = open("VERSION").read()
    except:
        version = "0"
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 10
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file, at the first such handler."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            found = list(_handlers(source))
            if not found:
                continue
            (first, name), *others = found
            more = f" (and {len(others)} more)" if others else ""
            yield self.finding(
                source.location(first.span),
                f"whatever goes wrong in `{name}`, this `except` without a type goes another way{more}",
                related=[Related(source.location(block.span), f"around `{called}`") for block, called in others],
                minutes=5 + 5 * len(found),
                scope=source.scope_name(first.parent),
            )


def _handlers(source: SourceFacts) -> Iterator[tuple[facts.Block, str]]:
    """The handlers without a type that go on silently, with what their `try` calls."""
    blocks = source.facts.blocks
    for block in blocks:
        if block.kind != "except" or block.test is not None or block.shape not in ("other", "pass", "continue"):
            continue
        for call in source.facts.calls:
            name = call.func.name if isinstance(call.func, facts.Attr | facts.Ref) else ""
            if name in _WORK and block.partner in source.ancestors(call.block):
                yield block, name
                break
