"""One configuration: schema, design, paths, and what each job is told."""
