"""The code base checked against its own rules (docs/contributing.md).

Each rule is a function that yields faults; `test_rules_catch_what_they_should` feeds every one of
them something broken, so that no rule can sleep.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import django.forms
import pytest
from django.apps import apps
from django.core.management import get_commands
from django.template import engines


ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).resolve().relative_to(ROOT).as_posix()


def tracked() -> list[str]:
    """Every file that is, or is about to be, under version control."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(path for path in set(listed.stdout.split("\n")) if (ROOT / path).is_file())


FILES = tracked()
TEXTS = {
    path: (ROOT / path).read_text(encoding="utf-8", errors="replace")
    for path in FILES
    if not path.endswith((".png", ".xlsx", ".zip", ".gz", ".parquet"))
}
CODE = {path: text for path, text in TEXTS.items() if path.endswith(".py")}


# --- rules on one file: (path, text) -> faults ------------------------------------------------


def room_is_clean(path: str, _: str) -> Iterator[str]:
    """`site/` and `datasette/` share their names with modules: no package, no tests in them."""
    parts = path.split("/")
    if path == "site/__init__.py" or (parts[0] == "datasette" and parts[-1] == "__init__.py"):
        yield "shadows a module of the same name"
    if parts[0] in {"site", "datasette"} and re.match(r"conftest\.py|test_.*\.py", parts[-1]):
        yield "tests live in tests/"


def file_is_short(path: str, text: str) -> Iterator[str]:
    """500 lines at most, tests too; nothing said of migrations."""
    lines = text.count("\n")
    if path.endswith(".py") and "/migrations/" not in path and lines > 500:
        yield f"{lines} lines, 500 at most: split it by noun"


def functions_are_short(path: str, text: str) -> Iterator[str]:
    """50 lines at most."""
    if "/migrations/" in path:
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and (node.end_lineno - node.lineno) >= 50:
            yield f"{node.name} has {node.end_lineno - node.lineno + 1} lines, 50 at most"


def views_fetch_with_rights(path: str, text: str) -> Iterator[str]:
    """A view gets its object from a queryset that knows who asks, never from `objects.get`."""
    if re.search(r"(^|/)views(/|\.py$)", path):
        for found in re.finditer(r"objects\.get\(|get_object_or_404\(\s*[A-Z]\w+\s*,", text):
            yield f"{found[0]}…) fetches without rights"


def deletions_have_a_reason(path: str, text: str) -> Iterator[str]:
    """What happens to a row when another goes is a decision: its reason stands on the line."""
    if path.startswith("ilo_cms/") and "/migrations/" not in path:
        for number, line in enumerate(text.splitlines(), start=1):
            if "on_delete=" in line and "#" not in line:
                yield f"line {number}: on_delete without its reason"


def public_rules_are_told(path: str, text: str) -> Iterator[str]:
    """Services, policies and commands say what they do."""
    tree = ast.parse(text)
    if re.search(r"/management/commands/[a-z]\w*\.py$", path) and not ast.get_docstring(tree):
        yield "a command without docstring"
    if re.search(r"(^|/)(services|policies)(/\w+)?\.py$", path):
        for node in tree.body:
            public = isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
            if public and not ast.get_docstring(node):
                yield f"{node.name} has no docstring"


def modules_say_their_role(path: str, text: str) -> Iterator[str]:
    """One docstring per module that holds code."""
    if not path.startswith(("ilo_cms/", "etl/", "datasette/")) or "/migrations/" in path:
        return
    if text.strip():
        if not ast.get_docstring(ast.parse(text)):
            yield "no docstring"


def imports_stand_at_the_top(path: str, text: str) -> Iterator[str]:
    """No lazy import of our own code to dodge a cycle; `AppConfig.ready` alone may."""
    if not path.startswith(("ilo_cms/", "etl/")) or path.endswith("/apps.py"):
        return
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                module = getattr(node, "module", None) or ""
                if isinstance(node, ast.ImportFrom) and module.startswith(("ilo_cms", "etl")):
                    yield f"{function.name} imports {module}"


