"""Collects hand-ins into ``submitted/``, and records when they arrived."""

from .downloads import CollectDownloads, UnpackDownloads
from .exchange import CollectArrivals

__all__ = ["CollectArrivals", "CollectDownloads", "UnpackDownloads"]
