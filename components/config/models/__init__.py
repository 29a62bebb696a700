"""The keys of a stack's file, what each takes, and its default. `docs/configuration.md` is made from them."""
