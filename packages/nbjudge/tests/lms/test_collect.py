"""Lateness is for the collector to say: a student's own words about it count for nothing and stop nobody."""

import os
import re
import shutil
import stat
import time
import zipfile
from contextlib import chdir
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError
from nbgrader.utils import parse_utc
from nbjudge.handin.files import copy as hand_in_copy
from nbjudge.handin.files import last_change
from nbjudge.plugin.collect import CollectArrivals, CollectDownloads, exchange

from helpers import commands
from helpers.tiny_course import TIMESTAMPS, build, hand_in

EARLY = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=3)


class Place:
    """A course and its exchange, in which students leave folders as they like."""

    def __init__(self, root, gradebook):
        self.course, self.exchange = root / "course", root / "exchange"
        self.inbound = self.exchange / "tiny-course" / "inbound"
        self.course.mkdir(parents=True)
        self.inbound.mkdir(parents=True)
        build(self.course, f"c.Exchange.root = {str(self.exchange)!r}\n")
        shutil.copy(gradebook, self.course)

    def nbgrader(self, *words, cwd=None, **environment):
        return commands.run("nbgrader", *words, cwd=cwd or self.course, environment=os.environ | environment)

    def collector(self, **settings):
        """What `nbgrader collect ex1` starts, with fewer seconds to wait for."""
        course = CourseDirectory(course_id="tiny-course", assignment_id="ex1", root=str(self.course))
        collector = CollectArrivals(coursedir=course, **settings)
        collector.root = str(self.exchange)
        return collector

    def leave(self, student, claimed=None, end="abc"):
        """What `nbgrader submit` leaves in the exchange."""
        claimed = claimed or now()
        made = hand_in(self.inbound, "made")
        (made / "timestamp.txt").write_text(f"{claimed} UTC")
        folder = self.inbound / f"{student}+ex1+{claimed} UTC+{end}"
        made.rename(folder)
        folder.chmod(0o777)
        return folder

    def handed_in(self, student):
        return self.course / "submitted" / student / "ex1"

    def time_of(self, student):
        return parse_utc((self.handed_in(student) / "timestamp.txt").read_text().strip())

    def seconds_late(self, student):
        with Gradebook(f"sqlite:///{self.course}/gradebook.db") as gradebook:
            return gradebook.find_submission("ex1", student).total_seconds_late


@pytest.fixture(scope="module")
def gradebook(tmp_path_factory):
    """An empty one, which takes seconds to make."""
    path = tmp_path_factory.mktemp("empty") / "gradebook.db"
    Gradebook(f"sqlite:///{path}", "tiny-course").close()
    return path


@pytest.fixture
def place(tmp_path, gradebook):
    return Place(tmp_path, gradebook)


def now():
    return datetime.now(UTC).replace(tzinfo=None)


def claim(folder):
    return parse_utc(folder.name.split("+")[2])


def about_now(when):
    return abs(when - now()) < timedelta(hours=12)  # where the others are three days off


# nbgrader collect


@pytest.fixture(scope="module")
def collected(tmp_path_factory, gradebook):
    """A class whose students wrote timestamps of their own, in the exchange, after `submit`."""
    place = Place(tmp_path_factory.mktemp("collected"), gradebook)
    claims = {"honest": claim(place.leave("honest"))}
    place.leave("backdates", EARLY)
    for number, write in enumerate(TIMESTAMPS.values()):
        folder = place.leave(f"forger-{number}")
        claims[f"forger-{number}"] = claim(folder)
        (folder / "timestamp.txt").unlink()
        write(folder / "timestamp.txt")
    for student, claimed in (("garbage", "last week"), ("never", "99999-01-01 00:00:00 UTC"), ("number", "9" * 16)):
        place.leave("somebody").rename(place.inbound / f"{student}+ex1+{claimed}+abc")
    secret = place.course / "secret.txt"
    secret.write_text("for instructors")
    (place.leave("links") / "mine.txt").symlink_to(secret)
    (place.leave("endless") / "mine.txt").symlink_to("/dev/zero")
    os.mkfifo(place.leave("pipes") / "timestamp.txt.fifo")
    os.mkfifo(place.inbound / f"pipe+ex1+{now()} UTC+abc")
    (place.inbound / f"link+ex1+{now()} UTC+abc").symlink_to(place.course)
    return place, place.nbgrader("collect", "ex1"), claims


