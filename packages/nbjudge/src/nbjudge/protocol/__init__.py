"""The narrow wire between the two sides. Both import it; it imports nothing of this package."""
