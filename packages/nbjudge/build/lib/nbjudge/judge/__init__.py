"""The judging side: it puts questions to student code, runs the test cells, and keeps what was said as a transcript."""
