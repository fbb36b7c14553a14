"""The rule `unreachable-commands`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Rule, Severity, SourceFacts, Span

_OPENS = re.compile(r"^\s*(if|for|while|until|case|select)\b|(^|\s|\))\{\s*$|^\s*function\b.*\{\s*$|^\s*\(\s*$")
_CLOSES = re.compile(r"^\s*(fi|done|esac)\b|^\s*\}|^\s*\)\s*$")
_EXITS = re.compile(r"(exit|return)(\s+\$?[\w?]+)?\s*;?\s*(#.*)?$")
_HERE = re.compile(r"<<-?\s*[\"']?(\w+)")


class UnreachableCommands(Rule):
    """Commands of a script stand behind an `exit` that every run reaches.

    An earlier way to run the pipeline was switched off and kept: it is not run and not changed with the rest. Sculley
    et al. 2015, section 5 ("Dead Experimental Codepaths").

    ## How to repair

    Delete the commands; version control remembers. If both ways are wanted, give the script an argument.

    ## The full run, switched off

    ```bash title="run.sh"
    python train.py --sample 0.05
    exit
    python train.py  # expect: unreachable-commands
    python submit.py
    ```

    ## In a branch, in a function, at the end

    ```bash title="run.sh"
    if [ -z "$1" ]; then
        echo "usage: run.sh FILE"
        exit 1
    fi
    usage() {
        echo help
    exit 2
    }
    python train.py
    exit 0
    ```

    ## A text that is written to a file

    ```bash title="make_job.sh"
    cat > job.sh <<EOF
    exit
    EOF
    python submit.py
    ```
    """

    severity = Severity.INFO
    profile = Profile.CI
    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each script, at the first command that is not reached."""
        for source in self.sources(project, Kind.SHELL):
            last = _exit(source)
            behind = [c for c in source.facts.commands if last and c.span.line > last]
            if behind:
                first, final = behind[0].span, behind[-1].span
                yield self.finding(
                    source.location(Span(first.line, first.column, final.end_line, final.end_column)),
                    f"{len(behind)} command{'s' * (len(behind) > 1)} behind the `exit` of line {last} never run"
                    f"{'s' * (len(behind) == 1)}",
                    related=[Related(source.location(Span.at(last)), "ends the script")],
                )


def _exit(source: SourceFacts) -> int:
    """The line of the first `exit` that stands in no branch, loop or function; 0 if there is none."""
    depth, here = 0, ""
    for number, line in enumerate(source.text().split("\n"), 1):
        if here:
            here = "" if line.strip() == here else here
            continue
        if match := _HERE.search(line):
            here = match[1]
        if depth == 0 and _EXITS.match(line):
            return number
        closes = bool(_CLOSES.match(line)) or bool(re.search(r"(;|\s)(fi|done|esac)\s*;?\s*$", line))
        if _OPENS.search(line):
            depth += 0 if closes and not _CLOSES.match(line) else 1
        elif closes:
            depth -= 1
        if depth < 0:
            return 0  # not understood
    return 0
