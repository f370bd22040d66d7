"""A folder course_utils is handed in, with answers and judging of its own."""

# %% scratch after=setup-tools
import course_utils

if hasattr(course_utils, "forged"):
    print("got through: the folder handed in is the one that is imported")

# %% before handing in
for module in ("course_utils", "course_utils/submission", "course_utils/instructor", "nbjudge", "nbjudge/student"):
    (folder / module).mkdir()
    (folder / module / "__init__.py").write_text("forged = True")
(folder / "course_utils" / "submission" / "answers.py").write_text("answer = lambda *_: {'answer': 1.0}")
(folder / "course_utils" / "simulators.py").write_text("fresh = fixed_dataset = None")
(folder / "course_utils" / "submission" / "judging.py").write_text("ACCURACY_BANDS = ((0.0, 1.0),)")
