"""What a Telegram update says a person did, in our terms."""

from __future__ import annotations

from telegram import CallbackQuery, Chat, Message, Update, User
from telegram import Contact as SharedContact
from telegram.constants import ChatType

from bot.domain.messages import Action, Address, Contact, InboundMessage

#: What a message may be instead of text; the first that is there names it. An animation also
#: comes as a document, a venue also as a location.
#: https://core.telegram.org/bots/api#message
MEDIA = (
    *("sticker", "photo", "voice", "video", "video_note", "audio", "animation", "document"),
    *("venue", "location", "poll", "dice", "story", "game", "paid_media", "checklist", "invoice"),
)


def is_update(found: object) -> bool:
    """Whether parsed JSON has the form of an update, known kind or not."""
    return isinstance(found, dict) and type(found.get("update_id")) is int


def read_update(update: Update) -> InboundMessage | None:
    """What a person said or pressed in a private chat; None for everything else.

    Groups, channels, other bots, edits of what was said before and kinds of update that do not
    exist yet get no answer: what we would say there is somebody's own business.
    """
    if update.callback_query is not None:
        return _pressed(update.update_id, update.callback_query)
    if update.message is not None:
        return _said(update.update_id, update.message)
    return None


def _person(user: User | None, chat: Chat) -> User | None:
    """Who wrote, if it was a person in a private chat."""
    private = chat.type == ChatType.PRIVATE
    return user if private and user is not None and not user.is_bot else None


def _said(update_id: int, message: Message) -> InboundMessage | None:
    person = _person(message.from_user, message.chat)
    media = next((kind for kind in MEDIA if getattr(message, kind)), None)
    text = message.text or message.caption or ""
    shared = message.contact
    if person is None or not (text or media or shared):  # such as "Anna pinned a message"
        return None
    return InboundMessage(
        address=Address("telegram", str(person.id)),
        external_id=str(update_id),
        text=_clean(text),
        contact=_contact(shared, person, message) if shared else None,
        media=media,
        # The same photo in several sizes, the largest last.
        file=message.photo[-1].file_id if message.photo else "",
        name=_clean(person.first_name),
        language=_clean(person.language_code or ""),
    )


def _contact(shared: SharedContact, person: User, message: Message) -> Contact:
    # Telegram names the account of a shared contact. Only when that is the sender's is the number
    # proven to be theirs: anyone can pass on anyone's contact (S12).
    # An old one that was forwarded may be a number somebody else has by now.
    own = shared.user_id == person.id and message.forward_origin is None
    return Contact(_clean(shared.phone_number), own=own)


def _pressed(update_id: int, press: CallbackQuery) -> InboundMessage | None:
    if press.message is None or press.data is None:  # under an inline message, or for a game
        return None
    person = _person(press.from_user, press.message.chat)
    if person is None:
        return None
    return InboundMessage(
        address=Address("telegram", str(person.id)),
        external_id=str(update_id),
        action=Action.unpack(_clean(press.data)),
        message_id=str(press.message.message_id),
        callback_id=press.id,
        name=_clean(person.first_name),
        language=_clean(person.language_code or ""),
    )


def _clean(text: str) -> str:
    """Text that every database takes: no NUL, and no half of a surrogate pair (`"\\ud83d"`)."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")
