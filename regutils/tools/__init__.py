"""The commands of `regutils`: execute, record, site, grade."""
