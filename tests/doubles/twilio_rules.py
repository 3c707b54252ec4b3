"""What Twilio refuses, with the codes of the real one, and content as it reads when filled.

Codes: https://www.twilio.com/docs/api/errors
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PHONE = re.compile(r"\+[1-9]\d{4,14}")
_VARIABLE = re.compile(r"\{\{(\w{1,16})\}\}")
_CHOICES = ("twilio/quick-reply", "twilio/list-picker")

#: What a message may be made of, of what Twilio's OpenAPI document names.
_PARAMETERS = frozenset(
    {
        *("To", "From", "MessagingServiceSid", "Body", "MediaUrl", "ContentSid"),
        *("ContentVariables", "StatusCallback"),
    }
)


class ApiError(Exception):
    """A refusal; its page is https://www.twilio.com/docs/api/errors/<code>."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.status = status

    def body(self) -> dict[str, Any]:
        """The JSON of the answer."""
        page = f"https://www.twilio.com/docs/errors/{self.code}"
        return {
            "code": self.code,
            "message": self.message,
            "more_info": page,
            "status": self.status,
        }


@dataclass(frozen=True, slots=True)
class Filled:
    """Content with its variables put in; choices are pairs of label and payload."""

    text: str
    choices: tuple[tuple[str, str], ...] = ()
    opener: str = ""


def check_message(params: Mapping[str, Any], senders: Sequence[str]) -> None:
    """Raise ApiError for what Twilio would not take."""
    if unknown := params.keys() - _PARAMETERS:
        raise ApiError(20001, f"Unknown parameters {sorted(unknown)}")
    to, sender = str(params.get("To", "")), str(params.get("From", ""))
    if not to:
        raise ApiError(21604, "A 'To' phone number is required.")
    if not PHONE.fullmatch(to.removeprefix("whatsapp:")):
        raise ApiError(21211, f"The 'To' number {to} is not a valid phone number.")
    if not sender and not params.get("MessagingServiceSid"):
        raise ApiError(21603, "A 'From' phone number is required.")
    if sender and sender not in senders:
        raise ApiError(21606, f"The 'From' phone number {sender} is not a valid sender.")
    if sender and sender.startswith("whatsapp:") != to.startswith("whatsapp:"):
        raise ApiError(21910, "Invalid From and To pair: they should be of the same channel.")
    if not any(params.get(name) for name in ("Body", "MediaUrl", "ContentSid")):
        raise ApiError(21619, "A text message body or media urls must be specified.")
    if len(str(params.get("Body", ""))) > 1600:
        raise ApiError(21617, "The concatenated message body exceeds the 1600 character limit.")
    if callback := str(params.get("StatusCallback", "")):
        check_callback(callback)


def check_callback(address: str) -> None:
    """Raise ApiError for what no callback can be."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or "_" in parts.hostname:
        raise ApiError(21609, f"The 'StatusCallback' URL {address} is not a valid URL.")


def check_content(definition: Any) -> None:
    """Raise ApiError for a definition that Twilio would not keep."""
    if not isinstance(definition, dict) or not {"language", "types"} <= definition.keys():
        raise ApiError(92003, "language and types are required")
    found, declared = json.dumps(definition["types"]), definition.get("variables", {})
    if set(_VARIABLE.findall(found)) != set(declared) or len(declared) > 100:
        raise ApiError(92004, "every variable needs an example, and no other")
    if not all(isinstance(value, str) and value for value in declared.values()):
        raise ApiError(92004, "an example is a text")
    for kind, content in definition["types"].items():
        if kind == "twilio/text":
            continue
        if kind not in _CHOICES:
            raise ApiError(92005, f"no such type here: {kind}")
        needed = (
            {"body", "actions"} if kind == "twilio/quick-reply" else {"body", "button", "items"}
        )
        choices = content.get("actions") or content.get("items") or []
        keys = {"type", "title", "id"} if kind == "twilio/quick-reply" else {"item", "id"}
        if content.keys() != needed or not 1 <= len(choices) <= 10:
            raise ApiError(92006, f"{kind} needs {sorted(needed)}")
        if any(choice.keys() != keys for choice in choices):
            raise ApiError(92006, f"a choice of {kind} needs {sorted(keys)}")


def fill(definition: Mapping[str, Any], variables: str) -> Filled:
    """The content with these values, as WhatsApp shows it to who just wrote."""
    values = _values(variables)
    defaults = definition.get("variables", {})

    def put(text: str) -> str:
        return _VARIABLE.sub(lambda found: values.get(found[1], defaults.get(found[1], "")), text)

    for kind, content in definition["types"].items():
        text = put(content["body"])
        if kind == "twilio/text":
            return Filled(text)
        if kind == "twilio/quick-reply":
            choices = tuple((put(a["title"]), put(a["id"])) for a in content["actions"])
            return _shown(Filled(text, choices), most=3, length=20)
        choices = tuple((put(item["item"]), put(item["id"])) for item in content["items"])
        return _shown(Filled(text, choices, put(content["button"])), most=10, length=24)
    raise ApiError(21655, "The ContentSid is Invalid")


def _values(variables: str) -> dict[str, str]:
    try:
        values = json.loads(variables or "{}")
    except ValueError:
        values = None
    if not isinstance(values, dict) or not all(
        isinstance(value, str)
        and value
        and not re.search(r"[\n\t]| {5}", value)
        and len(value) <= 250
        for value in values.values()
    ):
        raise ApiError(21656, "The Content Variables parameter is invalid.")
    return values


def _shown(filled: Filled, most: int, length: int) -> Filled:
    """Raise ApiError for what Meta refuses."""
    labels = [label for label, _ in filled.choices]
    ids = [data for _, data in filled.choices]
    too_long = any(len(label) > length for label in labels) or len(filled.opener) > 20
    repeated = len(set(labels)) < len(labels) or len(set(ids)) < len(ids)
    if too_long or repeated or len(labels) > most or not 0 < len(filled.text) <= 1024:
        raise ApiError(63021, f"Channel invalid content error: {labels}")
    if any(len(data) > 200 for data in ids):
        raise ApiError(63021, "Channel invalid content error: the id is too long")
    return filled
