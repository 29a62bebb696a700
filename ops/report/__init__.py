"""What reports are made of: values without secrets, paths of properties, Markdown, annotations of pipelines."""
