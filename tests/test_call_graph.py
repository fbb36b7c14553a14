from declaring import project_of

from mldebt.project import Project
from mldebt.project.call_graph import does_something
from mldebt.project.places import MAIN, MODULE, Place


def reached(project: Project, path: str) -> set[str]:
    """The functions reached from a file that is run, written `path:function`."""
    places = project.call_graph.reach_of_file(path).places
    return {f"{p.path}:{p.function}" for p in places if p.function not in (MODULE, MAIN)}


def test_importing_a_file_does_not_run_its_functions() -> None:
    project = project_of(
        {
            "src/__init__.py": "",
            "src/train.py": """\
                from src import steps
                from src.steps import fit
                def main():
                    fit(1)
                def unused():
                    steps.report()
                if __name__ == "__main__":
                    main()
                """,
            "src/steps.py": """\
                import src.deep
                def fit(x):
                    return helper(x)
                def helper(x):
                    return x
                def report():
                    import src.late
                """,
            "src/deep.py": "X = 1\ndef never(): ...\n",
            "src/late.py": "",
        }
    )
    assert reached(project, "src/train.py") == {"src/train.py:main", "src/steps.py:fit", "src/steps.py:helper"}
    reach = project.call_graph.reach_of_file("src/train.py")
    assert reach.paths == {"src/__init__.py", "src/train.py", "src/steps.py", "src/deep.py"}
    used = [s.path for s in project.call_graph.uses(reach)]
    assert used == ["src/deep.py", "src/steps.py", "src/train.py"]
    assert project.call_graph.reach(Place("src/train.py", MODULE)).places.isdisjoint(
        {Place("src/train.py", "main")}
    )


def test_functions_that_are_handed_on_run() -> None:
    project = project_of(
        {
            "run.py": """\
                from models import linear, forest
                from registry import register
                MODELS = {"linear": linear, "other": [forest]}
                def score(y): ...
                def key(row): ...
                def late(): ...
                @register("x")
                def plugin(): ...
                @staticmethod
                def quiet(): ...
                rows = sorted(map(score, []), key=key)
                class Kept:
                    callback = late
                """,
            "models.py": "def linear(): ...\ndef forest(): ...\ndef tree(): ...\n",
            "registry.py": "def register(name):\n    def inner(f): return f\n    return inner\n",
        }
    )
    assert reached(project, "run.py") == {
        "models.py:linear", "models.py:forest", "run.py:score", "run.py:key", "run.py:late", "run.py:plugin",
        "registry.py:register", "registry.py:register.inner",
    }  # fmt: skip


def test_methods_run_when_their_class_has_instances() -> None:
    project = project_of(
        {
            "run.py": """\
                from shapes import Square, build
                def go(shape):
                    shape.area()
                go(build())
                """,
            "shapes.py": """\
                import torch
                class Base:
                    def __init__(self): self.setup()
                    def setup(self): ...
                    def area(self): return self.size
                    def perimeter(self): ...
                    @property
                    def size(self): return 1
                class Square(Base):
                    def setup(self): return side()
                class Circle(Base):
                    def area(self): return pi()
                class Net(torch.nn.Module):
                    def forward(self, x): return activation(x)
                def side(): ...
                def pi(): ...
                def activation(x): ...
                def build(): return Square()
                def network(): return Net()
                """,
            "deep.py": "from shapes import network\nnetwork()\n",
        }
    )
    assert reached(project, "run.py") == {
        "run.py:go", "shapes.py:build", "shapes.py:side", "shapes.py:Base.__init__", "shapes.py:Base.setup",
        "shapes.py:Square.setup", "shapes.py:Base.area", "shapes.py:Base.size",
    }  # fmt: skip
    assert reached(project, "deep.py") == {"shapes.py:network", "shapes.py:Net.forward", "shapes.py:activation"}


def test_a_module_that_is_handed_on_is_open() -> None:
    project = project_of(
        {
            "main.py": "import pipelines\nfrom registry import build\nbuild(pipelines)['x'].run()\n",
            "pipelines/__init__.py": "from .first import First\nfrom . import second\nLIMIT = 1\n",
            "pipelines/first.py": "class First:\n    def run(self): ...\ndef hidden(): ...\n",
            "pipelines/second.py": "def later(): ...\n",
            "registry.py": "def build(module): return {n: getattr(module, n) for n in dir(module)}\n",
        }
    )
    assert reached(project, "main.py") == {
        "registry.py:build", "pipelines/first.py:First.run", "pipelines/second.py:later"
    }  # fmt: skip