def test_an_honest_students_time_is_the_one_of_submit(collected):
    place, _, claims = collected
    assert place.time_of("honest") == claims["honest"]


@pytest.mark.parametrize("number", range(len(TIMESTAMPS)), ids=TIMESTAMPS)
def test_a_timestamp_in_the_exchange_counts_for_nothing(collected, number):
    place, _, claims = collected
    student = f"forger-{number}"
    assert place.time_of(student) == claims[student]
    assert (place.handed_in(student) / "work.ipynb").is_file()


@pytest.mark.parametrize("student", ["backdates", "garbage", "never", "number"])
def test_a_name_that_does_not_fit_the_file_servers_clock_does_not_count(collected, student):
    place, done, _ = collected
    assert about_now(place.time_of(student))
    assert re.search(rf"WARNING.*{student}\+ex1\+.* was last changed at .* this counts", done.stderr)


@pytest.mark.parametrize(
    ("student", "why"),
    [
        ("links", "mine.txt is a symbolic link"),
        ("endless", "mine.txt is a symbolic link"),
        ("pipes", "timestamp.txt.fifo is a named pipe"),
        ("pipe", "no folder"),
        ("link", "a symbolic link"),
    ],
)
def test_what_is_no_plain_file_is_never_copied(collected, student, why):
    place, done, _ = collected
    assert done.returncode == 1 and not place.handed_in(student).exists()
    assert re.search(rf"ERROR.*{student}\+ex1\+.* is not collected: .*{why}", done.stderr)


def test_nobody_else_can_write_in_what_was_collected(collected):
    place, *_ = collected
    for path in [place.handed_in("honest"), *place.handed_in("honest").iterdir()]:
        assert not path.stat().st_mode & (stat.S_IWOTH | stat.S_IWGRP), path


def test_lateness_reaches_the_gradebook(place):
    place.nbgrader("generate_assignment", "ex1")
    place.nbgrader("db", "assignment", "add", "ex1", f"--duedate={now() - timedelta(days=1)} UTC")
    place.leave("honest")
    for student, claimed in (("ada", None), ("eve", EARLY)):
        (place.leave(student, claimed) / "timestamp.txt").write_text(f"{EARLY} UTC")
    for command in ("collect", "autograde"):
        done = place.nbgrader(command, "ex1")
        assert done.returncode == 0, done.stderr
    assert all(place.seconds_late(student) >= 86400 for student in ("honest", "ada", "eve"))


def test_an_exchange_that_somebody_touched_makes_nobody_late(place):
    for student in ("ada", "bob"):
        place.leave(student, EARLY)
    place.leave("cleo")
    done = place.nbgrader("collect", "ex1")
    assert done.returncode == 1 and not (place.course / "submitted").exists()
    assert "2 of 3 hand-ins were last changed at other times than their names say" in done.stderr
    done = place.nbgrader("collect", "ex1", "--CollectArrivals.believe_names=True")
    assert done.returncode == 0 and place.time_of("ada") == place.time_of("bob") == EARLY


def test_before_the_deadline_is_not_what_a_student_says(place):
    with Gradebook(f"sqlite:///{place.course}/gradebook.db", "tiny-course") as gradebook:
        gradebook.add_assignment("ex1", duedate=now() - timedelta(days=1))
    for student in ("ada", "bob", "cleo"):
        place.leave(student)
    place.leave("ada", EARLY, "def")
    place.collector(before_duedate=True).start()
    assert about_now(place.time_of("ada"))


def test_an_update_that_is_refused_leaves_what_was_collected(place):
    first = claim(place.leave("ada"))
    place.collector().start()
    (place.leave("ada", first + timedelta(minutes=1), "def") / "mine.txt").symlink_to("/etc/passwd")
    with pytest.raises(ExchangeError, match=r"Not collected.*ada"):
        place.collector(update=True).start()
    assert place.time_of("ada") == first


