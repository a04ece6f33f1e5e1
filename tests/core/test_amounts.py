"""Numbers in forms, as the French write them."""

from decimal import Decimal

import pytest
from django import forms

from ilo_cms.core.amounts import FrenchNumberInput


class DaysForm(forms.Form):
    days = forms.DecimalField(localize=True, widget=FrenchNumberInput())


@pytest.mark.parametrize(
    ("kept", "shown"), [("6.00", "6"), ("7.50", "7,50"), ("0.00", "0"), ("1200.00", "1\xa0200")]
)
def test_a_field_shows_no_idle_zero_and_takes_back_what_it_shows(kept, shown):
    assert f'value="{shown}"' in str(DaysForm(initial={"days": Decimal(kept)})["days"])
    form = DaysForm({"days": shown}, initial={"days": Decimal(kept)})
    assert form.is_valid()
    assert form.cleaned_data["days"] == Decimal(kept)
    assert not form.has_changed()
