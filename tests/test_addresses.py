"""Where accesses lead: directories that notebooks change to, endings that calls add, names of libraries' data."""

from __future__ import annotations

import json

from declaring import project_of

from mldebt.project import Project
from mldebt.project.addresses import Address, Match, addresses, unify
from mldebt.values import Gap, Known, Template


def found(project: Project) -> list[tuple[str, str]]:
    return [(access.effect, str(access.address or "?")) for access in project.accesses]


def address(value: Known | Template) -> Address:
    return next(addresses(value, ""))


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
        "notebooks/wanders.ipynb": "data/a.csv",
        "notebooks/deep/unknown.ipynb": "{directory}/data/a.csv",
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
    root = ("one/store/a.json", "two/store/a.json", "two/b.json", "b.json", "requirements.txt")
    project = project_of(files, root)
    assert {(a.component, str(a.address)) for a in project.accesses} == {
        ("one/app.py", "{directory}/store/a.json"),  # as much speaks for one directory as for the other
        ("one/app.py", "{directory}/b.json"),
        ("two/app.py", "two/store/a.json"),
        ("two/app.py", "two/b.json"),
        ("three/app.py", "store/a.json"),
        ("three/app.py", "b.json"),
    }
    project = project_of(files, ("one/store/a.json", "two/store/a.json", "requirements.txt"))
    assert {(a.component, str(a.address)) for a in project.accesses} == {
        ("one/app.py", "one/store/a.json"),
        ("one/app.py", "one/b.json"),
        ("two/app.py", "two/store/a.json"),
        ("two/app.py", "two/b.json"),
        ("three/app.py", "store/a.json"),
        ("three/app.py", "b.json"),
    }


def test_a_place_of_another_platform_does_not_move_a_script() -> None:
    code = "import os\nROOT = '../input' if 'KAGGLE' in os.environ else 'data'\nopen(ROOT + '/a.csv')\nopen('b.csv')\n"
    project = project_of({"pkg/a.py": code, "requirements.txt": "pandas\n"})
    assert [str(a.address) for a in project.accesses] == ["input/a.csv", "data/a.csv", "b.csv"]


def test_programs_side_by_side_work_in_their_own_directories() -> None:
    """Nothing at the top says that anything is run there."""
    files = {f"{name}/app.py": "open('b.json')\n" for name in ("one", "two", "three")}
    assert sorted(str(a.address) for a in project_of(files).accesses) == [
        "one/b.json",
        "three/b.json",
        "two/b.json",
    ]
    described = {"src/a.py": "open('b.json')\n", "work/c.py": "open('d.json')\n"}
    seen = ("requirements.txt", "work/requirements.txt", "work/README.md")
    assert sorted(str(a.address) for a in project_of(described, seen).accesses) == ["b.json", "work/d.json"]


def test_documentation_tells_where_a_script_is_started() -> None:
    readme = "# Usage\n```bash\ngit clone https://example.com/me/repo\ncd repo/app\npython train.py\n```\n"
    files = {"README.md": readme, "app/train.py": "open('a.csv')\n", "requirements.txt": "pandas\n"}
    assert found(project_of(files)) == [("reads", "app/a.csv")]
    files["README.md"] = readme.replace("cd repo/app", "cd repo").replace("train.py", "app/train.py")
    assert found(project_of(files)) == [("reads", "a.csv")]


def test_data_that_is_declared_tells_where_code_works() -> None:
    """`../metadata.yaml` of a script two directories deep, started one directory below the root; DVC's files count."""
    files = {"src/steps/deep/score.py": "open('../metadata.yaml')\nopen('../data/a.csv')\n"}
    project = project_of(files, ("metadata.yaml", "data/a.csv.dvc", "requirements.txt"))
    assert found(project) == [("reads", "metadata.yaml"), ("reads", "data/a.csv")]
    cell = notebook("import pandas as pd\npd.read_csv('data/a.csv')")
    assert found(project_of({"notebooks/a.ipynb": cell}, ("data/a.csv.dvc",))) == [("reads", "data/a.csv")]
    assert found(project_of({"notebooks/a.ipynb": cell}, ("notebooks/data/a.csv", "data/a.csv"))) == [
        ("reads", "notebooks/data/a.csv")
    ]


