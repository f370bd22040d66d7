"""The judging side: it asks student code questions, runs the test cells, and keeps the answers in a transcript."""
