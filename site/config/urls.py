"""Addresses of the platform (SPEC, Addresses)."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.generic import RedirectView
from wagtail.admin import urls as wagtailadmin_urls

from ilo_cms.accounts.views import sign_out


urlpatterns = [
    # One door for everyone: Wagtail's own sign-in page leads to ours.
    path(
        "admin/login/",
        login_not_required(RedirectView.as_view(pattern_name="account_login", query_string=True)),
        name="admin_login",
    ),
    path("admin/logout/", sign_out, name="admin_logout"),
    path("admin/", include(wagtailadmin_urls)),
    path("compte/", include("ilo_cms.accounts.urls")),
    path("", include("ilo_cms.extranet.urls")),
]
