"""Containers: grammars of files that several formats share."""
