"""Which packages give which modules, and which of them bring others along."""

from __future__ import annotations

_DISTRIBUTIONS = dict(
    pair.split("=")
    for line in (
        "sklearn=scikit-learn cv2=opencv-python PIL=pillow yaml=pyyaml skimage=scikit-image",
        "dotenv=python-dotenv bs4=beautifulsoup4 imblearn=imbalanced-learn",
        "attr=attrs jwt=pyjwt dateutil=python-dateutil",
        "serial=pyserial Crypto=pycryptodome git=gitpython fitz=pymupdf hydra=hydra-core",
        "pytorch_lightning=pytorch-lightning tensorboardX=tensorboardx faiss=faiss-cpu umap=umap-learn",
        "googleapiclient=google-api-python-client mpl_toolkits=matplotlib pl=pytorch-lightning osgeo=gdal",
        "magic=python-magic docx=python-docx pptx=python-pptx MySQLdb=mysqlclient psycopg2=psycopg2-binary",
        "pkg_resources=setuptools setuptools=setuptools jose=python-jose grpc=grpcio pywt=pywavelets",
        "rest_framework=djangorestframework tensorflow_serving=tensorflow-serving-api Xlib=python-xlib",
        "OpenSSL=pyopenssl ruamel=ruamel.yaml flask_cors=flask-cors box=python-box decouple=python-decouple",
        "multipart=python-multipart telegram=python-telegram-bot Levenshtein=python-levenshtein usb=pyusb",
        "zmq=pyzmq nacl=pynacl win32com=pywin32 Bio=biopython sklego=scikit-lego scikitplot=scikit-plot",
        "netCDF4=netcdf4 tables=tables snowflake=snowflake-connector-python pptx=python-pptx lime=lime",
    )
    for pair in line.split()
)
_BROUGHT_BY = {
    name: frozenset(owners.split())
    for name, owners in (
        (
            "numpy",
            "pandas scipy scikit-learn torch tensorflow xgboost lightgbm matplotlib statsmodels seaborn opencv-python",
        ),
        (
            "pandas",
            "seaborn statsmodels mlflow datasets evidently streamlit kedro-datasets prophet catboost shap",
        ),
        ("matplotlib", "seaborn catboost prophet scikit-plot"),
        ("scipy", "scikit-learn statsmodels xgboost lightgbm seaborn"),
        (
            "sklearn",
            "imbalanced-learn mlflow shap sentence-transformers scikit-plot category-encoders umap-learn hdbscan",
        ),
        ("joblib", "scikit-learn"),
        ("torch", "pytorch-lightning lightning torchvision timm sentence-transformers ultralytics torchmetrics"),
        ("torchmetrics", "pytorch-lightning lightning"),
        ("omegaconf", "hydra-core"),
        ("yaml", "omegaconf hydra-core transformers mlflow dvc kedro huggingface-hub"),
        ("PIL", "torchvision matplotlib streamlit"),
        ("pydantic", "fastapi langchain"),
        ("uvicorn", "fastapi"),
        ("tokenizers", "transformers"),
        ("pyarrow", "datasets"),
        ("distributed", "dask"),
        ("patsy", "statsmodels"),
        ("starlette", "fastapi"),
        ("tqdm", "transformers datasets openai huggingface-hub kaggle nltk"),
        ("keras", "tensorflow"),
        ("botocore", "boto3"),
        ("requests", "transformers mlflow huggingface-hub datasets kaggle streamlit langchain"),
        ("dateutil", "pandas matplotlib"),
        ("pytz", "pandas"),
        ("click", "flask typer mlflow kedro dask"),
        ("jinja2", "flask fastapi torch"),
        ("werkzeug", "flask"),
        ("networkx", "torch"),
        ("fsspec", "s3fs gcsfs dask datasets kedro torch"),
        ("packaging", "matplotlib transformers xarray torchmetrics pytest"),
        ("urllib3", "requests"),
        ("certifi", "requests"),
        ("charset_normalizer", "requests"),
        ("huggingface_hub", "transformers datasets"),
        ("httpx", "openai anthropic"),
        ("cloudpickle", "mlflow"),
    )
}


def is_declared(module: str, named: set[str]) -> bool:
    """Whether a list of normalised distribution names holds what an import needs, or what brings it along."""
    plain = module.lower().replace("_", "-")
    name = _DISTRIBUTIONS.get(module, plain)
    brought = _BROUGHT_BY.get(module, frozenset())
    near = {
        name,
        plain,
        f"python-{plain}",
        f"py{plain}",
        f"{plain}-python",
        f"{name}-cpu",
        f"{name}-gpu",
        f"{name}-headless",
    }
    return (
        not near.isdisjoint(named)
        or not brought.isdisjoint(named)
        or any(n.startswith(f"{plain}-") for n in named)
    )
