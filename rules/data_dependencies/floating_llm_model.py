"""The rule `floating-llm-model`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, LlmCall, Profile, Project, Related, Role, Rule, Severity, Site, known_texts

_FLOATING = re.compile(
    r"(?:[\w-]+/)*(?:"
    r"gpt-3\.5-turbo(-16k)?|gpt-4(-32k|-turbo(-preview)?|-vision-preview|\.1(-mini|-nano)?)?|gpt-4o(-mini)?"
    r"|gpt-5(\.\d)?(-mini|-nano|-pro|-codex)?|o1(-mini|-preview|-pro)?|o3(-mini|-pro)?|o4-mini"
    r"|claude-2|claude-instant-1|claude-3([.-][57])?-(opus|sonnet|haiku)|claude-(opus|sonnet|haiku)-4-[015]"
    r"|gemini-pro(-vision)?|gemini-1\.[05]-(pro|flash)(-8b)?|gemini-2\.0-flash(-lite)?"
    r"|deepseek-(chat|reasoner)|command-r(-plus)?|[\w.-]+-latest)"
)


_DEFAULTS = re.compile(
    r"\.(ChatOpenAI|OpenAI|ChatMistralAI|ChatCohere|OpenAIEmbeddings?|HuggingFaceEmbeddings?|HuggingFaceInstructEmbeddings"
    r"|OpenAIEmbedding|CohereEmbeddings|MistralAIEmbeddings)$"
)
_SHOWN = 4


class FloatingLlmModel(Rule):
    """A provider's language model is asked for by a name whose model changes.

    `gpt-4o` or `claude-3-5-sonnet-latest` is whatever the provider serves under that name on the day of the call.
    Prompts that were tuned, thresholds and evaluations then belong to a model that is no longer there, and nothing here
    records the change. Sculley et al. 2015, section 3: a signal from another model that updates over time is an
    unstable data dependency.

    ## How to repair

    Ask for a dated version (`gpt-4o-2024-08-06`, `claude-3-5-sonnet-20241022`, `gemini-1.5-pro-002`), keep its name in
    the configuration, and run the evaluation again before changing it.

    ## A literal, a setting, the default of a parameter; one finding a file

    ```python title="answer.py"
    from openai import OpenAI

    from settings import MODEL

    client = OpenAI()

    def answer(question, model="gpt-4o-mini"):
        return client.chat.completions.create(model=model, messages=[question])  # expect: floating-llm-model

    def judge(text):
        return client.responses.create(model=MODEL, input=text)
    ```

    ```python title="settings.py"
    MODEL = "gpt-4.1"
    ```

    ## Clients that send the requests later

    ```python title="chain.py"
    import google.generativeai as genai
    import litellm
    from langchain_anthropic import ChatAnthropic

    llm = ChatAnthropic(model="claude-3-5-sonnet-latest")  # expect: floating-llm-model
    other = genai.GenerativeModel("gemini-1.5-flash")
    litellm.completion(model="openrouter/anthropic/claude-3.5-sonnet", messages=[])
    ```

    ## No name at all: the version of the library decides

    ```python title="chat.py"
    from langchain.chat_models import ChatOpenAI
    from langchain.embeddings import OpenAIEmbeddings

    embeddings = OpenAIEmbeddings()  # expect: floating-llm-model
    llm = ChatOpenAI(temperature=0)
    named = ChatOpenAI(**settings)
    ```

    ## Dated versions, embeddings, own weights, and what is not known

    ```python title="answer.py"
    import sys

    from langchain_anthropic import ChatAnthropic
    from openai import OpenAI

    client = OpenAI()
    client.chat.completions.create(model="gpt-4o-2024-08-06", messages=[])
    client.chat.completions.create(model="ft:gpt-4o-mini-2024-07-18:acme::7p4lURel", messages=[])
    client.chat.completions.create(model="meta-llama/Llama-3.1-8B-Instruct", messages=[])
    client.chat.completions.create(model=sys.argv[1], messages=[])
    client.embeddings.create(model="text-embedding-3-small", input="a")
    ChatAnthropic(model="claude-3-opus-20240229")
    ```

    ## Something else that is created from messages

    ```python title="notify.py"
    from twilio.rest import Client

    Client().messages.create(body="gpt-4", to="+100")
    ```
    """

    profile = Profile.CI
    minutes = 10
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file that asks for such names, at the first one."""
        found: dict[str, list[tuple[LlmCall, str]]] = {}
        for call in project.llm_calls:
            source = call.site.source
            if source.source.is_any(*self.skip_roles) or call.model is None:
                continue
            for name in dict.fromkeys(known_texts(project.value(source, call.model))):
                if _FLOATING.fullmatch(name):
                    found.setdefault(source.path, []).append((call, name))
        yield from self._unnamed(project)
        for calls in found.values():
            calls.sort(key=lambda pair: pair[0].site.call.span)
            names = list(dict.fromkeys(name for _, name in calls))
            places = {call.site.call.span: f"asks for `{name}`" for call, name in reversed(calls)}
            first, source = calls[0][0], calls[0][0].site.source
            shown = ", ".join(f"`{name}`" for name in names[:_SHOWN]) + (" …" if names[_SHOWN:] else "")
            verb, under = ("is", "that name") if len(names) == 1 else ("are", "those names")
            yield self.finding(
                first.site.location,
                f"{shown} {verb} whatever the provider serves under {under} today; no version is asked for",
                related=[Related(source.location(span), text) for span, text in sorted(places.items())[1:]],
                severity=Severity.INFO if source.source.is_any(Role.NOTEBOOK, Role.TUTORIAL) else None,
                scope=source.scope_name(first.site.call.block),
            )

    def _unnamed(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file that makes clients without saying which model they ask."""
        found: dict[str, list[Site]] = {}
        for site in project.calls("langchain*", "llama_index*"):
            named = site.argument(
                None, "model", "model_name", "model_id", "engine", "deployment_name", "deployment"
            )
            if named is not None or site.call.args or site.hides_arguments:
                continue
            if _DEFAULTS.search(site.name) and not site.source.source.is_any(*self.skip_roles):
                found.setdefault(site.source.path, []).append(site)
        for sites in found.values():
            first, *others = sorted(sites, key=lambda site: site.call.span)
            name = first.name.rpartition(".")[2]
            yield self.finding(
                first.location,
                f"`{name}` names no model: the installed version of the library decides which one is asked",
                related=[Related(s.location, f"`{s.name.rpartition('.')[2]}` neither") for s in others],
                severity=Severity.INFO if first.source.source.is_any(Role.NOTEBOOK, Role.TUTORIAL) else None,
                scope=first.source.scope_name(first.call.block),
            )
