"""From rows to answers: performance measures, rankings, the value of diagnostics."""
