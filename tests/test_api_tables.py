"""The tables of library calls, and how they are looked up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mldebt.api_rows import read_table
from mldebt.api_tables import BUILT_IN, Access, Api, Argument, TableError, effect_of_mode, load_tables

TABLES = load_tables()
FILES = sorted(BUILT_IN.glob("*.yaml"))


def found(name: str) -> Api:
    api = TABLES.lookup(name)
    assert api is not None, name
    return api


def access(name: str) -> tuple[str, int | None, tuple[str, ...]]:
    (only,) = found(name).accesses
    assert only.argument is not None
    return only.effect, only.argument.position, only.argument.names


def write(directory: Path, text: str) -> Path:
    file = directory / "acme.yaml"
    file.write_text(text)
    return file


# --- the tables themselves ---


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_row_is_sound_and_in_the_file_of_its_module(file: Path) -> None:
    table = read_table(file, thorough=True)
    first = file.read_text().partition("\n")[0]
    modules = re.findall(r'[\w*"]+', first.partition("[")[2])
    modules = [module.strip('"') for module in modules]
    assert {name.partition(".")[0] for name in table.rows} <= set(modules)
    assert {name.partition(".")[0] for name in table.aliases} <= set(modules)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_row_is_written_twice(file: Path) -> None:
    keys = re.findall(r"^  (\S.*?): [{\w]", file.read_text(), re.MULTILINE)
    assert len(keys) == len(set(keys))


def test_no_module_has_two_tables() -> None:
    modules = [m for file in FILES for m in re.findall(r'[\w*"]+', file.read_text().partition("\n")[0][8:])]
    assert len(modules) == len(set(modules))


def test_bases_and_results_are_known_types() -> None:
    plain = {"self", "document", "path", "str", "bytes", "list", "dict", "int", "float", "bool"}
    unknown = [
        f"{api.name} -> {name}"
        for api in TABLES.all()
        for name in (*api.bases, *api.returns)
        if name not in plain and ((row := TABLES.lookup(name)) is None or not row.is_type)
    ]
    assert unknown == []


def test_there_are_many_rows() -> None:
    assert sum(1 for _ in TABLES.all()) >= 700


# --- looking up ---


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pandas.read_csv", ("reads", 0, ("filepath_or_buffer",))),
        ("pandas.DataFrame.to_csv", ("writes", 0, ("path_or_buf", "path"))),
        ("open", ("opens", 0, ("file",))),
        ("joblib.dump", ("writes", 1, ("filename",))),
        ("sklearn.externals.joblib.load", ("reads", 0, ("filename",))),
        ("os.remove", ("deletes", 0, ("path",))),
        ("subprocess.run", ("runs-command", 0, ("args",))),
    ],
)
def test_calls_name_the_argument_that_they_access(name: str, expected: tuple[str, int, tuple[str, ...]]) -> None:
    assert access(name) == expected


def test_pickle_is_attributed_to_the_open_file() -> None:
    assert found("cPickle.dump").accesses == (Access("writes", (Argument(1, ("file",)),), through=True),)


def test_methods_of_pathlib_act_on_their_receiver() -> None:
    (only,) = found("pathlib.Path.read_text").accesses
    assert only.argument == Argument(receiver=True)


def test_a_template_joins_arguments() -> None:
    (only, _) = found("*.download_file").accesses
    assert only.target == ("s3://", Argument(0, ("Bucket",)), "/", Argument(1, ("Key",)))
    assert only.argument is None


def test_a_default_stands_for_an_argument_that_is_not_given() -> None:
    (only,) = found("os.listdir").accesses
    assert only.argument == Argument(0, ("path",), default=".")


def test_methods_are_inherited() -> None:
    assert found("sklearn.ensemble.RandomForestClassifier.fit").phase == "fit"
    assert found("sklearn.preprocessing.StandardScaler.fit").phase == "prepare"
    assert TABLES.is_a("sklearn.ensemble.RandomForestClassifier", "sklearn.base.BaseEstimator")
    assert not TABLES.is_a("sklearn.ensemble.RandomForestClassifier", "sklearn.base.TransformerMixin")


def test_a_star_answers_for_names_without_a_row() -> None:
    assert found("sklearn.metrics.some_new_score").phase == "evaluate"
    assert found("numpy.random.zipf").random == "global-numpy"
    assert found("numpy.random.default_rng").random == "own"


def test_a_star_for_types_answers_for_classes_and_their_methods() -> None:
    assert found("transformers.BartModel.from_pretrained").phase == "load"
    assert found("category_encoders.TargetEncoder.fit_transform").flow == "mixes"
    assert TABLES.returns("category_encoders.TargetEncoder") == "category_encoders.TargetEncoder"
    assert TABLES.lookup("category_encoders.utils") is None


def test_a_property_is_followed_to_its_value() -> None:
    assert TABLES.returns("pyspark.sql.SparkSession.read.parquet") == "pyspark.sql.DataFrame"
    assert access("pyspark.sql.SparkSession.read.parquet")[0] == "reads"


def test_unknown_names_have_no_row() -> None:
    assert TABLES.lookup("acme.load") is None
    assert TABLES.lookup("pandas.nothing") is None
    assert TABLES.lookup("*.nothing") is None
    assert TABLES.lookup("") is None


def test_results_have_types() -> None:
    assert TABLES.returns("pandas.read_csv") == "pandas.DataFrame"
    assert TABLES.returns("pandas.DataFrame.dropna") == "pandas.DataFrame"
    assert TABLES.returns("pandas.Series.dropna") == "pandas.Series"
    assert TABLES.returns("sklearn.svm.SVC") == "sklearn.svm.SVC"
    assert TABLES.returns("sklearn.svm.SVC.fit") == "sklearn.svm.SVC"
    assert TABLES.returns("pandas.factorize") is None


def test_randomness_depends_on_arguments() -> None:
    assert found("sklearn.linear_model.LogisticRegression").random_when == {
        "solver": ("sag", "saga", "liblinear")
    }
    split = found("sklearn.cross_validation.train_test_split")
    assert (split.random, split.random_unless) == ("global-numpy", {"shuffle": (False,)})
    assert split.seed == Argument(None, ("random_state",))


@pytest.mark.parametrize(
    ("mode", "effect"),
    [
        ("r", "reads"),
        ("rb", "reads"),
        ("r:gz", "reads"),
        ("w", "writes"),
        ("wt", "writes"),
        ("w:gz", "writes"),
        ("x", "writes"),
        ("r+", "writes"),
        ("ab", "appends"),
        ("append", "appends"),
        ("overwrite", "writes"),
        ("replace", "writes"),
        ("fail", "writes"),
        ("error", "writes"),
    ],
)
def test_modes(mode: str, effect: str) -> None:
    assert effect_of_mode(mode) == effect


# --- tables of users ---


def test_rows_of_a_user_are_added_and_win(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "aliases:\n  acme.v2: acme\n"
        "calls:\n  acme.{load,fetch}: {reads: [0, name], format: table}\n  pandas.read_csv: {}\n"
        "types:\n  acme.Churn: {bases: [sklearn.base.ClassifierMixin]}\n",
    )
    tables = load_tables([file])
    loaded = tables.lookup("acme.v2.fetch")
    assert loaded is not None
    assert loaded.format == "table"
    fitted = tables.lookup("acme.Churn.fit")
    assert fitted is not None
    assert fitted.phase == "fit"
    silenced = tables.lookup("pandas.read_csv")
    assert silenced is not None
    assert silenced.accesses == ()


def test_all_problems_are_named_with_their_rows(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "call: {}\ncalls:\n  acme.a: {read: [0]}\n  acme.b: {phase: trainning}\n  acme.c: {reads: [0, 1]}\n",
    )
    with pytest.raises(TableError) as caught:
        load_tables([file])
    first, second, third = caught.value.problems
    assert first == f"{file}:1: unknown section `call`; did you mean `calls`?"
    assert second == f"{file}:3: `acme.a`: unknown field `read`; did you mean `reads`?"
    assert third.startswith(f"{file}:4: `acme.b`: Invalid enum value 'trainning'")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("calls:\n  a.b: {reads: [0, 1]}\n", "2: `a.b`: [0, 1] is no argument"),
        ("calls:\n  a.b: {reads: name}\n", "2: `a.b`: "),
        ("calls:\n  a.b: {reads: []}\n", "2: `a.b`: [] is no argument"),
        ("calls:\n  a.b: {reads: [0, not-a-name]}\n", "keyword names are identifiers"),
        ("calls:\n  a.{b,c}: {}\n  a.b: {}\n", "`a.b` has two rows"),
        ("calls: [\n", "not valid YAML"),
        ("- 1\n", "1: a table is a mapping"),
        ("calls: 3\n", "Expected `object`"),
        ("calls:\n  a.b: 3\n", "2: `a.b`: Expected `object`"),
    ],
)
def test_a_broken_table_says_where(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TableError) as caught:
        load_tables([write(tmp_path, text)])
    assert message in str(caught.value)


def test_an_empty_table_is_a_table(tmp_path: Path) -> None:
    assert load_tables([write(tmp_path, "")]).lookup("pandas.read_csv") is not None


def test_only_the_tables_that_are_asked_for_are_parsed() -> None:
    tables = load_tables()
    tables.lookup("pandas.read_csv")
    assert [file.stem for file in tables._loaded] == ["pandas"]
