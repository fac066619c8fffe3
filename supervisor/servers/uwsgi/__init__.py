"""uWSGI: read its configuration, hand it our sockets, know its FIFO, its stats and its ways to die.

What is known was read in uWSGI 2.0.31 and measured; the files of its source are named where it
matters.
"""
