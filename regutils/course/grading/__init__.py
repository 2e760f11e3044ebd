"""Marks for a class: `regutils grade`. In reading order:

submissions  what learners handed in, found and read whatever state it is in
programs     what of a notebook's code an exercise needs
needs        which statements an attempt at an exercise consists of
confined     a process with an empty home, of which nothing is left at the end
wire         values as JSON, never unpickled
marking      the child's side: run an attempt, report what came out
marks        the marks of one submission
feedback     a page per learner
classes      the command: several submissions at a time, the table, the resume
"""
