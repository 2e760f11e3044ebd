"""Results of runs too long for a lesson: made by `regutils record`, read by notebooks.

- photographs: networks on CIFAR-10
- digits: many small data sets: what is chosen, who wins, what is gained
- schedules: λ that moves while a network trains
- studies: the table of what is run
- command: do what is missing, keep what was done
"""
