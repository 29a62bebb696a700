"""What reads and runs the pipelines' files as their hosts do, as far as those files go; anything else is an error."""
