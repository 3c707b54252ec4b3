"""What loads, checks and renders the catalogues, and what understands what people type."""

from locales.catalogue import Catalogues, MissingPhrase
from locales.formats import month_words
from locales.understanding import Understanding
from locales.zones import zone_named

__all__ = ["Catalogues", "MissingPhrase", "Understanding", "month_words", "zone_named"]
