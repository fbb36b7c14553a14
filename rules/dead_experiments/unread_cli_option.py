"""The rule `unread-cli-option`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mldebt import Finding, Fix, Option, Project, Related, Role, Rule, Severity, deletion, facts, walk

_AROUND = frozenset({"locals", "vars", "click.get_current_context"})
"""What reads all parameters, whatever they are called."""
_ACTIONS = re.compile(r"(store(_true|_false|_const)?|append(_const)?|count|extend)$")


class UnreadCliOption(Rule):
    """A command-line option is accepted and never read.

    Users believe that they configure something: a run with `--early-stopping 5` is the same run as without. Such
    an option is what an experiment leaves behind. Sculley et al. 2015, section 6: it should be possible to detect
    unused settings.

    ## How to repair

    Use the option, or remove it from the parser, the documentation and the scripts that pass it.

    ## Printing or storing all options reads none of them

    ```python title="train.py"
    import argparse, json
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float)
    parser.add_argument("-es", "--early-stopping", type=int)  # expect: unread-cli-option
    args = parser.parse_args()
    json.dump(vars(args), open("args.json", "w"))
    train(lr=args.lr)
    ```

    ## Fixed

    ```python title="train.py"
    import argparse, json
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float)
    args = parser.parse_args()
    json.dump(vars(args), open("args.json", "w"))
    train(lr=args.lr)
    ```

    ## The namespace is followed into functions of the project

    ```python title="train.py"
    from options import parse
    from steps import run
    run(parse())
    ```

    ```python title="options.py"
    import argparse
    def parse():
        parser = argparse.ArgumentParser()
        parser.add_argument("--depth", type=int)
        parser.add_argument("--width", type=int)  # expect: unread-cli-option
        return parser.parse_args()
    ```

    ```python title="steps.py"
    def run(options):
        build(options.depth)
    ```

    ## What is left over is taken apart from it

    ```python title="main.py"
    from settings import get_config
    from trainer import Trainer
    config, unparsed = get_config()
    Trainer(config).train()
    ```

    ```python title="settings.py"
    import argparse
    def get_config():
        parser = argparse.ArgumentParser()
        parser.add_argument("--depth", type=int)
        parser.add_argument("--grayscale", type=bool)  # expect: unread-cli-option
        config, unparsed = parser.parse_known_args()
        setattr(config, "layout", "NCHW" if config.depth else "NHWC")
        return config, unparsed
    ```

    ```python title="trainer.py"
    class Trainer:
        def __init__(self, config):
            self.config = config
        def train(self):
            fit(self.config.depth)
    ```

    ## Other libraries

    ```python title="train.py"
    import click
    @click.command()
    @click.option("--warm-up")  # expect: unread-cli-option
    def train(warm_up):
        fit(1)
    ```

    ```python title="flags.py"
    from absl import flags
    flags.DEFINE_float("lr", 0.1, "step size")
    flags.DEFINE_float("decay", 0.1, "weight decay")  # expect: unread-cli-option
    fit(flags.FLAGS.lr)
    ```

    ## The whole namespace is handed to something that may read all of it

    ```python title="train.py"
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument("--depth")
    Trainer(**vars(parser.parse_args()))
    ```

    ```python title="other.py"
    import argparse, library
    parser = argparse.ArgumentParser()
    parser.add_argument("--depth")
    library.run(parser.parse_args())
    ```

    ## Read by name, as an item, or in another file

    ```python title="train.py"
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument("--depth")
    parser.add_argument("--width")
    parser.add_argument("-v", "--version", action="version", version="1")
    options = vars(parser.parse_args())
    build(options["depth"], getattr(options, "width"))
    ```

    ## Options that the parser or a framework reads itself

    ```python title="train.py"
    from transformers import HfArgumentParser
    parser = HfArgumentParser(Options)
    parser.add_argument("--depth")
    options = parser.parse_args_into_dataclasses()
    ```

    ```python title="launch.py"
    import argparse, sys
    parser = argparse.ArgumentParser()
    parser.add_argument("script")
    parser.add_argument("--mode", action=Choose)
    args, rest = parser.parse_known_args()
    start(args.mode, rest, args)
    ```

    ## Left for compatibility; what a framework adds

    ```python title="train.py"
    import argparse
    import lightning
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds")
    parser = lightning.Trainer.add_argparse_args(parser)
    args = parser.parse_args()
    lightning.Trainer.from_argparse_args(args)
    ```

    ```python title="old.py"
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument("--old", help=argparse.SUPPRESS)  # expect: unread-cli-option as info
    parser.add_argument("--gpus", help="deprecated, has no effect")  # expect: unread-cli-option as info
    parser.add_argument("script")
    parser.add_argument("--lr")
    args = parser.parse_args()
    fit(args.lr)
    ```
    """

    minutes = 5
    gathers = True
    many: int = 3
    """So many unread options of one file are one finding."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each option that nothing reads."""
        for path, options in project.options.by_source.items():
            if options[0].source.source.is_any(*self.skip_roles):
                continue
            unread = [*self._parsed(project, path, options), *_left(options)]
            if not unread:
                continue
            if unread[0].source.source.is_any(Role.TUTORIAL) or len(unread) >= self.many:
                yield self._finding(unread[0], unread[1:])  # copied from elsewhere, or not completed: one cause
            else:
                yield from map(self._finding, unread)

    def _parsed(self, project: Project, path: str, options: Sequence[Option]) -> Iterator[Option]:
        """The options of a parser that are not read from what it returns."""
        parsed = [o for o in options if o.framework in ("argparse", "absl") and _is_plain(o)]
        if parsed:
            namespaces = project.options.namespaces(path)
            exist = namespaces.exist or parsed[0].framework == "absl"
            if exist and not namespaces.escapes:
                here = project.options.names_read(path)
                unread = namespaces.unread(option.dest for option in parsed if option.dest not in here)
                yield from (option for option in parsed if option.dest in unread)

    def _finding(self, option: Option, others: Sequence[Option] = ()) -> Finding:
        is_mild = option.is_hidden or option.source.source.is_any(Role.TUTORIAL)
        return self.finding(
            option.location,
            f"option `{option.name}` is accepted but never read"
            + (f", nor {'are' if others[1:] else 'is'} {len(others)} more" if others else "")
            + ": users believe that they configure something",
            related=[Related(other.location, f"nor is `{other.name}`") for other in others],
            severity=Severity.INFO if is_mild else None,
            minutes=self.minutes + 2 * len(others),
            fix=_fix([option, *others]),
        )


