"""The rule `legacy-feature-pair`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mldebt import Finding, Profile, Project, Rule, Severity, name_lists

_OLD = re.compile(
    r"^(?:old|legacy|orig|deprecated)_(\w{3,})$|^(\w{3,}?)_(?:old|legacy|orig|deprecated|v\d)$", re.IGNORECASE
)


class LegacyFeaturePair(Rule):
    """A list of features holds a column and its predecessor.

    The old one was kept "until the model is retrained", and now the model depends on both: whoever fills the old
    column may not stop. Sculley et al. 2015, section 3, tell it of old and new product numbers. Off by default: names
    alone say it.

    ## How to repair

    Leave the old one out, see what the model loses, and then stop filling it.

    ## The old product number

    ```python title="train.py"
    FEATURES = ["product_id_old", "product_id", "price"]  # expect: legacy-feature-pair
    ```

    ```yaml title="params.yaml"
    features:  # expect: legacy-feature-pair
      - legacy_score
      - score
      - age
    ```

    ## Lags and windows, no pair, no columns

    ```python title="train.py"
    FEATURES = ["sales_1", "sales_7", "sales_30", "price_old", "age"]
    COLUMNS = ["gold", "household", "threshold", "old_age"]
    ```

    ## A list of something else

    ```python title="models.py"
    models = ["bert_v1", "bert", "gpt"]
    ```

    ## Columns of one category; what a contract keeps

    ```python title="train.py"
    FEATURES = ["shop_1", "shop_2", "shop_3", "age", "city_old_town", "city_new_town"]
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    default = False
    minutes = 20

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each list of columns with a pair, at the list."""
        for listed in name_lists(project, 3):
            if not listed.columns or listed.source.source.is_any(*self.skip_roles):
                continue
            lowered = {name.lower() for name in listed.names}
            for name in sorted(listed.names):
                match = _OLD.match(name)
                new = next((part for part in match.groups() if part), "") if match else ""
                if new and new.lower() in lowered:
                    yield self.finding(
                        listed.location, f"the features hold `{name}` and its successor `{new}`", scope=name
                    )
                    break
