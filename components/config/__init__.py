"""What a stack's file says: read once, checked as a whole, and handed on as models that nothing changes.

`read.load` is where it starts. `models/` has the keys, `formats/` the texts that they take.
"""
