"""Hand-ins: their files are accepted or refused, matched with the release, and rebuilt as a notebook to be graded."""
