"""What traffic theory says, and the small roads on which the engine has to say the same.

Theory here is independent of the engine: recursions, Markov chains and formulas with their sources.
``tests/verification`` asserts it in short form, ``benchmarks/verify.py`` in long form.
"""