def test_programs_that_change_their_directory() -> None:
    moved = "import os\nopen('a.csv')\nos.chdir({})\nopen('b.csv')\n"
    files = {"src/x.py": moved.format("'..'"), "requirements.txt": "pandas\n"}
    assert found(project_of(files)) == [("reads", "src/a.csv"), ("reads", "b.csv")]
    files["src/x.py"] = moved.format("os.path.dirname(os.path.abspath(__file__))")
    assert found(project_of(files)) == [("reads", "a.csv"), ("reads", "src/b.csv")]
    files["src/x.py"] = moved.format("r'C:\\work'")
    assert found(project_of(files)) == [("reads", "a.csv"), ("reads", "C:/work/b.csv")]
    files["src/x.py"] = moved.format("where()")
    assert found(project_of(files)) == [("reads", "a.csv"), ("reads", "{directory}/b.csv")]


def test_the_directory_above_where_a_program_works() -> None:
    """`Path.cwd().parent` is not the working directory; `f"{os.getcwd()}/a"` is no absolute path."""
    head = "import os\nfrom pathlib import Path\n"
    reads = [
        "open(Path.cwd().parent / 'data' / 'a.csv')",
        "open(os.path.join(os.path.dirname(os.getcwd()), 'data', 'a.csv'))",
        "open(Path(os.getcwd()).parent.absolute() / 'data/a.csv')",
        "open(os.path.abspath('..') + '/data/a.csv')",
        "open(Path().cwd().parent / 'data/a.csv')",
    ]
    for read in reads:
        assert found(project_of({"notebooks/a.ipynb": notebook(head + read)})) == [("reads", "data/a.csv")], read
    assert found(project_of({"a.py": head + "open(f'{os.getcwd()}/models/a.csv')\n"})) == [
        ("reads", "models/a.csv")
    ]
    above = head + "open(Path(__file__).resolve().parent.parent / 'a.csv')\n"
    assert found(project_of({"a.py": above})) == [("reads", "../a.csv")]


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


def test_two_keys_of_a_parameter_are_two_places() -> None:
    store = "def {name}(*args, **kwargs):\n    boto3.client('s3').{call}\n"
    imports = "import boto3\n"

    def handed(key: str) -> int:
        up = store.format(name="export", call="upload_file('r.json', 'bucket', kwargs['reports'])")
        down = store.format(name="load", call=f"download_file('bucket', kwargs['{key}'], 'x.json')")
        return len(project_of({"export.py": imports + up, "load.py": imports + down}).handoffs)

    assert handed("current_data") == 0
    assert handed("reports") == 1


def test_a_file_beside_a_program_says_more_than_one_declared_elsewhere() -> None:
    files = {
        "dvc.yaml": "stages:\n  fit:\n    cmd: python fit.py\n    outs: [model.pkl]\n",
        "fit.py": "open('model.pkl', 'wb')\n",
        "backend/app/main.py": "open('model.pkl', 'rb')\n",
    }
    assert ("reads", "model.pkl") in found(project_of(files))
    beside = project_of(files, ("backend/app/model.pkl",))
    assert ("reads", "backend/app/model.pkl") in found(beside)
    assert not beside.handoffs


def test_a_program_that_imports_the_package_it_lies_in_is_run_from_above_it() -> None:
    read = "import pandas as pd\npd.read_csv('../input/a.csv').to_csv('b.csv')\n"
    other = {"shop/__init__.py": "", "shop/names.py": "SIZE = 1\n"}
    outside = project_of({**other, "shop/main.py": f"from shop.names import SIZE\n{read}"})
    inside = project_of({**other, "shop/main.py": f"from names import SIZE\n{read}"})
    assert ("writes", "b.csv") in found(outside)
    assert ("writes", "shop/b.csv") in found(inside)


