"""The local page: what is known as plain values (`*_view`), put into words and HTML by the templates beside."""
