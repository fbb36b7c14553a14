"""What files add to `sys.path`, and which modules are found by it."""

from pathlib import Path

import pytest

from mldebt.extract import extract
from mldebt.project import Project
from mldebt.project.search_paths import added_directories
from mldebt.source import Kind, Source


def project(files: dict[str, str]) -> Project:
    pairs = [
        (Source(path, Kind.PYTHON, Path(path)), extract(Kind.PYTHON, text.encode()))
        for path, text in files.items()
    ]
    return Project(Path(), pairs, tuple(files))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import sys\nsys.path.append('../scripts')", ["scripts"]),
        ("import sys\nsys.path.insert(0, 'scripts')", ["work/scripts", "scripts"]),
        ("import sys, os\nsys.path.append(os.path.join(os.path.dirname(__file__), '..', 'lib2'))", ["lib2"]),
        (
            "import sys\nfrom pathlib import Path\nsys.path.insert(0, str(Path(__file__).parent.parent / 'code'))",
            ["code"],
        ),
        (
            "import sys\nfrom pathlib import Path\nROOT = Path(__file__).resolve().parents[1]\n"
            "sys.path.append(str(ROOT))",
            [""],
        ),
        ("import sys\nsys.path.append('/home/me/tools')", []),
        ("import sys\nsys.path.append('../../elsewhere')", []),
        ("import sys\nsys.path.append(folder)", []),
    ],
)
def test_added_directories(text: str, expected: list[str]) -> None:
    found = project({"work/a.py": text})
    assert added_directories(found.by_path["work/a.py"]) == expected


def test_a_module_is_found_in_a_directory_that_the_file_adds() -> None:
    found = project(
        {
            "work/a.py": "import sys\nsys.path.append('../scripts')\nimport defaults\nprint(defaults.PATH)",
            "other/b.py": "import defaults",
            "scripts/defaults.py": "PATH = 'data/a.csv'",
        }
    )
    home = found.names.module(found.by_path["work/a.py"], "defaults")
    assert home is not None
    assert home.path == "scripts/defaults.py"
    assert found.names.module(found.by_path["other/b.py"], "defaults") is None


def test_what_is_beside_the_file_comes_first() -> None:
    found = project(
        {
            "work/a.py": "import sys\nsys.path.insert(0, '../scripts')\nimport defaults",
            "work/defaults.py": "",
            "scripts/defaults.py": "",
        }
    )
    home = found.names.module(found.by_path["work/a.py"], "defaults")
    assert home is not None
    assert home.path == "work/defaults.py"
