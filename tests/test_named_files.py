from pathlib import Path

import pytest

from mldebt.discover import kind_of
from mldebt.extract import extract
from mldebt.project import Project
from mldebt.project.named_files import NamedFiles
from mldebt.source import Source


def missing(files: dict[str, str]) -> list[str]:
    facts = []
    for path, text in files.items():
        kind = kind_of(path)
        if kind is not None:
            facts.append((Source(path, kind, Path(path)), extract(kind, text.encode())))
    return [named.target for named in NamedFiles(Project(Path("."), facts, files)).missing()]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python train.py", ["train.py"]),
        ("python there.py", []),
        ("python $SCRIPT.py", []),
        ("python /opt/train.py", []),
        ("python -m pytest", []),
        ("python gen.py > train.py && python train.py", ["gen.py"]),
        ("git clone x && python x/train.py", []),
        ("pip install -r more.txt", ["more.txt"]),
        ("cd sub && python inner.py", []),
        ("cd sub && python there.py", ["there.py"]),
    ],
)
def test_scripts_of_commands(command: str, expected: list[str]) -> None:
    pipeline = f"stages:\n  a:\n    cmd: {command}\n"
    assert missing({"dvc.yaml": pipeline, "there.py": "", "sub/inner.py": ""}) == expected


def test_images_copy_files_that_exist_or_that_they_renamed() -> None:
    image = "FROM a\nCOPY a.py gone.py ./\nCOPY a.txt b.txt\nCOPY data model.pkl ./\nRUN pip install -r b.txt\n"
    assert missing({"Dockerfile": image, "a.py": "", "a.txt": ""}) == ["gone.py"]


def test_groups_of_defaults_lists() -> None:
    config = "defaults:\n- model: gone\n- model: net\n- optional model: gone\n- other: gone\n- model: ${x}\n"
    assert missing({"conf/config.yaml": config, "conf/model/net.yaml": "a: 1\n"}) == ["model/gone.yaml"]


def test_targets_in_packages_of_the_project() -> None:
    files = {
        "conf/a.yaml": "_target_: pkg.net.Gone\n",
        "conf/b.yaml": "_target_: pkg.net.Net\n",
        "conf/c.yaml": "_target_: torch.nn.Linear\n",
        "pkg/__init__.py": "",
        "pkg/net.py": "class Net: pass\n",
    }
    assert missing(files) == ["pkg.net.Gone"]


def test_documentation_is_believed_only_where_it_is_about_the_project() -> None:
    page = "```bash\npython a.py\npython gone.py\n```\n"
    assert missing({"README.md": page, "a.py": ""}) == ["gone.py"]
    assert missing({"README.md": page}) == []


WORKFLOW = """jobs:
  a:
    runs-on: ubuntu-22.04
    steps:
      - run: {command}
        working-directory: {where}
  b:
    runs-on: ubuntu-22.04
    steps:
      - uses: actions/checkout@v4
        with: {{repository: churn/tools, path: tools}}
      - run: python tools/run.py
"""


@pytest.mark.parametrize(
    ("command", "where", "more", "expected"),
    [
        ("python gone.py", ".", {}, ["gone.py"]),
        ("python gone.py", "${{ matrix.part }}", {}, []),
        ("touch gone.py && python gone.py", ".", {}, []),
        ("jupyter nbconvert --to script gone.ipynb && python gone.py", ".", {}, []),
        ("python vendor/tools/run.py", ".", {".gitmodules": ""}, []),
        ("python src/gone.py", ".", {".gitmodules": "", "src/here.py": ""}, ["src/gone.py"]),
    ],
)
def test_what_a_workflow_may_have_from_elsewhere(
    command: str, where: str, more: dict[str, str], expected: list[str]
) -> None:
    workflow = WORKFLOW.format(command=command, where=where)
    assert missing({".github/workflows/ci.yml": workflow, **more}) == expected


@pytest.mark.parametrize(
    ("page", "text", "expected"),
    [
        ("README.md", "python train.py\npython gone.py", ["gone.py"]),
        ("README.md", "python train.py\naccelerate launch my_script.py", []),
        ("README.md", "python train.py\ngit clone https://a.b/c/tool.git\ncd tool/sub\npython setup.py", []),
        ("README.md", "git clone https://a.b/c/own.git\ncd own\npython train.py\npython gone.py", ["gone.py"]),
        ("sub/README.md", "git clone https://a.b/c/tool.git\ncd tool\npython train.py\npython gone.py", []),
        ("README.md", "python train.py\nuv run ruff check --exclude src/gone.py", []),
    ],
)
def test_what_a_page_may_mean_that_is_elsewhere(page: str, text: str, expected: list[str]) -> None:
    assert missing({page: f"```bash\n{text}\n```\n", "train.py": ""}) == expected


def test_a_script_that_an_image_fetches_is_not_missing() -> None:
    image = "FROM a:1\nADD https://b.c/install.sh /installer.sh\nRUN sh /installer.sh && rm /installer.sh\n"
    assert missing({"Dockerfile": image}) == []


def test_a_script_of_the_base_image_is_not_missing() -> None:
    image = "FROM tool:1\nWORKDIR /work\nCOPY train.py ./\nRUN /app/run.sh\nRUN python /work/gone.py\n"
    assert missing({"Dockerfile": image, "train.py": ""}) == ["gone.py"]
