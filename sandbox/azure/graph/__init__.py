"""Microsoft Graph: applications, service principals, owners, credentials and deleted items."""
