# mldebt: file-ignore[template-text] it holds the texts that it looks for
"""The rule `template-text`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Kind, Profile, Project, Related, Role, Rule, Severity, SourceFacts, Span

_TEXT = re.compile(
    r"delete this (file )?(once|when) you (start|begin)|please delete this file"
    r"|meant\s+just for illustrating|\ba placeholder for your\b|this is where you('d| would)\b"
    r"|echo .*\bin (production|a real \w+), (you|this) would|https?://your-[\w-]+\.(com|org|io)\b"
    r"|add your \w+ (code|steps|commands) here",
    re.IGNORECASE,
)
_WORDS = (
    "delete this", "just for illustrating", "a placeholder for", "this is where you", "echo ", "://your-",
    "add your ",
)  # fmt: skip
"""What each of these phrases holds."""


class TemplateText(Rule):
    """Text that a template or a generator left for the author to replace is still there.

    "Please delete this file" stands above a step that runs every day, and the job called `deploy` only prints what a
    deployment would do: what is the project's own, and works, cannot be told from what came with it. Sculley et al.
    2015, section 5 (Prototype Smell).

    ## How to repair

    Replace what stands there by what the project does, or delete it.

    ## A template's example, a job that only says what it would do

    ```python title="nodes.py"
    \"""Example code for the nodes of the example pipeline.

    Delete this when you start working on your own project.  # expect: template-text
    \"""
    def split(frame):
        return frame.sample(frac=0.8)
    ```

    ```yaml title=".github/workflows/deploy.yml"
    jobs:
      deploy:
        steps:
          - run: |
              echo "For now, this is a placeholder for your deployment script."  # expect: template-text
    ```

    ## Other placeholders

    ```python title="model.py"
    # this is a placeholder for images, fed with each batch
    x = tf.placeholder(tf.float32)
    URL = "https://yourself.com"
    ```

    ## What the code writes for others

    ```python title="{{cookiecutter.name}}/nodes.py"
    \"""Delete this when you start working on your own project.\"""
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 10
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.DOCS}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file with such text, at the first place."""
        for source in self.sources(project, Kind.PYTHON, Kind.YAML, Kind.SHELL):
            text = _text(source)
            lines = dict.fromkeys(text.count("\n", 0, match.start()) + 1 for match in _TEXT.finditer(text))
            if lines:
                first, *others = lines
                yield self.finding(
                    source.location(Span.at(first)),
                    "text of a template stands here that was to be replaced"
                    + (f" (and at {len(others)} more places)" if others else ""),
                    related=[Related(source.location(Span.at(line)), "here, too") for line in others[:8]],
                )


def _text(source: SourceFacts) -> str:
    """The text of a file that may hold such a phrase, else nothing: few do."""
    text = source.text()
    lowered = text.lower()
    return text if any(word in lowered for word in _WORDS) else ""
