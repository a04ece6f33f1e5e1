"""The real server: who gets in, French accessible pages, new figures without restart or error."""

import re
import threading
from datetime import timedelta
from itertools import count

import httpx
import pytest
from django.utils import timezone

from etl.reporting import definitions
from etl.reporting.publish import publish
from tests.helpers.browser import violations
from tests.reporting.conftest import cookies, running


PAGES = {
    "index": "/data/",
    "database": "/data/ilo",
    "table": "/data/ilo/assignments_by_year?year__gt=2020&_sort_desc=amount&_facet=operator",
    "row": "/data/ilo/data_quality/provider",
    "query": "/data/ilo/amounts_by_year",
    "query with a choice": "/data/ilo/coverage_of_department?department=Rh%C3%B4ne",
    "nothing found": "/data/ilo/amounts_by_year?operator=personne",
    "not found": "/data/ilo/nowhere",
    "forbidden": "/data/ilo?sql=select+1",
}


def get(server, path, role="analyst"):
    """One page as a person of this role."""
    return httpx.get(f"{server.address}{path}", cookies=cookies(role))


def test_everything_is_closed_to_whoever_has_no_valid_cookie(server):
    paths = [*PAGES.values(), "/data/-/settings", "/-/settings", "/ilo", "/data/ilo.json",
             "/data/ilo/data_quality.csv?_stream=on", "/data/ilo.db", "/%64ata/ilo"]  # fmt: skip
    old = cookies(now=timezone.now() - timedelta(minutes=16))
    for path in paths:
        for given in [{}, old]:
            answer = httpx.get(f"{server.address}{path}", cookies=given)
            assert answer.status_code == 302, path
            assert answer.headers["location"].startswith("http://testserver/data/?next=/data/")


def test_a_visitor_comes_back_to_the_page_asked_for(server):
    answer = httpx.get(f"{server.address}/data/ilo/data_quality?kind=provider")
    assert answer.headers["location"].endswith("?next=/data/ilo/data_quality%3Fkind%3Dprovider")


def test_a_forged_cookie_is_refused_without_a_redirect(server):
    name, good = next(iter(cookies("officer").items()))
    body, signature = good.split(".")
    other = cookies("administrator")[name].split(".")[0]
    for forged in [
        f"{other}.{signature}",
        f"{body}.{signature[:-2]}AA",
        body,
        "x",
        f".{signature}",
    ]:
        answer = httpx.get(f"{server.address}/data/ilo", cookies={name: forged})
        assert answer.status_code == 403 and "n’a pas pu être vérifié" in answer.text


@pytest.mark.parametrize("role", ["provider", "beneficiary", ""])
def test_a_role_that_reads_no_reports_gets_a_french_refusal(server, role):
    answer = get(server, "/data/ilo/data_quality.json", role)
    assert answer.status_code == 403
    assert "réservés aux analystes" in answer.text and 'lang="fr"' in answer.text


def test_readers_read_but_pages_about_the_server_are_for_administrators(server):
    for role in ["analyst", "officer", "administrator"]:
        assert get(server, "/data/ilo/data_quality", role).status_code == 200
        for path in [
            "/data/-/settings",
            "/data/-/metadata.json",
            "/data/-/databases",
            "/-/plugins",
        ]:
            expected = 200 if role == "administrator" else 403
            assert get(server, path, role).status_code == expected, path


def test_no_sql_of_ones_own_and_no_file(server):
    for path in ["/data/ilo?sql=select+1", "/data/ilo.json?sql=select+1", "/data/ilo.db",
                 "/data/_internal", "/data/_memory?sql=select+1"]:  # fmt: skip
        assert get(server, path, "administrator").status_code in {403, 404}, path


def test_every_answer_forbids_other_hosts_and_scripts(server):
    for path in PAGES.values():
        answer = get(server, path)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "<script" not in answer.text and "style=" not in answer.text
        hosts = set(re.findall(r"(?:src|href|action)=\"(?:https?:)?//([^/\"]+)", answer.text))
        assert hosts <= {"testserver"}


def test_titles_definitions_and_units_come_from_the_reports(server):
    page = get(server, "/data/ilo/assignments_by_year").text
    for table in definitions.tables():
        assert table.title in get(server, "/data/ilo").text
    for column in next(t for t in definitions.tables() if t.name == "assignments_by_year").columns:
        assert column.title in page and column.description in page.replace("&#39;", "'")
    assert "5400,50" in page and ">€<" in page


