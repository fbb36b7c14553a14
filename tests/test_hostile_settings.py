"""Settings, streams and environments that are not what they should be: one line says so, or nothing changes."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mldebt.cli import cli

CHECKOUT = Path(__file__).parents[1]
GOOD = "import pandas as pd\nframe = pd.read_csv('/home/ada/Ω.csv')\n"


def mldebt(root: Path, *arguments: str, shell: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own; `shell` redirects its streams."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), **variables}
    command = [sys.executable, "-m", "mldebt", *arguments]
    done = subprocess.run(
        ["bash", "-c", f'"$@" {shell}', "bash", *command] if shell else command,
        cwd=root, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "should not happen" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "good.py").write_text(GOOD, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", ["cache-dir", "baseline", "extend"])
@pytest.mark.parametrize("file", ["mldebt.toml", "pyproject.toml"])
def test_a_null_character_in_a_path(project: Path, name: str, file: str) -> None:
    head = "[tool.mldebt]\n" if file == "pyproject.toml" else ""
    (project / file).write_text(f'{head}{name} = "a\\u0000b"\n')
    for command in ("check", "audit", "graph", "config", "clean"):
        done = mldebt(project, command)
        assert done.returncode == 2
        assert done.stderr.endswith(f"{name}: holds a null character\n")


def test_a_null_character_in_a_list(project: Path) -> None:
    (project / "mldebt.toml").write_text('packs = ["\\u0000"]\nselect = ["glue-code"]\n')
    done = mldebt(project, "check")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "packs: holds a null character" in done.stderr


@pytest.mark.parametrize("pattern", ["!", "\\", "a\\"])
@pytest.mark.parametrize("option", ["--exclude", "--extend-exclude"])
def test_patterns_that_are_none(project: Path, pattern: str, option: str) -> None:
    done = mldebt(project, "check", option, pattern)
    assert done.returncode == 2
    assert done.stderr.startswith("error: exclude: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
@pytest.mark.parametrize(
    "command", [("check",), ("rules",), ("config",), ("--help",), ("explain", "nan-equality")]
)
def test_output_that_has_no_room(project: Path, command: tuple[str, ...]) -> None:
    done = mldebt(project, *command, shell="> /dev/full")
    assert done.returncode == 2
    assert done.stderr == "mldebt: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize("shell", [">&-", "2>&-", "<&-", "<&- >&- 2>&-", "2> /dev/null"])
def test_streams_that_are_closed(project: Path, shell: str) -> None:
    assert mldebt(project, "check", shell=shell).returncode in (1, 2)


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "xx_XX"}, {"TERM": ""}, {"TERM": "\x1b[31m"}, {"COLUMNS": "0"}, {"COLUMNS": "-5"}, {"COLUMNS": "x"},
        {"HOME": ""}, {"HOME": "/nowhere"}, {"TMPDIR": "/nowhere"}, {"PATH": ""}, {"GIT_DIR": "/nowhere"},
        {"GIT_CONFIG_COUNT": "x"}, {"TZ": "x/y"}, {"PYTHONWARNINGS": "error"}, {"PYTHONOPTIMIZE": "2"},
    ],
    ids=str,
)  # fmt: skip
def test_odd_environments_change_nothing(project: Path, variables: dict[str, str]) -> None:
    done = mldebt(project, "check", "--no-cache", "--output-format", "concise", **variables)
    assert done.returncode == 1
    assert "good.py:2" in done.stdout
    assert mldebt(project, "explain", "nan-equality", **variables).returncode == 0


@pytest.mark.parametrize("name", ["/", ".", "..", "/proc"])
def test_standard_input_does_not_stand_for_a_directory(project: Path, name: str) -> None:
    done = mldebt(project, "check", "--stdin-filename", name, "-", shell="< /dev/null")
    assert done.returncode == 2
    assert "names a directory" in done.stderr


@pytest.fixture
def unwritable(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project on a file system that nobody can write to: what is not there cannot be removed either."""

    def refuse(path: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.chdir(project)
    for name in ("write_bytes", "write_text", "unlink", "mkdir"):
        monkeypatch.setattr(Path, name, refuse)
    return project


@pytest.mark.parametrize(
    "command",
    [("baseline", "write"), ("check", "--unsafe-fixes"), ("check", "--add-ignore", "why"), ("init",),
     ("check", "--output-file", "report.txt")],
    ids=" ".join,
)  # fmt: skip
def test_a_project_that_cannot_be_written_to(unwritable: Path, command: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli, [*command, *(() if command == ("init",) else ("--no-cache",))])
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr
    assert ": written" not in result.output
    assert sorted(path.name for path in unwritable.iterdir()) == ["good.py"]


def test_a_run_needs_to_write_nothing(unwritable: Path) -> None:
    for command in ("check", "audit", "graph"):
        result = CliRunner().invoke(cli, [command])
        assert isinstance(result.exception, SystemExit | None), result.exception
        assert result.exit_code in (0, 1)
    assert CliRunner().invoke(cli, ["check"]).stderr.count("could not be written") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="a directory in use stays")
def test_a_current_directory_that_is_gone(project: Path) -> None:
    (project / "gone").mkdir()
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    command = 'cd gone && rmdir "$PWD" && exec "$@"'
    done = subprocess.run(
        ["bash", "-c", command, "bash", sys.executable, "-m", "mldebt", "check"],
        cwd=project, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (2, "mldebt: the current directory does not exist any more\n")
