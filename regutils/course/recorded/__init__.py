"""What is trained for a lesson that has no time for it: `regutils record` runs it into files."""
