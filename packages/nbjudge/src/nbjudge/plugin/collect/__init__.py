"""From where students put their work into ``submitted/``, with the time at which they did."""

from .downloads import CollectDownloads, UnpackDownloads
from .exchange import CollectArrivals

__all__ = ["CollectArrivals", "CollectDownloads", "UnpackDownloads"]
