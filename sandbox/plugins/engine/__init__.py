"""What every plugin needs to talk with the Pulumi engine: property values, schema checks, differences, the gRPC server."""
