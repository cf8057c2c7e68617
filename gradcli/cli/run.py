"""`gradcli run`: the statements of a file, each run and shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradcli.cli.output import complain, tell, write_result
from gradcli.cli.words import Words
from gradcli.session.files import read_script
from gradcli.text.errors import GradcliError, InputError, Notice, ParseError
from gradcli.text.options import Declaration
from gradcli.text.source import Source

if TYPE_CHECKING:
    from gradcli.cli.prepared import Asked
    from gradcli.documents.document import Document


def run_file(
    file: str,
    words: Words,
    declared: Declaration,
    *,
    check: bool = False,
    tolerance: float | None = None,
    output: str | None = None,
    plots: str | None = None,
    **options: Any,
) -> int:
    """Runs a file (`-`: standard input), a script or a page with cells; returns the exit status.

    Further files, among the words, are pages that are checked, too: then the status is that of the worst.
    Raises `GradcliError` as `run_script` does, and for a script that should be checked or written, which
    holds nothing that it has shown.
    """
    from gradcli.cli.prepared import Asked

    further = words.files[1:]
    if further:
        if not check or output is not None or plots is not None:
            raise InputError(
                f"there is one word too many: {further[0]}",
                hint="run takes one file; --check alone takes several",
            )
        return _check_all([file, *further], words, declared, tolerance=tolerance, **options)
    if plots is not None:
        from gradcli.writing.drawn import Drawing

        drawing = Drawing(plots)
        status = run_file(
            file, words, declared, check=check, tolerance=tolerance, output=output, drawing=drawing, **options
        )
        drawing.show()
        names = ", ".join(drawing.written) or "nothing"
        tell(Notice("note", f"drawn into {plots}: {names}"))
        return status
    asked = Asked(file, words, declared, **options)
    source = read_script(file)
    document = _document(source, checks=check or output is not None)
    if tolerance is not None and not check:
        raise InputError("--tolerance is for --check", hint=f"gradcli run --check {file}")
    if document is not None:
        from gradcli.cli.documents import check_document, run_document, write_document

        if check:
            return check_document(document, asked, output, tolerance)
        if output is not None:
            return write_document(document, asked, output)
        return run_document(document, asked)
    if check or output is not None:
        name = "--check" if check else "-o"
        raise InputError(
            f"{source.name} holds nothing that was shown, and {name} needs that",
            hint="it is for notebooks, for Markdown with fenced code, and for transcripts with >>>",
        )
    return run_script(source, asked)


def _check_all(files: Sequence[str], words: Words, declared: Declaration, **options: Any) -> int:
    """Checks pages one after another, also behind one that cannot be; returns the worst exit status."""
    status = 0
    for each in files:
        try:
            found = run_file(each, words._replace(files=[each]), declared, check=True, **options)
            status = max(status, found)
        except GradcliError as error:
            complain(error)
            status = max(status, error.exit_status)
    return status


def _document(source: Source, *, checks: bool) -> Document | None:
    """The page with cells that a source is, or `None` where it is a script; raises `InputError`."""
    from gradcli.documents.document import is_notebook, may_be_page

    if is_notebook(source):
        from gradcli.documents.notebook import Notebook

        return Notebook(source)
    if not may_be_page(source):
        return None
    from gradcli.documents.pages import read_page

    return read_page(source, checks=checks)


def run_script(source: Source, asked: Asked) -> int:
    """Runs the statements of a file; the exit status is that of the worst error.

    It is 1, too, where a search found nothing, which stops no script. The words give names their values
    before the first statement. Stops at the first error unless it should keep going, past what is not in the
    language too; then a name that is missing is told once. Raises `GradcliError` for a value that nothing
    uses and, unless it should keep going, for a text that is not in the language.
    """
    from gradcli.cli.prepared import Errors, off_the_prompt, tell_left
    from gradcli.documents.running import Runner, parts_of

    style = asked.style or "plain"
    try:
        parts = parts_of(source, keep_going=asked.keep_going)
    except ParseError as error:
        raise off_the_prompt(error) from None
    session = asked.prepared([parts], style)
    chosen = asked.shown_as(style)
    errors = Errors()
    runner = Runner(session, tell, errors.add, keep_going=asked.keep_going)
    runner.run(parts, lambda result, _: write_result(result, chosen))
    if session.drew_unseeded and not errors.status:
        tell(Notice("note", "these random numbers are others each time", hint="--seed 0 repeats a run"))
    if asked.keep_going:
        tell_left(runner.left)
    return errors.status or int(session.unfound)
