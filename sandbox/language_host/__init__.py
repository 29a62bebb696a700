"""The Python language host, for an engine that was built from its module and so came without one."""
