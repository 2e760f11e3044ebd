"""Results of runs too long for a lesson: made by `regutils record`, read by notebooks."""
