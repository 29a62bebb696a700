"""Microsoft Graph: applications, service principals, owners, credentials, app role assignments and deleted items."""