def test_an_update_brings_the_newer_one_with_its_time(place):
    later = claim(place.leave("ada")) + timedelta(minutes=1)
    place.collector().start()
    (place.leave("ada", later, "def") / "new.txt").touch()
    place.collector(update=True).start()
    assert place.time_of("ada") == later and (place.handed_in("ada") / "new.txt").exists()


@pytest.mark.parametrize(
    "write", [TIMESTAMPS["nonsense"], TIMESTAMPS["ten megabytes"], TIMESTAMPS["a folder"], os.mkfifo]
)
def test_a_timestamp_from_elsewhere_that_tells_no_time_stops_nobody(place, caplog, write):
    write(hand_in(place.course, "ada") / "timestamp.txt")
    place.leave("ada")
    bob = claim(place.leave("bob"))
    with pytest.raises(ExchangeError, match=r"Not collected.*ada"):
        place.collector().start()
    assert "its timestamp.txt does not tell a time" in caplog.text
    assert place.time_of("bob") == bob and len(list(place.handed_in("ada").iterdir())) == 2


def test_too_large_for_nbgrader_stops_nobody(place, caplog):
    with (place.leave("ada") / "large.bin").open("wb") as file:
        file.truncate(2 * 10**6)
    bob = claim(place.leave("bob"))
    collector = place.collector()
    collector.coursedir.max_dir_size = 1000
    with pytest.raises(ExchangeError, match=r"Not collected.*ada"):
        collector.start()
    assert "is not collected: Directory size is too big" in caplog.text
    assert place.time_of("bob") == bob


def test_a_path_that_no_program_takes_stops_nobody(place, caplog):
    """Whoever makes folders one in the other, each from the one before, gets longer paths than anybody can open."""
    with chdir(place.leave("ada")):
        for _ in range(20):
            os.mkdir("d" * 250)
            os.chdir("d" * 250)
        Path("data.txt").write_text("1")
    place.leave("zoe")
    with pytest.raises(ExchangeError, match="Not collected"):
        place.collector().start()
    assert "too long" in caplog.text
    assert place.handed_in("zoe").is_dir()
    assert not place.handed_in("ada").exists()


def test_what_nbgrader_submit_leaves_is_collected_as_it_says(place, tmp_path):
    for command in ("generate_assignment", "release_assignment"):
        done = place.nbgrader(command, "ex1")
        assert done.returncode == 0, done.stderr
    home = tmp_path / "home"
    shutil.copytree(place.course / "release" / "ex1", home / "ex1")
    shutil.copy(place.course / "nbgrader_config.py", home)
    (home / "ex1" / "timestamp.txt").write_text("1999-01-01 00:00:00 UTC")
    before = now()
    done = place.nbgrader("submit", "ex1", cwd=home, JUPYTER_DATA_DIR=str(home))
    assert done.returncode == 0, done.stderr
    (left,) = place.inbound.iterdir()
    done = place.nbgrader("collect", "ex1")
    assert done.returncode == 0 and "WARNING" not in done.stderr, done.stderr
    assert place.time_of(left.name.split("+")[0]) == claim(left) >= before


@pytest.mark.parametrize(
    ("minutes", "counts"),
    [(0, "claim"), (9, "claim"), (-9, "claim"), (11, "change"), (-11, "change"), (9999, "change")],
)
def test_ten_minutes_between_the_clocks_are_no_contradiction(place, monkeypatch, minutes, counts):
    folder = place.leave("ada")
    changed = claim(folder) + timedelta(minutes=minutes)
    monkeypatch.setattr(exchange, "last_change", lambda path: changed.replace(tzinfo=UTC).timestamp())
    place.collector().start()
    assert place.time_of("ada") == {"claim": claim(folder), "change": changed}[counts]


def test_every_change_is_seen(place):
    folder = place.leave("ada")
    (folder / "helpers").mkdir()
    (folder / "helpers" / "more.py").touch()
    for change in (
        lambda: (folder / "work.ipynb").write_text("{}"),
        lambda: (folder / "helpers" / "more.py").rename(folder / "helpers" / "other.py"),
        lambda: os.utime(folder / "work.ipynb", (0, 0)),
        lambda: (folder / "new.txt").touch(),
        lambda: (folder / "new.txt").unlink(),
    ):
        before = last_change(folder)
        time.sleep(0.1)  # the kernel's clock ticks some hundred times a second
        change()
        assert last_change(folder) > before
    before = last_change(folder)
    time.sleep(0.1)
    assert last_change(folder.rename(folder.with_name("moved"))) > before


