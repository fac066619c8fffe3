"""Making a PostgreSQL cluster, which is what PostgreSQL calls a data directory: all of it, or none.

Run once before the server, as a task: `python -I -m supervisor.cluster`. Where there is a cluster
already, nothing is touched.
"""
