"""The classifier of admitted debt, on comments labelled by hand."""

import pytest

from mldebt.facts import Comment
from mldebt.project.admissions import admission
from mldebt.source import Span

LABELLED = [
    ("# the loss is computed twice for now", "model"),
    ("# there is an easier way to merge the csv files", "data"),
    ("# copy and pasted from the other encoder", "features"),
    ("# TODO: drop customers without an account", "code"),
    ("# TODO: handle NaNs in the price column", "data"),
    ("# FIXME duplicates in the csv are counted twice", "data"),
    ("# HACK: the encoder wants texts", "features"),
    ("# todo: normalise before the pca", "features"),
    ("# ugly way to build the embedding", "features"),
    ("# TODO try another classifier", "model"),
    ("# XXX the loss is summed over devices", "model"),
    ("# TODO: tune the number of epochs", "hyper-parameters"),
    ("# TODO: report the RMSE, too", "evaluation"),
    ("# TODO: move these paths to the config", "configuration"),
    ("# hard-coded for now, should come from the command line option", "configuration"),
    ("# TODO set the seed in the workers", "reproducibility"),
    ("# TODO: remove when pandas is deprecated", "dependencies"),
    ("# workaround for a bug in torch v1.13", "dependencies"),
    ("# TODO: write a unit test for the merge", "testing"),
    ("# no idea why this factor is needed", "understanding"),
    ("# for some weird reason the loss is negative", "understanding"),
    ("# a model trained on this will have a leak", "leakage"),
    ("# TODO: too slow, use every core", "performance"),
    ("# TODO: rename the helper", "code"),
    ("# TODO", None),
    ("# TODO: your code here", None),
    ("# TODO 3: train the model on the data", None),
    ("# create a temporary file for the data", None),
    ("# removes rows to prevent data leakage", None),
    ("# activation: relu, leaky, tanh", None),
    ("# numbers look like XXX-XX-XXXX in this data set", None),
    ("# we do not need this hack any more for the model", None),
    ("# fit the model on the training data", None),
]


@pytest.mark.parametrize(("text", "kind"), LABELLED)
def test_kinds_of_labelled_comments(text: str, kind: str | None) -> None:
    found = admission(Comment(text, True, Span.at(1)))
    assert (found.kind if found else None) == kind


@pytest.mark.parametrize(
    "text", ["# TODO(#12): tune the epochs", "# FIXME see https://example.com/1 for the data"]
)
def test_a_named_issue_is_seen(text: str) -> None:
    found = admission(Comment(text, True, Span.at(1)))
    assert found is not None
    assert found.linked
