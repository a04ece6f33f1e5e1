"""Bodies of forms as a browser sends them."""

from uuid import uuid4


def multipart(fields: dict[str, str], content: bytes, name: str = "offre.pdf") -> tuple[bytes, str]:
    """The body of a form with one PDF in its field "file", and its media type."""
    boundary = uuid4().hex
    opening = f"--{boundary}\r\nContent-Disposition: form-data; name="
    parts = [f'{opening}"{key}"\r\n\r\n{value}\r\n'.encode() for key, value in fields.items()]
    head = f'{opening}"file"; filename="{name}"\r\n'
    parts += [head.encode(), b"Content-Type: application/pdf\r\n\r\n", content]
    body = b"".join([*parts, f"\r\n--{boundary}--\r\n".encode()])
    return body, f"multipart/form-data; boundary={boundary}"
