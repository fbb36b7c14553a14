from pathlib import Path

import pytest

from mldebt.extract import extract
from mldebt.project import Project
from mldebt.project.draws import unseeded_draws
from mldebt.roles import path_roles
from mldebt.source import Kind, Source

SPLIT = "from sklearn.model_selection import train_test_split\n"


def unseeded(code: str, **others: str) -> list[bool]:
    """For each split in `code` whether it has no seed; `others` are the project's other modules."""
    files = {"a.py": code, **{f"{name}.py": text for name, text in others.items()}}
    facts = [(Source(p, Kind.PYTHON, Path(p)), extract(Kind.PYTHON, t.encode())) for p, t in files.items()]
    project = Project(Path("."), facts)
    return [project.randomness.is_unseeded(site) for site in project.calls("sklearn.model_selection.*")]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("train_test_split(X)", True),
        ("train_test_split(X, random_state=None)", True),
        ("train_test_split(X, random_state=seed)", False),
        ("train_test_split(X, shuffle=False)", False),
        ("train_test_split(X, shuffle=maybe)", False),
        ("train_test_split(X, **options)", False),
        ("[train_test_split(X) for _ in range(9)]", False),
        ("[train_test_split(X) for X in frames]", True),
    ],
)
def test_only_what_surely_has_no_seed_is_unseeded(call: str, expected: bool) -> None:
    assert unseeded(SPLIT + call + "\n") == [expected]


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        ("import numpy as np\nimport a\nnp.random.seed(1)\n", False),
        ("import random\nimport a\nrandom.seed(1)\n", True),
        ("import a\nfrom tools import fix_seeds\nfix_seeds()\n", False),
        ("import numpy as np\nnp.random.seed(1)\n", True),
    ],
)
def test_a_file_that_imports_the_split_may_seed_it(main: str, expected: bool) -> None:
    assert unseeded(f"{SPLIT}train_test_split(X)\n", main=main, tools="def fix_seeds(): pass\n") == [expected]


def test_code_that_is_loaded_by_name_is_seeded_by_its_loader() -> None:
    main = "import numpy as np, hydra\nnp.random.seed(1)\nhydra.utils.instantiate(cfg)\n"
    assert unseeded(f"{SPLIT}def f():\n    train_test_split(X)\n", main=main) == [False]


def drawing(**files: str) -> list[str]:
    """The programs that train with unseeded random numbers."""
    texts = {name.replace("__", "/") + ".py": text for name, text in files.items()}
    facts = [
        (Source(p, Kind.PYTHON, Path(p), roles=path_roles(p, Kind.PYTHON)), extract(Kind.PYTHON, t.encode()))
        for p, t in texts.items()
    ]
    return [program.source.path for program, _ in unseeded_draws(Project(Path("."), facts))]


def test_what_only_predicts_simulates_or_seeds_its_augmentation_needs_no_seed() -> None:
    fit = "from sklearn.svm import SVC\nSVC().fit({}, y)\n"
    assert drawing(train="import numpy as np\nnp.random.shuffle(X)\n" + fit.format("X")) == ["train.py"]
    assert (
        drawing(infer="import torch, numpy as np\nmodel = torch.load('m.pt')\nmodel(np.random.rand(3))\n") == []
    )
    assert drawing(simulate="import random\nfor step in range(100):\n    print(random.random())\n") == []
    seeded = "import albumentations as A\nt = A.Compose([A.RandomCrop(3, 3)], seed=7)\n" + fit.format("t(X)")
    assert drawing(augment=seeded) == []
