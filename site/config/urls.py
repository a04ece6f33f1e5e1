"""Addresses of the platform (SPEC, Addresses)."""

from django.urls import include, path
from wagtail.admin import urls as wagtailadmin_urls

from ilo_cms.accounts.views import admin_door, sign_out
from ilo_cms.notifications.bounces import webhook_routes


urlpatterns = [
    # One door for everyone: Wagtail's own sign-in page leads to ours.
    path("admin/login/", admin_door, name="admin_login"),
    path("admin/logout/", sign_out, name="admin_logout"),
    path("admin/", include(wagtailadmin_urls)),
    path("compte/", include("ilo_cms.accounts.urls")),
    path("", include("ilo_cms.extranet.urls")),
    *webhook_routes(),
]
