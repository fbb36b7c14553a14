"""Where accesses lead: directories that notebooks change to, endings that calls add, names of libraries' data."""

from __future__ import annotations

import json

from declaring import project_of

from mldebt.project import Project


def found(project: Project) -> list[tuple[str, str]]:
    return [(access.effect, str(access.address or "?")) for access in project.accesses]


def notebook(*cells: str) -> str:
    code = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": cell}
        for cell in cells
    ]
    return json.dumps({"cells": code, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def test_a_notebook_that_changes_its_directory() -> None:
    read = "import pandas as pd\npd.read_csv('data/a.csv')"
    project = project_of(
        {
            "notebooks/up.ipynb": notebook("%cd ..", read),
            "notebooks/here.ipynb": notebook(read),
            "notebooks/colab.ipynb": notebook("%cd /content/drive/project", read),
            "notebooks/wanders.ipynb": notebook("%cd ..", read, "%cd notebooks"),
            "notebooks/deep/unknown.ipynb": notebook("%cd $HOME", read),
            "notebooks/windows.ipynb": notebook("%cd D:\\Course\\x", read),
        }
    )
    assert {a.component: str(a.address) for a in project.accesses} == {
        "notebooks/up.ipynb": "data/a.csv",
        "notebooks/here.ipynb": "notebooks/data/a.csv",
        "notebooks/colab.ipynb": "/content/drive/project/data/a.csv",
        "notebooks/wanders.ipynb": "notebooks/data/a.csv",
        "notebooks/deep/unknown.ipynb": "notebooks/deep/data/a.csv",
        "notebooks/windows.ipynb": "D:/Course/x/data/a.csv",
    }


def test_data_that_a_library_knows_by_name_is_nowhere_in_the_project() -> None:
    code = "from sklearn.datasets import load_iris\nload_iris()"
    assert found(project_of({"deep/down.ipynb": notebook(code)})) == [("reads", "sklearn:iris")]


def test_the_ending_that_numpy_adds() -> None:
    code = "import numpy as np\nnp.save('a', x)\nnp.save('b.npy', x)\nnp.savez('c', x)\n"
    assert found(project_of({"a.py": code})) == [("writes", "a.npy"), ("writes", "b.npy"), ("writes", "c.npz")]


def test_a_default_of_none_is_no_path() -> None:
    code = (
        "import os\nimport pandas as pd\ndef save(df, out=None):\n    out = out or 'reports'\n"
        "    df.to_csv(os.path.join(out, 'a.csv'))\nclass C:\n    def __init__(self, home=None):\n"
        "        self.home = home\n    def run(self):\n        pd.read_csv(os.path.join(self.home, 'b.csv'))\n"
        "C().run()\n"
    )
    assert not any("None/" in address for _, address in found(project_of({"a.py": code})))


def test_an_option_that_is_changed_after_parsing_is_not_its_default() -> None:
    code = (
        "import argparse\nimport pandas as pd\nparser = argparse.ArgumentParser()\n"
        "parser.add_argument('--out', default='out/')\nparser.add_argument('--data', default='data.csv')\n"
        "parser.add_argument('--model', default='m')\nargs = parser.parse_args()\nargs.out += args.model + '_'\n"
        "df = pd.read_csv(args.data)\ndf.to_csv(args.out + 'x.csv')\n"
    )
    addresses = dict(found(project_of({"a.py": code})))
    assert addresses["reads"] == "data.csv"
    assert addresses["writes"] == "{out}x.csv"


def test_the_configuration_of_hydra_lies_beside_the_script() -> None:
    code = "import hydra\n@hydra.main(config_path='conf', config_name='main')\ndef main(cfg):\n    print(cfg)\nmain()\n"
    files = {"run/train.py": code, "run/conf/main.yaml": "a: 1\n", "pyproject.toml": "[project]\nname = 'x'\n"}
    assert ("reads", "run/conf/main.yaml") in found(project_of(files))


def test_a_script_works_where_the_files_lie_that_it_opens() -> None:
    """Programs side by side, each with its own store: the paths are alike, the files are not."""
    code = "import json\ndef f():\n    return json.load(open('store/a.json'))\nf()\njson.dump(1, open('b.json', 'w'))\n"
    files = {f"{name}/app.py": code for name in ("one", "two", "three")}
    project = project_of(files, ("one/store/a.json", "two/store/a.json", "two/b.json", "b.json"))
    assert {(a.component, str(a.address)) for a in project.accesses} == {
        ("one/app.py", "store/a.json"),
        ("one/app.py", "b.json"),
        ("two/app.py", "store/a.json"),
        ("two/app.py", "b.json"),
        ("three/app.py", "store/a.json"),
        ("three/app.py", "b.json"),
    }
    project = project_of(files, ("one/store/a.json", "two/store/a.json"))
    assert {(a.component, str(a.address)) for a in project.accesses} == {
        ("one/app.py", "one/store/a.json"),
        ("one/app.py", "one/b.json"),
        ("two/app.py", "two/store/a.json"),
        ("two/app.py", "two/b.json"),
        ("three/app.py", "store/a.json"),
        ("three/app.py", "b.json"),
    }


def test_a_script_that_leaves_the_project_works_in_its_own_directory() -> None:
    code = "open('../data/a.csv')\nopen('b.pkl', 'wb')\n"
    assert found(project_of({"src/train.py": code})) == [("reads", "data/a.csv"), ("writes", "src/b.pkl")]


def test_the_examples_of_a_template_are_no_places() -> None:
    code = "import os\nopen(os.environ['ROOT'] + '/a.csv')\nopen(os.environ['DATA'] + '/b.csv')\n"
    template = "ROOT=/my/absolute/path\nDATA=data\n"
    assert found(project_of({"a.py": code, ".env.template": template})) == [
        ("reads", "{ROOT}/a.csv"),
        ("reads", "data/b.csv"),
    ]
    assert ("reads", "/srv/a.csv") in found(project_of({"a.py": code, ".env": "ROOT=/srv\n"}))


def test_what_a_service_keeps_under_a_path_is_not_the_file() -> None:
    files = {
        "track.py": "import wandb\nwandb.log_artifact('data/raw/campaign.csv')\n",
        "prepare.py": "import pandas as pd\npd.read_csv('data/raw/campaign.csv')\n",
    }
    assert not project_of(files).handoffs


def test_a_name_that_everybody_uses_below_what_a_function_returns_is_no_hand_over() -> None:
    paths = "import pandas as pd\nfrom settings import place\n"
    settings = "import yaml\ndef place(key):\n    return unknown(key)\n"

    def handed(name: str) -> int:
        write, read = f"pd.DataFrame().to_csv(place('a') + '/{name}')\n", f"pd.read_csv(place('b') + '/{name}')\n"
        files = {"settings.py": settings, "split.py": paths + write, "fit.py": paths + read}
        return len(project_of(files).handoffs)

    assert handed("train.csv") == 0
    assert handed("inference_log.csv") == 1
