"""The rule `misleading-option-help`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from mldebt import Finding, Option, Project, Related, Role, Rule, Severity, facts

_STATED = re.compile(
    r"\bdefaults?(?: value)?(?:\s*(?:is|to|=|:)\s*|\s+)(?P<value>[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)"
    r"(?![\w.%])(?!\s*[*/^x-])",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z]+|\d+")
_LEAST_WORDS = 3


class MisleadingOptionHelp(Rule):
    """The help of a command-line option describes another option, or another default.

    The help is where people look what an option does. A text that was copied from the option above, or that names
    the default of two years ago, makes them run experiments that they did not mean. Sculley et al. 2015, section 6:
    it should be hard to make manual errors, omissions or oversights in a configuration.

    ## How to repair

    Describe what this option does, and let the library print the default (`ArgumentDefaultsHelpFormatter`,
    `show_default=True`).

    ## Copied from another option

    ```python title="train.py"
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("--train", type=bool, help="True for training")
    parser.add_argument("--crop", type=bool, help="True for training")  # expect: misleading-option-help
    ```

    ## Another default

    ```python title="train.py"
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", default=0.001, help="learning rate (default: 0.01)")  # expect: misleading-option-help
    ```

    ```python title="score.py"
    import click

    @click.command()
    @click.option("--rows", default=500, help="How many rows, default 100")  # expect: misleading-option-help
    def main(rows):
        print(rows)
    ```

    ## The same default, written differently, or computed

    ```python title="train.py"
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=1e-3, help="learning rate (default: 0.001)")
    parser.add_argument("--seed", default=None, help="seed (default: 0)")
    parser.add_argument("--size", default=1024 * 1024, help="bytes (default: 1 MB)")
    parser.add_argument("--rate", default=0.2, help="share to drop (default: 20%)")
    parser.add_argument("--beta", default=0.9, help="default 0.9 for Adam, default 0 for SGD")
    ```

    ## A text that fits both options, and options of different commands

    ```python title="train.py"
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("--train", help="path of a table of rows")
    parser.add_argument("--test", help="path of a table of rows")
    parser.add_argument("--train-rows", help="number of train rows")
    parser.add_argument("--max-train", help="number of train rows")
    parser.add_argument("--max-length", help="maximum sequence length")
    parser.add_argument("--max-seq-len", help="maximum sequence length")
    parser.add_argument("-o", "--output", help="where the output goes")
    parser.add_argument("--dest", dest="output", help="where the output goes")
    ```
    """

    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each option whose help is about something else."""
        for options in project.options.by_source.values():
            if options[0].source.source.is_any(*self.skip_roles):
                continue
            described: dict[str, list[Option]] = defaultdict(list)
            for option in options:
                text = _help(option)
                if len(text.split()) >= _LEAST_WORDS:
                    described[text.lower()].append(option)
                stated = _wrong_default(option, text)
                if stated:
                    yield self._finding(option, f"says that the default is {stated[0]}, and it is {stated[1]}")
            for text, alike in described.items():
                yield from self._copied(text, alike)

    def _copied(self, text: str, options: list[Option]) -> Iterator[Finding]:
        """The options that share a text which is about one of them only."""
        about = [option for option in options if _speaks_of(text, option)]
        names = {option.dest for option in options}
        if len(about) == 1 and len(names) > 1:
            copies = [option for option in options if option.dest != about[0].dest]
            related = [Related(about[0].location, f"the help of `{about[0].name}`")]
            related += [Related(option.location, f"`{option.name}` has it, too") for option in copies[1:]]
            yield self._finding(copies[0], f"is a copy of that of `{about[0].name}`", *related)

    def _finding(self, option: Option, what: str, *related: Related) -> Finding:
        return self.finding(
            option.location,
            f"the help of `{option.name}` {what}",
            related=related,
            severity=Severity.INFO if option.source.source.is_any(Role.TUTORIAL) else None,
            scope=option.dest,
        )


def _help(option: Option) -> str:
    """The help text of an option; absl flags have it in the third place."""
    text = option.keyword("help")
    if option.framework == "absl" and text is None and option.call is not None and len(option.call.args) > 2:
        text = option.call.args[2]
    return " ".join(text.value.split()) if isinstance(text, facts.Const) and isinstance(text.value, str) else ""


def _speaks_of(text: str, option: Option) -> bool:
    """Whether a text mentions a word of an option's name."""
    words = _WORD.findall(text)
    return any(
        word == part
        or (len(part) > 2 and word.startswith(part[:5]))
        or (len(word) > 2 and part.startswith(word[:5]))
        for part in _WORD.findall(option.dest.lower())
        for word in words
    )


def _wrong_default(option: Option, text: str) -> tuple[str, str] | None:
    """The number that the help states and the one that is the default, where they differ."""
    stated = _STATED.findall(text)
    default = option.default
    if len(stated) != 1 or not isinstance(default, facts.Const) or type(default.value) not in (int, float):
        return None
    value = float(stated[0])
    return (stated[0], str(default.value)) if value != float(str(default.value)) else None
