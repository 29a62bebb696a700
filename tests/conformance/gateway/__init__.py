"""The gateway stand-in, run as its container runs it, against a small Entra and configuration API of the tests' own."""
