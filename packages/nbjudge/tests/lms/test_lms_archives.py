"""Archives as learning platforms make them, through ``nbgrader zip_collect``."""

import csv
import json
import shutil
import stat
import unicodedata
from datetime import datetime
from io import BytesIO
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbjudge.handin.files import HandInError
from nbjudge.handin.hand_in import SubmissionKey
from nbjudge.lms.platforms import PLATFORMS, username, without_copy_numbers
from nbjudge.lms.unpack import Unpacked, files_in, open_zip
from nbjudge.plugin.folders import hand_in_of

from helpers import commands
from helpers.tiny_course import build, master

NOTEBOOK, CHECKPOINT = json.dumps(master()).encode(), b"PK\x03\x04 a net"
BOTH = {"work.ipynb": NOTEBOOK, "work.pt": CHECKPOINT}
MIB = 2**20


def zipped(files, symlinks=(), encrypted=False, compression=ZIP_DEFLATED):
    """A zip archive in memory; `files` may be pairs, for names that are there twice."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", compression, compresslevel=1) as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            entry = ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.compress_type = compression
            if name in symlinks:
                entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, content)
    raw = buffer.getvalue()
    if encrypted:  # the first flag of each entry
        raw = bytearray(raw)
        with ZipFile(buffer) as archive:
            central = archive.start_dir
        raw[6] |= 1
        raw[central + 8] |= 1
    return bytes(raw)


def moodle(name, number, files, folders=True):
    """What Moodle makes of files: ``mod/assign/classes/downloader.php``."""
    return {f"{name}_{number}_assignsubmission_file_{'/' * folders}{file}": content for file, content in files.items()}


def canvas(name, user, files, late=False, attachment=70000):
    """What Canvas makes of files: ``lib/content_zipper.rb``."""
    owner = "_".join(part for part in (name, "LATE" * late, user) if part)
    return {f"{owner}_{attachment + i}_{file}": content for i, (file, content) in enumerate(files.items())}


def blackboard(login, time, files, assignment="Ex 1_chirps", text=True, attempt="attempt"):
    """What Blackboard makes of files."""
    prefix = f"{assignment}_{login}_{attempt}_{time}"
    said = f"Name: Ada (the first) Lovelace ({login})\nAssignment: {assignment}\n\nComments:\n(nobody)\n".encode()
    return {f"{prefix}_{file}": content for file, content in files.items()} | ({f"{prefix}.txt": said} if text else {})


class Course:
    """A tiny course, and the folder for archives in it."""

    def __init__(self, folder, platform, config=""):
        self.folder = folder
        self.archives = folder / "downloaded" / "ex1" / "archive"
        self.archives.mkdir(parents=True)
        build(folder, f"c.UnpackDownloads.platform = {platform!r}\n{config}")
        (folder / "release" / "ex1").mkdir(parents=True)
        (folder / "release" / "ex1" / "work.ipynb").write_bytes(NOTEBOOK)

    def collect(self, files, *options, name="submissions.zip"):
        """Put an archive there, and collect."""
        content = files if isinstance(files, bytes) else zipped(files)
        (self.archives / name).write_bytes(content)
        return commands.run("nbgrader", "zip_collect", "ex1", "--log-level=WARN", *options, cwd=self.folder)

    def submitted(self):
        """All files of all students, by the students' names."""
        root = self.folder / "submitted"
        return {
            student.name: {
                str(path.relative_to(student / "ex1")): path.read_bytes()
                for path in student.rglob("*")
                if path.is_file()
            }
            for student in root.glob("*")
        }


def error_on(done, who):
    """Why somebody was not collected."""
    (line,) = (line for line in done.stderr.splitlines() if f" {who} is not collected: " in line)
    return line.partition(" is not collected: ")[2]


# Moodle

