"""Sets nbjudge's steps in a course's configuration (`nbjudge.configure`)."""

from traitlets.config import Config

RELEASE = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.InstantiateTests",
    "nbgrader.preprocessors.LockCells",
    "nbjudge.plugin.generate.SayWhatToWrite",  # replaces nbgrader's ClearSolutions
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbjudge.plugin.generate.SaveCells",  # replaces nbgrader's: cells may change when there are hand-ins
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbjudge.plugin.generate.SupportFiles",  # nbjudge/ask beside a notebook that imports it
    "nbjudge.plugin.generate.NoteRelease",  # so that the instructor's later changes are not taken for a student's
]
SANITIZE = [
    "nbjudge.plugin.autograde.NoActiveFiles",  # removes files that formgrader would serve and a browser would run
    "nbjudge.plugin.autograde.Rebuild",  # the release's cells with the student's answers in them
    "nbjudge.plugin.autograde.Restore",  # the hidden tests; replaces OverwriteKernelspec and OverwriteCells
]
GRADE = [
    "nbjudge.plugin.autograde.ExecuteApart",  # replaces nbgrader's Execute
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbjudge.plugin.record.SaveGrades",  # replaces nbgrader's SaveAutoGrades
    "nbjudge.plugin.record.AssignPenalties",  # replaces nbgrader's AssignLatePenalties
    "nbjudge.plugin.autograde.Showable",  # plain text where nbconvert would take too long
]
FEEDBACK = [
    "nbjudge.plugin.feedback.GetMarks",  # replaces nbgrader's GetGrades: an answer that nobody has read is not 0
    "nbjudge.plugin.feedback.HideTests",  # no code of hidden tests, not even in tracebacks
    "nbjudge.plugin.feedback.MarksFirst",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    "nbjudge.plugin.feedback.FeedbackStyle",
]
# Files beside a notebook that are not copied. Transcripts are for graders only.
IGNORED = [".ipynb_checkpoints", "*.pyc", "__pycache__", ".DS_Store", "nbjudge", "*.transcript.zip"]


def configure(config: Config) -> None:
    """Replace nbgrader's steps by nbjudge's."""
    config.CourseDirectory.ignore = [*IGNORED]
    # Names of students' files must not send control characters to the terminal.
    config.Application.logging_config = {
        "filters": {"plain": {"()": "nbjudge.plugin.plain_log.PlainLog"}},
        "handlers": {"console": {"filters": ["plain"]}},
    }
    config.GenerateAssignment.exporter_class = "nbjudge.plugin.copies.CopiesFirst"  # copies the gradebook
    config.GenerateAssignment.preprocessors = [*RELEASE]
    # The file server or the learning platform decides when a hand-in came, not a file in the hand-in.
    config.ExchangeFactory.collect = "nbjudge.plugin.collect.CollectArrivals"
    config.ZipCollectApp.extractor_plugin = "nbjudge.plugin.collect.UnpackDownloads"
    config.ZipCollectApp.collector_plugin = "nbjudge.plugin.collect.CollectDownloads"
    config.Autograde.exporter_class = "nbjudge.plugin.autograde.AcceptedHandIns"  # no links, no devices, not too much
    config.Autograde.sanitize_preprocessors = [*SANITIZE]
    config.Autograde.autograde_preprocessors = [*GRADE]
    config.GenerateFeedback.exporter_class = "nbjudge.plugin.feedback.FeedbackPage"  # no scripts but MathJax's
    config.GenerateFeedback.preprocessors = [*FEEDBACK]
    # `nbgrader export` leaves out students whose answers wait for a grader, and names them.
    config.ExportApp.plugin_class = "nbjudge.plugin.export.SettledMarks"
