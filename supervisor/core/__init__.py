"""The pure core: every decision of the keeper, as data in and data out.

Nothing here reads a clock, touches a file descriptor or looks at the environment, and nothing
here imports more than the interpreter has loaded anyway: the core runs in PID 1.
"""