NFD = unicodedata.normalize("NFD", "Änne Müller")
HOSTILE = {  # what a student uploads, and why it is refused
    "2000001": (
        {"../../../1000001/ex1/work.ipynb": b"gotcha"},
        "../../../1000001/ex1/work.ipynb is a path that may lead",
    ),
    "2000002": ({"a.zip": zipped({"../x.ipynb": b""})}, "../x.ipynb in a.zip is a path that may lead elsewhere"),
    "2000003": (
        {"a.zip": zipped({"zeros.bin": bytes(201 * MIB)})},
        "more than 200 MiB, 201 of them in zeros.bin in a.zip",
    ),
    "2000004": ({"a.zip": zipped({f"{i}.txt": b"" for i in range(2001)})}, "a.zip holds more than 2000 files"),
    "2000005": ({"a.zip": zipped({"b.ZIP": zipped({})})}, "b.ZIP in a.zip is a zip archive in a zip archive"),
    "2000006": ({"a.zip": b"PK rubbish"}, "a.zip can't be unpacked (BadZipFile"),
    "2000007": ({"work.ipynb": NOTEBOOK, "nbgrader_config.py": b""}, "nbgrader_config.py holds settings"),
    "2000008": ({"a\nb": b""}, "the name of a?b has control characters"),
    "2000009": ({"a.zip": zipped({f"{i}.pyc": b"" for i in range(50_001)})}, "a.zip holds more than 50000 files"),
}


WINDOWS = {"Thumbs.db": b"\0", "desktop.ini": b"", "data\\a.csv": b"1", "leer\\": b""}


@pytest.fixture(scope="module")
def from_moodle(tmp_path_factory):
    course = Course(tmp_path_factory.mktemp("moodle") / "course", "moodle")
    folder = {f"ex1 von Änne/{name}": content for name, content in BOTH.items()}
    junk = {"__MACOSX/ex1 von Änne/._work.ipynb": b"\0", "ex1 von Änne/.DS_Store": b"\0"}
    files = {
        **moodle("Ada Lovelace", "1000001", BOTH),
        **moodle("Karl Ohne-Ordner", "1000002", BOTH, folders=False),
        **moodle(NFD, "1000003", {**BOTH, unicodedata.normalize("NFD", "Übung.csv"): b"1,2"}),
        **moodle("Renate Anders-Öz", "1000004", {"meine lösung.ipynb": NOTEBOOK, "work.pt": CHECKPOINT}),
        **moodle("Zoë", "1000005", {"meine Abgabe.zip": zipped({**folder, **junk})}),
        **moodle("Eve", "1000006", {**BOTH, "timestamp.txt": b"1999-01-01 00:00:00 UTC"}),
        **moodle("Participant", "1000007", {"data/a.csv": b"1", **BOTH}),
        **moodle(
            "Win", "1000010", {"Abgabe.zip": zipped({f"ex1\\{name}": raw for name, raw in (BOTH | WINDOWS).items()})}
        ),
        **moodle("Mac", "1000011", {"Icon\r": b"", ".DS_Store": b"\0", "._work.ipynb": b"\0", "~$x.docx": b"", **BOTH}),
        **moodle("Nested", "1000012", {f"ex1/{name}": raw for name, raw in BOTH.items()}),
        **moodle("Venv", "1000013", {"a.zip": zipped(BOTH | {f".venv/{i}.py": b"" for i in range(3000)})}),
        "Textine_1000008_assignsubmission_onlinetext_/onlinetext.html": b"<p>I did it",
        "Default group_assignsubmission_file_/work.ipynb": NOTEBOOK,
    }
    for number, (upload, _) in HOSTILE.items():
        files |= moodle("Mallory", number, upload)
    return course, course.collect(files)


def test_moodles_hand_ins_are_submitted_under_the_numbers_of_the_participants(from_moodle):
    submitted = from_moodle[0].submitted()
    assert submitted["1000001"] == submitted["1000002"] == submitted["1000006"] == BOTH
    assert submitted["1000003"] == {**BOTH, "Übung.csv": b"1,2"}
    assert submitted["1000004"] == {"meine lösung.ipynb": NOTEBOOK, "work.pt": CHECKPOINT}
    assert submitted["1000007"] == {**BOTH, "data/a.csv": b"1"}
    assert sorted(submitted) == [*(f"100000{i}" for i in range(1, 8)), *(f"100001{i}" for i in range(4))]


def test_what_systems_and_tools_add_is_not_taken(from_moodle):
    submitted = from_moodle[0].submitted()
    assert submitted["1000011"] == BOTH
    assert submitted["1000013"].keys() == {*BOTH, "a.zip"}


def test_a_zip_made_on_windows_is_unpacked(from_moodle):
    submitted = from_moodle[0].submitted()["1000010"]
    assert submitted.pop("Abgabe.zip")
    assert submitted == {**BOTH, "data/a.csv": b"1"}


