"""Words in, streams and an exit code out: the command line."""
