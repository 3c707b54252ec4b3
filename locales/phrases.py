"""Every phrase of a language in all its forms, as its people read it: to be read and mended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from bot.domain.messages import Day, Moment, Money, Phrase, Value, Wording, phrase
from locales.catalogue import FOLDER, Catalogue, Catalogues, Sentence
from locales.voices import FALLBACK

#: One of each plural form in every language, and those that look like another: 21, 22, 101.
NUMBERS = (1, 2, 5, 21, 22, 101)

_NOON = datetime(2026, 6, 30, 12, 5, tzinfo=UTC)
_DAY = Day(date(2026, 6, 30))
_BOTH = Moment(_NOON, "Europe/Prague")
_TIME = Moment(_NOON, "Europe/Prague", "time")

#: Names as long as a message over SMS has to carry: 20 characters, a web address of 45.
_REWARD = Wording.of(
    {
        "en": "Filter coffee & cake",
        "cs": "Káva s kouskem dortu",
        "pl": "Kawa i kawałek tortu",
        "ro": "Cafea și o prăjitură",
        "ru": "Кофе и кусочек торта",
    }
)
_TIER = Wording.of(
    {
        "en": "Gold membership card",
        "cs": "Zlaté členství klubu",
        "pl": "Złota karta rodzinna",
        "ro": "Abonament Aur anual",
        "ru": "Золотая карта клуба",
    }
)
_QUESTION = Wording.of(
    {
        "en": "Do you have oat milk?",
        "cs": "Máte ovesné mléko?",
        "pl": "Jest mleko owsiane?",
        "ro": "Aveți lapte de ovăz?",
        "ru": "Есть овсяное молоко?",
    }
)

#: What stands in a place, by its name; by key and name where the name alone does not tell.
EXAMPLES: Mapping[str, tuple[Value, ...]] = {
    "address": ("anna.dvorakova@example.org",),
    "before": ("Vinohrady",),
    "begin": ("14:00",),
    "came": (12,),
    "campaign": (phrase("campaigns.name.winback"), phrase("broadcast.title", number="7")),
    "cause": (
        Wording.of(
            {
                "en": "Dog shelter",
                "cs": "Psí útulek",
                "pl": "Schronisko dla psów",
                "ro": "Adăpost de câini",
                "ru": "Приют для собак",
            }
        ),
    ),
    "channel": ("Telegram",),
    "difference": ("+4", "-2"),
    "earning": (_DAY,),
    "end": ("17:00",),
    "entry": ("123",),
    "friend": ("Petr",),
    "challenge": (phrase("history.earn.challenge"),),
    "factor": ("1.5",),
    "first": (phrase("rule.share", why=phrase("history.earn.purchase"), amount=20),),
    "goal": (3,),
    "item": (_REWARD,),
    "items": (_REWARD,),
    "more": (phrase("rule.multiplied", factor="2"),),
    "high": ("+7",),
    "known": ("location:karlin, here:30",),
    "language": (phrase("language.name"),),
    "languages": ("English, Čeština",),
    "length": (1620,),
    "line": (
        phrase(
            "entry.line",
            at=Moment(_NOON, "Europe/Prague", "day"),
            amount=phrase("amount.plus.stamps", n=2),
            why=phrase("history.earn.visit"),
        ),
    ),
    "low": ("+1",),
    "months": ("5, 6",),
    "n": NUMBERS,
    "age": (16,),
    "at": (_BOTH,),
    "balance": (phrase("amount.stamps", n=7), phrase("amount.points", n=250)),
    "bar": ("●●●○○○○○○○",),
    "code": ("K7M4Q2",),
    "colleague": ("Jana",),
    "contact": ("https://www.kavarna-lipa.example/kontakt-info",),
    "count": (1, 2),
    "day": (Day(date(2000, 3, 14), yearly=True),),
    "days": (phrase("amount.days", n=30),),
    "earned": (phrase("amount.stamps", n=3), phrase("amount.points", n=120)),
    "gift": (phrase("amount.stamps", n=2), phrase("amount.points", n=50), _REWARD),
    "given": (9,),
    "has": (phrase("balance.stamps", n=3, total=10), phrase("balance.points", n=250)),
    "have": (9,),
    "hello": (phrase("join.done_name", name="Anna"), phrase("join.done")),
    "link": ("https://www.kavarna-lipa.example/c/9fK2mQx7Tz",),
    "location": ("Vinohrady",),
    "missing": (phrase("amount.stamps", n=2), phrase("amount.points", n=20)),
    "most": (9,),
    "name": ("Anna",),
    "not_sent": (4,),
    "number": ("+420 777 123 456",),
    "offer": (
        phrase("join.offer.stamps", n=10, reward=_REWARD),
        phrase("join.offer.points", n=100, reward=_REWARD),
        phrase("join.offer.credit"),
        phrase("join.begun"),
    ),
    "on": (_DAY,),
    "people": (100,),
    "place": ("{name}",),
    "places": ("Vinohrady, Karlín",),
    "product": (_REWARD,),
    "products": (_REWARD,),
    "question": (_QUESTION,),
    "rating": (2,),
    "reached": (phrase("amount.visits", n=50), phrase("amount.years", n=5)),
    "reason": ("30007 a carrier took it for spam",),
    "receipt": ("97",),
    "redeeming": (Day(date(2026, 9, 30)),),
    "referrer": ("Jana",),
    "reward": (_REWARD,),
    "role": tuple(phrase(f"role.{role}") for role in ("cashier", "manager", "owner")),
    "season": (
        Wording.of(
            {
                "en": "Spring week",
                "cs": "Jarní týden",
                "pl": "Wiosenny tydzień",
                "ro": "Săptămâna primăverii",
                "ru": "Весенняя неделя",
            }
        ),
    ),
    "sent": (120,),
    "shop": ("Kavárna U Zlaté lípy",),
    "since": (_DAY,),
    "state": tuple(phrase(f"broadcast.state.{state}") for state in ("running", "paused", "done")),
    "tags": ("student",),
    "tail": ("23",),
    "terms": ("https://www.kavarna-lipa.example/strana/terms",),
    "text": (_QUESTION,),
    "tier": (
        Wording.of({"en": "Gold", "cs": "Zlatá", "pl": "Złoty", "ro": "Aur", "ru": "Золотой"}),
        _TIER,
    ),
    "tiers": ("Gold",),
    "time": (_TIME,),
    "total": (10,),
    "until": (_DAY,),
    "variant": ("short",),
    "waiting": (30,),
    "what": (phrase("amount.stamps", n=3), phrase("amount.points", n=120), _REWARD),
    "who": ("Anna",),
    "why": (phrase("staff.own_card"),),
    "typed": ("tobaco",),
    "word": ("locaton:karlin",),
    "years": (phrase("amount.years", n=5),),
    "birthday.once_a_year at": (_DAY,),
    "broadcast.title number": ("7",),
    "broadcast.listed number": ("7",),
    "broadcast.done number": ("7",),
    "entry.line amount": (
        phrase("amount.plus.stamps", n=2),
        phrase("amount.minus.points", n=100),
        phrase("reward_amount.plus", n=1, reward=_REWARD),
    ),
    "entry.line at": (Moment(_NOON, "Europe/Prague", "day"),),
    "entry.line why": (
        phrase("history.earn.visit"),
        phrase(
            "rule.list",
            first=phrase("rule.share", why=phrase("history.earn.purchase"), amount=20),
            more=phrase("rule.share", why=phrase("rule.multiplied", factor="2"), amount=20),
        ),
    ),
    "adjust.ask amount": (phrase("amount.plus.stamps", n=2),),
    "adjust.ask reason": ("two coffees on Monday",),
    "adjust.done amount": (phrase("amount.plus.stamps", n=2),),
    "adjust.owner amount": (phrase("amount.plus.stamps", n=2),),
    "adjust.owner reason": ("two coffees on Monday",),
    "news.adjusted amount": (phrase("amount.plus.stamps", n=2),),
    "news.adjusted reason": ("two coffees on Monday",),
    "news.undone_other amount": (phrase("reward_amount.minus", n=1, reward=_REWARD),),
    "balance.tier_keeps missing": (phrase("amount.visits", n=3), Money(120000, "CZK")),
    "balance.tier_next missing": (phrase("amount.visits", n=3), Money(120000, "CZK")),
    "refer.left left": (3,),
    "balance.challenge.spend goal": (Money(150000, "CZK"),),
    "balance.challenge.spend have": (Money(31050, "CZK"),),
    "rule.share why": (phrase("history.earn.purchase"),),
    "rule.share amount": (20, Money(1250, "CZK")),
    "correction.reason reason": ("two coffees on Monday",),
    "staff.item_price example": ("2xlatte=45",),
    "staff.no_product_near near": ("tobacco",),
    "privacy.account address": ("123456789",),
    "privacy.chosen what": ("Telegram", phrase("button.fewer_messages"), "Europe/Lisbon"),
    "privacy.erase_short word": (phrase("privacy.word"),),
    "privacy.erase_type word": (phrase("privacy.word"),),
    **{
        f"privacy.{key} at": (Moment(_NOON, "Europe/Prague", "day"),)
        for key in (
            "since",
            "last_visit",
            "voucher",
            "terms",
            "offers_yes",
            "offers_no",
            "question",
        )
    },
    "stats.active active": (310,),
    "stats.active again": (124,),
    "stats.cards count": (820,),
    "stats.friends paid": (9,),
    "stats.members members": (1240,),
    "stats.members new": (38,),
    "stats.others count": (410,),
    "stats.rewards used": (57,),
    "stats.share share": (64,),
    "stats.survey answers": (21,),
    "stats.survey average": ("4.6",),
    "stats.title days": (30,),
    "stats.visits visits": (905,),
    "staff.here_today at": (_TIME,),
    "staff.too_soon at": (_TIME,),
    "voucher.show at": (_TIME,),
    "voucher.show_worth at": (_TIME,),
    "voucher.until at": (_TIME,),
    "voucher.worth_until at": (_TIME,),
}

#: The longest that may stand there: 60 characters of a name, a card of 30.
LONGEST: Mapping[str, Value] = {
    "have": 1_234_567,
    "location": "Praha 2 – Vinohrady, náměstí Míru, pasáž vedle stanice metra",
    "name": "Anna-Marie Magdalena Konstantinopolitánská od Hradce Králové",
    "reward": Wording.of(
        {
            "en": "Filter coffee with a slice of home-made apple cake and cream",
            "cs": "Filtrovaná káva a kousek domácího koláče s borůvkami i mákem",
            "pl": "Kawa przelewowa i kawałek domowej szarlotki z lodami i miętą",
            "ro": "Cafea la filtru, cu felii de plăcintă cu mere și scorțișoară",
            "ru": "Фильтр-кофе с кусочком домашнего яблочного пирога и сливками",
        }
    ),
    "shop": "Kavárna a pražírna U Zlaté lípy na náměstí Jiřího z Poděbrad",
    "total": 30,
    "who": "Anna-Marie Magdalena Konstantinopolitánská od Hradce Králové",
}

#: Money in the language's own currency.
_CURRENCIES: Mapping[str, str] = {"en": "GBP", "cs": "CZK", "pl": "PLN", "ro": "RON", "ru": "RUB"}
_MONEY = frozenset(
    {
        "amount",
        "average",
        "example",
        "fee",
        "least",
        "left",
        "off",
        "paid",
        "pay",
        "refunded",
        "revenue",
    }
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """One phrase in a language: in both addresses, in both also over SMS, and the longest."""

    key: str
    formal: tuple[str, ...]
    friendly: tuple[str, ...]
    formal_sms: tuple[str, ...]
    friendly_sms: tuple[str, ...]
    longest: str | None

    @property
    def topic(self) -> str:
        """What it is about: the key's first word."""
        return self.key.partition(".")[0]