def test_a_relative_name_does_not_take_the_branch_of_absolute_ones() -> None:
    code = (
        "import os, joblib\n"
        "def place(name):\n"
        "    if os.path.isabs(name):\n"
        "        return name\n"
        "    return os.path.join('models', name)\n"
        "joblib.dump(1, place('a.joblib'))\n"
        "joblib.dump(1, place('/srv/b.joblib'))\n"
    )
    assert found(project_of({"a.py": code})) == [("writes", "models/a.joblib"), ("writes", "/srv/b.joblib")]


def test_where_an_archive_is_unpacked() -> None:
    code = (
        "import zipfile\n"
        "with zipfile.ZipFile('data/a.zip') as archive:\n"
        "    archive.extractall('data/all')\n"
        "    archive.extract('b.csv', 'data/one')\n"
        "    archive.extractall(path='data/named')\n"
        "    archive.extractall()\n"
    )
    written = [address for effect, address in found(project_of({"a.py": code})) if effect == "writes"]
    assert written == ["data/all", "data/one", "data/named", "."]


def test_names_of_the_hub_are_no_files() -> None:
    code = """
from transformers import AutoModel, AutoTokenizer, pipeline
from datasets import load_dataset
import spacy
AutoModel.from_pretrained("allenai/scibert_scivocab_uncased")
AutoTokenizer.from_pretrained("bert-base-uncased")
AutoModel.from_pretrained("models/bert")
AutoModel.from_pretrained("./org/name")
AutoModel.from_pretrained("my_model")
AutoModel.from_pretrained("kept/here")
pipeline("text-generation", model="gpt2")
spacy.load("en_core_web_md")
spacy.load("output/model-best")
load_dataset("glue", "cola")
load_dataset("csv", data_files={"train": "a.csv", "test": "b.csv"})
"""
    project = project_of({"x/run.py": code}, ("kept/here/config.json",))
    assert [str(a.address or "?") for a in project.accesses] == [
        "hf://allenai/scibert_scivocab_uncased",
        "hf://bert-base-uncased",
        "models/bert",
        "org/name",
        "my_model",
        "kept/here",
        "hf://gpt2",
        "spacy:en_core_web_md",
        "output/model-best",
        "hf://glue",
        "a.csv",
        "b.csv",
    ]


def test_endings_and_names_that_calls_add_or_know() -> None:
    code = """
import hydra, matplotlib.pyplot as plt, mlflow
@hydra.main(config_path="conf", config_name="main.yaml")
def main(cfg):
    plt.savefig("plots/loss")
    plt.savefig("plots/gain.pdf")
    mlflow.log_text("x", "notes/a.txt")
main()
"""
    assert found(project_of({"run.py": code})) == [
        ("reads", "conf/main.yaml"),
        ("writes", "plots/loss.png"),
        ("writes", "plots/gain.pdf"),
        ("writes", "mlflow-artifact:notes/a.txt"),
    ]


def test_placeholders_of_templates_are_no_values() -> None:
    code = "import os, requests\nrequests.get(f\"https://example.com/{os.environ['BASE_ID']}/articles\")\n"
    files = {"a.py": code, ".env.example": "BASE_ID=your_base_id_here\n"}
    assert found(project_of(files)) == [("reads", "https://example.com/{BASE_ID}/articles")]
    files[".env.example"] = "BASE_ID=main\n"
    assert found(project_of(files)) == [("reads", "https://example.com/main/articles")]


def edges(project: Project) -> list[tuple[str, str]]:
    return sorted((handoff.producer, handoff.consumer) for handoff in project.handoffs)


def test_two_places_in_a_project_are_two_files() -> None:
    """Twins that each keep their own, and a file that somebody would have to carry over."""
    files = {
        "one/run.py": "import pickle\npickle.dump(m, open('one/store/features_all.pkl', 'wb'))\n",
        "two/read.py": "import pickle\npickle.load(open('two/store/features_all.pkl', 'rb'))\n",
    }
    assert not edges(project_of(files, ("requirements.txt",)))
    files["two/read.py"] = "import pickle\npickle.load(open('/home/me/p/one/store/features_all.pkl', 'rb'))\n"
    assert edges(project_of(files, ("requirements.txt",))) == [("one/run.py", "two/read.py")]


