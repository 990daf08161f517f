"""JSON for programs: everything the pages can do, in one error format."""
