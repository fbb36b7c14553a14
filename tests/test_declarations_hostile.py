"""Whatever stands in a declaring file, reading it ends, raises nothing, and yields sound declarations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from declaring import project_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mldebt.project import Project

VALID = {
    "dvc.yaml": """
        vars: [{a: {x: [1]}}, "params.yaml:k"]
        stages:
          one: {cmd: [python src/train.py], wdir: ., deps: [x], outs: [{y: {cache: false}}],
                params: [k, {f.yaml: [z]}]}
          each: {foreach: {n: {v: 1}}, do: {cmd: "bash run.sh ${item.v}", plots: [{p: {x: y}}]}}
          grid: {matrix: {m: [1, {q: 2}]}, cmd: "echo ${item.m}"}
        plots: [a.csv, {b: {x: {c.csv: d}}}]
        artifacts: {m: {path: m.pkl, type: model}}
        """,
    "dvc.lock": "stages: {a: {deps: [{path: x, md5: y}], outs: [{path: z}], params: {params.yaml: {k: 1}}}}",
    "data.csv.dvc": "{wdir: ., deps: [{path: x, repo: {url: y, rev: z}}], outs: [{path: data.csv}]}",
    "params.yaml": "{a: {x: [1]}, k: {v: true}}",
    "MLproject": "entry_points: {m: {parameters: {a: {type: path, default: b}, c: int}, command: 'python {a}'}}",
    "pipeline.yaml": "tasks: [{source: a.py, product: {nb: b}, params: {c: 1}, upstream: [d]}]",
    ".github/workflows/ci.yml": """
        {env: {A: b}, defaults: {run: {working-directory: src}},
         jobs: {t: {needs: [u], env: {C: d}, steps: [{name: n, run: python train.py, env: {E: f}}]}}}
        """,
    ".gitlab-ci.yml": """
        {variables: {A: b}, default: {before_script: [cd src]}, t: {script: [x], artifacts: {paths: [y]}}}
        """,
    "docker-compose.yml": """
        services: {a: {build: {context: ., dockerfile: D}, command: [python, src/train.py], environment: [A=b],
                       depends_on: {b: {condition: c}}}, b: {build: ., entrypoint: sh, command: run.sh}}
        """,
    "conf/base/catalog.yml": """
        {a: {type: t, filepath: '${globals:r}/x', metadata: {kedro-viz: {layer: l}}}, '{n}_x': {path: '{n}'}}
        """,
    "conf/base/globals.yml": "{r: data}",
    "conf/base/parameters.yml": "{k: {v: 1}}",
    "feature_store.yaml": "{registry: a.db, online_store: {path: b.db}}",
    "great_expectations.yml": "datasources: {d: {base_directory: x, assets: {a: {type: c, table_name: t}}}}",
    "dbt_project.yml": "{name: x}",
    "models/schema.yml": "{sources: [{name: a, schema: b, tables: [{name: c}]}], models: [{name: d}]}",
    "conf/config.yaml": "{defaults: [_self_, {group: a}, {'override /group': [a]}, group/a, {group@x: null}]}",
    "conf/group/a.yaml": "{defaults: [a, ../config]}",
}
ODD = (None, 3, "x y", [None, 3], {"a": [1]}, "${a}", "a/../../b")
CODE = """\
import hydra
from kedro.pipeline import node, pipeline
@hydra.main(config_path="conf", config_name="config")
def main(cfg): ...
def create(): return pipeline([node(main, "a", "b"), create()], namespace="n")
"""


def look_at_everything(project: Project) -> None:
    """Ask for all views that declarations feed."""
    ids = [stage.id for stage in project.stages]
    assert len(ids) == len(set(ids))
    for stage in project.stages:
        assert stage.path in project.by_path
        for declared in (*stage.inputs, *stage.products, *stage.params):
            assert declared.location.span.line >= 1
        for execution in project.executions(stage):
            assert execution.path in project.by_path
    for declared in project.declared_data:
        assert declared.location.path in project.by_path
    for point in project.entry_points:
        assert project.call_graph.reach(*point.places).places


def replaced(document: Any, value: Any) -> Iterator[Any]:
    """The document once for each of its nodes, with that node replaced."""
    yield value
    if isinstance(document, dict):
        for key, inner in document.items():
            yield from ({**document, key: other} for other in replaced(inner, value))
    elif isinstance(document, list):
        for number, inner in enumerate(document):
            for other in replaced(inner, value):
                yield [*document[:number], other, *document[number + 1 :]]


@pytest.mark.parametrize("name", VALID)
def test_any_node_of_a_declaring_file_may_be_odd(name: str) -> None:
    files = {**VALID, "src/train.py": CODE, "run.sh": "python src/train.py $1\nbash run.sh"}
    look_at_everything(project_of(files))
    for value in ODD:
        for document in replaced(yaml.safe_load(VALID[name]), value):
            look_at_everything(project_of({**files, name: yaml.safe_dump(document)}))


SNAKE = st.lists(
    st.sampled_from(
        ["rule a:", "rule :", "  input: 'x', y='z'", "  output: rules.a.output",
         "  shell: '{input[0]} {output.x}'",
         "  params: [1, f'{x}']", "X = 'y'", "    'more'", "  run:", "      x = 1", "include: 'b.smk'",
         "if x:", "\t\tq"]
    ),
    max_size=12,
)  # fmt: skip
MAKE = st.lists(
    st.sampled_from(
        ["a: b c", "b: $(X) a", "\tpython src/train.py $< $@ $^", "X = $(X)", "Y := $(X)", ".PHONY: a",
         "%.o: %.c",
         "\t@cd src && bash ../run.sh", "$(X): $(Y)", "define Z", "endef", "\t$(MAKE) a"]
    ),
    max_size=12,
)  # fmt: skip
DOCKER = st.lists(
    st.sampled_from(
        ["FROM x", "WORKDIR src", "WORKDIR /app", "COPY . .", "COPY src/ /app/", 'COPY ["a", "b"]',
         "CMD python a.py",
         'ENTRYPOINT ["python"]', 'CMD ["src/train.py"]', "RUN cd /app && python train.py",
         "COPY --from=x a b", "ENV A=b"]
    ),
    max_size=10,
)  # fmt: skip


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SNAKE, MAKE, DOCKER)
def test_any_lines_in_snakefiles_makefiles_and_dockerfiles(
    snake: list[str], make: list[str], docker: list[str]
) -> None:
    texts = {"Snakefile": snake, "Makefile": make, "Dockerfile": docker}
    files = {name: "\n".join(lines) + "\n" for name, lines in texts.items()}
    look_at_everything(project_of({**files, "src/train.py": CODE, "run.sh": "make a"}))
