"""One configuration: its schema, the design, the paths of files, the arguments of jobs."""
