# A Linux to grade in, for machines that have none: docs/instructors.md, "On a Mac or on Windows".
# Not built by us: there is no Docker where this was written. What was tried instead is told there.
FROM python:3.12-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap make \
    && rm -rf /var/lib/apt/lists/*

# An ordinary user, who owns the course folder. On Linux give your own id: docker compose build --build-arg UID=$(id -u)
ARG UID=1000
RUN useradd --create-home --uid "$UID" grader && mkdir /course && chown grader /course
USER grader
WORKDIR /course

# Outside of the course folder, which compose.yaml lays over this one.
ENV VENV=/home/grader/venv
ENV PATH=$VENV/bin:$PATH
# The build of torch for processors; the one on PyPI brings gigabytes of libraries for graphics cards.
ARG PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu
COPY --chown=grader . .
RUN make "$VENV/installed"

EXPOSE 8888
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--no-browser"]
