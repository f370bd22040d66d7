"""The narrow wire between the judging side and the student side. Both import it; it imports nothing of this package."""
