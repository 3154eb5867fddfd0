"""Speed and memory of volio beside its peers, in fresh processes; see README.rst."""