def test_a_notebook_in_a_folder_of_moodles_folder_is_found(from_moodle):
    folder = from_moodle[0].folder
    assert hand_in_of(CourseDirectory(root=str(folder)), SubmissionKey("ex1", "1000012")).notebooks == {
        "work.ipynb": folder / "submitted" / "1000012" / "ex1" / "ex1" / "work.ipynb"
    }


def test_a_zip_of_a_folder_is_unpacked_without_the_folder(from_moodle):
    submitted = from_moodle[0].submitted()["1000005"]
    assert submitted.pop("meine Abgabe.zip")
    assert submitted == BOTH


@pytest.mark.parametrize("number", HOSTILE)
def test_who_hands_in_what_cant_be_taken_is_named_and_stops_nobody(from_moodle, number):
    course, done = from_moodle
    assert HOSTILE[number][1] in error_on(done, number)
    assert not [path for path in course.folder.rglob("*") if path.name == number]


def test_in_the_end_nbgrader_fails_with_all_their_names(from_moodle):
    course, done = from_moodle
    assert done.returncode == 1
    names = ["Default group_assignsubmission_file_/work.ipynb", *HOSTILE]
    assert done.stderr.splitlines()[-1].endswith(f"Not collected, for reasons given above: {', '.join(names)}")
    report = (course.folder / "downloaded" / "ex1" / "extracted" / "not collected.txt").read_text()
    assert [line.partition(":")[0] for line in report.splitlines()] == names
    assert "1000008 handed in no file" in done.stderr


def test_nothing_is_written_outside(from_moodle):
    course, _ = from_moodle
    there = {path.name for path in course.folder.iterdir()}
    assert there <= {"source", "release", "submitted", "downloaded", "nbgrader_config.py", "gradebook.db"}
    assert {path.name for path in course.folder.parent.iterdir()} == {course.folder.name}


def test_moodle_tells_no_time(from_moodle):
    assert not [files for files in from_moodle[0].submitted().values() if "timestamp.txt" in files]


def test_a_bad_download_takes_nothing_away(from_moodle, tmp_path):
    course = Course(tmp_path / "course", "moodle")
    assert course.collect({**moodle("Ada", "1", BOTH), **moodle("Bob", "2", BOTH)}).returncode == 0
    first = course.submitted()
    done = course.collect({**moodle("Ada", "1", {"../x": b""}), **moodle("Cleo", "3", BOTH)}, "--force")
    assert done.returncode == 1 and course.submitted() == {**first, "3": BOTH}
    done = course.collect(zipped(moodle("Ada", "1", BOTH))[:-30], "--force")
    assert done.returncode == 1 and course.submitted() == {**first, "3": BOTH}
    assert "submissions.zip can't be unpacked (BadZipFile: File is not a zip file)" in done.stderr


# Canvas


@pytest.fixture(scope="module")
def from_canvas(tmp_path_factory):
    course = Course(tmp_path_factory.mktemp("canvas") / "course", "canvas")
    again = {"work-1.ipynb": NOTEBOOK, "work-2.pt": CHECKPOINT, "data-1.csv": b"1,2"}
    files = {
        **canvas("lovelaceada", "101", BOTH),
        **canvas("müllerjörg", "102", again, late=True),
        **canvas("o_brien", "103", {"hand-in-1.zip": zipped(BOTH)}),
        **canvas("", "anon_x1Y2z", {"my 1_2_work.ipynb": NOTEBOOK}),
        **canvas("twice", "104", {"work-1.ipynb": NOTEBOOK, "work-2.ipynb": b"{}"}),
        **canvas("victim", "105", BOTH),
        **canvas("mallory_105", "106", BOTH),  # students may choose their names
        "textine_107_text.html": b"<p>I did it",
    }
    return course, course.collect(files)


def test_canvas_hand_ins_get_their_names_back(from_canvas):
    submitted = from_canvas[0].submitted()
    assert submitted["101"] == BOTH
    assert submitted["102"] == {**BOTH, "data-1.csv": b"1,2", "data.csv": b"1,2"}
    assert {"work.ipynb", "work.pt"} < set(submitted["103"])
    assert submitted["anon_x1Y2z"] == {"my 1_2_work.ipynb": NOTEBOOK}
    assert set(submitted["104"]) == {"work-1.ipynb", "work-2.ipynb"}  # which one counts is not ours to say
    assert sorted(submitted) == ["101", "102", "103", "104", "anon_x1Y2z"]


