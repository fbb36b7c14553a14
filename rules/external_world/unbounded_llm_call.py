"""The rule `unbounded-llm-call`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, LlmCall, Profile, Project, Related, Rule, Severity, serves

_BOUNDS = frozenset(
    "max_tokens max_completion_tokens max_output_tokens max_new_tokens max_tokens_to_sample num_predict timeout "
    "request_timeout default_request_timeout generation_config config options model_kwargs http_client".split()
)
_CONNECTIONS = ("openai.*", "anthropic.*", "groq.*", "together.*", "mistralai.*")


class UnboundedLlmCall(Rule):
    """A language model is called with neither a limit for its answer nor one for its time.

    The provider decides how long an answer may become and how long one may wait for it: an answer that does not stop
    costs money by the token, and a request that hangs holds its worker for ten minutes and is then tried again.
    Sculley et al. 2015, section 7: systems that act on the world need limits for what they do.

    ## How to repair

    Pass `max_tokens` (`max_output_tokens`, `max_completion_tokens`) and `timeout`, or give the client a timeout.

    ## Neither limit; one finding a file

    ```python title="answer.py"
    from openai import OpenAI

    client = OpenAI()

    def answer(question):
        return client.chat.completions.create(model="o1-2024-12-17", messages=[question])  # expect: unbounded-llm-call

    def judge(text):
        return client.responses.create(model="gpt-4o-2024-08-06", input=text, temperature=0)
    ```

    ```python title="chain.py"
    from langchain_openai import ChatOpenAI

    llm = ChatOpenAI(model="gpt-4o-2024-08-06", temperature=0)  # expect: unbounded-llm-call
    ```

    ## A limit at the call, or at the client

    ```python title="answer.py"
    from langchain_openai import ChatOpenAI
    from openai import OpenAI

    OpenAI().chat.completions.create(model="gpt-4o-2024-08-06", messages=[], max_tokens=300)
    ChatOpenAI(model="gpt-4o-2024-08-06", request_timeout=20)
    ```

    ```python title="judge.py"
    from openai import OpenAI

    client = OpenAI(timeout=20)
    client.chat.completions.create(model="gpt-4o-2024-08-06", messages=[])
    ```

    ## What may come through a dictionary, and models that run here

    ```python title="answer.py"
    import ollama
    from openai import OpenAI

    OpenAI().chat.completions.create(model="gpt-4o-2024-08-06", messages=[], **options)
    OpenAI(**settings)
    ollama.chat(model="llama3:8b", messages=[])
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 5
    gathers = True

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file with such calls."""
        found: dict[str, list[LlmCall]] = {}
        for call in project.llm_calls:
            if not call.site.source.source.is_any(*self.skip_roles) and not _is_bounded(call):
                found.setdefault(call.site.source.path, []).append(call)
        if not found:
            return
        bounded = {
            site.source.path
            for site in project.calls(*_CONNECTIONS)
            if site.hides_arguments or any(keyword.name in _BOUNDS for keyword in site.call.keywords)
        }
        for path, calls in found.items():
            first, *others = sorted(calls, key=lambda call: call.site.call.span)
            if path in bounded:
                continue
            count = f"{len(calls)} calls of language models" if others else "a call of a language model"
            yield self.finding(
                first.site.location,
                f"{count} without a limit for the answer (`max_tokens`) or for the time (`timeout`)",
                related=[Related(other.site.location, "here, too") for other in others],
                severity=Severity.WARNING if serves(first.site.source) else None,
                scope=first.site.source.scope_name(first.site.call.block),
            )


def _is_bounded(call: LlmCall) -> bool:
    site = call.site
    return (
        site.hides_arguments
        or site.name.startswith("ollama.")
        or "Ollama" in site.name
        or any(keyword.name in _BOUNDS for keyword in site.call.keywords)
    )
