"""Masks sampled values of columns that look personal, before anything is written: promise "no secrets leak".

A value becomes ``masked:`` and a keyed hash: equal values stay equal (within one key), nobody can guess the value
without the key. Nulls stay. Columns are recognised by their names (parts of ``customer_email``, ``PhoneNumber``), also
inside of structs, and by values that look like a mail address, an IBAN or a social security number.
"""

from __future__ import annotations

import fnmatch
import hashlib
import hmac
import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from spark_lineage.model import Probed, Sample

MASKED = "masked:"
DIGITS = 16  # hexadecimal ones of the hash that are shown

# Words of a column's name; two words stand for themselves one after the other.
WORDS = frozenset(
    "email mail phone telephone mobile fax ssn iban passport surname firstname lastname fullname forename "
    "birthday birthdate dob address street postcode postalcode zip zipcode ip ipaddress username login gender sex "
    "religion ethnicity password passwd pwd secret token cvv cvc mrn nino cpf bsn creditcard cardnumber".split()
)
PAIRS = frozenset(
    tuple(pair.split("_"))
    for pair in (
        "e_mail first_name last_name full_name given_name family_name middle_name maiden_name customer_name "
        "patient_name person_name user_name employee_name contact_name holder_name cardholder_name birth_date "
        "of_birth birth_place social_security national_id tax_id credit_card card_number card_no account_number "
        "account_no bank_account driver_license drivers_license licence_number medical_record health_insurance "
        "home_town postal_code zip_code"
    ).split()
)
VALUES = re.compile(
    r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]*[A-Za-z]"  # a mail address
    r"|\b\d{3}-\d{2}-\d{4}\b"  # a social security number
    r"|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"  # an IBAN
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def looks_personal(name: str) -> bool:
    """By the name of a column alone."""
    words = [word.lower() for word in _WORD.findall(name)]
    return not WORDS.isdisjoint(words) or any(pair in PAIRS for pair in itertools.pairwise(words))


@dataclass(frozen=True)
class Masking:
    """``key`` gives the secret, and is asked for when a value must be masked for the first time.

    ``columns``: names (with ``*`` and ``?``, whatever their case) that are masked besides; ``personal`` false masks
    only those.
    """

    key: Callable[[], bytes]
    columns: Sequence[str] = ()
    personal: bool = True

    def of(self, probed: Probed) -> Probed:
        """The measurement with its sample masked."""
        types = {each.name: each.type for each in probed.columns}
        return replace(probed, sample=self._sample(probed.sample, types)) if probed.sample is not None else probed

    def _sample(self, sample: Sample, types: dict[str, str]) -> Sample:
        masked = {
            number
            for number, name in enumerate(sample.columns)
            if self._is_masked(name, types.get(name, ""), [row[number] for row in sample.rows])
        }
        if not masked:
            return sample
        key = self.key()
        rows = tuple(
            tuple(hashed(key, value) if number in masked else value for number, value in enumerate(row))
            for row in sample.rows
        )
        return replace(sample, rows=rows)

    def _is_masked(self, name: str, type_: str, values: Sequence[str | None]) -> bool:
        if any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for pattern in self.columns):
            return True
        if not self.personal:
            return False
        fields = re.findall(r"[<,]\s*`?(\w+)`?\s*:", type_)  # of structs
        return any(map(looks_personal, (name, *fields))) or any(VALUES.search(each) for each in values if each)


def hashed(key: bytes, value: str | None) -> str | None:
    """HMAC-SHA256, shortened."""
    if value is None:
        return None
    return MASKED + hmac.new(key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:DIGITS]
