"""Nothing chosen is said in words, in every form and every filter."""

import django_filters
import pytest
from django import forms
from django.urls import reverse

from ilo_cms.engagements.models import Engagement
from ilo_cms.referentials.models import Territory
from tests.factories import AssignmentFactory, ContactFactory
from tests.helpers.intranet import an_officer, as_


pytestmark = pytest.mark.django_db

DASHES = "---------"


class ChoiceForm(forms.ModelForm):
    territory = forms.ModelChoiceField(Territory.objects.all())

    class Meta:
        model = Engagement
        fields = ["territory", "sector"]


class Filters(django_filters.FilterSet):
    class Meta:
        model = Engagement
        fields = ["sector"]


def test_a_form_says_choose_and_a_filter_says_all():
    shown = str(ChoiceForm())
    assert shown.count('<option value="" selected>Choisir…</option>') == 2 and DASHES not in shown
    shown = str(Filters().form)
    assert '<option value="" selected>Tous</option>' in shown and DASHES not in shown


def test_the_pages_on_which_people_choose(sign_in):
    contact = ContactFactory()
    assignment = AssignmentFactory(contact=contact)
    page = sign_in(contact.user).get(
        reverse("engagement_documents", args=[assignment.engagement_id])
    )
    assert "Type du fichier" in page.text and "Choisir…" in page.text and DASHES not in page.text
    officer = as_(an_officer())
    for name in ("engagement_open", "engagement:index", "assignment:index", "tender:index"):
        assert DASHES not in officer.get(reverse(name)).text, name
