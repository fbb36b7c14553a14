"""The rule `parked-alternative`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import (
    Finding,
    Kind,
    Profile,
    Project,
    Related,
    Role,
    Rule,
    Severity,
    parked_alternatives,
)


class ParkedAlternative(Rule):
    """Another value of a variable is commented out beside the one that is used.

    The model, loader or optimizer that was tried before is kept for later. It is not run, its name is not changed with
    the rest, and nobody can tell which of the two the published numbers come from. Sculley et al. 2015, section 5
    ("Dead Experimental Codepaths").

    ## How to repair

    Delete it; version control remembers. If both are wanted, choose by a setting.

    ## A model that was tried

    ```python title="train.py"
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.svm import SVC

    model = RandomForestClassifier(random_state=0)
    # model = SVC(C=3)  # expect: parked-alternative
    model.fit(X, y)
    ```

    ## An argument that was tried

    ```python title="fit.py"
    from xgboost import XGBClassifier

    model = XGBClassifier(
        max_depth=4,
        # learning_rate=0.3,  # expect: parked-alternative
        n_estimators=200,
    )
    ```

    ## Above the line, an attribute, in a notebook

    ```python title="explore.ipynb"
    # %%
    import torch
    import models
    class Trainer:
        def __init__(self, net):
            # self.optimizer = torch.optim.SGD(net.parameters(), lr=0.1)  # expect: parked-alternative
            self.optimizer = torch.optim.Adam(net.parameters())
    ```

    ## Prose with an equation, another variable, a number, a name that this file does not know, an instruction

    ```python title="layers.py"
    import torch

    # y = softmax(W x + b)
    y = torch.softmax(x @ w + b, dim=1)
    # z = torch.exp(y)
    scale = torch.ones(3)
    # rate = 0.1
    rate = torch.tensor(0.2)
    # uncomment for double precision:
    # out = torch.zeros(3, dtype=torch.double)
    out = torch.zeros(3)
    ```

    ## Five lines, for which there is `commented-out-code`

    ```python title="train.py"
    import torch
    # net = torch.nn.Linear(3, 2)
    # net = torch.nn.Linear(3, 4)
    # net.weight.data.fill_(1)
    # net.bias.data.fill_(0)
    # net.train()
    net = torch.nn.Linear(3, 1)
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 5

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield one finding for each file with such comments, at the first one."""
        for source in self.sources(project, Kind.PYTHON, Kind.NOTEBOOK):
            if source.source.is_any(Role.TUTORIAL):
                continue
            found = parked_alternatives(source)
            if found:
                first, *others = found
                what = "the argument" if first.is_argument else "another value of"
                yield self.finding(
                    source.location(first.span),
                    f"{what} `{first.name}` is commented out" + (f" (and {len(others)} more)" if others else ""),
                    related=[Related(source.location(other.span), f"`{other.name}`, too") for other in others],
                    minutes=5 * len(found),
                )
