"""What `nbjudge.configure` sets in a course's configuration."""

from traitlets.config import Config

RELEASE = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.InstantiateTests",
    "nbgrader.preprocessors.LockCells",
    "nbjudge.plugin.generate.SayWhatToWrite",  # in the place of nbgrader's ClearSolutions
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbjudge.plugin.generate.SaveCells",  # in the place of nbgrader's: cells may come and go when there are hand-ins
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbjudge.plugin.generate.SupportFiles",  # nbjudge/ask beside a notebook that imports it
    "nbjudge.plugin.generate.NoteRelease",  # so that nobody is accused of the instructor's later changes
]
SANITIZE = [
    "nbjudge.plugin.autograde.NoActiveFiles",  # none that formgrader would serve and a browser run
    "nbjudge.plugin.autograde.Rebuild",  # the release's cells with the student's words in them
    "nbjudge.plugin.autograde.Restore",  # the hidden tests; in the place of OverwriteKernelspec and OverwriteCells
]
GRADE = [
    "nbjudge.plugin.autograde.ExecuteApart",  # in the place of nbgrader's Execute
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbjudge.plugin.record.SaveGrades",  # in the place of nbgrader's SaveAutoGrades
    "nbjudge.plugin.record.AssignPenalties",  # in the place of nbgrader's AssignLatePenalties
    "nbjudge.plugin.autograde.Showable",  # plain text where nbconvert would take too long
]
FEEDBACK = [
    "nbjudge.plugin.feedback.GetMarks",  # in the place of nbgrader's GetGrades: what nobody has read yet is not 0
    "nbjudge.plugin.feedback.HideTests",  # no code of hidden tests, not even in tracebacks
    "nbjudge.plugin.feedback.MarksFirst",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    "nbjudge.plugin.feedback.FeedbackStyle",
]
# Files that come with a notebook and are not taken along. Transcripts are for graders only.
IGNORED = [".ipynb_checkpoints", "*.pyc", "__pycache__", ".DS_Store", "nbjudge", "*.transcript.zip"]


def configure(config: Config) -> None:
    """Set nbjudge's steps in the place of nbgrader's."""
    config.CourseDirectory.ignore = [*IGNORED]
    # No name of a student's file is a command to the terminal.
    config.Application.logging_config = {
        "filters": {"plain": {"()": "nbjudge.plugin.plain_log.PlainLog"}},
        "handlers": {"console": {"filters": ["plain"]}},
    }
    config.GenerateAssignment.exporter_class = "nbjudge.plugin.copies.CopiesFirst"  # of the gradebook
    config.GenerateAssignment.preprocessors = [*RELEASE]
    # When a hand-in came is for the file server or the learning platform to say, not for a file in it.
    config.ExchangeFactory.collect = "nbjudge.plugin.collect.CollectArrivals"
    config.ZipCollectApp.extractor_plugin = "nbjudge.plugin.collect.UnpackDownloads"
    config.ZipCollectApp.collector_plugin = "nbjudge.plugin.collect.CollectDownloads"
    config.Autograde.exporter_class = "nbjudge.plugin.autograde.AcceptedHandIns"  # no links, no devices, not too much
    config.Autograde.sanitize_preprocessors = [*SANITIZE]
    config.Autograde.autograde_preprocessors = [*GRADE]
    config.GenerateFeedback.exporter_class = "nbjudge.plugin.feedback.FeedbackPage"  # no scripts but MathJax's
    config.GenerateFeedback.preprocessors = [*FEEDBACK]
    # Whoever waits for a grader is left out of `nbgrader export` and named.
    config.ExportApp.plugin_class = "nbjudge.plugin.export.SettledMarks"
