from declaring import names, paths, project_of, runs, stage

SNAKEFILE = '''\
import os
configfile: "config/config.yaml"
DATA = "data"
SEEDS = [1, 2]

rule all:
    input: "models/model.pkl", expand("reports/{seed}.html", seed=SEEDS)

rule clean:
    # a comment
    input:
        raw = DATA + "/raw.csv",
        code = "src/clean.py",
    output:
        table = temp(f"{DATA}/clean.csv"),
        "log.txt"
    params:
        rate = 0.5,
        size = config["size"]
    threads: 4
    shell:
        "python src/clean.py {input.raw} "
        "--out {output.table} --rate {params.rate} --n {params.size} --t {threads} {{x}}"

rule train:
    input:
        rules.clean.output.table,
        lambda wildcards: find(wildcards)
    output: directory("models"), "models/{name}.pkl"
    script: "scripts/train.py"

checkpoint report:
    input: rules.train.output
    output: "reports/{seed}.html"
    shell: """
        cd src
        python report.py {wildcards.seed} {input} > {output}
        """

rule inline:
    run:
        x = {"input": 3}
        shell("echo hi")

if os.name == "x":
    rule nested:
        output: "nested.txt"
        shell: "touch {output}"
'''


def test_rules_with_their_files_and_commands() -> None:
    project = project_of(
        {
            "workflow/Snakefile": SNAKEFILE.replace('        "log.txt"\n', ""),
            "workflow/scripts/train.py": "",
            "src/clean.py": "",
            "src/report.py": "",
        }
    )
    assert names(project, "snakemake") == ["all", "clean", "train", "report", "inline", "nested"]
    assert paths(stage(project, "all").inputs) == ["models/model.pkl", "reports/{seed}.html"]
    clean = stage(project, "clean")
    assert [(d.name, d.path) for d in clean.inputs] == [("raw", "data/raw.csv"), ("code", "src/clean.py")]
    assert [(d.name, d.path) for d in clean.outputs] == [("table", "data/clean.csv")]
    assert [(d.path, d.option("value")) for d in clean.params] == [
        ("rate", "0.5"), ("size", "${config['size']}")
    ]  # fmt: skip
    assert clean.inputs[0].location.span.line == 12
    assert runs(project, clean) == [
        (
            "src/clean.py",
            (
                "data/raw.csv",
                "--out",
                "data/clean.csv",
                "--rate",
                "0.5",
                "--n",
                "${config['size']}",
                "--t",
                "4",
                "{x}",
            ),
        )
    ]
    train = stage(project, "train")
    assert (train.after, train.code) == (("clean",), ("workflow/scripts/train.py",))
    assert [(d.path, d.is_known) for d in train.inputs] == [
        ("data/clean.csv", True), ("${lambda wildcards: find(wildcards)}", False)
    ]  # fmt: skip
    report = stage(project, "report")
    assert runs(project, report) == [("src/report.py", ("${wildcards.seed}", "models", "models/{name}.pkl"))]
    assert stage(project, "nested").commands[0].argv == ("touch", "nested.txt")


def test_the_place_of_a_value_on_its_directives_line() -> None:
    project = project_of({"Snakefile": 'rule a:\n    input: "ä.csv", "y.csv"\n'})
    spans = [d.location.span for d in stage(project, "a").inputs]
    assert [(s.line, s.column, s.end_column) for s in spans] == [(2, 12, 19), (2, 21, 28)]


def test_a_directive_that_is_no_python_costs_itself() -> None:
    project = project_of(
        {"Snakefile": "rule a:\n    input: 'x' 'y' z ,,\n    output: 'o'\nrule :\n    output: 'p'\n"}
    )
    first, second = project.stages
    assert (first.inputs, paths(first.outputs)) == ((), ["o"])
    assert second.name == "rule at line 4"
