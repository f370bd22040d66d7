"""Learning platforms: reads the archives that they export, and writes the tables that they import."""
