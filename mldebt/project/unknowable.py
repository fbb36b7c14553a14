"""Which calls give something that no text can tell, because it is another thing at each run."""

from __future__ import annotations

_TIMES = (
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.date.today",
    "datetime.datetime.utcnow",
    "time.time",
    "time.strftime",
    "time.localtime",
    "pandas.Timestamp.now",
    "pandas.Timestamp.today",
)
_CAUSES: dict[str, str] = {
    **dict.fromkeys(_TIMES, "time"),
    **dict.fromkeys(("glob.glob", "glob.iglob", "os.listdir", "os.scandir", "os.walk"), "glob"),
    **dict.fromkeys(("input", "raw_input", "getpass.getpass"), "input"),
    **dict.fromkeys(
        ("tempfile.mkdtemp", "tempfile.mkstemp", "tempfile.mktemp", "tempfile.gettempdir",
         "tempfile.TemporaryDirectory", "tempfile.NamedTemporaryFile"),
        "temporary",
    ),
    **dict.fromkeys(("uuid.uuid4", "uuid.uuid1", "random.random", "random.randint"), "random"),
}  # fmt: skip


def cause_of(name: str) -> str:
    """Why the result of a builtin or library function is not known (see `mldebt.values.Gap`); empty if it may be."""
    return "time" if name.endswith("strftime") else _CAUSES.get(name, "")
