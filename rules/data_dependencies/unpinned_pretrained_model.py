"""The rule `unpinned-pretrained-model`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Related, Role, Rule, Severity, Site, known_texts

_POSITIONS = {
    "transformers.*.from_pretrained": 0,
    "diffusers.*.from_pretrained": 0,
    "tokenizers.Tokenizer.from_pretrained": 0,
    "transformers.pipeline": 1,
    "sentence_transformers.SentenceTransformer": 0,
    "sentence_transformers.CrossEncoder": 0,
    "huggingface_hub.hf_hub_download": 0,
    "huggingface_hub.snapshot_download": 0,
    "torch.hub.load": 0,
}
_NAMES = ("pretrained_model_name_or_path", "identifier", "model", "model_name_or_path", "repo_id", "repo_or_dir")
_OWNED = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(:(main|master))?")
_WELL_KNOWN = re.compile(
    r"(distil|xlm-|de|deberta-)?(bert|roberta|gpt2)(-(base|large|medium|xl|small|tiny).*)?"
    r"|(t5|albert|xlnet|electra|xlm|camembert|bart|longformer)-(base|large|small|3b|11b|mlm)[\w.-]*"
    r"|(all|paraphrase|multi-qa|msmarco|stsb|nli|distiluse)-[\w.-]+"
)
_LOCAL = re.compile(
    r"(\.|model|checkpoint|ckpt|output|result|data|saved|artifact|weight|experiment|log|run|src|trained|tmp|cache|"
    r"input|final|best|my_|local|path|user|your|org/|owner/|namespace)",
    re.IGNORECASE,
)


class UnpinnedPretrainedModel(Rule):
    """A pretrained model is loaded by its name on a hub, without a revision.

    Its owner can upload other weights, another tokenizer or other code under the same name; features and scores
    change without a commit here. Sculley et al. 2015, section 3: an input signal that comes "from another machine
    learning model itself that updates over time" is an unstable data dependency.

    ## How to repair

    Pass the commit hash as `revision` (`repo:tag` for torch.hub), and keep it beside the name in the configuration.

    ## A constant, a name from another file, a hub of repositories

    ```python title="data.py"
    from transformers import AutoModel, AutoTokenizer
    from settings import ENCODER
    tokenizer = AutoTokenizer.from_pretrained("allenai/scibert_scivocab_uncased")  # expect: unpinned-pretrained-model
    model = AutoModel.from_pretrained("allenai/scibert_scivocab_uncased")
    encoder = AutoModel.from_pretrained(ENCODER)  # expect: unpinned-pretrained-model
    ```

    ```python title="settings.py"
    ENCODER = "distilbert-base-uncased"
    ```

    ```python title="detect.py"
    import torch
    net = torch.hub.load("ultralytics/yolov5", "yolov5s")  # expect: unpinned-pretrained-model
    ```

    ## Pinned

    ```python title="data.py"
    import torch
    from transformers import AutoModel, AutoTokenizer
    tokenizer = AutoTokenizer.from_pretrained("allenai/scibert_scivocab_uncased", revision="24f92d3")
    net = torch.hub.load("pytorch/vision:v0.10.0", "resnet18")
    ```

    ## Directories, what this project saves itself, what may pin, and what is not known

    ```python title="serve.py"
    import sys
    import torch
    from transformers import AutoModel, AutoTokenizer, pipeline
    AutoModel.from_pretrained("./tuned")
    AutoModel.from_pretrained("models/tuned")
    AutoModel.from_pretrained("tuned/final-7")
    AutoModel.from_pretrained(sys.argv[1])
    AutoModel.from_pretrained("acme/bert", **options)
    def load(name):
        return AutoModel.from_pretrained(name)
    load("acme/bert"), load("acme/gpt")
    AutoModel.from_pretrained("acme/bert", local_files_only=True)
    torch.hub.load("acme/net", "net", source="local")
    pipeline("sentiment-analysis")
    ```

    ```python title="train.py"
    from transformers import AutoModel
    model = AutoModel.from_config({})
    model.save_pretrained("tuned/final-7")
    ```

    ## A mounted directory; a name and its revision from the configuration; a test

    ```yaml title="model.yaml"
    name: allenai/scibert_scivocab_uncased
    revision: 24f92d3
    ```

    ```python title="serve.py"
    import yaml
    from transformers import AutoModel
    config = yaml.safe_load(open("model.yaml"))
    AutoModel.from_pretrained(config["name"], revision=config["revision"])
    AutoModel.from_pretrained(**config)
    AutoModel.from_pretrained("/kaggle/input/scibert/base")
    ```

    ```python title="tests/test_model.py"
    from transformers import AutoModel
    def test_model():
        assert AutoModel.from_pretrained("allenai/scibert_scivocab_uncased")
    ```
    """

    profile = Profile.HOOK
    minutes = 5
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each name in a file, at its first use, the others related."""
        made = {str(a.address).strip("./") for a in project.accesses if a.effect in ("writes", "appends")}
        found: dict[tuple[str, str], list[Site]] = {}
        for site in project.calls(*_POSITIONS):
            if site.source.source.is_any(*self.skip_roles) or self._may_pin(site):
                continue
            for name in self._names(project, site):
                if name not in made and not self._is_directory(project, name):
                    found.setdefault((site.source.path, name), []).append(site)
        for (_, name), sites in found.items():
            first, *others = sorted(sites, key=lambda site: site.call.span)
            yield self.finding(
                first.location,
                f"pretrained model `{name}` is loaded without a revision: what it computes can change upstream",
                related=[Related(site.location, "it is loaded here, too") for site in others],
                severity=Severity.INFO if first.source.source.is_any(Role.NOTEBOOK) else None,
                scope=first.source.scope_name(first.call.block),
            )

    def _may_pin(self, site: Site) -> bool:
        names = {keyword.name for keyword in site.call.keywords}
        return bool(names & {"revision", "local_files_only", "", "source"}) or site.hides_arguments

    def _names(self, project: Project, site: Site) -> Iterator[str]:
        """The names on a hub that the call surely loads."""
        pattern = "transformers.*.from_pretrained" if site.name.endswith(".from_pretrained") else site.name
        argument = site.argument(_POSITIONS.get(pattern, 0), *_NAMES)
        texts = known_texts(project.value(site.source, argument)) if argument is not None else []
        for text in (
            texts if len(texts) == 1 else ()
        ):  # a wrapper that is called with several names decides nothing
            if site.name == "torch.hub.load" and ":" in text and not text.endswith((":main", ":master")):
                continue
            if _WELL_KNOWN.fullmatch(text) or (_OWNED.fullmatch(text) and not _LOCAL.match(text)):
                yield text

    def _is_directory(self, project: Project, name: str) -> bool:
        return name.partition("/")[0] in project.directories