def test_canvas_tells_who_is_late_but_no_time(from_canvas):
    course, done = from_canvas
    assert "Late, but Canvas does not tell by how much: 102\n" in done.stderr
    assert not [files for files in course.submitted().values() if "timestamp.txt" in files]


def test_a_name_that_ends_like_somebody_elses_number_is_seen(from_canvas):
    _, done = from_canvas
    assert done.returncode == 1
    assert error_on(done, "105") == "there are files of mallory_ and victim_; they can't both be this student"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["work-1.ipynb"], [("work.ipynb",)]),
        (["work.ipynb", "work-1.ipynb"], [("work.ipynb",), ("work-1.ipynb",)]),
        (["work-1.pt", "a-2.txt"], [("work.pt",), ("a-2.txt", "a.txt")]),
        (["a-1.txt", "a-2.txt"], [("a-1.txt",), ("a-2.txt",)]),
        (["2027-01-31.csv"], [("2027-01-31.csv", "2027-01.csv")]),
        (["helper-1", "x-1.tar.gz"], [("helper-1", "helper"), ("x-1.tar.gz",)]),
    ],
)
def test_only_what_canvas_may_have_added_is_taken_off(names, expected):
    assert without_copy_numbers(names, {"work"}) == expected


# Blackboard


@pytest.fixture(scope="module")
def from_blackboard(tmp_path_factory):
    course = Course(
        tmp_path_factory.mktemp("blackboard") / "course", "blackboard", 'c.UnpackDownloads.timezone = "Europe/Berlin"'
    )
    january, february = "2027-01-31-22-10-05", "2027-02-02-00-30-00"
    old = {"old.py": b"", **BOTH, "work.ipynb": b"{}"}
    files = {
        **blackboard("ada", january, BOTH),
        **blackboard("bob", january, old),
        **blackboard("bob", february, {"work.ipynb": NOTEBOOK}),
        **blackboard("cleo", january, BOTH),
        **blackboard("cleo", february, {"work.pt": b"newer"}),
        **blackboard("d_smith", january, BOTH),
        **blackboard("e_smith", february, {"Lösung Übung 1.ipynb": NOTEBOOK}, attempt="Versuch"),
        **blackboard("f.o@uni-köln.de", january, {"x_attempt_1999-01-01-00-00-00_work.ipynb": NOTEBOOK}),
        **blackboard("late", "2027-06-30-23-59-59", {**BOTH, "timestamp.txt": b"1999-01-01 00:00:00 UTC"}),
        **blackboard("never", "2027-02-30-22-10-05", BOTH),
        **blackboard("o'hara", january, BOTH),
        **blackboard("a_x", january, BOTH, text=False),
        **blackboard("b_x", february, BOTH, text=False),
    }
    (course.archives / "first.zip").write_bytes(zipped(blackboard("ada", january, BOTH)))  # downloaded before
    return course, course.collect(files)


@pytest.mark.parametrize(
    ("student", "files", "time"),
    [
        ("ada", {"work.ipynb", "work.pt"}, datetime(2027, 1, 31, 21, 10, 5)),
        ("bob", {"work.ipynb"}, datetime(2027, 2, 1, 23, 30)),  # nothing of the first attempt
        ("cleo", {"work.ipynb", "work.pt"}, datetime(2027, 1, 31, 21, 10, 5)),  # the second has no notebook
        ("d_smith", {"work.ipynb", "work.pt"}, datetime(2027, 1, 31, 21, 10, 5)),
        ("e_smith", {"Lösung Übung 1.ipynb"}, datetime(2027, 2, 1, 23, 30)),
        ("f.o@uni-köln.de", {"x_attempt_1999-01-01-00-00-00_work.ipynb"}, datetime(2027, 1, 31, 21, 10, 5)),
        ("late", {"work.ipynb", "work.pt"}, datetime(2027, 6, 30, 21, 59, 59)),
    ],
)
def test_blackboards_latest_attempt_with_a_notebook_counts_as_a_whole(from_blackboard, student, files, time):
    submitted = from_blackboard[0].submitted()[student]
    assert datetime.fromisoformat(submitted.pop("timestamp.txt").decode()) == time
    assert set(submitted) == files
    assert next(submitted[name] for name in files if name.endswith(".ipynb")) == NOTEBOOK
    assert submitted.get("work.pt", CHECKPOINT) == CHECKPOINT


