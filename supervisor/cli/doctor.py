"""`gracekeeper doctor`: shutdown bugs, found in the files before they cost requests."""

from __future__ import annotations

from typing import Any

import click

SEVERITY = ("critical", "high", "medium", "low", "info")
FORMATS = ("text", "json", "sarif", "github", "markdown")


@click.command()
@click.argument("targets", metavar="[PATH|IMAGE|CONTAINER]...", nargs=-1)
@click.option("--format", "form", type=click.Choice(FORMATS), default="text",
    metavar="FORMAT", help="text, json, sarif, github or markdown.  [default: text]")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--fail-on", type=click.Choice([*SEVERITY, "never"]), metavar="SEVERITY",
    help="Exit with 1 from this severity on, or `never`.  [default: high]")  # fmt: skip
@click.option("--min-severity", type=click.Choice(SEVERITY), metavar="SEVERITY",
    help="Tell nothing below it.  [default: info]")  # fmt: skip
@click.option("--select", metavar="ID", multiple=True, help="Ask these rules alone.")
@click.option("--ignore", metavar="ID", multiple=True, help="Don't ask these rules.")
@click.option("--baseline", metavar="FILE", help="Tell only what this file does not know.")
@click.option("--write-baseline", is_flag=True, help="Write what is found to --baseline FILE.")
@click.option("--fix", is_flag=True, help="Show the safe fixes as one diff.")
@click.option("--write", is_flag=True, help="With --fix: change the files.")
@click.option("--forecast", is_flag=True,
    help="Tell what a stop of each service would do, as text or as JSON.")  # fmt: skip
@click.option("--explain", metavar="ID", help="Print a rule's page.")
@click.option("--list", "as_list", is_flag=True, help="Print all rules.")
def doctor(targets: tuple[str, ...], **options: Any) -> None:
    """Find what loses requests or time at a stop, in a project's files; nothing is run.

    Dockerfiles, entrypoint scripts, Compose, Kubernetes, Procfiles and the settings of servers are
    read together. A folder is one project; a file is read with its repository (else its folder),
    and its own findings alone are told. A name that is no path is an image's or a container's:
    its settings and scripts are read through the Docker Engine.

    Severities: critical, high, medium, low, info. What is not known for sure is
    info. A line is left out by a comment on it, or above it:
    `# gracekeeper: ignore ID reason`. Settings are [doctor] of a
    gracekeeper.toml, or [tool.gracekeeper.doctor] of a pyproject.toml.

    \b
    Exit codes:
      0  nothing from --fail-on on
      1  something, also when a forecast is told instead of it
      2  bad input
      3  nothing could be read, or the engine can't be asked

    The JSON is described by supervisor/doctor/doctor.schema.json, a forecast's
    by forecast.schema.json beside it.
    """
    from supervisor.cli import doctoring

    raise SystemExit(doctoring.run(targets, doctoring.Wish(**options)))
