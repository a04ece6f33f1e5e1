"""Django's French formats, with the hour as this platform shows it: 3 décembre 2026, 17:00."""

DATETIME_FORMAT = "j F Y, H:i"
SHORT_DATETIME_FORMAT = "d/m/Y H:i"
