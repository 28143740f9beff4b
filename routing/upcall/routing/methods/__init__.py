"""The methods and the baselines.

A method looks only at what it would see on a device: never at the quality of what it decides on.
"""
