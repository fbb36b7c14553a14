"""The rule `merged-test-set`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Project, Related, Role, Rule, Severity, Site, SourceFacts, facts, walk_calls

_CONCATS = (
    "torch.utils.data.ConcatDataset",
    "torch.utils.data.dataset.ConcatDataset",
    "datasets.concatenate_datasets",
    "numpy.concatenate",
    "numpy.vstack",
    "numpy.append",
    "torch.cat",
    "tensorflow.concat",
)
_SPLITS = ("torch.utils.data.random_split", "*.train_test_split", "torch.utils.data.dataset.random_split")
_HELD_OUT = frozenset({"test", "testing"})


class MergedTestSet(Rule):
    """The published test set is mixed with the training set and divided again.

    A benchmark's test rows become training rows, so that the score can be compared with no published one, and what
    the publishers kept apart (other writers, patients, years) is on both sides.

    ## How to repair

    Divide the training set into a training and a validation part and leave the test set as it was published.

    ## Data sets of torchvision, arrays of Keras

    ```python title="data.py"
    from torch.utils.data import ConcatDataset, random_split
    from torchvision.datasets import MNIST

    trainset = MNIST("data", train=True)
    testset = MNIST("data", train=False)
    dataset = ConcatDataset(datasets=[trainset, testset])  # expect: merged-test-set
    train, val, test = random_split(dataset, [50000, 10000, 10000])
    ```

    ```python title="digits.ipynb"
    # %%
    import numpy as np
    from keras.datasets import mnist
    from sklearn.model_selection import train_test_split
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    x = np.concatenate([x_train, x_test])  # expect: merged-test-set
    # %%
    a, b = train_test_split(x, random_state=0)
    ```

    ## Only the training set is divided

    ```python title="data.py"
    from torch.utils.data import ConcatDataset, random_split
    from torchvision.datasets import MNIST

    trainset, testset = MNIST("data", train=True), MNIST("data", train=False)
    train, val = random_split(trainset, [50000, 10000])
    more = ConcatDataset([trainset, MNIST("more", train=True)])
    ```

    ## Put together to be looked at, nothing is divided afterwards

    ```python title="look.py"
    import numpy as np
    from keras.datasets import mnist

    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    mean = np.concatenate([x_train, x_test]).mean()
    ```

    ## More training rows for another task, whose own rows are divided

    ```python title="more.py"
    import numpy as np
    import pandas as pd
    from keras.datasets import mnist
    from sklearn.model_selection import train_test_split

    rows = pd.read_csv("train.csv")
    train, valid = train_test_split(rows, random_state=0)
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    more = np.append(x_train, x_test)
    everything = np.append(more, train)
    ```
    """

    minutes = 20

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each concatenation of both sets in a file that divides rows."""
        divided: dict[str, set[str]] = {}
        for site in project.calls(*_SPLITS):
            given = (*site.call.args, *(keyword.value for keyword in site.call.keywords))
            divided.setdefault(site.source.path, set()).update(n for a in given for n in _names(site.source, a))
        for site in project.calls(*_CONCATS):
            source = site.source
            if source.path not in divided or source.source.is_any(*self.skip_roles):
                continue
            if divided[source.path].isdisjoint(_holders(source, site.call)):
                continue
            made = [found for part in _parts(site) if (found := _published(source, part, 0))]
            names = {name for name, _ in made}
            if len(names) == 1 and {half for _, half in made} == {"train", "test"}:
                yield self.finding(
                    site.location,
                    f"the test set of `{names.pop()}` is mixed with the training set and divided again",
                    related=[
                        Related(source.location(source.facts.bindings[part.bindings[0]].span), "one of the parts")
                        for part in _parts(site)
                        if isinstance(part, facts.Ref) and part.bindings[:1] and part.bindings[0] >= 0
                    ],
                    severity=Severity.INFO if source.source.is_any(Role.TUTORIAL) else None,
                    scope=source.scope_name(site.call.block),
                )


def _holders(source: SourceFacts, call: facts.Call) -> set[str]:
    """The names that hold what a call gives, or that are made of it."""
    index = next(i for i, other in enumerate(source.facts.calls) if other is call)
    found: set[str] = set()
    for binding in source.facts.bindings:
        if any(part == facts.Called(index) for part in walk_calls(source, binding.value)) or found & set(
            _names(source, binding.value)
        ):
            found.add(binding.name)
    for store in source.facts.stores:
        if isinstance(store.target, facts.Attr) and facts.Called(index) in walk_calls(source, store.value):
            found.add(store.target.name)
    return found


def _names(source: SourceFacts, expr: facts.Expr | None) -> Iterator[str]:
    """The names, and attributes, in an expression and in the calls that it holds."""
    return (part.name for part in walk_calls(source, expr) if isinstance(part, facts.Ref | facts.Attr))


def _parts(site: Site) -> tuple[facts.Expr, ...]:
    """What is put together."""
    first = site.argument(0, "datasets", "dsets", "tensors", "arrays", "values")
    return first.items if isinstance(first, facts.Seq) else site.call.args


def _published(source: SourceFacts, expr: facts.Expr, depth: int) -> tuple[str, str] | None:
    """The name of the published data that an expression is a part of, and which part."""
    if depth > 5:
        return None
    match expr:
        case facts.Ref(_, (index,)) if index >= 0:
            binding = source.facts.bindings[index]
            value, path = binding.value, binding.path
            if isinstance(value, facts.Called) and len(path) == 2 and path[1] == 0:
                name = source.facts.calls[value.call].name
                half = "train" if path[0] == 0 else "test"
                return (name, half) if name.endswith(".load_data") else None
            if isinstance(value, facts.Seq) and len(path) == 1 and path[0] < len(value.items):
                return _published(source, value.items[path[0]], depth + 1)
            return _published(source, value, depth + 1) if value is not None and not path else None
        case facts.Called(number):
            call = source.facts.calls[number]
            for keyword in call.keywords:
                if keyword.name == "train" and isinstance(keyword.value, facts.Const):
                    return call.name or "?", "train" if keyword.value.value else "test"
                if keyword.name == "split" and isinstance(keyword.value, facts.Const):
                    half = str(keyword.value.value)
                    return call.name or "?", "test" if half in _HELD_OUT else "train"
    return None
