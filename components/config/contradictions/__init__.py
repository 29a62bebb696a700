"""Problems between values that are each well-formed: one kind of contradiction a module."""
