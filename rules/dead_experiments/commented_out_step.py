"""The rule `commented-out-step`."""

from __future__ import annotations

from collections.abc import Iterator

from mldebt import Finding, Kind, Location, Project, Related, Rule, comment_removal, parked_steps


class CommentedOutStep(Rule):
    """A step of a pipeline, or what it reads or writes, is switched off by a comment.

    The pipeline then runs on whatever the step left behind the last time, and nothing but memory says whether that
    is intended: the state of the pipeline is kept in comments. Sculley et al. 2015, sections 5 and 6.

    ## How to repair

    Restore the step, or delete it with everything that only it needed. To skip it for a while, use what the
    orchestrator offers (`frozen: true`, tags, conditions), which others see.

    ## A stage, and an output of another one

    ```yaml title="dvc.yaml"
    stages:
      # prepare:  # expect: commented-out-step
      #   cmd: python src/prepare.py
      #   outs: [data/train.pkl]
      train:
        cmd: python src/train.py data/
        deps:
          - data/train.pkl
        outs:
          - model.pkl
          # - data/scores.csv  # expect: commented-out-step
    ```

    ## Fixed

    ```yaml title="dvc.yaml"
    stages:
      train:
        cmd: python src/train.py data/
        deps:
          - data/train.pkl
        outs:
          - model.pkl
    ```

    ## A Kedro node, and inputs of one

    ```python title="pipeline.py"
    from kedro.pipeline import Pipeline, node
    def create_pipeline():
        return Pipeline([
            node(
                func=join,
                inputs=[
                    # "measured_2006",  # expect: commented-out-step
                    # "measured_2007",
                    "measured_2008",
                ],
                outputs="measured",
            ),
            # node(  # expect: commented-out-step
            #     func=report,
            #     inputs="measured",
            #     outputs=None,
            # ),
        ])
    ```

    ## A script in a driver; one finding a driver

    ```bash title="run.sh"
    python prepare.py
    # python augment.py --all  # expect: commented-out-step
    python train.py
    # python augment.py --few
    ```

    ```python title="augment.py"
    augment()
    ```

    ## Explanations and hints

    ```yaml title="dvc.yaml"
    # Stages of the churn model:
    stages:
      train:
        # the model needs an hour
        cmd: python train.py
        # uncomment to keep the plots
        # outs:
        #   - plots/loss.png
    ```

    ## Usage, scripts that are not here, and other files

    ```bash title="run.sh"
    # python train.py
    # python missing.py runs elsewhere
    set -e
    # Usage: python train.py --epochs 3
    python train.py
    # python elsewhere.py
    ```

    ```python title="train.py"
    # node(1)
    fit()
    ```

    ## Since yesterday it may be a trial

    ```yaml title="dvc.yaml" changed="90 days ago"
    stages:
      # prepare:  # changed: 13 days ago
      #   cmd: python prepare.py
      clean:
        cmd: python clean.py
      # enrich:  # changed: 15 days ago  # expect: commented-out-step
      #   cmd: python enrich.py
      train:
        cmd: python train.py
    ```

    ## An example, and documents

    ```yaml title="dvc.yaml"
    stages:
      # example:
      # prepare:
      #   cmd: python prepare.py
      train:
        cmd: python train.py
    ```

    ```yaml title="docs/dvc.yaml"
    stages:
      # prepare:
      #   cmd: python prepare.py
      train:
        cmd: python train.py
    ```
    """

    minutes = 10
    gathers = True
    young_days: int = 14
    """Comments that were changed within so many days are left alone."""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each part of a pipeline that comments hide."""
        for source in self.sources(project, Kind.YAML, Kind.PYTHON, Kind.SHELL, Kind.MAKE):
            steps = [step for step in parked_steps(project, source) if not self._is_young(project, step.location)]
            driver = source.kind in (Kind.SHELL, Kind.MAKE)
            for step, *others in [steps] if driver and steps else [[step] for step in steps]:
                more = (
                    f", and {len(others)} more comment{'s do' if len(others) > 1 else ' does'} so"
                    if others
                    else ""
                )
                yield self.finding(
                    step.location,
                    f"a comment switches off {step.what}{more}",
                    related=[Related(other.location, f"switches off {other.what}") for other in others],
                    fix=comment_removal(source, step.location.span, "Delete the comment") if not others else None,
                )

    def _is_young(self, project: Project, place: Location) -> bool:
        return project.ages.is_young(place.path, place.span, self.young_days)
