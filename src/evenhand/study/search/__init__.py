"""A search of settings that can be trusted: report rows stay shut until it has ended.

Each trial is a run of its own on the same rows. What is sought is cross-fitted on tune rows, so
that the best of many is optimistic; what the best is worth is measured once, on report rows.
Importing this room does not import Optuna.
"""
