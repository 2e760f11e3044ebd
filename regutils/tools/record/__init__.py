"""Results of runs too long for a lesson: made by `regutils record`, read by notebooks.

- photographs: networks on CIFAR-10
- small: networks on digits (what is chosen, who wins) and on the moons, where λ moves
- studies: the table of what is run
- command: do what is missing, keep what was done
"""
