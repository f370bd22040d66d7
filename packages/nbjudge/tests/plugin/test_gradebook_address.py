import pytest
from nbjudge.plugin.gradebook import GradebookError, check_gradebook, read_gradebook, sqlite_file


def test_a_gradebook_in_memory_is_no_file():
    assert sqlite_file("sqlite://") is None
    check_gradebook("sqlite://")


def test_what_is_no_file_can_not_be_copied():
    with pytest.raises(GradebookError, match="it is no file"):
        read_gradebook("postgresql://grader@server/course")
