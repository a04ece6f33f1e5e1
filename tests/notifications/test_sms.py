"""One SMS to one number: a file without provider, else the provider's HTTP interface."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from ilo_cms.notifications.sms import SmsRefused, send_sms


class Provider(BaseHTTPRequestHandler):
    """Answers what its server says, and keeps what it was asked."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, self.headers["api-key"], json.loads(body)))
        status, answer = self.server.answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args) -> None:
        pass


@pytest.fixture
def provider(settings):
    server = HTTPServer(("127.0.0.1", 0), Provider)
    server.asked, server.answer = [], (201, b'{"messageId": 1511882900176220}')
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    settings.SMS_URL = f"http://a%2Fb@127.0.0.1:{server.server_port}/v3/send?sender=DLA"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_what_is_outside_the_alphabet_is_not_rewritten(provider):
    send_sms("0612345678", "Reçu")
    assert provider.asked[0][2]["unicodeEnabled"] is True


def test_without_provider_an_sms_is_a_file_for_its_owner_alone(settings, tmp_path):
    settings.SMS_FILE_PATH = tmp_path / "sms"
    reference = send_sms("06 12 34 56 78", "Votre code : 123 456")
    (path,) = settings.SMS_FILE_PATH.iterdir()
    assert path.stem == reference and path.stat().st_mode & 0o077 == 0
    assert json.loads(path.read_text()) == {"to": "+33612345678", "text": "Votre code : 123 456"}


def test_the_provider_gets_number_text_sender_and_key(provider):
    assert send_sms("0692 12 34 56", "Votre code : 123 456") == "1511882900176220"
    assert provider.asked == [
        (
            "/v3/send",
            "a/b",
            {
                "sender": "DLA",
                "recipient": "262692123456",
                "content": "Votre code : 123 456",
                "type": "transactional",
                "unicodeEnabled": False,
            },
        )
    ]


@pytest.mark.parametrize(
    "answer", [(402, b'{"code": "not_enough_credits"}'), (500, b""), (201, b"<html>"), (201, b"[]")]
)
def test_a_refusal_is_said_without_number_nor_text(provider, answer, caplog):
    provider.answer = answer
    with pytest.raises(SmsRefused):
        send_sms("0612345678", "Votre code : 123 456")
    assert "SMS not sent" in caplog.text
    assert "123 456" not in caplog.text and "612345678" not in caplog.text


def test_a_provider_that_cannot_be_reached_is_a_refusal(settings):
    settings.SMS_URL = "http://key@127.0.0.1:9/send"
    with pytest.raises(SmsRefused):
        send_sms("0612345678", "Bonjour")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "un texte"),
        ("x" * 161, "161 caractères, pour 160 au plus\\.$"),
        ("é" * 161, "pour 160"),
        ("€" * 81, "162 caractères, pour 160"),
        ("x" * 70 + "ê", "71 caractères, pour 70 au plus à cause de « ê »"),
        ("l’accès, la façade " * 4, "pour 70 au plus à cause de « ’ç »"),
        ("😀" * 36, "72 caractères, pour 70"),
    ],
)
def test_a_text_is_one_sms(text, words):
    with pytest.raises(ValueError, match=words):
        send_sms("0612345678", text)


@pytest.mark.parametrize(
    "text", ["x" * 160, "éèàùÉÇ" * 26, "€" * 80, "ê" * 70, "😀" * 35, "[" + "x" * 158]
)
def test_what_one_sms_holds_is_sent(text, settings, tmp_path):
    settings.SMS_FILE_PATH = tmp_path / "sms"
    assert send_sms("0612345678", text)


def test_a_number_that_is_none_is_refused():
    with pytest.raises(ValidationError):
        send_sms("12", "Bonjour")


def test_the_command_says_what_happened(provider, capsys):
    call_command("send_sms", "0612345678")
    assert "SMS envoyé (1511882900176220)" in capsys.readouterr().out
    provider.answer = (401, b"")
    with pytest.raises(CommandError, match="n’a pas pu être envoyé"):
        call_command("send_sms", "0612345678")
    with pytest.raises(CommandError, match="n’est pas valable"):
        call_command("send_sms", "12")


def test_an_address_that_cannot_be_called_is_a_refusal(settings):
    settings.SMS_URL = "http://key@exemple.example:port/send"
    with pytest.raises(SmsRefused):
        send_sms("0612345678", "Bonjour")