def spoken(catalogues: Catalogues, language: str) -> Iterator[Spoken]:
    """Every phrase of a language, in the order of the English catalogue."""
    english = Catalogue.read(FOLDER / f"{FALLBACK}.po")
    for key, sentence in english.sentences.items():
        says = _Says(catalogues, key, sentence, language)
        yield Spoken(
            key,
            says.forms(),
            says.forms(friendly=True),
            says.forms(short=True),
            says.forms(friendly=True, short=True),
            says.longest(),
        )


@dataclass(frozen=True, slots=True)
class _Says:
    """One key being said in one language."""

    catalogues: Catalogues
    key: str
    sentence: Sentence
    language: str

    def forms(self, *, friendly: bool = False, short: bool = False) -> tuple[str, ...]:
        """The sentence with each example of each place, one place changing at a time."""
        voice = self.catalogues.voice(self.language, friendly=friendly, short=short)
        examples = {name: self._examples(name) for name in sorted(self.sentence.names)}
        usual = {name: values[0] for name, values in examples.items()}
        said = [self._said(usual, voice)]
        for name, values in examples.items():
            said += (self._said({**usual, name: value}, voice) for value in values[1:])
        return tuple(dict.fromkeys(said))

    def longest(self) -> str | None:
        """The sentence with the longest of everything, if it can be longer than usual."""
        if not self.sentence.names & LONGEST.keys():
            return None
        longest = {
            name: LONGEST.get(name, self._examples(name)[-1]) for name in self.sentence.names
        }
        return self._said(longest, self.language)

    def _said(self, values: Mapping[str, Value], voice: str) -> str:
        return self.catalogues.render(Phrase(self.key, values), voice)

    def _examples(self, name: str) -> tuple[Value, ...]:
        found = EXAMPLES.get(f"{self.key} {name}") or EXAMPLES.get(name)
        if found:
            return found
        if name in _MONEY:
            currency = _CURRENCIES.get(self.language, "EUR")
            return (Money(14900, currency), Money(123450, currency))
        raise LookupError(f"{self.key}: write an example of {{{name}}} into locales/phrases.py")
