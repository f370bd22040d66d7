"""Learning platforms: the archives that they give, and the tables that they take."""
