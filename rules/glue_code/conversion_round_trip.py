"""The rule `conversion-round-trip`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Kind, Project, Related, Role, Rule, find_round_trips, unwrapping_fix


class ConversionRoundTrip(Rule):
    """A value is converted into another representation and straight back.

    Nothing was done with it in between; what the other representation cannot hold is lost, and the data is copied
    twice. Sculley et al. 2015, section 5 (Glue Code).

    ## How to repair

    Leave both conversions out; convert once, where a package needs it.

    ## A frame that forgets its index and dtypes; a tensor that leaves the device

    ```python title="train.py"
    import pandas as pd
    import torch
    df = pd.read_csv("a.csv")
    X = df[["a", "b"]].values
    X = pd.DataFrame(X, columns=["a", "b"])  # expect: conversion-round-trip
    kept = table[COLUMNS].values
    kept = pd.DataFrame(kept, columns=COLUMNS)  # expect: conversion-round-trip
    copy = torch.tensor(loss.detach().cpu().numpy())  # expect: conversion-round-trip
    ```

    ## Fixed

    ```python title="train.py"
    import pandas as pd
    import torch
    df = pd.read_csv("a.csv")
    X = df[["a", "b"]].values
    X = pd.DataFrame(X, columns=["a", "b"])  # expect: conversion-round-trip
    kept = table[COLUMNS].values
    kept = pd.DataFrame(kept, columns=COLUMNS)  # expect: conversion-round-trip
    copy = loss.detach().cpu()
    ```

    ## The middle value is used, or is not what was converted

    ```python title="train.py"
    import pandas as pd
    import torch
    df = pd.read_csv("a.csv")
    array = df[["a", "b"]].values
    scaled = scaler.fit_transform(array)
    frame = pd.DataFrame(array, columns=["a", "b"])
    other = pd.DataFrame(shap_values.values)
    smooth = torch.tensor(filter(image.numpy()))
    ```

    ## Explained on its line; tests

    ```python title="train.py"
    import json
    plain = json.loads(json.dumps(config))  # drops what JSON cannot hold
    ```

    ```python title="tests/test_train.py"
    import json
    assert json.loads(json.dumps(config)) == config
    ```

    ## Another type on the way

    ```python title="train.py"
    import torch
    half = frame[["a"]].astype("float32")
    whole = half.astype("float64")
    on_device = batch.to("cuda")
    ```

    ## A frame that gets its own columns again

    ```python title="fold.py"
    import pandas as pd
    def split(frame, rows):
        plain = pd.DataFrame(frame.values, columns=frame.columns)  # expect: conversion-round-trip
        return pd.DataFrame(frame.values[rows], columns=frame.columns)  # expect: conversion-round-trip
    ```
    """

    minutes = 5
    skip_roles = Rule.skip_roles | {Role.TUTORIAL}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each way there and back."""
        for trip in find_round_trips(project):
            source = trip.back.source
            if source.source.is_any(*self.skip_roles) or source.kind is not Kind.PYTHON:
                continue
            what = "a result" if "…" in trip.name else f"`{trip.name}`"
            yield self.finding(
                trip.back.location,
                f"{what} goes {trip.chain}: the way there and back loses {trip.lost}",
                related=[Related(source.location(trip.away), "converted here")],
                scope=source.scope_name(trip.back.call.block),
                fix=unwrapping_fix(source, trip.back.call.span) if trip.away == trip.back.call.span else None,
            )
