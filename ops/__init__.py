"""What operators and pipelines run around the engine."""
