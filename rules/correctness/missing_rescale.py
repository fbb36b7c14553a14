"""The rule `missing-rescale`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Location,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    SourceFacts,
    Span,
    facts,
    walk,
)

_SCALES = re.compile(
    r"^(rescale|rescaling|preprocess_input|normali[sz]e\w*|standardi[sz]e\w*|totensor|to_tensor|scaler?|img_scale)$",
    re.I,
)
_READS = re.compile(r"(img_to_array|load_img|imread|Image\.open|decode_(jpeg|png|image)|imdecode)$")
_FRAMEWORK = re.compile(r"(keras|tensorflow)(\.|$)")


class MissingRescale(Rule):
    """Training divides the pixels by 255, and the prediction does not.

    The network has seen numbers between 0 and 1 and gets numbers up to 255: nothing fails, and the answers are those
    of another picture. Breck et al. 2017 (ML Test Score, monitoring 3): training and serving compute the same
    features; Sculley et al. 2015, section 5 (Glue Code).

    ## How to repair

    Prepare images in one function that both sides use, or make the division a layer of the model.

    ## A generator that rescales, a service that does not

    ```python title="training.py"
    import tensorflow as tf

    def generator(directory):
        options = dict(rescale=1.0 / 255, validation_split=0.2)
        return tf.keras.preprocessing.image.ImageDataGenerator(**options).flow_from_directory(directory)
    ```

    ```python title="predict.py"
    import numpy as np
    from tensorflow.keras.models import load_model
    from tensorflow.keras.preprocessing import image

    def predict(name):
        model = load_model("model.h5")
        picture = image.load_img(name, target_size=(224, 224))  # expect: missing-rescale
        picture = image.img_to_array(picture)
        return np.argmax(model.predict(np.expand_dims(picture, axis=0)), axis=1)
    ```

    ## Divided here, too, or by something unknown

    ```python title="training.py"
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    data = ImageDataGenerator(rescale=1.0 / 255).flow_from_directory("images")
    ```

    ```python title="predict.py"
    from tensorflow.keras.models import load_model
    from tensorflow.keras.preprocessing import image

    def predict(name):
        picture = image.img_to_array(image.load_img(name)) / 255.0
        return load_model("model.h5").predict(picture[None])
    ```

    ```python title="other.py"
    from tensorflow.keras.models import load_model
    from tensorflow.keras.preprocessing import image
    from helpers import normalize

    def predict(name):
        picture = normalize(image.img_to_array(image.load_img(name)))
        return load_model("model.h5").predict(picture[None])
    ```

    ## The model divides, or nobody does

    ```python title="training.py"
    from tensorflow.keras.layers import Rescaling
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    data = ImageDataGenerator().flow_from_directory("images")
    first = Rescaling(1.0 / 255)
    ```

    ```python title="predict.py"
    from tensorflow.keras.models import load_model
    from tensorflow.keras.preprocessing import image

    def predict(name):
        return load_model("model.h5").predict(image.img_to_array(image.load_img(name))[None])
    ```
    """

    severity = Severity.ERROR
    profile = Profile.CI
    minutes = 20

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file that predicts from pixels as they are."""
        scaled: dict[str, Location] = {}
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            if not any(map(_FRAMEWORK.match, source.facts.header.modules)):
                continue
            for call in source.facts.calls:
                if any(k.name == "rescale" and k.value != facts.Const(None) for k in call.keywords):
                    scaled.setdefault(project.subprojects.root_of(source.path), source.location(call.span))
        for source in self.sources(project, Kind.PYTHON) if scaled else ():
            place = scaled.get(project.subprojects.root_of(source.path))
            modules = source.facts.header.modules
            if place is None or place.path == source.path or not any(map(_FRAMEWORK.match, modules)):
                continue
            if "predict" not in source.facts.header.methods or _may_scale(source):
                continue
            found = _unscaled(source)
            if found is not None:
                yield self.finding(
                    source.location(found),
                    "the model was trained on pixels that are rescaled, and these are not",
                    related=[Related(place, "training rescales")],
                    severity=Severity.WARNING if source.source.is_any(Role.TUTORIAL) else None,
                )


def _may_scale(source: SourceFacts) -> bool:
    """Whether anything in a file divides by a number, or is called as if it prepared pixels."""
    if any(map(_SCALES.match, source.facts.words)) or "255" in source.text():
        return True
    values = [b.value for b in source.facts.bindings] + [a for c in source.facts.calls for a in c.args]
    divides = any(
        isinstance(part, facts.Binary) and part.operator in ("/", "*") for value in values for part in walk(value)
    )
    return divides or any(b.kind == "augmented" for b in source.facts.bindings)


def _unscaled(source: SourceFacts) -> Span | None:
    """From where a function reads a picture to where it predicts."""
    for predict in source.facts.calls:
        if not isinstance(predict.func, facts.Attr) or predict.func.name != "predict":
            continue
        scope = source.scope_of(predict.block)
        reads = [
            call.span
            for call in source.facts.calls
            if source.scope_of(call.block) == scope
            and call.span <= predict.span
            and _READS.search(call.name or getattr(call.func, "name", ""))
        ]
        if reads:
            first, last = min(reads), predict.span
            return Span(first.line, first.column, last.end_line, last.end_column)
    return None
