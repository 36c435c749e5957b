"""What looks personal: names of columns, and values by their form.

A value becomes ``masked:`` and a keyed hash: equal values stay equal (within one key), and nobody can guess the value
without the key.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import re
from collections.abc import Callable

MASKED = "masked:"
DIGITS = 16  # hexadecimal ones of the hash that are shown

# Words of a column's name; two words stand for themselves one after the other.
WORDS = frozenset(
    "email mail phone telephone mobile fax ssn iban passport surname firstname lastname fullname forename "
    "birthday birthdate dob address street postcode postalcode zip zipcode ip ipaddress username login gender sex "
    "religion ethnicity password passwd pwd passphrase secret token cvv cvc mrn nino cpf bsn creditcard "
    "cardnumber apikey credential credentials".split()
)
PAIRS = frozenset(
    tuple(pair.split("_"))
    for pair in (
        "e_mail first_name last_name full_name given_name family_name middle_name maiden_name customer_name "
        "patient_name person_name user_name employee_name contact_name holder_name cardholder_name birth_date "
        "of_birth birth_place social_security national_id tax_id credit_card card_number card_no account_number "
        "account_no bank_account driver_license drivers_license licence_number medical_record health_insurance "
        "home_town postal_code zip_code api_key access_key private_key secret_key account_key"
    ).split()
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_FIELD = re.compile(r"[<,]\s*`?(\w+)`?\s*:")  # of a struct, in its type


def looks_personal(name: str) -> bool:
    """By the name of a column alone."""
    words = [word.lower() for word in _WORD.findall(name)]
    return not WORDS.isdisjoint(words) or any(pair in PAIRS for pair in itertools.pairwise(words))


def has_personal_field(type_: str) -> bool:
    """Whether a type, as DDL, has a struct with a field whose name looks personal."""
    return any(map(looks_personal, _FIELD.findall(type_)))


# --------------------------------------------------------------------------- by form

_SPACED = re.compile(r"[ -]")
_MAIL = r"(?<![\w.+/-])[\w.+-]+@[\w-]+\.[\w.-]*[A-Za-z]"
_SOCIAL_SECURITY = r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])"
# ITU-T E.164 with its plus, and the way numbers are written in North America.
_PHONE = (
    r"(?<![\w.+])\+[1-9]\d{0,2}[ .-]?\(?\d{1,4}\)?(?:[ .-]?\d{2,4}){1,4}(?![\w.])"
    r"|(?<![\w.-])(?:\d{1,2}[-.])?(?:\(\d{3}\) ?|\d{3}[-.])\d{3}[-.]\d{4}(?![\w-])"
)
# ISO 13616; its check digits are tested.
_IBAN = r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?!\w)"
# ISO/IEC 7812, the ranges of the large networks; the check digit is tested.
_CARD = (
    r"(?<![\w.-])(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|6(?:011|5\d{2}|4[4-9]\d)|35\d{2}|62\d{2})(?:[ -]?\d{4}){3}(?![\w-])"
    r"|(?<![\w.-])(?:3[47]\d{2}[ -]?\d{6}[ -]?\d{5}|3(?:0[0-5]|[68]\d)\d[ -]?\d{6}[ -]?\d{4})(?![\w-])"
)
SHORTEST_CARD = 14  # digits
FORMS = re.compile(
    f"(?P<mail>{_MAIL})|(?P<ssn>{_SOCIAL_SECURITY})|(?P<iban>{_IBAN})|(?P<card>{_CARD})|(?P<phone>{_PHONE})", re.ASCII
)


def is_personal(found: re.Match[str]) -> bool:
    """Whether what :data:`FORMS` found holds against its check digits."""
    text = _SPACED.sub("", found[0])
    if found.lastgroup == "iban":
        return is_iban(text)
    return luhn(text) if found.lastgroup == "card" else True


def forms(value: str) -> list[re.Match[str]]:
    """What looks personal in a text."""
    return [found for found in FORMS.finditer(value) if is_personal(found)]


def luhn(digits: str) -> bool:
    """The check digit of cards, ISO/IEC 7812-1 annex B."""
    doubled = (2 * int(digit) if at % 2 else int(digit) for at, digit in enumerate(reversed(digits)))
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def is_iban(text: str) -> bool:
    """The check digits of an account number, ISO 13616: modulo 97 of what is made of it is 1."""
    return int("".join(str(int(character, 36)) for character in text[4:] + text[:4])) % 97 == 1


# --------------------------------------------------------------------------- masks


def hashed(key: bytes, value: str) -> str:
    """HMAC-SHA256, shortened."""
    return MASKED + hmac.new(key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:DIGITS]


def masked_forms(value: str, key: Callable[[], bytes]) -> str:
    """The text with what looks personal in it replaced by keyed hashes; ``key`` is asked for if there is any."""
    if not _MAY.search(value):
        return value
    return FORMS.sub(lambda found: hashed(key(), found[0]) if is_personal(found) else found[0], value)


def may_stand_in(value: str) -> bool:
    """False where no part of the text has anything that looks personal, whatever stands around it there."""
    return "@" in value or _ANYWHERE.search(value) is not None


_MAY = re.compile(r"@|\d[\d -]{2}")
_AROUND = re.compile(r"\(\?<?!\[?[^)\]]*\]?\)")  # what must not stand before or after
_ANYWHERE = re.compile(_AROUND.sub("", f"{_SOCIAL_SECURITY}|{_IBAN}|{_CARD}|{_PHONE}"), re.ASCII)
