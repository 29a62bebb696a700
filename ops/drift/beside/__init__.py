"""What is there beside what the engine reads: rights, credentials, fields of objects, what decides how pods run."""
