"""The keeper: the lean half that runs as PID 1 and performs what the core decides.

It imports the standard library only, and of it only what costs little: built-in modules such as
`_socket`, `_signal` and `select`, not `socket`, `signal` and `selectors`, which bring `enum` and
1.3 MiB with them. A test in tests/rules holds it to that.
"""
