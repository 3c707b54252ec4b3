"""What loads, checks and renders the catalogues; one `.po` file per language."""

from locales.catalogue import Catalogues, MissingPhrase
from locales.formats import month_words

__all__ = ["Catalogues", "MissingPhrase", "month_words"]
