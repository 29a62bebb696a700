"""A live run: the program's whole life on a real stack, step by step, as a report that can be pasted into an issue."""
