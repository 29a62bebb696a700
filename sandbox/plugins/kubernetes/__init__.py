"""The stand-in for pulumi-kubernetes: server-side apply, drift of declared fields, and waiting for what is rolled out."""
