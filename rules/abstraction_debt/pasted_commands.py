"""The rule `pasted-commands`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from difflib import SequenceMatcher

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Severity, SourceFacts, facts

_FEWEST = 3
_LEAST_WORDS = 8
_MOST_DIFFERENT = 3


class PastedCommands(Rule):
    """A long command stands several times in a script, and only a word or two of it differ.

    Which words are meant to differ is not said. An option that is changed in four of five lines makes five runs that
    cannot be compared, and nobody sees it. Sculley et al. 2015, section 5 (Abstraction Debt) and section 6.

    ## How to repair

    Loop over what differs (`for seed in 111 555 777`), or let a sweep of the configuration tool enumerate it.

    ## One run for each seed

    ```shell title="train.sh"
    python train.py --config b7.json --folds folds.csv --fold 0 --opt O1 --seed 111 $1  # expect: pasted-commands
    python train.py --config b7.json --folds folds.csv --fold 0 --opt O1 --seed 555 $1
    python train.py --config b7.json --folds folds.csv --fold 0 --opt O1 --seed 777 $1
    ```

    ## A loop, few commands

    ```shell title="train.sh"
    for seed in 111 555 777; do
      python train.py --config b7.json --folds folds.csv --fold 0 --level O1 --seed $seed --data $1
    done
    python predict.py --config b7.json --folds folds.csv --fold 0 --level O1 --data $1 --out a.csv
    python predict.py --config b7.json --folds folds.csv --fold 1 --level O1 --data $1 --out b.csv
    ```

    ## Short commands, and other programs

    ```shell title="run.sh"
    python build.py --fold 0
    python build.py --fold 1
    python build.py --fold 2
    docker run --rm --gpus all -v data:/data -v out:/out image one
    docker run --rm --gpus all -v data:/data -v out:/out image two
    docker run --rm --gpus all -v data:/data -v out:/out image three
    ```

    ## A script that is only left out

    ```make title="Makefile"
    lint:
        ruff check src tests --exclude src/app/_version.py --select I --fix --quiet
        ruff check src tests --exclude src/app/_version.py --select E --fix --quiet
        ruff check src tests --exclude src/app/_version.py --select F --fix --quiet
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 10
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each script with such commands."""
        for source in self.sources(project, Kind.SHELL, Kind.MAKE):
            programs: dict[str, list[facts.Command]] = defaultdict(list)
            for command in source.facts.commands:
                script = _script(command)
                if script and len(command.argv) >= _LEAST_WORDS:
                    programs[script].append(command)
            families = [family for commands in programs.values() for family in _families(commands)]
            if families:
                yield self._finding(source, sorted(families, key=len, reverse=True))

    def _finding(self, source: SourceFacts, families: list[list[facts.Command]]) -> Finding:
        first, *others = families[0]
        different = sorted({word for other in others for word in _different(first.argv, other.argv)})
        shown = ", ".join(f"`{word}`" for word in different[:4]) + (" …" if len(different) > 4 else "")
        script = _script(first)
        more = ""
        if len(families) > 1:
            more = (
                "; so is another command" if len(families) == 2 else f"; so are {len(families) - 1} more commands"
            )
        return self.finding(
            source.location(first.span),
            f"the command for `{script}` is pasted {len(others) + 1} times; what differs is {shown or 'nothing'}{more}",
            related=[
                *(Related(source.location(other.span), "pasted here") for other in others[:10]),
                *(Related(source.location(family[0].span), "another one") for family in families[1:6]),
            ],
            minutes=5 + 5 * len(families),
        )


def _script(command: facts.Command) -> str:
    """The script that a command runs: no value of an option."""
    words = zip(("", *command.argv), command.argv, strict=False)
    return next((word for before, word in words if word.endswith(".py") and not before.startswith("--")), "")


def _families(commands: list[facts.Command]) -> Iterator[list[facts.Command]]:
    """The groups of commands that are nearly the same."""
    while len(commands) >= _FEWEST:
        first = commands[0]
        family = [command for command in commands if _alike(first.argv, command.argv)]
        commands = [command for command in commands if command not in family]
        if len(family) >= _FEWEST:
            yield family


def _different(one: tuple[str, ...], other: tuple[str, ...]) -> list[str]:
    """The words of the second command that the first does not have at their place."""
    return [word for mine, word in zip(one, other, strict=False) if mine != word]


def _alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two commands have all but a few words in common, in order."""
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    equal = sum(block.size for block in matcher.get_matching_blocks())
    return max(len(one), len(other)) - equal <= _MOST_DIFFERENT and equal >= _LEAST_WORDS - 1
