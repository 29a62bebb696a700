"""The program that an administrator runs once, before there are pipelines."""
