"""What pipelines post on GitHub: one comment per previewed stack, and issues that are open while something is wrong."""