def test_an_address_that_fits_the_files_of_several_programs_is_none_of_them() -> None:
    write = "import json, sys\njson.dump(x, open('{}/run_0/final_info.json', 'w'))\n"
    read = "import json, sys\njson.load(open(sys.argv[1] + '/run_0/final_info.json'))\n"
    files = {"a.py": write.format("one"), "read.py": read, "requirements.txt": ""}
    assert edges(project_of(files)) == [("a.py", "read.py")]
    assert not edges(project_of({**files, "b.py": write.format("two")}))
    both = (
        "import json\nfor name in ['one', 'two']:\n    json.dump(x, open(name + '/run_0/final_info.json', 'w'))\n"
    )
    assert edges(project_of({**files, "a.py": both})) == [("a.py", "read.py")]


def test_services_and_caches_of_libraries_hand_nothing_on() -> None:
    files = {
        "check.py": "import requests\nrequests.post('http://localhost:8000/health', json={})\n",
        "app.py": "import requests\nrequests.get('http://localhost:8000/health')\n",
        "a.py": "import torch, other\ntorch.save(m, other.home() + '/checkpoints')\n",
        "b.py": "import torch, other\ntorch.load(other.home() + '/checkpoints')\n",
    }
    assert not edges(project_of(files))


def test_data_that_two_stages_change_in_place_goes_the_way_they_are_declared() -> None:
    code = "import pandas as pd\nd = pd.read_csv('data/a.csv')\nd.to_csv('data/a.csv')\n"
    stages = "stages:\n  first:\n    cmd: python one.py\n  second:\n    cmd: python two.py\n"
    assert edges(project_of({"one.py": code, "two.py": code, "dvc.yaml": stages})) == [("one.py", "two.py")]
    assert not edges(project_of({"one.py": code, "two.py": code}))


def test_a_directory_that_is_made_for_one_run_hands_nothing_on() -> None:
    code = "import tempfile, torch\nwith tempfile.TemporaryDirectory() as d:\n    torch.{}\n"
    files = {
        "a.py": code.format("save(m, d + '/yolo_model.pt')"),
        "b.py": code.format("load(d + '/yolo_model.pt')"),
    }
    assert not edges(project_of(files))


def test_a_base_class_keeps_what_the_class_passes_on() -> None:
    files = {
        "base.py": "import os\nclass Base:\n    def __init__(self, name, root='models'):\n"
        "        self.folder = os.path.join(root, name)\n    @property\n    def file(self):\n"
        "        return os.path.join(self.folder, 'scaler.pkl')\n",
        "train.py": "from base import Base\nclass Trainer(Base):\n    def __init__(self, root='models'):\n"
        "        super().__init__('x', root=root)\n    def save(self):\n        open(self.file, 'wb')\n",
        "load.py": "from base import Base\nclass Loader(Base):\n    def load(self):\n        open(self.file, 'rb')\n",
        "a.py": "from train import Trainer\nTrainer('grid/1').save()\n",
        "b.py": "from load import Loader\nLoader('x', 'other').load()\n",
        "c.py": "from load import Loader\nLoader('x', 'grid/1').load()\n",
    }
    project = project_of(files)
    addresses = {access.component: str(access.address) for access in project.accesses}
    assert addresses == {
        "a.py": "grid/1/x/scaler.pkl",
        "b.py": "other/x/scaler.pkl",
        "c.py": "grid/1/x/scaler.pkl",
    }
    assert edges(project) == [("a.py", "c.py")]


def test_what_runs_together_hands_nothing_on() -> None:
    """A long way from the outermost caller: the inner file is no program of its own."""
    calls = "".join(f"def f{n}(p):\n    return f{n + 1}(p)\n" for n in range(6))
    deep = f"import json\n{calls}def f6(p):\n    return json.load(open(p))\n"
    flow = "import json\nfrom deep import f0\ndef run():\n    save()\n    return f0('a/fields.json')\n"
    flow += "def save():\n    json.dump({}, open('a/fields.json', 'w'))\n"
    assert not edges(project_of({"deep.py": deep, "flow.py": flow, "main.py": "from flow import run\nrun()\n"}))


