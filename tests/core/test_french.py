from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template import Context, Template

from ilo_cms.core import french
from ilo_cms.core.french import (
    filled,
    in_sentence,
    number,
    of,
    size,
    sorting_key,
    to,
    with_article,
    without_idle_zeros,
)
from ilo_cms.core.templatetags.french import before_colon


@pytest.mark.parametrize(
    ("label", "said"),
    [("Code NAF", "code NAF"), ("OPCO", "OPCO"), ("Établissement", "établissement"), ("", "")],
)
def test_only_the_first_letter_of_a_word_becomes_small(label, said):
    assert in_sentence(label) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Conseil Sol", "de Conseil Sol"),
        ("Atelier d’à côté", "d’Atelier d’à côté"),
        ("Étienne Œuvrard", "d’Étienne Œuvrard"),
        ("Œuvres du Rhône", "d’Œuvres du Rhône"),
        ("Les Jardins partagés", "des Jardins partagés"),
        ("Association Soleil", "de l’Association Soleil"),
        ("RÉGIE DE QUARTIER", "de la RÉGIE DE QUARTIER"),
        ("Associations unies", "d’Associations unies"),
        ("LE RELAIS", "du RELAIS"),
        ("DLA du Rhône", "du DLA du Rhône"),
        ("La Ruche", "de La Ruche"),
        ("L’Envol", "de L’Envol"),
        ("Lesage Conseil", "de Lesage Conseil"),
        ("Habitat et partage", "d’Habitat et partage"),
        ("Handi’Cap", "de Handi’Cap"),
        ("Yves Arnoux", "d’Yves Arnoux"),
        ("Yasmina Arnoux", "de Yasmina Arnoux"),
        ("3 Sources", "de 3 Sources"),
        ("", "de "),
    ],
)
def test_a_name_after_de(name, said):
    assert of(name) == said


def test_accents_and_capitals_do_not_change_the_order():
    words = ["Rendez-vous", "Évaluations", "Œuvres", "compte", "Mes informations", "Offres"]
    ordered = ["compte", "Évaluations", "Mes informations", "Œuvres", "Offres", "Rendez-vous"]
    assert sorted(words, key=sorting_key) == ordered


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Conseil Sol", "à Conseil Sol"),
        ("Les Jardins partagés", "aux Jardins partagés"),
        ("Association Soleil", "à l’Association Soleil"),
        ("Régie de quartier", "à la Régie de quartier"),
        ("LE RELAIS", "au RELAIS"),
        ("Lesage Conseil", "à Lesage Conseil"),
        ("DLA du Rhône", "au DLA du Rhône"),
    ],
)
def test_a_name_after_to(name, said):
    assert to(name) == said
    assert filled("Demande à {name}.", {"name": name}) == f"Demande {said}."


def test_merge_fields_are_said_as_french_says_them():
    words = {"house": "Atelier {1}", "who": "Inès"}
    assert filled("La fiche de {house}, code {who}.", words) == "La fiche d’Atelier {1}, code Inès."
    with pytest.raises(KeyError):
        filled("La fiche de {nobody}.", words)


@pytest.mark.parametrize(
    ("value", "said"), [("8.00", "8"), ("7.50", "7,5"), ("0.00", "0"), ("100", "100")]
)
def test_a_number_has_no_idle_zero(value, said):
    assert number(value) == said


@pytest.mark.parametrize(("value", "said"), [("4800.5", "4 800,50"), ("20", "20,00")])
def test_a_number_with_decimals_has_all_of_them(value, said):
    assert " ".join(number(value, decimals=2).split()) == said


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (0, "0 octet"),
        (512, "512 octets"),
        (1536, "1,5 ko"),
        (219_136, "214 ko"),
        (1024 * 1024 - 1, "1 Mo"),
        (20 * 1024 * 1024, "20 Mo"),
        (3 * 1024**3, "3 Go"),
    ],
)
def test_a_size_is_said_in_octets(octets, said):
    assert size(octets).replace("\N{NO-BREAK SPACE}", " ") == said


def test_a_number_for_a_field_is_never_written_with_an_exponent():
    assert str(without_idle_zeros(Decimal("20.00"))) == "20"


def test_a_label_that_is_a_sentence_takes_a_colon():
    assert before_colon("Le DLA a répondu à vos besoins.") == "Le DLA a répondu à vos besoins"
    assert before_colon("Prix") == "Prix"


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 3, 1), "1er mars 2026"),
        (date(2026, 8, 1), "1er août 2026"),
        (date(2026, 3, 11), "11 mars 2026"),
        (date(2026, 3, 21), "21 mars 2026"),
        (date(2026, 3, 2), "2 mars 2026"),
    ],
)
def test_the_first_of_a_month_is_an_ordinal(day, said):
    assert french.date(day) == said
    assert Template('{{ day|date:"j F Y" }}').render(Context({"day": day})) == said
    assert Template('{{ day|date:"DATE_FORMAT" }}').render(Context({"day": day})) == said


def test_a_moment_is_said_in_its_zone_and_a_short_date_keeps_its_figures():
    paris = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)  # already March there
    page = Template('{{ at|date:"DATETIME_FORMAT" }} {{ at|date:"d/m/Y" }} {{ none|date:"j F" }}')
    said = page.render(Context({"at": paris, "none": None}))
    assert said == "1er mars 2026, 00:30 01/03/2026 "


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{operator} retient {organisation}.", "Le DLA du Rhône retient Association Soleil."),
        ("Vu. {organisation} répond.", "Vu. L’Association Soleil répond."),
        ("Pour {organisation}, par {operator}", "Pour l’Association Soleil, par le DLA du Rhône"),
        ("un travail pour {organisation}", "un travail pour l’Association Soleil"),
        ("« {organisation} »", "« Association Soleil »"),
        ("{comment} {organisation}. {comment}", "Union sacrée. Association Soleil. Union sacrée."),
        ("pour {comment}", "pour Union sacrée."),
        ("{person} écrit à {organisation}", "Claire écrit à l’Association Soleil"),
    ],
)
def test_a_name_has_its_article_where_the_sentence_owes_one(text, said):
    words = {"operator": "DLA du Rhône", "organisation": "Association Soleil", "person": "Claire"}
    words["comment"] = "Union sacrée."
    assert filled(text, words) == said


def test_names_are_listed_as_in_a_sentence():
    said = [french.listed(names) for names in (["a"], ["a", "b"], ["a", "b", "c"])]
    assert said == ["a", "a et b", "a, b et c"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("FEDERATION DU RHONE", "de la FEDERATION DU RHONE"),
        ("Société Alpha", "de la Société Alpha"),
        ("Association, loi 1901", "de l’Association, loi 1901"),
    ],
)
def test_a_kind_is_known_without_its_accents(name, said):
    assert f"de {with_article(name)}".replace("de le ", "du ") == said