def _fix(options: Sequence[Option]) -> Fix | None:
    """Deletes the calls that declare options, where they are statements of their own."""
    edits = []
    for option in options:
        edit = deletion(option.source, option.call.span) if option.call is not None else None
        if edit is None or option.framework != "argparse":
            return None
        edits.append(edit)
    what = f"option `{options[0].name}`" if len(options) == 1 else "options that are never read"
    return Fix(f"Delete the {what}", tuple(edits))


def _left(options: Sequence[Option]) -> Iterator[Option]:
    """The options of one file whose functions do not read their parameters."""
    passed = [option for option in options if option.function is not None and option.param is not None]
    if not passed or not _AROUND.isdisjoint(passed[0].source.facts.header.names):
        return
    content = passed[0].source.facts
    exprs = [use.expr for use in content.uses] + [call.func for call in content.calls]
    parts = (part for expr in exprs for part in walk(expr) if isinstance(part, facts.Ref))
    read = {binding for part in parts for binding in part.bindings}
    yield from (option for option in passed if not _is_used(option, read))


def _is_plain(option: Option) -> bool:
    """Whether the option does nothing by itself and is not there for its place alone."""
    is_bound = option.framework == "absl" and option.call is not None and not option.call.bare
    return not is_bound and not option.is_positional and bool(_ACTIONS.match(option.action))


def _is_used(option: Option, read: set[int]) -> bool:
    """Whether a function reads the parameter of an option, or might."""
    if option.param is None or option.function is None or option.param.binding in read:
        return True
    if any(option.keyword(name) is not None for name in ("callback", "expose_value", "is_eager")):
        return True
    return any(param.annotation.endswith("Context") or param.name == "ctx" for param in option.function.params)
