"""The parameters of a function or a lambda."""

from __future__ import annotations

import libcst as cst

from mldebt.facts import ParamKind


def all_params(parameters: cst.Parameters) -> list[cst.Param]:
    """All parameters in order, the starred ones included."""
    params = [*parameters.posonly_params, *parameters.params]
    if isinstance(parameters.star_arg, cst.Param):
        params.append(parameters.star_arg)
    params.extend(parameters.kwonly_params)
    if parameters.star_kwarg is not None:
        params.append(parameters.star_kwarg)
    return params


def param_kinds(parameters: cst.Parameters) -> dict[int, ParamKind]:
    """How arguments reach each parameter, by the identity of its node (the kinds of `mldebt.facts.Param`)."""
    kinds: dict[int, ParamKind] = {id(p): "positional-only" for p in parameters.posonly_params}
    kinds.update((id(p), "positional") for p in parameters.params)
    kinds.update((id(p), "keyword") for p in parameters.kwonly_params)
    if isinstance(parameters.star_arg, cst.Param):
        kinds[id(parameters.star_arg)] = "*"
    if parameters.star_kwarg is not None:
        kinds[id(parameters.star_kwarg)] = "**"
    return kinds
