"""The rule `copied-prompt`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mldebt import Finding, Kind, Location, Profile, Project, Related, Rule, SourceFacts, Span, facts

_SHORTEST = 160
_ADDRESSED = re.compile(
    r"\b(you are|you're|your (task|goal|job|role|output|answer|response)|respond|answer|reply|return only|json|"
    r"summari[sz]e|generate|classify|extract|translate|the user|assistant|question|context|instructions?)\b",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s+")


class _Copy(NamedTuple):
    source: SourceFacts
    location: Location
    block: int


class CopiedPrompt(Rule):
    r'''The same prompt stands in several files.

    A prompt is a setting that decides what the model does, and it is tuned more often than any other. When one copy is
    improved, the others go on with the old text, and evaluation and service no longer ask the same thing. Sculley et
    al. 2015, section 6, want configuration without redundancy; Tang et al. 2021 find copied configuration to be the
    most common debt of projects with models.

    ## How to repair

    Keep the prompt in one place (a module, a template file), and import it.

    ## Word for word but for the layout, in two files

    ```python title="ask.py"
    from openai import OpenAI

    PROMPT = (
        "You are a careful analyst of complaints. Name the product that this complaint is "  # expect: copied-prompt
        "about, then the department that has to deal with it, and answer in one line, without any "
        "explanation or greeting."
    )
    ```

    ```python title="evaluate.py"
    SYSTEM = """You are a careful analyst of complaints. Name the product that this complaint is about,
    then the department that has to deal with it, and answer in one line, without any explanation or greeting."""
    ```

    ## Filled in

    ```python title="ask.py"
    import anthropic

    def prompt(complaint):
        return (  # expect: copied-prompt
            f"You are a careful analyst of complaints. Name the product that the complaint {complaint} is about, "
            f"then the department that has to deal with it, and answer in one line."
        )
    ```

    ```python title="jobs/label.py"
    def ask(text):
        send(
            f"You are a careful analyst of complaints. Name the product that the complaint {text} is about, "
            f"then the department that has to deal with it, and answer in one line."
        )
    ```

    ## Another ending, and two places of one file

    ```python title="ask.py"
    from openai import OpenAI

    START = (
        "You are a careful analyst of complaints. Name the product that this complaint is about, then the department "
        "that has to deal with it, and answer in one line, without any explanation or greeting."
    )
    AGAIN = (
        "You are a careful analyst of complaints. Name the product that this complaint is about, then the department "
        "that has to deal with it, and answer in one line, without any explanation or greeting."
    )
    ```

    ```python title="evaluate.py"
    SYSTEM = (
        "You are a careful analyst of complaints. Name the product that this complaint is about, then the department "
        "that has to deal with it, and explain in three lines why you think so."
    )
    ```

    ## A project that asks no language model

    ```python title="a.py"
    TEXT = (
        "You are about to delete all your answers to the questions of this form. This cannot be taken back: the forms "
        "that you have sent are kept, and so are the summaries that others have made of them in this project."
    )
    ```

    ```python title="b.py"
    TEXT = (
        "You are about to delete all your answers to the questions of this form. This cannot be taken back: the forms "
        "that you have sent are kept, and so are the summaries that others have made of them in this project."
    )
    ```
    '''

    profile = Profile.CI
    minutes = 15
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each group of files that hold the same prompts."""
        if not project.llm_calls and not any(_asks(source) for source in project.code):
            return
        found: dict[str, list[_Copy]] = {}
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            for text, span, block in _texts(source):
                key = _SPACE.sub(" ", text).strip()
                if len(key) >= _SHORTEST and len(key.split(" ")) > 20 and _ADDRESSED.search(key):
                    found.setdefault(key, []).append(_Copy(source, source.location(span), block))
        together: dict[tuple[str, ...], list[tuple[str, dict[str, _Copy]]]] = {}
        for text, copies in found.items():
            by_file = {copy.source.path: copy for copy in reversed(copies)}
            if len(by_file) > 1 and any(_asks(c.source) or "prompt" in c.source.path.lower() for c in copies):
                together.setdefault(tuple(sorted(by_file)), []).append((text, by_file))
        for paths, prompts in together.items():
            text, first = prompts[0]
            also = f", and {len(prompts) - 1} more prompts" if prompts[1:] else ""
            related = [Related(first[path].location, "the same text") for path in paths[1:]]
            related += [
                Related(places[paths[0]].location, f"`{other[:50].strip()}…`") for other, places in prompts[1:]
            ]
            yield self.finding(
                first[paths[0]].location,
                f"the prompt `{text[:50].strip()}…`{also} {'stand' if prompts[1:] else 'stands'} in {len(paths)} files",
                related=related,
                scope=first[paths[0]].source.scope_name(first[paths[0]].block),
            )


def _asks(source: SourceFacts) -> bool:
    roots = {module.partition(".")[0] for module in source.facts.header.modules}
    return bool(roots & {"openai", "anthropic", "litellm", "langchain", "langchain_core", "ollama", "dspy"})


def _texts(source: SourceFacts) -> Iterator[tuple[str, Span, int]]:
    """The long strings of a source; what an f-string fills in is left out."""
    for literal in source.facts.literals:
        yield literal.value, literal.span, literal.block
    for binding in source.facts.bindings:
        if isinstance(binding.value, facts.Text):
            yield _fixed(binding.value), binding.span, binding.block
    for result in source.facts.returns:
        if isinstance(result.value, facts.Text):
            yield _fixed(result.value), result.span, result.block
    for call in source.facts.calls:
        for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
            if isinstance(argument, facts.Text):
                yield _fixed(argument), call.span, call.block


def _fixed(text: facts.Text) -> str:
    return "{}".join(str(part.value) for part in text.parts if isinstance(part, facts.Const))
