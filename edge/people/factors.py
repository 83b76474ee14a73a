"""The second factor of an account: a time-based code, or one of its printed ones; each counts once."""

from typing import Literal

from msgspec.structs import replace

from edge.people import codes, totp
from edge.people.book import Account
from edge.people.hashing import Hasher
from edge.people.keeper import Keeper

Used = Literal["totp", "code"]


class Factors:
    """Belongs to the loop's thread."""

    def __init__(self, keeper: Keeper, hasher: Hasher) -> None:
        self._keeper = keeper
        self._hasher = hasher

    @staticmethod
    def has_one(account: Account) -> bool:
        """Whether an account has a second factor at all."""
        return bool(account.totp or account.codes)

    async def use(self, account: str, code: str, now_s: float) -> Used | None:
        """Which factor this code is; used up from now on. None: it is none. Raises NotHashed."""
        known = self._keeper.book.accounts.get(account)
        plain = "".join(code.split())
        if known is None or known.disabled or not plain:
            return None
        if known.totp and len(plain) == totp.DIGITS and plain.isascii() and plain.isdigit():
            step = totp.step_of(known.totp, plain, now_s, known.totp_step)
            if step is None:
                return None
            await self._keeper.keep(self._keeper.book.with_account(replace(known, totp_step=step)))
            return "totp"
        printed = codes.typed(code)
        if not printed or not known.codes:
            return None
        (digest,) = await self._hasher.derive(known.salt, (printed,))
        # As it is now: the same code may have been used while this one was being hashed.
        known = self._keeper.book.accounts.get(account)
        if known is None or known.disabled or digest not in known.codes:
            return None
        left = tuple(one for one in known.codes if one != digest)
        await self._keeper.keep(self._keeper.book.with_account(replace(known, codes=left)))
        return "code"
