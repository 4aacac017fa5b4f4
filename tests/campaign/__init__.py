"""Force, at random, from outside: what the shell, its scans and Beacon have to survive.

Run with `python -m tests.campaign`.  Each trial has its own random numbers, made from the seed,
the name of the part and the number of the trial, so that it can be run alone:
`python -m tests.campaign kills --seed 1 --number 17`.
"""
