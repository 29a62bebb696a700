"""What an update would do, in words: before it is done."""
