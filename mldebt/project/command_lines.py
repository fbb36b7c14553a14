"""What a command line starts: wrappers are peeled off until a script, a module or shell code remains."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

_PYTHON = re.compile(
    r"(?:.*/)?(?:pythonw?|pypy|ipython|py)(?:\d+(?:\.\d+)*)?(?:\.exe)?|\$[({]?(?:PYTHON|PY)\w*[)}]?", re.I
)
_INTERPRETER_VARIABLE = re.compile(r"\{\{?\s*sys\.executable\s*\}?\}|\$[({]?python\w*[)}]?", re.I)
_SHELLS = frozenset({"bash", "sh", "zsh", "ksh", "dash", "source", "."})
_RUNNERS = {
    "poetry": ("run",),
    "uv": ("run",),
    "pipenv": ("run",),
    "pdm": ("run",),
    "rye": ("run",),
    "hatch": ("run",),
    "pixi": ("run",),
    "conda": ("run",),
    "mamba": ("run",),
    "micromamba": ("run",),
    "coverage": ("run",),
    "streamlit": ("run",),
    "fastapi": ("run", "dev"),
    "accelerate": ("launch",),
    "doppler": ("run",),
    "op": ("run",),
}
"""Programs that run what follows one of their subcommands."""

_PREFIXES = frozenset(
    {"sudo", "time", "nohup", "exec", "command", "env", "nice", "timeout", "stdbuf", "xvfb-run",
     "caffeinate", "torchrun", "deepspeed", "spark-submit", "kernprof", "horovodrun", "mpirun", "mpiexec",
     "srun", "ddtrace-run", "opentelemetry-instrument", "wandb", "xargs", "ionice", "numactl", "viztracer",
     "scalene", "debugpy"}
)  # fmt: skip
"""Programs that run the rest of their command line, options aside."""

_LAUNCHER_MODULES = frozenset(
    {"torch.distributed.launch", "torch.distributed.run", "accelerate.commands.launch", "cProfile", "pdb",
     "trace", "coverage", "memory_profiler", "kernprof", "debugpy", "streamlit", "papermill", "nbconvert",
     "jupyter", "scalene", "viztracer", "paddle.distributed.launch"}
)  # fmt: skip
_SERVERS = frozenset({"uvicorn", "gunicorn", "hypercorn", "daphne", "waitress-serve", "celery", "flask"})
_CHECKERS = frozenset(
    "ruff black flake8 isort mypy pylint pyright autopep8 yapf bandit pyflakes codespell pre-commit pytest nbqa"
    " nbstripout jupytext shellcheck twine pip".split()
)
_SCRIPT = re.compile(r".*\.(?:py|ipynb)", re.IGNORECASE)
_SHELL_SCRIPT = re.compile(r".*\.(?:sh|bash|zsh)", re.IGNORECASE)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_APPLICATION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*(?:\(\))?")
_PYTHON_OPTIONS_WITH_VALUE = frozenset({"-W", "-X", "-Q", "--check-hash-based-pycs"})
_MOST_WRAPPERS = 8


class Target(NamedTuple):
    """What a command line starts.

    `kind` is script (a `.py` or `.ipynb` file), module (a dotted name), application (`module:name`), shell (a
    script of shell code), code (shell code itself) or program (anything else: the name of an installed command).
    `arguments` are the words that it is given.
    """

    kind: Literal["script", "module", "application", "shell", "code", "program"]
    name: str
    arguments: tuple[str, ...] = ()


def target_of(argv: tuple[str, ...], wrappers: int = 0) -> Target | None:
    """What a command line starts; None where nothing of the project can be meant."""
    while argv and _ASSIGNMENT.fullmatch(argv[0]):
        argv = argv[1:]
    if not argv or wrappers > _MOST_WRAPPERS:
        return None
    word, rest = argv[0].removeprefix("@"), argv[1:]
    name = word.rpartition("/")[2].removesuffix(".exe")
    if _PYTHON.fullmatch(word) or _INTERPRETER_VARIABLE.fullmatch(word):
        return _python(rest, wrappers)
    if name in _SHELLS:
        return _shell(rest)
    if name in ("papermill", "jupyter", "jupyter-nbconvert", "nbconvert", "runipy", "jupyter-execute"):
        return _notebook(name, rest)
    if name in _RUNNERS:
        if not rest or not set(rest) & set(_RUNNERS[name]):
            return None
        start = min(rest.index(sub) for sub in _RUNNERS[name] if sub in rest) + 1
        return _wrapped(rest[start:], wrappers)
    if name in _PREFIXES:
        return _wrapped(rest, wrappers)
    if name in _SERVERS:
        found = next((w for w in rest if _APPLICATION.fullmatch(w)), None)
        return Target("application", found.partition("(")[0], ()) if found else None
    if _SCRIPT.fullmatch(word):
        return Target("script", word, rest)
    if _SHELL_SCRIPT.fullmatch(word):
        return Target("shell", word, rest)
    return Target("program", word, rest)


def _python(words: tuple[str, ...], wrappers: int) -> Target | None:
    position = 0
    while position < len(words):
        word = words[position]
        if word == "-m" or (word.startswith("-m") and len(word) > 2 and not word.startswith("--")):
            module = words[position + 1 : position + 2] if word == "-m" else (word[2:],)
            rest = words[position + (2 if word == "-m" else 1) :]
            if not module:
                return None
            if module[0] in _LAUNCHER_MODULES:
                if module[0] in ("papermill", "nbconvert", "jupyter"):
                    return _notebook(module[0], rest)
                return _wrapped(rest, wrappers)
            return Target("module", module[0], rest)
        if word == "-c" or word == "-":
            return None
        if not word.startswith("-"):
            return Target("script", word, words[position + 1 :])
        position += 2 if word in _PYTHON_OPTIONS_WITH_VALUE else 1
    return None


def _shell(words: tuple[str, ...]) -> Target | None:
    position = 0
    while position < len(words) and words[position].startswith(("-", "+")):
        if re.fullmatch(r"-[a-z]*c", words[position]):
            code = words[position + 1 : position + 2]
            return Target("code", code[0], words[position + 2 :]) if code else None
        position += 2 if words[position] in ("-o", "+o", "-O") else 1
    rest = words[position:]
    return Target("shell", rest[0], rest[1:]) if rest else None


def _notebook(name: str, words: tuple[str, ...]) -> Target | None:
    """`papermill in out`, `jupyter nbconvert --execute nb`, `jupyter execute nb`: the first notebook."""
    if name in ("jupyter", "jupyter-nbconvert", "nbconvert"):
        executes = "execute" in words or any(w.startswith("--execute") for w in words)
        if not executes:
            return None
    found = next((w for w in words if w.lower().endswith(".ipynb")), None)
    return None if found is None else Target("script", found, words[words.index(found) + 1 :])


def _wrapped(words: tuple[str, ...], wrappers: int) -> Target | None:
    """What a wrapper runs: its options, and the numbers and names that these take, are left out.

    Which options take a value is not known, so the first word counts that can be a program or a script. What
    a checker or a formatter is given is not started.
    """
    if words and words[0] in _CHECKERS:
        return Target("program", words[0], words[1:])
    for position, word in enumerate(words):
        if word.startswith("-"):
            if word == "-m" and position + 1 < len(words):
                return Target("module", words[position + 1], words[position + 2 :])
            if word == "--":
                return target_of(words[position + 1 :], wrappers + 1)
            continue
        if _ASSIGNMENT.fullmatch(word):
            continue
        starts = _PYTHON.fullmatch(word) or _INTERPRETER_VARIABLE.fullmatch(word)
        if starts or _SCRIPT.fullmatch(word) or _SHELL_SCRIPT.fullmatch(word):
            return target_of(words[position:], wrappers + 1)
        if position == 0 or word in _RUNNERS or word in _PREFIXES or word in _SHELLS:
            found = target_of(words[position:], wrappers + 1)
            if found is not None and found.kind != "program":
                return found
            if position == 0:
                first = found
                later = _wrapped(words[1:], wrappers + 1)
                return later if later is not None and later.kind != "program" else first
    return None