def plugins_stand_alone(path: str, text: str) -> Iterator[str]:
    """Datasette runs without Django: its plugins import only it and the standard library."""
    if not path.startswith("datasette/plugins/"):
        return
    for node in ast.walk(ast.parse(text)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            if name.split(".")[0] not in sys.stdlib_module_names | {"datasette"}:
                yield f"imports {name}"


PRIVATE = re.compile(
    r"(?<![\w.$/])/(?:work|root|home/\w+|Users/\w+|opt/\w+)/"
    r"|(?:--(?:extra-)?index-url|find-links)[ =]+\S*/"
    r"|\b(?:pypi|pythonhosted|npmjs)\.(?:org|com)\b|\bdeb\.debian\.org\b"
)


def nothing_of_a_machine(path: str, text: str) -> Iterator[str]:
    """No path of somebody's machine, no address of a package index."""
    for found in PRIVATE.finditer(text):
        yield f"holds {found[0]}"


CODE_RULES: list[Callable[[str, str], Iterator[str]]] = [
    room_is_clean,
    file_is_short,
    functions_are_short,
    views_fetch_with_rights,
    deletions_have_a_reason,
    public_rules_are_told,
    modules_say_their_role,
    imports_stand_at_the_top,
    plugins_stand_alone,
]
BROKEN = [
    (room_is_clean, "site/__init__.py", ""),
    (room_is_clean, "datasette/plugins/__init__.py", ""),
    (room_is_clean, "site/config/test_urls.py", ""),
    (room_is_clean, "datasette/conftest.py", ""),
    (file_is_short, "ilo_cms/core/models.py", "x = 1\n" * 501),
    (file_is_short, "tests/test_x.py", "x = 1\n" * 501),
    (functions_are_short, "etl/x.py", "def f():\n" + "    x = 1\n" * 50),
    (views_fetch_with_rights, "ilo_cms/a/views.py", "row = Row.objects.get(pk=pk)"),
    (views_fetch_with_rights, "ilo_cms/a/views/b.py", "get_object_or_404(Row, pk=pk)"),
    (deletions_have_a_reason, "ilo_cms/a/models.py", "x = F(T, on_delete=models.CASCADE)"),
    (public_rules_are_told, "ilo_cms/a/services.py", "def do_it(): pass"),
    (public_rules_are_told, "ilo_cms/a/services/b.py", "def do_it(): pass"),
    (public_rules_are_told, "etl/a/management/commands/do_it.py", "class Command: pass"),
    (modules_say_their_role, "etl/a.py", "x = 1"),
    (imports_stand_at_the_top, "etl/a.py", "def f():\n    from ilo_cms.core import models"),
    (plugins_stand_alone, "datasette/plugins/a.py", "import pandas"),
    (plugins_stand_alone, "datasette/plugins/a.py", "from ilo_cms.core import models"),
    (nothing_of_a_machine, "README.md", "see " + "/home/" + "anne/ilo"),
    (nothing_of_a_machine, "requirements/base.txt", "--index-url" + " https://example.test/simple"),
]


def report(rule: Callable[[str, str], Iterable[str]], files: dict[str, str]) -> list[str]:
    """All faults of a rule, with their file."""
    return [f"{path}: {fault}" for path, text in files.items() for fault in rule(path, text)]


@pytest.mark.parametrize("rule", CODE_RULES, ids=lambda rule: rule.__name__)
def test_code_follows(rule):
    assert report(rule, CODE) == []


def test_no_file_tells_of_a_machine():
    assert report(nothing_of_a_machine, {p: t for p, t in TEXTS.items() if p != HERE}) == []


@pytest.mark.parametrize(("rule", "path", "text"), BROKEN)
def test_rules_catch_what_they_should(rule, path, text):
    assert list(rule(path, text))


def test_every_rule_has_a_broken_case():
    assert {rule for rule, _, _ in BROKEN} == {*CODE_RULES, nothing_of_a_machine}


# --- templates --------------------------------------------------------------------------------


def unused(templates: Iterable[str], texts: Iterable[str], libraries: Iterable[Path]) -> list[str]:
    """Templates that no file names and that replace none of a library's."""
    everything = "\n".join(texts)
    folders = list(libraries)
    return [
        name
        for name in templates
        if name not in everything and not any((folder / name).exists() for folder in folders)
    ]


def test_every_template_is_used():
    names = {
        path.split("/templates/")[1]
        for path in FILES
        if path.startswith(("ilo_cms/", "site/", "etl/")) and "/templates/" in path
    }
    ours = tuple(str(ROOT / room) for room in ("site", "ilo_cms", "etl"))
    libraries = [Path(path) for path in engines["django"].template_dirs]
    libraries = [path for path in libraries if not str(path).startswith(ours)]
    libraries.append(Path(django.forms.__file__).parent / "templates")
    by_name = {"400.html", "403.html", "403_csrf.html", "404.html", "500.html"}  # Django asks
    by_name.add("429.html")  # allauth asks
    by_name.add("account/password_reset_help_text.html")  # allauth asks, and has none of its own
    texts = [
        text
        for path, text in TEXTS.items()
        if path.startswith(("ilo_cms/", "site/", "etl/"))
        and path.endswith((".py", ".html", ".txt"))
    ]
    assert unused(sorted(names - by_name), texts, libraries) == []


def test_sizes_are_said_as_people_know_them():
    """Django's filter says Kio in French; ours says ko (`core.french.size`)."""
    pages = {path: text for path, text in TEXTS.items() if path.endswith(".html")}
    assert [path for path, text in pages.items() if "filesizeformat" in text] == []


def test_an_unused_template_is_found(tmp_path):
    (tmp_path / "account").mkdir()
    (tmp_path / "account" / "login.html").touch()
    names = ["page.html", "account/login.html", "forgotten.html"]
    assert unused(names, ['render(request, "page.html")'], [tmp_path]) == ["forgotten.html"]


# --- documentation ----------------------------------------------------------------------------


def test_every_command_is_documented():
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    ours = {config.name for config in apps.get_app_configs() if str(ROOT) in config.path}
    ours = {name for name in ours if name.startswith(("ilo_cms", "etl"))}
    commands = sorted(name for name, app in get_commands().items() if app in ours)
    assert "serve" in commands
    assert [name for name in commands if f"{name}" not in operations] == []


def test_decisions_that_are_cited_exist():
    cited = {
        number for text in TEXTS.values() for number in re.findall(r"decisions?[/ ](\d{4})\b", text)
    }
    known = {path.name[:4] for path in (ROOT / "docs" / "decisions").glob("[0-9]*.md")}
    assert cited and cited <= known


def test_links_between_documents_lead_somewhere():
    for path, text in TEXTS.items():
        if path.endswith(".md"):
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
                assert (ROOT / path).parent.joinpath(target).exists(), f"{path}: {target}"


def test_the_accounts_are_the_same_everywhere():
    accounts = TEXTS["fixtures/demo/accounts.csv"]
    emails = set(re.findall(r"^[a-z]+@[a-z.-]+", accounts, re.MULTILINE))
    for path in ("README.md", "fixtures/demo/welcome.txt"):
        assert set(re.findall(r"[a-z]+@[a-z.-]+\.example", TEXTS[path])) == emails, path