def test_what_changes_while_it_is_collected_arrives_then(place, monkeypatch):
    collector, later = place.collector(), claim(place.leave("ada")) + timedelta(hours=1)
    collector.init_src()
    monkeypatch.setattr(exchange, "last_change", lambda path: later.replace(tzinfo=UTC).timestamp())
    collector.copy_files()
    assert place.time_of("ada") == later


def test_what_becomes_a_link_while_it_is_collected_stops_nobody(place):
    collector, notebook = place.collector(), place.leave("ada") / "work.ipynb"
    bob = claim(place.leave("bob"))
    collector.init_src()
    notebook.unlink()
    notebook.symlink_to("/etc/passwd")
    with pytest.raises(ExchangeError, match=r"Not collected.*ada"):
        collector.copy_files()
    assert place.time_of("bob") == bob and not place.handed_in("ada").exists()


def test_what_becomes_unreadable_to_hide_its_time_is_not_collected(place, monkeypatch):
    folder = place.leave("eve", EARLY)

    def then_hidden(source, to):
        hand_in_copy(source, to)
        (folder / "mine.txt").symlink_to("/etc/passwd")

    monkeypatch.setattr(exchange, "copy", then_hidden)
    with pytest.raises(ExchangeError, match=r"Not collected.*eve"):
        place.collector().start()
    assert not place.handed_in("eve").exists()


# nbgrader zip_collect


def zip_collect(place, options):
    archives = place.course / "downloaded" / "ex1" / "archive"
    archives.mkdir(parents=True)
    for number, write in enumerate(TIMESTAMPS.values()):
        folder = hand_in(place.course / "made", f"forger{number}")
        write(folder / "timestamp.txt")
        with zipfile.ZipFile(archives / f"forger{number}_2027-01-30.zip", "w") as archive:
            for path in folder.rglob("*"):
                archive.write(path, path.relative_to(folder))
    (place.course / "nbgrader_config.py").open("a").write(
        'c.UnpackDownloads.platform = ""\n'
        'c.FileNameCollectorPlugin.valid_ext = [".ipynb", ".txt"]\n'
        f'c.FileNameCollectorPlugin.named_regexp = r".*/extracted/{options}/(?P<file_id>.*)"\n'
    )
    place.nbgrader("generate_assignment", "ex1")
    return place.nbgrader("zip_collect", "ex1")


def test_the_downloads_name_counts_and_no_file_in_it(place):
    done = zip_collect(place, "(?P<student_id>[a-z0-9]+)_(?P<timestamp>[0-9-]+)")
    assert done.returncode == 0, done.stderr
    for number in range(len(TIMESTAMPS)):
        assert place.time_of(f"forger{number}") == datetime(2027, 1, 30)
        assert (place.handed_in(f"forger{number}") / "work.ipynb").is_file()
    assert "timestamp.txt is not taken: lateness is not for the student to say" in done.stderr


def test_a_download_without_a_time_has_none(place):
    done = zip_collect(place, "(?P<student_id>[a-z0-9]+)_[0-9-]+")
    assert done.returncode == 0, done.stderr
    for number in range(len(TIMESTAMPS)):
        assert {path.name for path in place.handed_in(f"forger{number}").iterdir()} == {"work.ipynb"}


@pytest.mark.parametrize(
    ("file", "taken"),
    [
        ("/x/ada_timestamp.txt", False),
        ("/x/ada_timestamp.txt/a.txt", False),
        ("/x/ada_./timestamp.txt", False),
        ("/x/ada_data/timestamp.txt", True),
        ("/x/ada_timestamp.csv", True),
        ("/x/ada_work.ipynb", True),
    ],
)
def test_only_the_file_that_nbgrader_would_believe_is_left_out(file, taken):
    plugin = CollectDownloads(
        named_regexp=r"/x/(?P<student_id>[a-z]+)_(?P<file_id>.*)", valid_ext=[".txt", ".csv", ".ipynb"]
    )
    assert bool(plugin.collect(file)) == taken
    assert not plugin.collect("/y/else.txt")
