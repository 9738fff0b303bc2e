"""A job at one moment, folded from its records."""

from lightmould.jobs.snapshot import Snapshot, fold
from lightmould.model import (
    Event,
    Failed,
    Finished,
    Metric,
    Progress,
    Record,
    Started,
    Warned,
    Wrote,
)

SHARES = {"render": 1.0, "train": 3.0}


def after(*events: tuple[str, Event]) -> Snapshot:
    """One event every ten seconds, from second 100."""
    said = enumerate(events)
    records = [Record(100.0 + 10.0 * i, step, event) for i, (step, event) in said]
    return fold(SHARES, records)


def test_nothing_has_happened_before_the_first_record() -> None:
    snapshot = fold(SHARES, [])
    assert (snapshot.state, snapshot.fraction, snapshot.eta) == ("waiting", 0.0, None)


def test_the_fraction_counts_steps_by_their_share_of_time() -> None:
    snapshot = after(
        ("", Started("job")),
        ("render", Started("render")),
        ("render", Finished()),
        ("train", Started("train")),
        ("train", Progress(1 / 3, "step 1 of 3")),
    )
    assert snapshot.fraction == (1 + 1) / 4
    assert (snapshot.state, snapshot.step, snapshot.status) == ("running", "train", "step 1 of 3")
    assert snapshot.seconds == 40.0


def test_the_rest_is_judged_by_the_work_so_far() -> None:
    snapshot = after(
        ("", Started("job")),
        ("render", Started("render")),
        ("render", Progress(0.0, "loading")),
        ("render", Progress(0.5, "view 1 of 2")),
    )
    # Half of one share took 30 s, so three and a half take 210 s.
    assert snapshot.eta == 210.0


def test_a_step_that_knows_its_rest_is_believed() -> None:
    said = [("", Started("job")), ("render", Started("r")), ("render", Progress(0.0, "a"))]
    half = after(*said, ("render", Progress(0.5, "b", 4.0)))
    assert half.eta == 4.0 + 3 * 60.0
    last = after(*said, ("render", Finished()), ("train", Progress(0.9, "c", 2.5)))
    assert last.eta == 2.5


def test_skipped_work_does_not_make_the_rest_look_quick() -> None:
    snapshot = after(
        ("", Started("job")),
        ("render", Finished(skipped=True)),
        ("train", Started("train")),
        ("train", Progress(0.5, "resumed")),
        ("train", Progress(0.75, "on")),
    )
    # A quarter of three shares took 40 s; another quarter is left.
    assert snapshot.eta == 40.0


def test_nothing_is_foretold_from_almost_nothing() -> None:
    snapshot = after(
        ("", Started("job")),
        ("render", Progress(0.0, "a")),
        ("render", Progress(0.01, "b")),
    )
    assert snapshot.eta is None


def test_a_finished_job_is_whole() -> None:
    snapshot = after(
        ("", Started("job")),
        ("render", Finished()),
        ("train", Finished()),
        ("", Finished()),
    )
    assert (snapshot.state, snapshot.fraction, snapshot.eta) == ("finished", 1.0, None)


def test_the_last_metrics_files_and_all_warnings_are_kept() -> None:
    snapshot = after(
        ("", Started("job")),
        ("train", Metric("loss", 1, 0.5)),
        ("train", Metric("loss", 2, 0.25)),
        ("train", Wrote("a.png", "preview")),
        ("train", Wrote("b.png", "preview")),
        ("train", Warned("dark")),
        ("train", Warned("small")),
    )
    assert snapshot.metrics == {"loss": 0.25}
    assert snapshot.files == {"preview": "b.png"}
    assert snapshot.warnings == ("dark", "small")


def test_a_failed_job_says_why_and_a_stopped_one_has_not_failed() -> None:
    failed = after(("", Started("job")), ("train", Failed("x", 3)), ("", Failed("why", 8)))
    assert (failed.state, failed.message) == ("failed", "why")
    stopped = after(("", Started("job")), ("", Failed("stopped by Ctrl-C", 130)))
    assert stopped.state == "stopped"


def test_a_new_run_begins_anew() -> None:
    snapshot = after(
        ("", Started("job")),
        ("train", Warned("dark")),
        ("", Failed("why", 8)),
        ("", Started("job")),
    )
    assert (snapshot.state, snapshot.warnings, snapshot.message) == ("running", (), "")
    assert snapshot.began == 130.0


def test_of_a_million_warnings_the_last_are_kept() -> None:
    told = [("work", Warned(str(i))) for i in range(300)]
    warnings = after(("", Started("job", "here")), *told).warnings
    assert len(warnings) == 100
    assert warnings[-1] == "299"
