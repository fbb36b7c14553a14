"""The rule `unchecked-llm-output`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, LlmCall, Profile, Project, Related, Rule, Site, SourceFacts, answers_in, facts, walk

_PARSERS = (
    "json.loads",
    "ast.literal_eval",
    "yaml.safe_load",
    "yaml.load",
    "eval",
    "simplejson.loads",
    "json5.loads",
)
_SHAPED = frozenset(
    "response_format tools functions function_call response_model response_schema generation_config text tool_choice "
    "guided_json extra_body format".split()
)
_CHECKS = (
    "validate",
    "model_validate",
    "parse_obj",
    "validate_python",
    "from_dict",
    "model_validate_json",
    "structure",
)


class UncheckedLlmOutput(Rule):
    """The free text that a language model answered is parsed, and nothing says which shape it has to have.

    The parser works while the model happens to answer in the form that the prompt asks for. With another model, a
    longer input or a polite first sentence the text does not parse, or it parses into something whose keys are other
    ones, and the next steps take that for data. Sculley et al. 2015, section 7: data from outside need tests.

    ## How to repair

    Ask for structured output (`response_format`, `tools`), or check what was parsed against a schema
    (`Model.model_validate_json(text)`), and decide what happens to an answer that does not fit.

    ## Parsed where it arrives, through a name, through a helper

    ```python title="extract.py"
    import json

    from openai import OpenAI

    client = OpenAI()

    def ask(prompt):
        response = client.chat.completions.create(model="gpt-4o-2024-08-06", messages=[prompt])
        return response.choices[0].message.content

    def entities(text):
        return json.loads(ask(text))  # expect: unchecked-llm-output

    def labels(text):
        answer = client.chat.completions.create(model="gpt-4o-2024-08-06", messages=[text])
        content = answer.choices[0].message.content.strip()
        return eval(content)  # expect: unchecked-llm-output
    ```

    ## The shape is asked for, or checked

    ```python title="extract.py"
    import json

    from openai import OpenAI
    from pydantic import BaseModel

    client = OpenAI()
    shape = {"type": "json_object"}

    class Entity(BaseModel):
        name: str

    def entities(text):
        answer = client.chat.completions.create(model="gpt-4o-2024-08-06", messages=[text], response_format=shape)
        return json.loads(answer.choices[0].message.content)

    def entity(text):
        answer = client.chat.completions.create(model="gpt-4o-2024-08-06", messages=[text])
        return Entity(**json.loads(answer.choices[0].message.content))

    def other(text):
        answer = client.chat.completions.create(model="gpt-4o-2024-08-06", messages=[text])
        found = json.loads(answer.choices[0].message.content)
        return Entity.model_validate(found)
    ```

    ## Another text, an answer that is shown, arguments of a tool

    ```python title="show.py"
    import json

    from openai import OpenAI

    client = OpenAI()
    settings = json.loads(open("settings.json").read())
    answer = client.chat.completions.create(model="gpt-4o-2024-08-06", messages=[], tools=settings)
    print(answer.choices[0].message.content)
    arguments = json.loads(answer.choices[0].message.tool_calls[0].function.arguments)
    ```
    """

    profile = Profile.CI
    minutes = 30

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each place where an answer is parsed."""
        if not project.llm_calls:
            return
        told: set[tuple[str, str]] = set()
        for site in project.calls(*_PARSERS):
            text = site.argument(0, "s", "node_or_string", "stream")
            if text is None or site.source.source.is_any(*self.skip_roles):
                continue
            call = answers_in(project, site.source, text)
            if call is None or _is_shaped(call) or _is_checked(site):
                continue
            place = site.source.scope_name(site.call.block) or f"{site.location.cell}:{site.location.span.line}"
            if (site.source.path, place) in told:
                continue
            told.add((site.source.path, place))
            yield self.finding(
                site.location,
                f"`{site.name}` parses what a language model answered, and nothing says which shape it has",
                related=[Related(call.site.location, "the answer comes from here")],
                scope=site.source.scope_name(site.call.block),
            )


def _is_shaped(call: LlmCall) -> bool:
    return call.site.hides_arguments or any(keyword.name in _SHAPED for keyword in call.site.call.keywords)


def _is_checked(site: Site) -> bool:
    """Whether the scope hands something to a schema: `Model(**parsed)`, `validate(parsed)`."""
    source = site.source
    scope = source.scope_of(site.call.block)
    for call in source.facts.calls:
        if source.scope_of(call.block) != scope:
            continue
        last = (call.name.rpartition(".")[2] or getattr(call.func, "name", "")).lstrip(":")
        if last in _CHECKS or (last[:1].isupper() and any(not keyword.name for keyword in call.keywords)):
            return True
    return any(block.kind == "if" and source.scope_of(i) == scope and "isinstance" in repr(_tests(source, block.test))
               for i, block in enumerate(source.facts.blocks))  # fmt: skip


def _tests(source: SourceFacts, test: facts.Expr | None) -> list[str]:
    return [source.facts.calls[part.call].name for part in walk(test) if isinstance(part, facts.Called)]
