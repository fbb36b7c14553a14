"""The rule `unused-dependency`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Dependency,
    Finding,
    Kind,
    Manifest,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    is_library,
    manifests,
)

_IMPORTED_AS = dict(
    pair.split("=")
    for line in (
        "great-expectations=great_expectations click=click python-dotenv=dotenv flask-cors=flask_cors seaborn=seaborn",
        "plotly=plotly xgboost=xgboost lightgbm=lightgbm catboost=catboost nltk=nltk textblob=textblob shap=shap",
        "wordcloud=wordcloud beautifulsoup4=bs4 bs4=bs4 opencv-python=cv2 opencv-python-headless=cv2 lime=lime",
        "optuna=optuna hyperopt=hyperopt imbalanced-learn=imblearn imblearn=imblearn statsmodels=statsmodels",
        "prophet=prophet langchain=langchain openai=openai anthropic=anthropic boto3=boto3 sqlalchemy=sqlalchemy",
        "pymongo=pymongo redis=redis loguru=loguru hydra-core=hydra omegaconf=omegaconf wandb=wandb gensim=gensim",
        "ydata-profiling=ydata_profiling pandas-profiling=pandas_profiling sweetviz=sweetviz networkx=networkx",
        "dask=dask polars=polars pyspark=pyspark numba=numba albumentations=albumentations timm=timm",
        "evidently=evidently",
        "scikit-learn=sklearn tensorboardx=tensorboardX gradio=gradio python-box=box ensure=ensure folium=folium",
        "geopandas=geopandas requests=requests flask=flask fastapi=fastapi pinecone-client=pinecone chromadb=chromadb",
        "feature-engine=feature_engine category-encoders=category_encoders missingno=missingno yellowbrick=yellowbrick",
        "mlxtend=mlxtend scikit-image=skimage librosa=librosa selenium=selenium scrapy=scrapy tweepy=tweepy",
    )
    for pair in line.split()
)
"""Packages that do nothing for a program which does not import them, with their modules."""
_BACKENDS = {"lightgbm": "flaml autogluon", "xgboost": "flaml autogluon pycaret", "optuna": "optuna_integration",
             "sqlalchemy": "pandas mlflow langchain flask_sqlalchemy", "plotly": "optuna evidently kedro_viz cufflinks",
             "boto3": "s3fs sagemaker mlflow dvc", "requests": "gdown", "redis": "celery rq", "dask": "xarray",
             "scikit-learn": "xgboost lightgbm imblearn", "langchain": "langchain_community langchain_openai",
             "openai": "langchain langchain_openai llama_index litellm", "numba": "umap hdbscan shap",
             "networkx": "osmnx", "opencv-python": "albumentations ultralytics",
             "opencv-python-headless": "albumentations ultralytics", "timm": "segmentation_models_pytorch fastai",
             "anthropic": "langchain_anthropic litellm", "click": "typer flask", "flask": "flask_cors dash connexion",
             "hydra-core": "hydra_zen", "omegaconf": "hydra hydra_zen",
             "wandb": "transformers pytorch_lightning lightning",
             "chromadb": "langchain langchain_community langchain_chroma", "scikit-image": "lime",
             "pinecone-client": "langchain langchain_community", "beautifulsoup4": "langchain langchain_community",
             "fastapi": "langserve bentoml"}  # fmt: skip
_NOT_RUN = re.compile(
    r"(^|[-_./])(dev|tests?|testing|docs?|lint|ci|build|typing|constraints?|lock)([-_./]|$)", re.IGNORECASE
)
_MOST_LISTED = 60


class UnusedDependency(Rule):
    """A package is asked for that no code imports.

    Each one is installed in every image, can conflict with the others, and makes readers look for what it is used for.
    Sculley et al. 2015, section 6: it should be easy to see which parts of a configuration are unused. Only packages
    are meant that do nothing unless they are imported.

    ## How to repair

    Delete the line.

    ## Planned and never used

    ```text title="requirements.txt"
    pandas==2.2.3
    scikit-learn==1.5.2
    great-expectations==0.18.8  # expect: unused-dependency
    flask-cors==4.0.0
    ```

    ```python title="train.py"
    import pandas as pd
    from sklearn.linear_model import Ridge
    ```

    ## Imported in a notebook, started by a command, a backend of another one, a tool

    ```text title="requirements.txt"
    seaborn==0.13.0
    plotly==5.18.0
    optuna==3.5.0
    evidently==0.4.0
    pytest==8.0.0
    pyarrow==15.0.0
    ```

    ```python title="explore.ipynb"
    # %%
    import seaborn as sns
    import optuna
    ```

    ```bash title="report.sh"
    evidently ui
    ```

    ## What a freeze lists, tools for development, a package for others

    ```text title="requirements-dev.txt"
    loguru==0.7.0
    ```

    ```python title="train.py"
    import pandas
    ```

    ```toml title="library/pyproject.toml"
    [project]
    name = "lib"
    classifiers = ["Programming Language :: Python :: 3"]
    dependencies = ["loguru"]
    ```

    ```python title="library/lib.py"
    import pandas
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 5
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each manifest with such packages, at the first one."""
        imported = {m.partition(".")[0].lower() for s in project.code for m in s.facts.header.modules}
        named = frozenset(_words(project))
        for manifest in manifests(project):
            source = manifest.source
            if source.kind in (Kind.NOTEBOOK, Kind.DOCKERFILE) or source.source.is_any(*self.skip_roles):
                continue
            if _NOT_RUN.search(source.path) or manifest.has_pins or len(manifest.dependencies) > _MOST_LISTED:
                continue
            found = [d for d in manifest.dependencies if _is_unused(d, imported, named)]
            if found and imported and _is_own(project, manifest) and not is_library(project, source.path):
                first, *others = found
                names = ", ".join(f"`{dependency.name}`" for dependency in found)
                yield self.finding(
                    first.location,
                    f"no code imports {names}",
                    related=[Related(d.location, f"`{d.name}` neither") for d in others],
                    minutes=5 * len(found),
                )


def _is_own(project: Project, manifest: Manifest) -> bool:
    """Whether the project's code is Python that could be read, and uses something of the list."""
    if any(p.fatal for s in project.code for p in s.facts.header.problems):
        return False
    return len(manifest.dependencies) > 1 or bool(project.phases.training)


def _is_unused(dependency: Dependency, imported: set[str], named: frozenset[str]) -> bool:
    module = _IMPORTED_AS.get(dependency.name)
    if module is None or module.lower() in imported or {dependency.name, module.lower()} & named:
        return False
    return imported.isdisjoint(_BACKENDS.get(dependency.name, "").split())


def _words(project: Project) -> Iterator[str]:
    """The words of all commands and settings: a package may be used by its name, too."""
    for source in project.sources(
        Kind.YAML, Kind.SHELL, Kind.MAKE, Kind.DOCKERFILE, Kind.TOML, Kind.INI, Kind.MARKDOWN
    ):
        for command in source.facts.commands:
            if "install" not in command.argv:
                for word in command.argv:
                    yield from re.findall(r"[a-z][\w-]+", word.lower())
        if source.kind in (Kind.YAML, Kind.INI):
            for entry in source.facts.entries:
                text = (
                    f"{entry.path[-1] if entry.path else ''} {entry.text}" if "install" not in entry.text else ""
                )
                yield from re.findall(r"[a-z][\w-]+", text.lower())
