"""JSON for programs: cases filed, read and acted in as on the pages, in one error format. docs/api.md says what only the pages do."""
