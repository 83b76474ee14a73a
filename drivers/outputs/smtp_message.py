"""One mail to one recipient, as RFC 5322 has it. Pure."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from drivers.outputs.route import Wording, marked, sameness
from rules.model.notices import Notice
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes. campus: its id. name: what people call it. address: of the form `a@example.org`."""

    campus: str
    name: str
    address: str


def message(notice: Notice, wording: Wording, sender: Sender, to: str, at: datetime) -> EmailMessage:
    """A mail that names nobody but its recipient; its Message-ID is that of every repeat of it."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(sender.name, addr_spec=sender.address)
    mail["To"] = Address(addr_spec=to)
    mail["Subject"] = marked(notice, " ".join(wording.subject.split()))
    mail["Date"] = format_datetime(at.astimezone(UTC))
    domain = sender.address.rpartition("@")[2]
    mail["Message-ID"] = f"<{sameness(sender.campus, notice, to)}@{domain}>"
    mail["Importance"] = "high"
    # RFC 3834: no holiday notice answers it.
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(marked(notice, wording.text))
    return mail
