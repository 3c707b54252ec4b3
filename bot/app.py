"""The one construction list: everything Regulars is made of, in the order it is put together."""

from __future__ import annotations

import asyncio
import errno
import secrets
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import structlog

from bot.channels.base import Channel, SendError
from bot.channels.email import Email
from bot.channels.smtp import Server
from bot.channels.telegram import Telegram
from bot.channels.twilio import Account, Sms, WhatsApp
from bot.clock import Clock
from bot.dispatch import Dispatcher, in_order
from bot.domain.messages import Event
from bot.meanings import Meanings
from bot.metrics import REGISTRY
from bot.rendering import Links, Renderer
from bot.sender import Sender
from bot.services import installation, leases, media, unsubscribing
from bot.services.unit_of_work import Work
from bot.settings import BadSettings, Settings
from bot.telegram_menu import set_menus
from bot.web import server
from bot.web.cards import card_finder, picture_finder
from bot.web.pages import Found
from bot.web.simulator import Stage
from bot.web.unsubscribing import Unsubscribing
from handlers import ROUTERS, WITH_ARGUMENTS
from locales import Catalogues, Understanding
from scheduler.campaigns import CAMPAIGNS
from scheduler.clock import Ticker
from scheduler.jobs import plan, sweep

log = structlog.get_logger()

PARTS = ("web", "polling", "delivery", "scheduler")
POLLING_LEASE = "telegram.polling"
#: How long customers wait when the polling process dies and another takes over.
POLLING_LEASE_LENGTH = timedelta(seconds=15)


class PortTaken(Exception):
    """The web server can't listen where it should; the message says what to do."""


@dataclass
class House:
    """What was built, for those who run it."""

    settings: Settings
    work: Work
    clock: Clock
    words: Catalogues
    channels: Mapping[str, Channel]
    renderer: Renderer
    sender: Sender
    dispatcher: Dispatcher
    telegram: Telegram | None = None
    twilio: Account | None = None
    #: The demo's.
    stage: Stage | None = None


def build(
    settings: Settings,
    work: Work,
    clock: Clock,
    channels: Mapping[str, Channel],
    *,
    telegram: Telegram | None = None,
    twilio: Account | None = None,
) -> House:
    """Put the parts together; nothing runs yet."""
    words = Catalogues.load(arguments=WITH_ARGUMENTS)
    links = Links(
        public_address(settings),
        telegram.username if telegram else "",
        lambda outbox_id: media.signed(work, outbox_id, clock.real_now()),
        lambda conversation_id: unsubscribing.token(work, conversation_id),
        (settings.twilio_whatsapp_from or "").partition("+")[2],
    )
    renderer = Renderer(words, links)
    sender = Sender(
        work=work, clock=clock, channels=channels, renderer=renderer, campaigns=CAMPAIGNS
    )
    dispatcher = Dispatcher(
        work=work,
        clock=clock,
        channels=channels,
        routers=ROUTERS,
        words=words,
        meanings=Meanings(_understanding),
        deliver=sender.deliver,
        pages=public_address(settings),
    )
    return House(
        settings,
        work,
        clock,
        words,
        channels,
        renderer,
        sender,
        dispatcher,
        telegram,
        twilio,
    )


@cache
def _understanding() -> Understanding:
    # Learning from thousands of phrases takes two seconds; a process that talks does it once.
    return Understanding.load()


def public_address(settings: Settings) -> str:
    """Where links to our pages lead."""
    return settings.public_url or f"http://{settings.host}:{settings.port}"


async def connect_telegram(settings: Settings, work: Work, stop: asyncio.Event) -> Telegram | None:
    """The bot, once Telegram has told its name; None without a token or when told to stop."""
    if settings.telegram_token is None:
        return None
    given = settings.telegram_webhook_secret
    secret = await installation.kept(
        work,
        "telegram.webhook_secret",
        given.get_secret_value() if given else secrets.token_urlsafe(32),
    )
    telegram = Telegram(
        settings.telegram_token.get_secret_value(),
        given.get_secret_value() if given else secret,
        settings.telegram_api_url,
        rate=settings.telegram_rate,
    )
    pause = 1.0
    while not stop.is_set():
        try:
            await telegram.start()
        except SendError as error:
            if error.kind == "refused":
                await telegram.close()
                raise BadSettings([f"REGULARS_TELEGRAM_TOKEN: {error.reason}"]) from None
            log.warning("telegram does not answer, trying again", reason=error.reason)
            await _wait(stop, pause)
            pause = min(pause * 2, 30.0)
        else:
            return telegram
    await telegram.close()
    return None


def connect_twilio(settings: Settings) -> tuple[Account | None, Mapping[str, Channel]]:
    """Twilio's account and the channels through it; none where no sender is set."""
    token, public_url = settings.twilio_auth_token, settings.public_url
    sms, whatsapp = settings.twilio_sms_from, settings.twilio_whatsapp_from
    if settings.twilio_account_sid is None or token is None or public_url is None:
        return None, {}
    senders = {Sms.name: sms, WhatsApp.name: whatsapp}
    account = Account(
        settings.twilio_account_sid,
        token.get_secret_value(),
        public_url,
        {name for name, sender in senders.items() if sender},
        api_url=settings.twilio_api_url,
        answers_words=settings.twilio_sms_keywords == "twilio",
    )
    channels: list[Channel] = []
    if sms:
        channels.append(Sms(account, sms, settings.twilio_sms_rate))
    if whatsapp:
        channels.append(WhatsApp(account, whatsapp, settings.twilio_whatsapp_rate))
    return account, {channel.name: channel for channel in channels}