def test_blackboards_oddities_are_named(from_blackboard):
    course, done = from_blackboard
    assert done.returncode == 1 and len(course.submitted()) == 7
    assert error_on(done, "never") == "2027-02-30-22-10-05 in its name is no time"
    assert error_on(done, "o'hara") == "this can't be the name of a folder; unpack it by hand"
    names = "Ex 1_chirps_a_x and Ex 1_chirps_b_x"
    assert error_on(done, "x") == f"there are files of {names}; they can't both be this student"
    assert "cleo: the attempt of 2027-01-31 21:10:05 UTC counts, for that of 2027-02-01 23:30:00 has no" in done.stderr


def test_a_username_is_what_blackboard_says_unless_it_does_not_fit():
    assert username("Ex_1_d_smith", b"\xef\xbb\xbfName: D. (Dan) Smith (d_smith)\r\nx (y)\n") == "d_smith"
    assert username("Ex_1_d_smith", b"Name: (ada)\n") is None
    assert username("Ex_1_d_smith", b"Name: (mith)\n") is None
    assert username("Ex_1_d_smith", b"Date: (1_d_smith)") == "1_d_smith"
    assert PLATFORMS["blackboard"].pattern.fullmatch("Ex_1_ada_attempt_2027-01-31-22-10-05_a.b")["student"] == "ada"


# What an archive can be, whosever it is


def test_what_is_no_archive_of_this_platform_is_named(tmp_path):
    course = Course(tmp_path / "course", "moodle")
    (course.archives / "unpacked").mkdir()
    (course.archives / "canvas.zip").write_bytes(zipped(canvas("ada", "101", BOTH)))
    (course.archives / "other.zip").write_bytes(zipped(BOTH))
    older = {**moodle("Ada", "1", BOTH), **moodle("Cleo", "3", BOTH), **moodle("Eve", "3", BOTH)}
    (course.archives / "older.zip").write_bytes(zipped(older))
    newer = {**moodle("Ada", "1", BOTH), **moodle("Bob", "2", BOTH), **moodle("Cleo", "3", BOTH)}
    done = course.collect(newer, name="newer.zip")
    assert done.returncode == 1 and course.submitted() == {"2": BOTH}
    assert error_on(done, "unpacked") == "it is a folder; put the archive there as it was downloaded"
    assert error_on(done, "canvas.zip").endswith("as canvas gives them; add --UnpackDownloads.platform=canvas")
    assert error_on(done, "other.zip").startswith("none of its names is as moodle gives them, such as Ada Lovelace_")
    assert error_on(done, "3") == "there are files of Cleo and Eve; they can't both be this student"
    assert error_on(done, "1").startswith("is in newer.zip and older.zip, which do not tell the time")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_example_of_a_platform_fits_it_alone(platform):
    example = PLATFORMS[platform].example
    assert [name for name, other in PLATFORMS.items() if other.pattern.fullmatch(example)] == [platform]
    assert PLATFORMS[platform].pattern.fullmatch(example)["file"] == "work.ipynb"


def unpacked(raw):
    hand_in = Unpacked()
    with open_zip(BytesIO(raw), "a.zip") as archive:
        for entry in files_in(archive):
            hand_in.add(archive, entry, entry.filename)
    return hand_in.files


@pytest.mark.parametrize("sign", ["pyvenv.cfg", "conda-meta/history"])
def test_a_virtual_environment_in_an_archive_is_junk_whatever_it_is_called(sign):
    environment = {f"ex1/my env/{name}": b"" for name in (sign, "lib/site-packages/a/b.ipynb", "bin/python")}
    work = {"ex1/work.ipynb": NOTEBOOK, "ex1/my env.py": b"1"}
    assert unpacked(zipped(work | environment)) == work
    around = {f"ex1/{sign}": b"", "ex1/tasks/work.ipynb": NOTEBOOK}
    assert unpacked(zipped(around)) == around


