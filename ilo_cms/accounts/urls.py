"""Addresses of sign-in, in French; the names are those that allauth reverses."""

from allauth.account import views
from django.urls import include, path, re_path

from ilo_cms.accounts.views import SecurityView, add_passkey, sign_out


urlpatterns = [
    path("connexion/", views.login, name="account_login"),
    path("deconnexion/", sign_out, name="account_logout"),
    path("inscription/", views.signup, name="account_signup"),
    path("inactif/", views.account_inactive, name="account_inactive"),
    path("confirmation/", views.reauthenticate, name="account_reauthenticate"),
    path("mot-de-passe/", views.password_change, name="account_change_password"),
    path("mot-de-passe/choisir/", views.password_set, name="account_set_password"),
    path("mot-de-passe/oublie/", views.password_reset, name="account_reset_password"),
    path(
        "mot-de-passe/oublie/envoye/",
        views.password_reset_done,
        name="account_reset_password_done",
    ),
    path(
        "mot-de-passe/nouveau/termine/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        # The key holds dashes, the identifier none.
        r"^mot-de-passe/nouveau/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("securite/", SecurityView.as_view(), name="mfa_index"),
    path("securite/webauthn/add/", add_passkey, name="mfa_add_webauthn"),
    path("securite/", include("allauth.mfa.urls")),
]