def connect_email(settings: Settings) -> Email | None:
    """The channel through the shop's mail server; None where there is none."""
    if settings.smtp_url is None or settings.email_from is None:
        return None
    server = Server.of(settings.smtp_url.get_secret_value())
    return Email(server, settings.email_from, rate=settings.email_rate)


async def furnish(settings: Settings, work: Work, clock: Clock, stop: asyncio.Event) -> House:
    """The house with every channel the settings name, once Telegram has answered."""
    telegram = await connect_telegram(settings, work, stop)
    twilio, channels = connect_twilio(settings)
    email = connect_email(settings)
    others: Sequence[Channel | None] = (telegram, email)
    channels = {**channels, **{channel.name: channel for channel in others if channel}}
    return build(settings, work, clock, channels, telegram=telegram, twilio=twilio)


async def close(house: House) -> None:
    """Let go of what the channels hold, once nobody uses them."""
    if house.telegram is not None:
        await house.telegram.close()
    if house.twilio is not None:
        await house.twilio.close()
    email = house.channels.get(Email.name)
    if isinstance(email, Email):
        await email.close()


async def run(
    house: House,
    parts: Collection[str],
    stop: asyncio.Event,
    listening: Callable[[], None] = lambda: None,
) -> None:
    """Run the named parts until told to stop, then finish what is held.

    `listening` is called once the web server takes connections.
    """
    try:
        if {"web", "polling"} & set(parts):
            # Before anybody writes, rather than while the first of them waits.
            await asyncio.to_thread(_understanding)
        async with _web(house, "web" in parts):
            listening()
            await _work(house, parts, stop)
    finally:
        await house.dispatcher.idle()
        await close(house)


async def _work(house: House, parts: Collection[str], stop: asyncio.Event) -> None:
    tasks = []
    if "delivery" in parts:
        tasks.append(asyncio.create_task(house.sender.run(stop)))
    if house.telegram is not None:
        tasks += await _telegram_tasks(house, parts, stop)
    ticker = Ticker(
        lambda: sweep(house.work, house.clock, house.sender.deliver),
        lambda: plan(house.work, house.clock, CAMPAIGNS, house.sender.deliver),
    )
    if "scheduler" in parts:
        ticker.start()
    await stop.wait()
    if "scheduler" in parts:
        ticker.stop()
    await asyncio.gather(*tasks)


@asynccontextmanager
async def _web(house: House, wanted: bool) -> AsyncIterator[None]:
    if not wanted:
        yield
        return
    app = server.build_app(
        handle=house.dispatcher.handle,
        channels=house.channels,
        ready=lambda: installation.problems(house.work),
        metrics=REGISTRY,
        catalogues=house.words,
        found=Found(
            card=card_finder(house.work, house.renderer, house.words, house.clock),
            picture=picture_finder(house.work, house.renderer, house.clock),
            programme=house.work.programme,
        ),
        unsubscribing=Unsubscribing(house.work, house.words, house.clock),
        stage=house.stage,
    )
    try:
        runner = await server.start(app, house.settings.host, house.settings.port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortTaken(
            f"port {house.settings.port} is taken, perhaps by another regulars; stop that one, "
            "or set another"
        ) from None
    log.info("listening", address=f"http://{house.settings.host}:{house.settings.port}")
    try:
        yield
    finally:
        await runner.cleanup()


async def _telegram_tasks(
    house: House, parts: Collection[str], stop: asyncio.Event
) -> list[asyncio.Task[None]]:
    telegram = house.telegram
    if telegram is None:
        return []
    if house.settings.telegram_mode == "polling":
        tasks = [asyncio.create_task(_poll(house, telegram, stop))] if "polling" in parts else []
    else:
        tasks = []
        if "web" in parts:
            await telegram.set_webhook(f"{public_address(house.settings)}/telegram/webhook")
    if tasks or "web" in parts:
        tasks.append(asyncio.create_task(set_menus(telegram, house.work, house.words)))
    log.info("telegram", bot=telegram.username, mode=house.settings.telegram_mode)
    return tasks


async def _poll(house: House, telegram: Telegram, stop: asyncio.Event) -> None:
    """Poll while this process holds the lease; another takes over when it ends."""

    async def handle(events: Sequence[Event]) -> None:
        await asyncio.gather(*(in_turn(group) for group in in_order(events)))

    async def in_turn(events: Sequence[Event]) -> None:
        for event in events:
            await house.dispatcher.handle(event)

    while not stop.is_set():
        if not await _hold(house):
            await _wait(stop, POLLING_LEASE_LENGTH.total_seconds() / 3)
            continue
        lost = asyncio.Event()
        poller = asyncio.create_task(telegram.poll(handle, lost))
        try:
            while not stop.is_set() and not poller.done():
                await _wait(stop, POLLING_LEASE_LENGTH.total_seconds() / 3)
                if not stop.is_set() and not await _hold(house):
                    break
        finally:
            lost.set()
            await poller
    await leases.end(house.work, POLLING_LEASE)


async def _hold(house: House) -> bool:
    """Whether this process may poll; when the database does not answer, not now."""
    now = house.clock.real_now()
    try:
        return await leases.take(house.work, POLLING_LEASE, now, POLLING_LEASE_LENGTH)
    except Exception as error:
        log.error("the polling lease could not be taken", error=type(error).__name__)
        return False


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
