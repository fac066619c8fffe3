"""What a Python file says about its own end, as records; python.py makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisor.core.record import Record

if TYPE_CHECKING:
    from supervisor.doctor.finding import Place

Constant = str | int | float | bool | None


class Value(Record):
    """An argument: a constant, else the dotted name that is written there; both empty otherwise.

    `items`     of a list or a tuple
    `fallback`  what it is unless the environment says otherwise: `os.getenv("T", "60")`
    """

    place: Place
    constant: Constant = None
    is_constant: bool = False
    name: str = ""
    items: tuple[Value, ...] = ()
    column: int = 0
    fallback: Constant = None


class Call(Record):
    """A call, by the full name of what is called, not by what it was imported as.

    `function`  the function that it is in; empty: the module itself
    `in_main`   inside of `if __name__ == "__main__":`
    `loop`      the line of the endless loop around it; 0 without one
    """

    name: str
    place: Place
    args: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()
    function: str = ""
    in_main: bool = False
    loop: int = 0

    def keyword(self, name: str) -> Value | None:
        """Return a keyword's value."""
        return next((value for key, value in self.keywords if key == name), None)


class Function(Record):
    """A function or a lambda, and what its body does, functions inside left out.

    `sets`  names that it assigns to: a flag, or an attribute `self.stopping`
    """

    name: str
    place: Place
    calls: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    raises: bool = False
    is_async: bool = False


class Handler(Record):
    """`signal.signal(...)`, or `loop.add_signal_handler(...)`.

    `signals`   as written, without `signal.`: `SIGTERM`; empty when not known
    `target`    the handler's name: `SIG_IGN`, `SIG_DFL`, a function, `<lambda>`; empty: not known
    `function`  the handler itself, when it is in this file
    """

    signals: tuple[str, ...]
    target: str
    place: Place
    function: Function | None = None
    via_loop: bool = False


class Loop(Record):
    """`while True:`; `leaves`: it may end by itself, or become another program."""

    place: Place
    function: str = ""
    in_main: bool = False
    leaves: bool = False


class Python(Record):
    """A module. `imports`: full names; `constants`: what the module assigns, last one wins.

    `classes`: what each is derived from, by full names
    """

    imports: tuple[str, ...]
    calls: tuple[Call, ...]
    functions: tuple[Function, ...]
    handlers: tuple[Handler, ...]
    loops: tuple[Loop, ...]
    constants: dict[str, Value]
    main: Place | None = None
    classes: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - a record's default is never changed

    def imports_any(self, *modules: str) -> bool:
        """Tell whether a module, or something in it, is imported."""
        return any(
            f"{name}.".startswith(f"{module}.") for name in self.imports for module in modules
        )
