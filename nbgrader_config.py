"""The whole configuration of the course, read by every nbgrader command that is run in this folder."""

from pathlib import Path

c = get_config()  # noqa: F821 (nbgrader defines it)
here = Path(__file__).resolve().parent

c.CourseDirectory.course_id = "glitch-or-chirp"
# Students hand in the notebook and its checkpoint; nothing else is taken along. Transcripts are for graders only.
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    ".DS_Store",
    "course_utils",
    "nbjudge",
    "*.transcript.zip",
]
# No name of a student's file is a command to the terminal.
c.Application.logging_config = {
    "filters": {"plain": {"()": "nbjudge.plugin.plain_log.PlainLog"}},
    "handlers": {"console": {"filters": ["plain"]}},
}

# --- the release ------------------------------------------------------------------------------------------------------
c.GenerateAssignment.exporter_class = "nbjudge.plugin.copies.CopiesFirst"  # of the gradebook
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
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
    "nbjudge.plugin.generate.SupportFiles",
    "nbjudge.plugin.generate.NoteRelease",  # so that nobody is accused of the instructor's later changes
]
c.ClearSolutions.text_stub = "*Write your answer here.*"
# What students get beside the notebook: course_utils without its instructor part, and nbjudge/ask, which it imports.
c.SupportFiles.root = str(here)
c.SupportFiles.files = ["course_utils/*.py", "course_utils/realistic/*.py", "course_utils/submission/*.py"]

# --- collecting -------------------------------------------------------------------------------------------------------
# When a hand-in came is for the file server or the learning platform to say, not for a file in it.
c.ExchangeFactory.collect = "nbjudge.plugin.collect.CollectArrivals"
c.ZipCollectApp.extractor_plugin = "nbjudge.plugin.collect.UnpackDownloads"
c.ZipCollectApp.collector_plugin = "nbjudge.plugin.collect.CollectDownloads"
c.UnpackDownloads.platform = "moodle"  # or "canvas", "blackboard"
c.UnpackDownloads.timezone = "UTC"  # of the times that Blackboard writes, such as "Europe/Berlin"

# --- grading ----------------------------------------------------------------------------------------------------------
c.Autograde.exporter_class = "nbjudge.plugin.autograde.AcceptedHandIns"  # no links, no devices, not too much
c.Autograde.sanitize_preprocessors = [
    "nbjudge.plugin.autograde.NoActiveFiles",  # none that formgrader would serve and a browser run
    "nbjudge.plugin.autograde.Rebuild",  # the release's cells with the student's words in them
    "nbjudge.plugin.autograde.Restore",  # the hidden tests
]
c.Autograde.autograde_preprocessors = [
    "nbjudge.plugin.autograde.ExecuteApart",  # in the place of nbgrader's Execute
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbjudge.plugin.record.SaveGrades",
    "nbjudge.plugin.record.AssignPenalties",
    "nbjudge.plugin.autograde.Showable",  # plain text where nbconvert would take too long
]
c.Execute.timeout = 600  # seconds for one cell; training without a checkpoint takes about 15 on two cores
c.ExecuteApart.answers = "course_utils.submission.answers"
# Tests alone read these. When they change, `nbjudge grade ex04 --from-transcripts` judges again and executes nothing.
c.ExecuteApart.judging = [
    "*.ipynb",
    *(f"course_utils/submission/{name}.py" for name in ("thresholds", "judging", "judging_*", "causes", "slips")),
    "nbjudge/ask/check.py",
]
# What one submission may use. Past a limit its sandbox is ended; what was earned before stands.
c.ExecuteApart.answer_timeout = 120  # seconds for one question
c.ExecuteApart.notebook_timeout = 3600  # seconds for all cells and tests
c.ExecuteApart.memory = 4  # GiB for all its processes and files; training takes about half a GiB
c.ExecuteApart.output = 64  # MiB of text and pictures that its cells put out
c.ExecuteApart.tasks = 1024  # processes and threads at one time; some libraries start several for each processor
c.ExecuteApart.scratch = 1  # GiB for files in each place where it can write

# Late hand-ins lose a tenth of their marks for every day begun.
# The deadline itself is in the gradebook: nbgrader db assignment add ex04 --duedate="2027-01-31 23:59:00 UTC"
c.AssignLatePenalties.plugin_class = "nbjudge.plugin.late_penalty.PenaltyPerDay"
c.PenaltyPerDay.percent_per_day = 10

# --- feedback ---------------------------------------------------------------------------------------------------------
c.GenerateFeedback.preprocessors = [
    "nbjudge.plugin.feedback.GetMarks",  # in the place of nbgrader's GetGrades: what nobody has read yet is not 0
    "nbjudge.plugin.feedback.HideTests",  # in the place of nbgrader's ClearHiddenTests
    "nbjudge.plugin.feedback.MarksFirst",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    "nbjudge.plugin.feedback.FeedbackStyle",
]
c.GenerateFeedback.exporter_class = "nbjudge.plugin.feedback.FeedbackPage"  # no scripts but MathJax's

# --- export -----------------------------------------------------------------------------------------------------------
c.ExportApp.plugin_class = (
    "nbjudge.plugin.export.SettledMarks"  # of `nbgrader export`: who waits for a grader is left out and named
)