def test_rows_that_are_deleted_are_handed_to_nobody() -> None:
    head = "import psycopg2\ncur = psycopg2.connect('x').cursor()\n"
    read = head + "cur.execute('select a from story')\n"
    files = {"a.py": head + "cur.execute('delete from story where a = 1')\n", "b.py": read}
    assert not edges(project_of(files))
    files["a.py"] = head + "cur.execute('insert into story values (1)')\n"
    assert edges(project_of(files)) == [("a.py", "b.py")]


def test_a_bucket_that_nobody_named_is_none() -> None:
    code = (
        "import os, boto3\ns3 = boto3.client('s3')\ns3.upload_file('a.csv', os.getenv('BUCKET', ''), 'k/a.csv')\n"
    )
    assert ("writes", "s3://{bucket}/k/a.csv") in found(project_of({"a.py": code}))


def test_dvc_starts_from_the_repository_unless_that_leads_out_of_it() -> None:
    code = "import dvc.api\ndvc.api.get_url('data/a.csv')\ndvc.api.get_url('../data/b.csv')\n"
    assert found(project_of({"notebooks/a.ipynb": notebook(code)})) == [
        ("reads", "data/a.csv"),
        ("reads", "data/b.csv"),
    ]


def test_configuration_beside_a_program_counts_from_there() -> None:
    """The README starts it one directory above, from where `../` leads to nothing."""
    code = "import yaml\nopen('../configs/a.yaml')\nopen('../out.csv', 'w')\nopen('d/e.csv')\n"
    files = {"hw/app/main.py": code, "README.md": "```bash\ncd hw\npython app/main.py\n```\n"}
    project = project_of(files, ("hw/configs/a.yaml", "hw/d/e.csv"))
    assert ("reads", "hw/configs/a.yaml") in found(project)
    assert ("reads", "hw/d/e.csv") in found(project)


def test_nobody_knows_where_airflow_and_scripts_among_notebooks_work() -> None:
    dag = (
        "from airflow.operators.python import PythonOperator\n"
        "def f():\n    open('a.csv')\nPythonOperator(task_id='t', python_callable=f)\n"
    )
    assert [str(a.address) for a in project_of({"dags/d.py": dag}).accesses] == ["{directory}/a.csv"]
    assert [str(a.address) for a in project_of({"dags/d.py": dag}, ("a.csv",)).accesses] == ["a.csv"]
    script = {"notebooks/s.py": "open('models/m.pkl')\n"}
    assert [str(a.address) for a in project_of(script).accesses] == ["{directory}/models/m.pkl"]
    assert [str(a.address) for a in project_of(script, ("models/x.pkl",)).accesses] == ["models/m.pkl"]


def test_a_script_works_where_its_neighbours_do() -> None:
    files = {f"m/{name}.py": f"open('../in/{name}.csv')\n" for name in ("a", "b")}
    project = project_of({**files, "m/c.py": "open('out/c.csv', 'w')\n"}, ("in/a.csv", "in/b.csv"))
    assert ("writes", "m/out/c.csv") in found(project)


def test_a_database_says_where_its_program_works() -> None:
    code = "import sqlite3\nsqlite3.connect('users.db')\nopen('model.pkl')\n"
    project = project_of({"backend/app.py": code, "train.py": "open('model.pkl', 'w')\n"}, ("backend/users.db",))
    assert ("reads", "backend/model.pkl") in found(project)


def test_addresses_that_start_apart_are_not_one() -> None:
    one = address(Template(("runs/a/", Gap("loop"), "/big_metrics.json")))
    same = address(Template((Gap("option"), "/a/", Gap("loop"), "/big_metrics.json")))
    other = address(Known("models/big_metrics.json"))
    inside = address(Known("work/runs/a/3/big_metrics.json"))
    assert unify(one, other) is Match.NONE
    assert unify(one, inside) is Match.NAME
    assert unify(same, other) is Match.NAME


def test_a_notebook_that_looks_for_the_root() -> None:
    code = (
        "from pathlib import Path\nhere = Path.cwd()\nroot = here.parent if here.name == 'nb' else here\n"
        "open(root / 'd/a.csv')\nopen(root / 'd/b.csv')"
    )
    project = project_of({"nb/a.ipynb": notebook(code)}, ("nb/d/b.csv",))
    assert [path for effect, path in found(project) if effect == "reads"] == ["d/a.csv", "d/b.csv", "nb/d/b.csv"]


