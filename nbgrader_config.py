"""The whole configuration of the course, read by every nbgrader command that is run in this folder."""

from pathlib import Path

import nbjudge

c = get_config()  # noqa: F821 (nbgrader defines it)
here = Path(__file__).resolve().parent

# Student code in a sandbox, tests apart from it, a class at once. What is set below comes on top of that.
nbjudge.configure(c)

c.CourseDirectory.course_id = "glitch-or-chirp"
# Students hand in the notebook and its checkpoint; what the release brought is not taken along.
c.CourseDirectory.ignore.append("course_utils")

# --- the release ------------------------------------------------------------------------------------------------------
c.ClearSolutions.text_stub = "*Write your answer here.*"
# What students get beside the notebook: course_utils without its instructor part.
c.SupportFiles.root = str(here)
c.SupportFiles.files = ["course_utils/*.py", "course_utils/realistic/*.py", "course_utils/submission/*.py"]

# --- collecting -------------------------------------------------------------------------------------------------------
c.UnpackDownloads.platform = "moodle"  # or "canvas", "blackboard"
c.UnpackDownloads.timezone = "UTC"  # of the times that Blackboard writes, such as "Europe/Berlin"

# --- grading ----------------------------------------------------------------------------------------------------------
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