def test_class_methods_nested_classes_and_names_made_up() -> None:
    project = project_of(
        {
            "run.py": """\
                from models import Model
                Model.load("x").score()
                Model.Part()
                """,
            "models.py": """\
                class Model:
                    @classmethod
                    def load(cls, path): return cls()
                    def score(self): return getattr(self, f"_by_{self.kind}")()
                    def _by_mean(self): ...
                    class Part:
                        def __init__(self): ...
                class Other:
                    def score(self): ...
                """,
        }
    )
    places = reached(project, "run.py")
    assert places >= {"models.py:Model.load", "models.py:Model.score", "models.py:Model._by_mean"}
    assert "models.py:Model.Part.__init__" in places
    assert "models.py:Other.score" not in places


def test_recursion_and_cyclic_imports_end() -> None:
    project = project_of(
        {
            "a.py": "import b\ndef f(): return b.g()\nf()\n",
            "b.py": "import a\ndef g(): return a.f() or g()\n",
        }
    )
    assert reached(project, "a.py") == {"a.py:f", "b.py:g"}


def test_code_that_configuration_names_runs_where_names_are_looked_up() -> None:
    project = project_of(
        {
            "train.py": "import hydra\nfrom hydra.utils import instantiate\nmodel = instantiate({})\n",
            "src/nets.py": "class Net:\n    def __init__(self): ...\nclass Other: ...\n",
            "conf/model.yaml": "_target_: src.nets.Net\nsize: 3\n",
        }
    )
    assert reached(project, "train.py") == {"src/nets.py:Net.__init__"}
    assert project.call_graph.reach_of_file("train.py").by_name


def test_a_stage_reaches_what_its_scripts_reach() -> None:
    project = project_of(
        {
            "dvc.yaml": "stages: {fit: {cmd: python src/fit.py}}",
            "src/fit.py": "from prep import clean\nclean()\n",
            "src/prep.py": "def clean(): ...\ndef other(): ...\n",
        }
    )
    reach = project.call_graph.reach_of_stage(project.stages[0])
    assert Place("src/prep.py", "clean") in reach.places
    assert Place("src/prep.py", "other") not in reach.places
    prep = project.by_path["src/prep.py"]
    assert [reach.has(prep, f.block) for f in prep.facts.functions] == [True, False]


def test_imports_for_type_checkers_run_nothing() -> None:
    project = project_of(
        {"a.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import b\n", "b.py": "X = 1\n"}
    )
    assert project.call_graph.reach_of_file("a.py").paths == {"a.py"}


def test_files_that_only_define_do_nothing_by_themselves() -> None:
    texts = {
        "a.py": "import os\ndef f(x=1):\n    y = 2\nclass C:\n    z = 3\n__all__ = ['f']\n",
        "b.py": "LIMIT = 3\n",
        "c.py": "print(1)\n",
        "d.py": "if __name__ == '__main__':\n    print(1)\n",
    }
    project = project_of(texts)
    assert [does_something(project.by_path[path]) for path in texts] == [False, True, True, False]


def test_the_whole_graph() -> None:
    project = project_of({"a.py": "import b\nb.f()\n", "b.py": "def f(): return g()\ndef g(): ...\n"})
    graph = project.call_graph.graph
    assert sorted(graph.edges) == [
        (Place("a.py", MODULE), Place("b.py", MODULE)),
        (Place("a.py", MODULE), Place("b.py", "f")),
        (Place("b.py", "f"), Place("b.py", "g")),
    ]


def test_entry_points_of_every_kind() -> None:
    project = project_of(
        {
            "README.md": "# x\n```bash\npython scripts/shown.py --fast\n```\n",
            "pyproject.toml": '[project.scripts]\nchurn = "churn.cli:main"\n',
            "churn/cli.py": "def main(): ...",
            "dvc.yaml": "stages: {a: {cmd: python scripts/staged.py}}",
            "scripts/staged.py": "",
            "scripts/shown.py": "",
            "scripts/own.py": "if __name__ == '__main__':\n    pass\n",
            "scripts/idle.py": "",
            "train.py": "import hydra\n@hydra.main(config_path='conf')\ndef train(cfg): ...\n",
            "dags/daily.py": "from airflow import DAG\ndag = DAG('daily')\n",
            "api/app.py": "from fastapi import FastAPI\napp = FastAPI()\n",
            "ml/pipeline_registry.py": "from kedro.framework.project import x\ndef register_pipelines(): ...\n",
            "ml/settings.py": "HOOKS = ()\n",
            "tasks.py": "from invoke import task\n@task\ndef lint(c): ...\n",
        }
    )
    assert [(p.path, p.function, p.kind) for p in project.entry_points] == [
        ("api/app.py", "", "app"),
        ("churn/cli.py", "main", "installed"),
        ("dags/daily.py", "", "dag"),
        ("ml/pipeline_registry.py", "register_pipelines", "dag"),
        ("ml/settings.py", "", "dag"),
        ("scripts/own.py", "", "main"),
        ("scripts/shown.py", "", "document"),
        ("scripts/staged.py", "", "script"),
        ("tasks.py", "", "tasks"),
        ("train.py", "train", "hydra"),
        ("train.py", "train", "script"),
    ]