def test_a_file_that_is_looked_for_from_two_directories() -> None:
    code = "from pathlib import Path\npath = 'r/a.md' if Path('r/a.md').exists() else 'a.md'\nopen(path)\n"
    project = project_of({"r/s.py": code}, ("r/a.md", "a.md", "setup.py"))
    assert [path for effect, path in found(project) if effect == "reads"] == ["r/a.md"]


def test_directories_of_runs_are_no_names_of_the_hub() -> None:
    code = "from peft import PeftModel\nPeftModel.from_pretrained(m, 'qwen_v1/best')\n"
    assert [path for _, path in found(project_of({"a.py": code}))] == ["qwen_v1/best"]


def test_code_in_src_does_not_work_there_because_it_is_packed_there() -> None:
    project = project_of({"src/setup.py": "", "src/p/a.py": "open('fig.png', 'w')\n"}, ("conf/base/catalog.yml",))
    assert ("writes", "fig.png") in found(project)


def test_what_opens_the_mounts_of_a_platform_works_there() -> None:
    read = "import pandas as pd\npd.read_csv('/kaggle/input/x/a.csv')\npd.DataFrame().to_csv('submission.csv')"
    files = {
        "one/kernel.py": read,
        "nb.ipynb": notebook(read),
        "look.py": "import pandas as pd\npd.read_csv('submission.csv')",
    }
    project = project_of(files)
    writes = {(a.component, str(a.address)) for a in project.accesses if a.effect == "writes"}
    assert writes == {(path, "/kaggle/working/submission.csv") for path in ("one/kernel.py", "nb.ipynb")}
    assert not project.handoffs
    both = "import pandas as pd\nfor p in ['/kaggle/input/a.csv', '/home/me/a.csv']:\n    pd.read_csv(p)\nopen('b.csv')"
    assert ("reads", "{directory}/b.csv") in found(project_of({"s.py": both}))


def test_what_two_callers_choose_goes_together() -> None:
    code = (
        "from dataclasses import dataclass\n@dataclass\nclass C:\n    folder: str\n    name: str\n"
        "import argparse\ndef run(config):\n    parser = argparse.ArgumentParser()\n"
        "    parser.add_argument('--out', default=config.folder)\n    args = parser.parse_args()\n"
        "    open(f'{args.out}/{config.name}.json', 'w')\n"
    )
    files = {"lib.py": code}
    for name in ("a", "b"):
        files[f"{name}.py"] = f"from lib import C, run\nrun(C(folder='{name}', name='{name}'))\n"
    paths = {path for effect, path in found(project_of(files)) if effect == "writes"}
    assert not paths & {"a/b.json", "b/a.json"}


def test_variables_in_paths_are_holes() -> None:
    assert address(Known("$HOME_OF_DATA/a/b.csv")).shape == "{HOME_OF_DATA}/a/b.csv"
    assert not address(Known("${BASE}/b.csv")).is_known


def test_mounted_disks_are_not_in_the_project() -> None:
    assert (
        unify(address(Known("models/best/model.pkl")), address(Known("/mnt/data/models/best/model.pkl")))
        is Match.NONE
    )
    assert (
        unify(address(Known("models/best/model.pkl")), address(Known("/app/models/best/model.pkl")))
        is Match.SUFFIX
    )


def test_documentation_tells_where_a_program_works_whose_files_are_in_two_places() -> None:
    files = {"p/a.py": "open('out/m.txt', 'w')\nopen('c.yaml')\n", "README.md": "```bash\npython p/a.py\n```\n"}
    project = project_of(files, ("out/m.txt", "p/out/m.txt", "p/c.yaml"))
    assert ("writes", "out/m.txt") in found(project)


def test_who_opens_a_place_of_his_own_works_where_he_would() -> None:
    code = "import pandas as pd\npd.read_csv('/home/me/a.csv')\nopen('b.csv')"
    assert ("reads", "nb/b.csv") in found(project_of({"nb/a.ipynb": notebook(code)}))
