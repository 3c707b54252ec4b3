"""Small catalogues for tests, in a folder of their own."""

from __future__ import annotations

from pathlib import Path

from locales.voices import language_of

RULES = {
    "en": "nplurals=2; plural=(n != 1);",
    "cs": "nplurals=3; plural=((n==1) ? 0 : (n>=2 && n<=4) ? 1 : 2);",
    "pl": "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
    "ro": "nplurals=3; plural=(n==1 ? 0 : (n==0 || (n%100 > 0 && n%100 < 20)) ? 1 : 2);",
    "ru": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : "
    "n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
}

#: A text, or one for each plural form.
Entries = dict[str, str | list[str]]


def write(folder: Path, name: str, entries: Entries, rule: str = "") -> Path:
    """Writes `<name>.po` with the entries and gives the folder back; a language has `words.stop`.

    The name is a language or an overlay of one, such as `cs@sms`.
    """
    language = language_of(name)
    lines = [
        'msgid ""',
        'msgstr ""',
        f'"Language: {language}\\n"',
        '"Content-Type: text/plain; charset=UTF-8\\n"',
        f'"Plural-Forms: {rule or RULES[language]}\\n"',
        "",
    ]
    always: Entries = {"words.stop": "stop"} if name == language else {}
    for key, text in {**always, **entries}.items():
        lines.append(f'msgid "{key}"')
        if isinstance(text, str):
            lines.append(f'msgstr "{text}"')
        else:
            lines.append(f'msgid_plural "{key}"')
            lines += (f'msgstr[{i}] "{form}"' for i, form in enumerate(text))
        lines.append("")
    (folder / f"{name}.po").write_text("\n".join(lines), encoding="utf-8")
    return folder
