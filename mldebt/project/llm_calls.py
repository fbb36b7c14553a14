"""Calls of language models that a provider serves: who is asked for which model, and what parses the answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mldebt.facts import Attr, Called, Const, Expr, Function, Item, Ref, Seq, Unary
from mldebt.project.calls import Site

if TYPE_CHECKING:
    from mldebt.project.project import Project
    from mldebt.project.source_facts import SourceFacts

_REQUESTS = (
    "openai.ChatCompletion.create", "openai.ChatCompletion.acreate", "openai.Completion.create",
    "openai.Completion.acreate", "openai.chat.completions.create", "openai.responses.create", "litellm.completion",
    "litellm.acompletion", "ollama.chat", "ollama.generate",
)  # fmt: skip
_ENDPOINT = re.compile(r"(chat\.completions|completions|responses|messages)\.(create|acreate)$")
_CLIENTS = re.compile(
    r"(langchain|llama_index|dspy|google\.generativeai|vertexai|pydantic_ai|smolagents|autogen)[\w.]*\."
    r"(ChatOpenAI|OpenAI|ChatAnthropic|Anthropic|ChatGoogleGenerativeAI|ChatVertexAI|ChatMistralAI|ChatGroq|ChatOllama|"
    r"Ollama|GenerativeModel|init_chat_model|LM|OpenAIServerModel|LiteLLMModel)"
)
_PROVIDERS = frozenset(
    "openai anthropic litellm ollama groq mistralai together cohere google langchain langchain_openai "
    "langchain_anthropic langchain_community langchain_google_genai llama_index dspy vertexai pydantic_ai".split()
)
_SENDING = frozenset({"invoke", "ainvoke", "predict", "apredict", "complete", "chat", "generate_content"})
_TEXT_METHODS = frozenset("strip lstrip rstrip replace split partition rpartition group groups lower".split())
_CLEANS = re.compile(r"clean|strip|fence|extract_json|repair|remove_|trim", re.IGNORECASE)
_ASKS = frozenset({"messages", "input", "prompt", "system"})


class LlmCall(NamedTuple):
    """A request for an answer, or (`is_client`) the making of an object that will send requests."""

    site: Site
    is_client: bool

    @property
    def model(self) -> Expr | None:
        """The name of the model, if the call gives one."""
        first = (
            0
            if self.is_client and self.site.name.endswith(("GenerativeModel", "init_chat_model", ".LM"))
            else None
        )
        return self.site.argument(first, "model", "model_name", "model_id", "engine")


def find_llm_calls(project: Project) -> Iterator[LlmCall]:
    """All calls, by path and place."""
    sources = [s for s in project.code if _PROVIDERS & {m.partition(".")[0] for m in s.facts.header.modules}]
    if not sources:
        return
    patterns = (*_REQUESTS, "*.create", "*.acreate", "langchain*", "llama_index*", "dspy*", "google.generativeai.*",
                "vertexai.*", "pydantic_ai*", "smolagents*", "autogen*")  # fmt: skip
    for site in project.calls(*patterns):
        if site.name in _REQUESTS or _is_endpoint(site):
            yield LlmCall(site, is_client=False)
        elif _CLIENTS.fullmatch(site.name):
            yield LlmCall(site, is_client=True)


def _is_endpoint(site: Site) -> bool:
    """`client.chat.completions.create(model=…, messages=…)`, whatever the client is."""
    given = {keyword.name for keyword in site.call.keywords}
    return "model" in given and bool(given & _ASKS) and bool(_ENDPOINT.search(_written(site.call.func)))


def _written(func: Expr) -> str:
    parts = []
    while isinstance(func, Attr):
        parts.append(func.name)
        func = func.base
    return ".".join(reversed(parts))


def answers_in(project: Project, source: SourceFacts, expr: Expr, depth: int = 0) -> LlmCall | None:
    """The request whose answer's text an expression is, through names, text methods and functions of the project."""
    if depth > 10:
        return None
    match expr:
        case Unary(_, operand):
            return answers_in(project, source, operand, depth + 1)
        case Attr(base, "content" | "text" | "message" | "choices" | "output_text" | "completion"):
            return answers_in(project, source, base, depth + 1)
        case Item(base, _):
            return answers_in(project, source, base, depth + 1)
        case Ref(_, (binding,)) if binding >= 0:
            fact = source.facts.bindings[binding]
            if fact.kind in ("assign", "annotated", "walrus") and fact.value is not None and len(fact.path) < 2:
                return _of_value(project, source, fact.value, fact.path, depth + 1)
        case Called():
            return _of_value(project, source, expr, (), depth + 1)
    return None


def _of_value(
    project: Project, source: SourceFacts, value: Expr, path: tuple[int, ...], depth: int
) -> LlmCall | None:
    """The request behind a value, or behind one of the items that a function of the project returns."""
    if not isinstance(value, Called):
        return None if path else answers_in(project, source, value, depth)
    call = source.facts.calls[value.call]
    request = _request(project, source, value.call)
    if request is not None:
        return None if path else request
    if isinstance(call.func, Attr) and call.func.name in _TEXT_METHODS and not path:
        return answers_in(project, source, call.func.base, depth)
    if call.name in ("re.search", "re.match", "re.findall", "re.sub") and len(call.args) > 1:
        return answers_in(project, source, call.args[-1 if call.name == "re.sub" else 1], depth)
    symbol = project.names.symbol(source, call.name) if call.name else None
    if symbol is None or not isinstance(symbol.fact, Function) or symbol.rest:
        return None
    if _CLEANS.search(symbol.fact.name) and call.args and not path:
        return answers_in(project, source, call.args[0], depth)
    results = symbol.source.returns_by_function.get(symbol.fact.block, [])
    if path:
        results = [r.items[path[0]] for r in results if isinstance(r, Seq) and len(r.items) > path[0]]
    found = [answers_in(project, symbol.source, result, depth + 2) for result in results if result != Const(None)]
    return found[0] if found and all(found) else None


def _request(project: Project, source: SourceFacts, index: int) -> LlmCall | None:
    """The request that a call is: one of those known, or a method of a client that sends requests."""
    call = source.facts.calls[index]
    for known in project.llm_calls:
        if known.site.call is call and known.site.source is source:
            return None if known.is_client else known
    if isinstance(call.func, Attr) and call.func.name in _SENDING and not call.name:
        kind = project.type_of(source, call.func.base)
        if kind and _CLIENTS.fullmatch(kind):
            return LlmCall(Site(source, call, f"{kind}.{call.func.name}"), is_client=False)
    return None