@pytest.mark.parametrize(
    "name", ["/etc/x", "../x", "a/../../x", "a/./x", "a//x", "..\\x", "a\\..\\..\\x", "C:/x", "c:x", "..", "a/.."]
)
def test_paths_that_lead_elsewhere_are_refused(name):
    with pytest.raises(HandInError, match="is a path that may lead elsewhere"):
        unpacked(zipped({name: b""}))
    with pytest.raises(HandInError, match=r" in b.zip is a path that may lead elsewhere"):
        unpacked(zipped({"b.zip": zipped({name: b""})}))


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (zipped({"x": b"/etc/passwd"}, symlinks=["x"]), "x is a symbolic link"),
        (zipped({"b.zip": zipped({"x": b"/"}, symlinks=["x"])}), "x in b.zip is a symbolic link"),
        (zipped({"x": b"abc"}, encrypted=True), "x is encrypted"),
        (zipped({"x": b"abc"}, compression=ZIP_BZIP2), "x is packed in an unusual way"),
        (zipped({"x" * 256: b""}), "too long a name"),
        (zipped({"work.ipynb": b"", "Work.ipynb": b""}), "Work.ipynb can't be in one folder with work.ipynb"),
        (zipped({"data/a": b"", "DATA/b": b""}), "DATA/b can't be in one folder with data"),
        (zipped({"a": b"", "a/b": b""}), "a/b can't be in one folder with a"),
        (zipped({"a.txt": b"1", "b.zip": zipped({"a.txt": b"2"})}), "a.txt in b.zip is there twice"),
        (zipped({"x": b"abcd"}, compression=ZIP_STORED).replace(b"abcd", b"dcba"), "x can't be unpacked"),
    ],
)
def test_what_cant_be_taken_is_refused_by_name(raw, why):
    with pytest.raises(HandInError, match=why):
        unpacked(raw)


def test_a_file_beside_its_own_zip_is_taken_once():
    assert unpacked(zipped({"work.ipynb": b"1", "all.zip": zipped({"x/work.ipynb": b"1"})}))["work.ipynb"] == b"1"


def test_an_archive_that_says_it_is_smaller_is_refused():
    raw = bytearray(zipped({"x": bytes(MIB)}))
    while (found := raw.find(MIB.to_bytes(4, "little"))) >= 0:
        raw[found : found + 4] = (10).to_bytes(4, "little")
    with pytest.raises(HandInError, match=r"x can't be unpacked \(BadZipFile: Bad CRC-32"):
        unpacked(bytes(raw))


@pytest.mark.parametrize(
    "written", ["Übung.csv".encode(), "Übung.csv".encode("cp437"), unicodedata.normalize("NFD", "Übung.csv").encode()]
)
def test_names_are_read_whether_or_not_the_archive_says_how_they_are_written(written):
    placeholder = b"x" * len(written)
    assert list(unpacked(zipped({placeholder.decode(): b""}).replace(placeholder, written))) == ["Übung.csv"]


# The whole way


def test_from_an_archive_to_marks_for_a_platform(tmp_path):
    course = Course(tmp_path / "course", "blackboard")
    with Gradebook(f"sqlite:///{course.folder}/gradebook.db") as gradebook:
        gradebook.add_assignment("ex1", duedate="2027-01-31 12:00:00 UTC")
    half = master()
    half.cells[1].source = "first = 5"
    on_time, late = "2027-01-31-11-59-00", "2027-02-01-12-30-00"  # by a day and a bit
    done = course.collect(
        {
            **blackboard("ada", on_time, {"work.ipynb": b"{}"}),
            **blackboard("ada", late, BOTH),
            **blackboard("bob", on_time, {"work.ipynb": json.dumps(half).encode()}),
            **blackboard("cy", late, {"my answers.zip": zipped({"meine lösung.ipynb": NOTEBOOK})}),
            **blackboard("dee", on_time, {"work.ipynb": b"{}"}),
        }
    )
    assert done.returncode == 0, done.stderr
    shutil.rmtree(
        course.folder / "release"
    )  # it holds the solutions; as an earlier release they would be nobody's work

    def run(*words, code=0):
        done = commands.run(*words, cwd=course.folder)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    said = json.loads(run("nbjudge", "grade", "ex1", "--no-canary", "--json", code=3))
    assert {mark["student"]: mark["total"] for mark in said["marks"]} == {"ada": 3.2, "bob": 2, "cy": 3.2}
    assert said["problems"].keys() == {"dee"} and said["remarks"]["cy"] == ["handed in as meine lösung.ipynb"]
    run("nbjudge", "extend", "ex1", "cy", "--days=3")
    run("nbgrader", "export", "--exporter=nbjudge.plugin.export.CanvasMarks", "--assignment=ex1", "--to=marks.csv")
    with (course.folder / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        exported = {row["SIS Login ID"]: row["ex1"] for row in csv.DictReader(file)}
    assert exported == {"": "4", "ada": "3.2", "bob": "2.0", "cy": "4.0"}
