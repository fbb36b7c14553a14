"""The rule `copied-within-file`."""

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
    is_library,
    repeated_functions,
    rows_of_blocks,
)


class CopiedWithinFile(Rule):
    """Code of a file was copied inside that file and changed a little.

    The second training loop, or the fifth stage that is run in the same way, has its own copy of every step: a change
    has to be made in all of them, and what differs on purpose cannot be told from what was forgotten. Sculley et al.
    2015, section 5 (Abstraction Debt): there is no abstraction for what is repeated.

    ## How to repair

    Make one function of it, with what differs as its arguments, or loop over a list of what differs.

    ## Two methods that share most of their lines

    ```python title="solver.py"
    class Solver:
        def train(self):
            rows = iter(self.loader)
            for step in range(self.steps):
                batch, labels = next(rows)
                batch = batch.to(self.device)
                labels = labels.to(self.device)
                guesses = self.net(batch)
                loss = self.loss(guesses, labels)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                if step % self.log_step == 0:
                    print(step, loss.item())
                if step % self.save_step == 0:
                    self.save(step)

        def train_both(self):  # expect: copied-within-file
            rows = iter(self.both)
            for step in range(self.steps):
                batch, labels = next(rows)
                batch = batch.to(self.device)
                labels = labels.to(self.device)
                guesses = self.net(batch)
                mask = labels >= 0
                loss = self.loss(guesses, labels)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                if step % self.log_step == 0:
                    print(step, loss.item())
                if step % self.save_step == 0:
                    self.save(step)
    ```

    ## Stages that are run in the same way

    ```python title="main.py"
    NAME = "ingestion"
    try:  # expect: copied-within-file
        logger.info(f"{NAME} started")
        stage = Ingestion()
        stage.main()
        logger.info(f"{NAME} completed")
    except Exception as error:
        logger.exception(error)
        raise error

    NAME = "validation"
    try:
        logger.info(f"{NAME} started")
        stage = Validation()
        stage.main()
        logger.info(f"{NAME} completed")
    except Exception as error:
        logger.exception(error)
        raise

    NAME = "training"
    try:
        logger.info(f"{NAME} started")
        stage = Training()
        stage.main()
        logger.info(f"{NAME} completed")
    except Exception as error:
        logger.exception(error)
        raise error
    ```

    ## A loop over what differs

    ```python title="main.py"
    for name, stage in stages.items():
        try:
            logger.info(f"{name} started")
            stage().main()
        except Exception as error:
            logger.exception(error)
            raise
    ```

    ## Short functions

    ```python title="main.py"
    def load(path):
        return clean(read(path))

    def load_all(paths):
        return clean(read(paths))
    ```
    """

    severity = Severity.INFO
    profile = Profile.AUDIT
    minutes = 30
    skip_roles = Rule.skip_roles | {Role.TUTORIAL, Role.MIGRATION}

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield a finding for each function that repeats another one, and for each row of blocks that are alike."""
        for source in self.sources(project, Kind.PYTHON):
            if is_library(project, source.path):
                continue
            for copy, original, common in repeated_functions(source):
                yield self.finding(
                    source.location(copy[1]),
                    f"`{copy[0]}` repeats {common} lines of `{original[0]}`",
                    related=[Related(source.location(original[1]), f"`{original[0]}`")],
                    scope=copy[0],
                )
            for first, *others in rows_of_blocks(source):
                yield self.finding(
                    source.location(first),
                    f"{len(others) + 1} blocks one after the other do nearly the same",
                    related=[Related(source.location(span), "nearly the same") for span in others],
                    minutes=15,
                )
