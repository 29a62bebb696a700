"""What has to be there before anything is created, looked up on every preview and update."""