def test_a_filter_and_a_sort_lead_to_pages_that_exist(server):
    asked = "_filter_column=year&_filter_op=gt&_filter_value=2020&_sort_desc=amount"
    answer = get(server, f"/data/ilo/assignments_by_year?{asked}")
    assert answer.headers["location"].startswith("/data/ilo/assignments_by_year?")
    page = get(server, answer.headers["location"])
    assert page.status_code == 200 and 'aria-sort="descending"' in page.text
    for link in re.findall(r'href="(/data/[^"]+)"', page.text):
        assert get(server, link.replace("&amp;", "&")).status_code == 200, link


def test_the_chart_says_what_the_table_says(server):
    page = get(server, "/data/ilo/amounts_by_year").text
    chart, table = page[page.index("<svg") : page.index("</svg>")], page[page.index("<tbody") :]
    assert "<title" in chart and "2026" in chart and "5400,50" in chart and "5400,50" in table


def test_a_ready_query_obeys_its_parameters(server):
    page = "/data/ilo/coverage_of_department.json?_shape=array&department="
    here = get(server, f"{page}Rh%C3%B4ne").json()
    there = get(server, f"{page}Nord").json()
    assert (here[0]["Prestataires"], there[0]["Prestataires"]) == (1, 0)


def test_errors_are_in_french_and_the_log_keeps_no_cookie(world, snapshot_path):
    publish()
    with running() as server:
        for path, status, words in [
            ("/data/ilo/nowhere", 404, "n’existe pas"),
            ("/data/ilo/data_quality?_sort=nowhere", 400, "Demande impossible"),
            ("/data/ilo/data_quality/nobody", 404, "n’existe pas"),
        ]:
            answer = get(server, path)
            assert answer.status_code == status and words in answer.text
        server.process.terminate()
        log = server.process.communicate(timeout=20)[0]
    assert "nowhere" in log and cookies()["ilo_data"].split(".")[0][:20] not in log


def test_ten_publications_under_readers_without_one_error(world, snapshot_path):
    """Readers poll while snapshots follow each other: no failed answer, and the last is seen."""
    publish()
    with running() as server:
        publish_under_readers(server, world)
        assert server.process.poll() is None


def publish_under_readers(server, world):
    """Ten publications, each seen at once, while four readers never stop asking."""
    given, problems, answers = cookies(), [], count()
    stop = threading.Event()

    def read(path):
        with httpx.Client(cookies=given, timeout=30) as client:
            while not stop.is_set():
                answer = client.get(f"{server.address}{path}")
                next(answers)
                if answer.status_code != 200:
                    problems.append((path, answer.status_code))

    paths = ["/data/ilo", "/data/ilo/data_quality", "/data/ilo/data_quality.json",
             "/data/ilo/amounts_by_year"]  # fmt: skip
    readers = [threading.Thread(target=read, args=[path]) for path in paths]
    for reader in readers:
        reader.start()
    try:
        for number in range(10):
            world.assignment.amount = 1000 + number
            world.assignment.save()
            assert publish().changed
            seen = get(server, "/data/ilo/assignments_by_year.json?_shape=array")
            assert seen.json()[0]["amount"] == 1000 + number  # at once, in the first answer after
    finally:
        stop.set()
        for reader in readers:
            reader.join(timeout=60)
    assert problems == [] and next(answers) > 10


def test_a_new_title_and_a_new_count_show_without_restart(world, snapshot_path, tmp_path):
    publish()
    text = (definitions.FOLDER / "tables" / "data_quality.sql").read_text(encoding="utf-8")
    text = re.sub(r"-- title: .*", "-- title: Tout autre titre", text)
    (tmp_path / "data_quality.sql").write_text(text, encoding="utf-8")
    with running() as server:
        assert "Tout autre titre" not in get(server, "/data/ilo").text
        publish(tables=definitions.tables(tmp_path), queries=[])
        page = get(server, "/data/ilo").text
        assert "Tout autre titre" in page and "3 lignes" in page
        assert "Modération par champ" not in page
        assert get(server, "/data/ilo/moderation_by_field").status_code == 404


@pytest.mark.e2e
@pytest.mark.parametrize("width", [1280, 390])
def test_pages_have_no_accessibility_fault_and_fit(server, browser, width):
    context = browser.new_context(viewport={"width": width, "height": 900})
    [(name, value)] = cookies().items()
    context.add_cookies([{"name": name, "value": value, "domain": "127.0.0.1", "path": "/data/"}])
    page, faults = context.new_page(), {}
    for title, path in PAGES.items():
        page.goto(f"{server.address}{path}")
        faults[title] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), title
    context.close()
    assert {title: found for title, found in faults.items() if found} == {}
