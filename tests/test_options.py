from pathlib import Path

import pytest

from mldebt.extract import extract
from mldebt.facts import Const
from mldebt.project import Project
from mldebt.source import Kind, Source


def project_of(**files: str) -> Project:
    facts = []
    for name, text in files.items():
        source = Source(f"{name}.py", Kind.PYTHON, Path(f"{name}.py"))
        facts.append((source, extract(Kind.PYTHON, text.encode())))
    return Project(Path("."), facts)


PARSER = "import argparse\np = argparse.ArgumentParser()\np.add_argument('--lr')\nargs = p.parse_args()\n"


def test_argparse_options_have_dest_flags_default_and_choices() -> None:
    code = (
        "p.add_argument('-b', '--batch-size', type=int, default=8, choices=[8, 16])\n"
        "p.add_argument('--fast', action='store_true', dest='quick')\n"
        "p.add_argument('input')\n"
        "p.add_argument(name)\n"
    )
    batch, fast, given = project_of(a=code).options.all
    assert (batch.dest, batch.flags, batch.name) == ("batch_size", ("-b", "--batch-size"), "--batch-size")
    assert batch.default == Const(8)
    assert batch.choices is not None
    assert (fast.dest, fast.action, fast.default) == ("quick", "store_true", Const(False))
    assert given.is_positional
    assert not batch.is_positional


def test_options_of_browsers_are_no_options() -> None:
    assert project_of(a="from selenium import webdriver\no.add_argument('--headless')\n").options.all == ()


def test_click_typer_and_absl() -> None:
    options = project_of(
        a="import click\n@click.option('--log/--no-log', 'verbose')\n@click.option('--lr')\n"
        "def f(verbose, lr): pass\n",
        b="import typer\napp = typer.Typer()\n@app.command()\n"
        "def f(lr: float = typer.Option(0.1, '--rate')): pass\n",
        c="from absl import flags\nflags.DEFINE_integer('depth', 3, 'how deep')\n",
    ).options.all
    assert [(o.framework, o.dest, o.name) for o in options] == [
        ("click", "verbose", "--log/--no-log"),
        ("click", "lr", "--lr"),
        ("typer", "lr", "--rate"),
        ("absl", "depth", "--depth"),
    ]
    assert [o.default for o in options[2:]] == [Const(0.1), Const(3)]
    assert all(o.param is not None for o in options[:3])


@pytest.mark.parametrize(
    ("code", "escapes"),
    [
        ("print(args)\n", False),
        ("import json\njson.dump(vars(args), f)\n", False),
        ("save = {'args': vars(args)}\nkeep(checkpoint=save)\n", False),
        ("keep({'args': args})\n", False),
        ("def f(opt):\n    return opt.lr\nf(args)\n", False),
        ("class T:\n    def __init__(self, opt):\n        self.opt = opt\nT(args)\n", False),
        ("train(args)\n", True),
        ("train(**vars(args))\n", True),
        ("for k, v in vars(args).items():\n    setattr(x, k, v)\n", True),
        ("getattr(args, name)\n", True),
        ("getattr(args, 'lr')\n", False),
        ("pool.map(f, [(args, 1)])\n", True),
        ("train(args.lr)\n", False),
    ],
)
def test_namespaces_get_away_only_where_something_may_read_all_of_them(code: str, escapes: bool) -> None:
    assert project_of(a=PARSER + code).options.namespaces("a.py").escapes is escapes


def test_namespaces_are_followed_across_files() -> None:
    project = project_of(
        options=PARSER.replace("args = p", "def parse():\n    return p"),
        train="from options import parse\nimport library\nargs = parse()\nlibrary.fit(args)\n",
    )
    assert project.options.namespaces("options.py").escapes


def test_unknown_arguments_let_everything_away() -> None:
    assert project_of(a=PARSER.replace("parse_args", "parse_known_args")).options.namespaces("a.py").escapes
