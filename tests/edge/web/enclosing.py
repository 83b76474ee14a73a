"""A form with a file as a browser sends it."""

MARK = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
TYPE = f"multipart/form-data; boundary={MARK}"


def sent(file: bytes, *fields: tuple[str, str], name: str = "list.json", mark: str = MARK) -> bytes:
    """The body; fields go before the file."""
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields
    ]
    head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: application/json\r\n\r\n'
    return b"".join(parts) + head.encode() + file + f"\r\n--{mark}--\r\n".encode()
